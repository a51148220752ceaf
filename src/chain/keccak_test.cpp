#include "chain/keccak.h"

#include <doctest/doctest.h>
#include <openssl/evp.h>

#include <string_view>
#include <vector>

#include "base/random.h"

namespace dcx::chain {
namespace {

std::string keccak_hex(std::string_view text) { return to_hex(keccak256(std::as_bytes(std::span{text}))); }

TEST_CASE("keccak: hashes that everybody knows") {
    CHECK(keccak_hex("") == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    CHECK(keccak_hex("abc") == "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
    CHECK(keccak_hex("The quick brown fox jumps over the lazy dog") ==
          "4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15");
    // The selector and the topic of every token.
    CHECK(keccak_hex("transfer(address,uint256)").substr(0, 8) == "a9059cbb");
    CHECK(keccak_hex("Transfer(address,address,uint256)") ==
          "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
}

TEST_CASE("keccak: with the standard's padding it is OpenSSL's SHA3-256, at every length around a block") {
    Random random{1};
    for (std::size_t size = 0; size < 420; ++size) {
        std::vector<std::byte> bytes(size);
        for (std::byte& b : bytes) b = static_cast<std::byte>(random.below(256));
        Digest expected;
        unsigned written = 0;
        REQUIRE(EVP_Digest(bytes.data(), size, reinterpret_cast<unsigned char*>(expected.data()), &written,
                           EVP_sha3_256(), nullptr) == 1);
        CHECK(keccak_sponge_256(bytes, std::byte{6}) == expected);
    }
}

}  // namespace
}  // namespace dcx::chain
