#include "base/crc32c.h"

#include <array>
#include <cstring>

namespace dcx {
namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) table[i] = crc32c_byte(i, 0);
    return table;
}
constexpr auto table = make_table();

}  // namespace

std::uint32_t crc32c_portable(std::span<const std::byte> bytes, std::uint32_t crc) {
    crc = ~crc;
    for (const std::byte b : bytes) crc = (crc >> 8) ^ table[(crc ^ static_cast<std::uint32_t>(b)) & 0xFF];
    return ~crc;
}

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t crc) {
#ifdef __SSE4_2__
    std::uint64_t state = ~crc;
    const std::byte* p = bytes.data();
    std::size_t left = bytes.size();
    while (left >= 8) {
        std::uint64_t word;
        std::memcpy(&word, p, 8);
        state = _mm_crc32_u64(state, word);
        p += 8;
        left -= 8;
    }
    auto small = static_cast<std::uint32_t>(state);
    for (; left > 0; --left, ++p) small = _mm_crc32_u8(small, static_cast<std::uint8_t>(*p));
    return ~small;
#else
    return crc32c_portable(bytes, crc);
#endif
}

}  // namespace dcx
