#include "base/ed25519.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/sha256.h"
#include "base/skip_test.h"

namespace dcx {
namespace {

struct Vector {
    std::string_view seed, key, message, signature;
};

// RFC 8032, section 7.1: tests 1, 2, 3 and SHA(abc).
constexpr Vector vectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
     "d25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
     "387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
     "4a7c15e9716ed28dc027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
     "454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
     "3dca179c138ac17ad9bef1177331a704"},
};

template <std::size_t N>
std::array<std::byte, N> fixed(std::string_view hex) {
    std::array<std::byte, N> bytes{};
    REQUIRE(from_hex(hex, bytes));
    return bytes;
}

std::vector<std::byte> variable(std::string_view hex) {
    std::vector<std::byte> bytes(hex.size() / 2);
    REQUIRE(from_hex(hex, bytes));
    return bytes;
}

TEST_CASE("Ed25519 of the RFC 8032 vectors") {
    for (const Vector& vector : vectors) {
        CAPTURE(vector.key);
        const auto seed = fixed<32>(vector.seed);
        const std::vector<std::byte> message = variable(vector.message);
        CHECK(to_hex(ed25519_public_key(seed)) == vector.key);
        CHECK(to_hex(ed25519_sign(seed, message)) == vector.signature);
        CHECK(ed25519_verify(fixed<32>(vector.key), message, fixed<64>(vector.signature)));
    }
}

TEST_CASE("a signature holds for no other message, key or signature") {
    Random random(31);
    Ed25519Seed seed{};
    for (std::byte& b : seed) b = static_cast<std::byte>(random.below(256));
    const Ed25519PublicKey key = ed25519_public_key(seed);
    std::vector<std::byte> message(100, std::byte{7});
    const Ed25519Signature signature = ed25519_sign(seed, message);
    REQUIRE(ed25519_verify(key, message, signature));

    const auto flipped = [&random](auto bytes) {
        bytes[random.below(bytes.size())] ^= static_cast<std::byte>(1u << random.below(8));
        return bytes;
    };
    for (int i = 0; i < 100; ++i) {
        REQUIRE_FALSE(ed25519_verify(key, flipped(message), signature));
        REQUIRE_FALSE(ed25519_verify(key, message, flipped(signature)));
        REQUIRE_FALSE(ed25519_verify(flipped(key), message, signature));
    }
    CHECK_FALSE(ed25519_verify(key, std::span{message}.first(99), signature));
}

TEST_CASE("random bytes fill the whole span and differ from call to call") {
    std::array<std::byte, 64> a{};
    std::array<std::byte, 64> b{};
    random_bytes(a);
    random_bytes(b);
    CHECK(a != b);
    CHECK(std::any_of(a.begin() + 32, a.end(), [](std::byte x) { return x != std::byte{0}; }));
    random_bytes({});
}

TEST_CASE("Ed25519 of the Wycheproof vectors") {
    const std::string path = shared_file("data/crypto-vectors/ed25519_test.json");
    if (path.empty()) return skip_test("no ../shared/data/crypto-vectors beside the repository");
    std::ifstream file(path);
    const auto document = nlohmann::json::parse(file);
    int checked = 0;
    int of_other_length = 0;
    for (const auto& group : document.at("testGroups")) {
        const auto key = fixed<32>(group.at("publicKey").at("pk").get<std::string>());
        for (const auto& test : group.at("tests")) {
            const auto signature = test.at("sig").get<std::string>();
            const bool valid = test.at("result") == "valid";
            CAPTURE(test.at("tcId").get<int>());
            CAPTURE(test.at("comment").get<std::string>());
            if (signature.size() != 128) {
                // The type of a signature has 64 bytes: another length cannot reach ed25519_verify.
                CHECK_FALSE(valid);
                ++of_other_length;
                continue;
            }
            const std::vector<std::byte> message = variable(test.at("msg").get<std::string>());
            CHECK(ed25519_verify(key, message, fixed<64>(signature)) == valid);
            ++checked;
        }
    }
    CHECK(checked == 139);
    CHECK(checked + of_other_length == document.at("numberOfTests").get<int>());
}

}  // namespace
}  // namespace dcx
