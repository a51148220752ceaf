// CRC-32C (Castagnoli, RFC 3720 appendix B.4): polynomial 0x1EDC6F41 reflected, initial and final value ~0.
// Uses the SSE4.2 instruction where the build has it, a table elsewhere; both give the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace dcx {

// Continue a checksum by passing the previous result as `crc`.
[[nodiscard]] std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t crc = 0);
// The table version, always available: the other one's twin in tests.
[[nodiscard]] std::uint32_t crc32c_portable(std::span<const std::byte> bytes, std::uint32_t crc = 0);

}  // namespace dcx
