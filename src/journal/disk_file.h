// Files of DiskStorage. BufferedFile writes into the page cache and syncs with fdatasync. DirectFile writes past the
// page cache (O_DIRECT) and each write is durable when it returns (O_DSYNC). Both are of fixed size and closed with
// their last owner.
//
// The device takes whole blocks, so a DirectFile writes the first and last block of a range with the bytes that stand
// beside the range: it keeps a copy of the last block, reads others, and knows which space is still zero. So a write
// repeats up to 4095 bytes that may be durable already, unchanged. A power loss in it leaves each sector old or new,
// and both hold those bytes: the very thing that the kernel does when it writes a page of a BufferedFile back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/descriptor.h"
#include "journal/storage.h"

namespace dcx::journal {

// The text of an errno.
[[nodiscard]] std::string describe(int code);
// pwrite of everything: 0, or the errno.
[[nodiscard]] int write_to(int descriptor, std::uint64_t offset, std::span<const std::byte> bytes);

// What direct writes begin and end at: divides by the blocks of every device and file system met so far.
inline constexpr std::uint64_t kDirectBlock = 4096;

// `path` for messages; both take the descriptor over.
[[nodiscard]] std::unique_ptr<File> make_buffered_file(std::string path, int descriptor);
// Opened with O_DIRECT | O_DSYNC; `size` a multiple of kDirectBlock; `zero`: the file is new, nothing but zeros.
[[nodiscard]] std::unique_ptr<File> make_direct_file(std::string path, int descriptor, std::uint64_t size, bool zero);

}  // namespace dcx::journal
