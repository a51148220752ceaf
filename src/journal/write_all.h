// A write that goes on after a short write and after a signal. A template so that tests can stand in for the kernel.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>

namespace dcx::journal {

// `pwrite_some(bytes, offset)` is pwrite on some file. 0, or the errno; then a part may have been written.
template <class PwriteSome>
[[nodiscard]] int write_all(PwriteSome pwrite_some, std::uint64_t offset, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const auto written = pwrite_some(bytes, offset);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        // POSIX does not say when this happens for a file; without progress there is nothing to wait for.
        if (written == 0) return ENOSPC;
        offset += static_cast<std::uint64_t>(written);
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return 0;
}

}  // namespace dcx::journal
