#include "base/crc32c.h"

#include <doctest/doctest.h>

#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/sha256.h"

namespace dcx {
namespace {

struct Vector {
    std::string_view hex;
    std::uint32_t crc;
};

// RFC 3720, appendix B.4, and the usual check value of "123456789".
constexpr Vector vectors[] = {
    {"", 0x00000000},
    {"313233343536373839", 0xE3069283},
    {"0000000000000000000000000000000000000000000000000000000000000000", 0x8A9136AA},
    {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", 0x62A8AB43},
    {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", 0x46DD794E},
    {"1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100", 0x113FDB5C},
    {"01c00000000000000000000000000000140000000000040000000014000000182800000000000000"
     "0200000000000000",
     0xD9963A56},
};

std::vector<std::byte> random_block(Random& random, std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (std::byte& b : bytes) b = static_cast<std::byte>(random.below(256));
    return bytes;
}

TEST_CASE("CRC-32C of the published vectors") {
    for (const Vector& vector : vectors) {
        CAPTURE(vector.hex);
        std::vector<std::byte> bytes(vector.hex.size() / 2);
        REQUIRE(from_hex(vector.hex, bytes));
        CHECK(crc32c(bytes) == vector.crc);
        CHECK(crc32c_portable(bytes) == vector.crc);
    }
}

TEST_CASE("the instruction and the table agree on every length and alignment") {
    Random random(11);
    const std::vector<std::byte> bytes = random_block(random, 512);
    for (std::size_t start = 0; start < 9; ++start)
        for (std::size_t size = 0; size < 300; ++size) {
            const auto part = std::span{bytes}.subspan(start, size);
            REQUIRE(crc32c(part) == crc32c_portable(part));
        }
}

TEST_CASE("a checksum continued over parts equals the checksum of the whole") {
    Random random(12);
    for (int i = 0; i < 200; ++i) {
        const std::vector<std::byte> bytes = random_block(random, random.below(400));
        const std::size_t cut = random.below(bytes.size() + 1);
        const auto whole = std::span{bytes};
        REQUIRE(crc32c(whole.subspan(cut), crc32c(whole.first(cut))) == crc32c(whole));
        REQUIRE(crc32c_portable(whole.subspan(cut), crc32c_portable(whole.first(cut))) == crc32c(whole));
    }
}

TEST_CASE("any single flipped bit changes the checksum") {
    Random random(13);
    std::vector<std::byte> bytes = random_block(random, 128);
    const std::uint32_t right = crc32c(bytes);
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        const auto mask = static_cast<std::byte>(1u << (bit % 8));
        bytes[bit / 8] ^= mask;
        REQUIRE(crc32c(bytes) != right);
        bytes[bit / 8] ^= mask;
    }
}

}  // namespace
}  // namespace dcx
