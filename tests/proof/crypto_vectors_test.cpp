// Cases of C2SP/wycheproof: Ed25519 as base/ed25519.h checks it, HMAC-SHA-256 as the salts are made.
#include <doctest/doctest.h>

#include <algorithm>

#include "base/ed25519.h"
#include "base/skip_test.h"
#include "proof/quick_sha256.h"
#include "proof/vectors.h"

namespace dcx::proof {
namespace {

using nlohmann::json;

// Our signatures are 64 bytes by type: one of another length is refused where it is read.
bool verifies(const std::vector<std::byte>& key, const std::vector<std::byte>& message,
              const std::vector<std::byte>& signature) {
    Ed25519PublicKey raw_key;
    Ed25519Signature raw_signature;
    if (key.size() != raw_key.size() || signature.size() != raw_signature.size()) return false;
    std::copy(key.begin(), key.end(), raw_key.begin());
    std::copy(signature.begin(), signature.end(), raw_signature.begin());
    return ed25519_verify(raw_key, message, raw_signature);
}

template <class Check>
unsigned each_case(const json& file, const Check& check) {
    unsigned cases = 0;
    for (const json& group : file.at("testGroups"))
        for (const json& test : group.at("tests")) {
            INFO("case ", test.at("tcId").get<int>(), ": ", test.at("comment").get<std::string>(), " ",
                 test.at("flags").dump());
            // Ed25519 and HMAC-SHA-256 have none that an implementation may answer either way.
            REQUIRE(test.at("result") != "acceptable");
            CHECK(check(group, test) == (test.at("result") == "valid"));
            ++cases;
        }
    return cases;
}

TEST_CASE("Ed25519: valid, malleable, truncated, garbled") {
    const std::string path = shared_file("data/crypto-vectors/ed25519_test.json");
    if (path.empty()) return skip_test("no ../shared/data/crypto-vectors beside the repository");
    CHECK(each_case(vector_json(path), [](const json& group, const json& test) {
              return verifies(vector_bytes(group.at("publicKey").at("pk")), vector_bytes(test.at("msg")),
                              vector_bytes(test.at("sig")));
          }) == 151);
}

TEST_CASE("HMAC-SHA-256: whole and truncated tags, right and changed") {
    const std::string path = shared_file("data/crypto-vectors/hmac_sha256_test.json");
    if (path.empty()) return skip_test("no ../shared/data/crypto-vectors beside the repository");
    CHECK(each_case(vector_json(path), [](const json& group, const json& test) {
              const auto tag = vector_bytes(test.at("tag"));
              const Digest made = KeyedHmac(vector_bytes(test.at("key"))).of(vector_bytes(test.at("msg")));
              return tag.size() * 8 == group.at("tagSize").get<std::size_t>() && tag.size() <= made.size() &&
                     std::equal(tag.begin(), tag.end(), made.begin());
          }) == 174);
}

}  // namespace
}  // namespace dcx::proof
