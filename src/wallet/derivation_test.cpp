#include "wallet/derivation.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/sha256.h"

using namespace dcx;
using namespace dcx::wallet;

namespace {

std::vector<std::byte> bytes(std::string_view hex) {
    std::vector<std::byte> result(hex.size() / 2);
    REQUIRE(from_hex(hex, result));
    return result;
}

ExtendedKey extended(std::string_view key, std::string_view chain_code) {
    ExtendedKey result;
    REQUIRE(from_hex(key, result.key.bytes()));
    REQUIRE(from_hex(chain_code, result.chain_code.bytes()));
    return result;
}

void check(const std::optional<ExtendedKey>& found, std::string_view key, std::string_view chain_code) {
    REQUIRE(found.has_value());
    CHECK(to_hex(found->key.bytes()) == key);
    CHECK(to_hex(found->chain_code.bytes()) == chain_code);
}

std::vector<std::byte> counted_seed() {
    std::vector<std::byte> seed(32);
    for (std::size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<std::byte>(i);
    return seed;
}

ChainAddress address_of_path(std::span<const std::byte> seed, std::uint32_t account, std::uint32_t index) {
    const auto keys = AccountKeys::of(seed, account);
    REQUIRE(keys.has_value());
    const auto address = keys->address(index);
    REQUIRE(address.has_value());
    return *address;
}

}  // namespace

// The hardened steps of the test vectors in BIP32; where one begins below m, with the parent that the vector gives.
TEST_CASE("derivation: BIP32 test vector 1") {
    const auto master = master_key(bytes("000102030405060708090a0b0c0d0e0f"));
    check(master, "e8f32e723decf4051aefac8e2c93c9c5b214313817cdb01a1494b917c8436b35",
          "873dff81c02f525623fd1fe5167eac3a55a049de3d314bb42ee227ffed37d508");
    check(hardened_child(*master, 0), "edb2e14f9ee77d26dd93b4ecede8d16ed408ce149b6cd80b0715a2d911a0afea",
          "47fdacbd0f1097043b78c63c20c34ef4ed9a111d980047ad16282c7ae6236141");
    const auto below = extended("3c6cb8d0f6a264c91ea8b5030fadaa8e538b020f0a387421a12de9319dc93368",
                                "2a7857631386ba23dacac34180dd1983734e444fdbf774041578e9b6adb37c19");
    check(hardened_child(below, 2), "cbce0d719ecf7431d88e6a89fa1483e02e35092af60c042b1df2ff59fa424dca",
          "04466b9cc8e161e966409ca52986c584f07e9dc81f735db683c3ff6ec7b1503f");
}

TEST_CASE("derivation: BIP32 test vector 2, with the greatest number") {
    const auto below = extended("abe74a98f6c7eabee0428f53798f0ab8aa1bd37873999041703c742f15ac7e1e",
                                "f0909affaa7ee7abe5dd4e100598d4dc53cd709d5a5c2cac40e7412f232f7c9c");
    check(hardened_child(below, kHardened - 1), "877c779ad9687164e9c2f4f0f4ff0340814392330693ce95a58fe18fd52e6e93",
          "be17a268474a6bb9c61e1d720cf6215e2a88c5406c4aee7b38547f585c9a37d9");
}

TEST_CASE("derivation: BIP32 test vectors 3 and 4, keys with leading zeros") {
    const auto third =
        master_key(bytes("4b381541583be4423346c643850da4b320e46a87ae3d2a4e6da11eba819cd4ac"
                         "ba45d239319ac14f863b8d5ab5a0d0c64d2e8a1e7d1457df2e5a3c51c73235be"));
    check(third, "00ddb80b067e0d4993197fe10f2657a844a384589847602d56f0c629c81aae32",
          "01d28a3e53cffa419ec122c968b3259e16b65076495494d97cae10bbfec3c36f");
    check(hardened_child(*third, 0), "491f7a2eebc7b57028e0d3faa0acda02e75c33b03c48fb288c41e2ea44e1daef",
          "e5fea12a97b927fc9dc3d2cb0d1ea1cf50aa5a1fdc1f933e8906bb38df3377bd");

    const auto fourth = master_key(bytes("3ddd5602285899a946114506157c7997e5444528f3003f6134712147db19b678"));
    check(fourth, "12c0d59c7aa3a10973dbd3f478b65f2516627e3fe61e00c345be9a477ad2e215",
          "d0c8a1f6edf2500798c3e0b54f1b56e45f6d03e6076abd36e5e2f54101e44ce6");
    const auto child = hardened_child(*fourth, 0);
    check(child, "00d948e9261e41362a688b916f297121ba6bfb2274a3575ac0e456551dfd7f7e",
          "cdc0f06456a14876c898790e0b3b1a41c531170aec69da44ff7b7265bfe7743b");
    check(hardened_child(*child, 1), "3a2086edd7d9df86c3487a5905a1712a9aa664bce8cc268141e07549eaa8661d",
          "a48ee6674c5264a237703fd383bccd9fad4d9378ac98ab05e6e7029b06360c0d");
}

TEST_CASE("derivation: the greatest account and index") {
    const std::uint32_t greatest = kHardened - 1;
    CHECK(address_text(address_of_path(counted_seed(), greatest, greatest)) ==
          "DEC1ef8359525daabb63f29ece0384a84ba1e36f0be");
    CHECK(path_text(greatest, greatest) == "m/44'/4474179'/2147483647'/2147483647'");
    CHECK(path_text(6, 0) == "m/44'/4474179'/6'/0'");
}

TEST_CASE("derivation: what is out of range is refused") {
    const auto seed = counted_seed();
    CHECK(AccountKeys::of(seed, kHardened).error() == DerivationError::account_out_of_range);
    CHECK(AccountKeys::of(seed, ~0u).error() == DerivationError::account_out_of_range);
    const std::vector<std::byte> long_seed(kMaxSeed + 1, std::byte{1});
    for (const std::size_t wrong : {std::size_t{0}, kMinSeed - 1, kMaxSeed + 1})
        CHECK(AccountKeys::of(std::span{long_seed}.first(wrong), 1).error() == DerivationError::seed_of_wrong_size);
    for (const std::size_t right : {kMinSeed, kMaxSeed})
        CHECK(AccountKeys::of(std::span{long_seed}.first(right), 1).has_value());
    const auto keys = AccountKeys::of(seed, 1);
    REQUIRE(keys.has_value());
    CHECK(keys->key(kHardened).error() == DerivationError::index_out_of_range);
    CHECK(keys->address(kHardened).error() == DerivationError::index_out_of_range);
    CHECK(to_string(DerivationError::no_such_key) == "no_such_key");
    CHECK(to_string(DerivationError{77}) == "unknown");
}

TEST_CASE("derivation: every account, index and seed has addresses of its own, the same each time") {
    Random random(17);
    std::set<std::string> seen;
    for (int s = 0; s < 3; ++s) {
        std::vector<std::byte> seed(kMinSeed + random.below(kMaxSeed - kMinSeed + 1));
        for (std::byte& b : seed) b = static_cast<std::byte>(random.below(256));
        for (std::uint32_t account = 0; account < 6; ++account)
            for (std::uint32_t index = 0; index < 6; ++index) {
                const ChainAddress address = address_of_path(seed, account, index);
                CHECK(seen.insert(address_text(address)).second);
                CHECK(address_of_path(seed, account, index) == address);
            }
    }
    CHECK(seen.size() == 3 * 6 * 6);
}

TEST_CASE("derivation: a new seed is 32 random bytes") {
    const Seed a = new_seed();
    CHECK(a.size() == 32);
    CHECK_FALSE(a == new_seed());
}
