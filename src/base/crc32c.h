// CRC-32C (Castagnoli, RFC 3720 appendix B.4): polynomial 0x1EDC6F41 reflected, initial and final value ~0.
// Uses the SSE4.2 instruction where the build has it, a table elsewhere; both give the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#ifdef __SSE4_2__
#include <nmmintrin.h>
#endif

namespace dcx {

// Continue a checksum by passing the previous result as `crc`.
[[nodiscard]] std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t crc = 0);
// The table version, always available: the other one's twin in tests.
[[nodiscard]] std::uint32_t crc32c_portable(std::span<const std::byte> bytes, std::uint32_t crc = 0);

// For those who keep the bare state of a checksum that grows: ~0 at first, and the checksum is its inverse.
[[nodiscard]] constexpr std::uint32_t crc32c_byte(std::uint32_t state, std::uint8_t byte) {
    state ^= byte;
    for (int bit = 0; bit < 8; ++bit) state = (state >> 1) ^ ((state & 1) != 0 ? 0x82F63B78u : 0u);
    return state;
}
// Eight bytes, little-endian.
[[nodiscard]] inline std::uint32_t crc32c_word(std::uint32_t state, std::uint64_t word) {
#ifdef __SSE4_2__
    return static_cast<std::uint32_t>(_mm_crc32_u64(state, word));
#else
    for (int i = 0; i < 8; ++i, word >>= 8) state = crc32c_byte(state, static_cast<std::uint8_t>(word));
    return state;
#endif
}

}  // namespace dcx
