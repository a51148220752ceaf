#include "chain/keccak.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace dcx::chain {
namespace {

// FIPS 202, 3.2. Lane (x, y) is at x + 5 y.
using Lanes = std::array<std::uint64_t, 25>;
constexpr std::size_t kRate = 136;  // bytes of the state that a block of input goes into

constexpr std::array<std::uint64_t, 24> kRoundConstants = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000, 0x000000000000808B,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008A, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000A, 0x000000008000808B, 0x800000000000008B, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};
constexpr std::array<int, 25> kOffsets = {0,  1,  62, 28, 27, 36, 44, 6,  55, 20, 3,  10, 43,
                                          25, 39, 41, 45, 15, 21, 8,  18, 2,  61, 56, 14};

void permute(Lanes& a) {
    for (const std::uint64_t constant : kRoundConstants) {
        std::array<std::uint64_t, 5> column{};
        for (std::size_t x = 0; x < 5; ++x) column[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
        Lanes b;
        for (std::size_t x = 0; x < 5; ++x) {
            const std::uint64_t mixed = column[(x + 4) % 5] ^ std::rotl(column[(x + 1) % 5], 1);
            for (std::size_t y = 0; y < 5; ++y)
                b[y + 5 * ((2 * x + 3 * y) % 5)] = std::rotl(a[x + 5 * y] ^ mixed, kOffsets[x + 5 * y]);
        }
        for (std::size_t y = 0; y < 5; ++y)
            for (std::size_t x = 0; x < 5; ++x)
                a[x + 5 * y] = b[x + 5 * y] ^ (~b[(x + 1) % 5 + 5 * y] & b[(x + 2) % 5 + 5 * y]);
        a[0] ^= constant;
    }
}

void absorb(Lanes& lanes, std::span<const std::byte, kRate> block) {
    std::array<std::uint64_t, kRate / 8> words;
    std::memcpy(words.data(), block.data(), kRate);
    for (std::size_t i = 0; i < words.size(); ++i) lanes[i] ^= words[i];
    permute(lanes);
}

}  // namespace

Digest keccak_sponge_256(std::span<const std::byte> bytes, std::byte padding) {
    Lanes lanes{};
    for (; bytes.size() >= kRate; bytes = bytes.subspan(kRate)) absorb(lanes, bytes.first<kRate>());
    std::array<std::byte, kRate> last{};
    std::copy(bytes.begin(), bytes.end(), last.begin());
    last[bytes.size()] ^= padding;
    last[kRate - 1] ^= std::byte{0x80};
    absorb(lanes, last);
    Digest digest;
    std::memcpy(digest.data(), lanes.data(), digest.size());
    return digest;
}

Digest keccak256(std::span<const std::byte> bytes) { return keccak_sponge_256(bytes, std::byte{1}); }

}  // namespace dcx::chain
