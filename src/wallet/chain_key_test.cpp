#include "wallet/chain_key.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/sha256.h"
#include "base/skip_test.h"

using namespace dcx;
using namespace dcx::wallet;

namespace {

// The order of the curve.
const std::string kOrder = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
const std::string kOrderLessOne = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140";

SecretBytes<32> number(std::string_view hex) {
    SecretBytes<32> result;
    REQUIRE(from_hex(hex, result.bytes()));
    return result;
}
SecretBytes<32> small_number(unsigned value) {
    SecretBytes<32> result;
    result.bytes()[31] = static_cast<std::byte>(value);
    return result;
}

std::string text_of(const nlohmann::json& object, const char* name) { return object.at(name).get<std::string>(); }

ChainAddress address(std::string_view text) {
    const auto parsed = parse_address(text);
    REQUIRE_MESSAGE(parsed.has_value(), text);
    return *parsed;
}

ChainAddress address_number(unsigned value) {
    const auto key = public_key_of(small_number(value));
    REQUIRE(key.has_value());
    return address_of(*key);
}

}  // namespace

TEST_CASE("chain key: the keys 1 and n - 1 are the curve's base point and its mirror image") {
    const auto one = public_key_of(small_number(1));
    REQUIRE(one.has_value());
    CHECK(to_hex(*one) ==
          "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
          "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8");
    const auto last = public_key_of(number(kOrderLessOne));
    REQUIRE(last.has_value());
    CHECK(std::ranges::equal(std::span{*one}.first(32), std::span{*last}.first(32)));
    CHECK(to_hex(std::span{*last}.last(32)) == "b7c52588d95c3b9aa25b0403f1eef75702e84bb7597aabe663b82f6f04ef2777");
}

TEST_CASE("chain key: zero, the order and what is above it are no keys") {
    for (const std::string& wrong : {std::string(64, '0'), kOrder, std::string(64, 'f')}) {
        CHECK_FALSE(well_formed(number(wrong)));
        CHECK_FALSE(public_key_of(number(wrong)).has_value());
    }
    CHECK(well_formed(number(kOrderLessOne)));
}

TEST_CASE("chain key: a sum is taken modulo the order, and is refused where it is no key") {
    const PrivateKey one = small_number(1);
    const auto two = add_to_key(one, small_number(1));
    REQUIRE(two.has_value());
    CHECK(std::ranges::equal(two->bytes(), small_number(2).bytes()));
    const auto wrapped = add_to_key(number(kOrderLessOne), small_number(2));
    REQUIRE(wrapped.has_value());
    CHECK(std::ranges::equal(wrapped->bytes(), one.bytes()));
    const auto unchanged = add_to_key(one, small_number(0));
    REQUIRE(unchanged.has_value());
    CHECK(std::ranges::equal(unchanged->bytes(), one.bytes()));

    CHECK_FALSE(add_to_key(one, number(kOrderLessOne)).has_value());  // zero
    CHECK_FALSE(add_to_key(one, number(kOrder)).has_value());
    CHECK_FALSE(add_to_key(one, number(std::string(64, 'f'))).has_value());
}

TEST_CASE("chain key: an address is of the kind dec and of this key alone") {
    const ChainAddress one = address_number(1);
    CHECK(one.kind == AddressKind::dec);
    CHECK(address_text(one) == "DECc862aeeb8429dc25a798ba51a422b43d7e712606");
    CHECK(one != address_number(2));
}

TEST_CASE("multisig: the text that is hashed is the chain's JSON, whatever the order of the signers") {
    Random random(5);
    std::vector<ChainAddress> signers;
    for (unsigned i = 1; i <= kMaxSigners; ++i) signers.push_back(address_number(i));
    const auto text = signers_text(3, signers);
    const auto expected = multisig_address(3, signers);
    REQUIRE((text.has_value() && expected.has_value()));
    CHECK(expected->kind == AddressKind::decms);
    const auto parsed = nlohmann::json::parse(*text);
    CHECK(parsed.at("required").get<int>() == 3);
    CHECK(parsed.at("signers").size() == kMaxSigners);
    CHECK(std::ranges::is_sorted(parsed.at("signers")));
    for (int round = 0; round < 20; ++round) {
        std::swap(signers[random.below(signers.size())], signers[random.below(signers.size())]);
        CHECK(signers_text(3, signers) == text);
        CHECK(multisig_address(3, signers) == expected);
    }
    CHECK(multisig_address(2, signers) != expected);
    const std::array two{address_number(1), address_number(2)};
    CHECK(
        signers_text(1, two) ==
        R"({"required": 1, "signers": ["DEC4df1852dce94a2fa17518b37c6f11da28322d6d8", "DECc862aeeb8429dc25a798ba51a422b43d7e712606"]})");
}

TEST_CASE("multisig: one of two, as Python computes it") {
    const auto derived = multisig_address(1, std::array{address_number(1), address_number(2)});
    REQUIRE(derived.has_value());
    CHECK(address_text(*derived) == "DECMS9c1caf2d9a1f00162a9ab141bfc55f275905cb8b");
}

TEST_CASE("multisig: signers that would not mean what they seem to are refused") {
    const ChainAddress a = address_number(1);
    const ChainAddress b = address_number(2);
    const auto multisig = multisig_address(1, std::vector{a, b});
    REQUIRE(multisig.has_value());
    using List = std::vector<ChainAddress>;
    CHECK(multisig_address(0, List{a, b}).error() == SignersError::none_required);
    CHECK(multisig_address(0, List{}).error() == SignersError::none_required);
    CHECK(multisig_address(1, List{}).error() == SignersError::too_few);
    CHECK(multisig_address(3, List{a, b}).error() == SignersError::too_few);
    CHECK(multisig_address(1, List{a, b, a}).error() == SignersError::repeated);
    CHECK(multisig_address(1, List{a, *multisig}).error() == SignersError::not_a_key);
    CHECK(multisig_address(1, List{a, ChainAddress{}}).error() == SignersError::not_a_key);
    CHECK(multisig_address(1, List(kMaxSigners + 1, a)).error() == SignersError::too_many);
    CHECK(to_string(SignersError::too_few) == "too_few");
    CHECK(to_string(SignersError{99}) == "unknown");
}

TEST_CASE("chain key: keys, addresses and multisig of the chain's own vectors") {
    const std::string path = shared_file("facts/decoin-vectors.json");
    if (path.empty()) return skip_test("no ../shared/facts/decoin-vectors.json beside the repository");
    std::ifstream file(path);
    const auto vectors = nlohmann::json::parse(file);
    // Everything there that has a private key: the keys themselves and the senders of transactions.
    std::vector<nlohmann::json> keyed = vectors.at("keys");
    for (const auto& transaction : vectors.at("transactions")) keyed.push_back(transaction);
    for (const auto& own : vectors.at("repo_frontend_test_vectors").at("vectors")) keyed.push_back(own);
    CHECK(keyed.size() >= 20);
    for (const auto& vector : keyed) {
        const auto key = public_key_of(number(text_of(vector, "private_key")));
        REQUIRE(key.has_value());
        CHECK(to_hex(*key) == text_of(vector, "public_key"));
        if (vector.contains("sha256_of_public_key"))
            CHECK(to_hex(Sha256::of(*key)) == text_of(vector, "sha256_of_public_key"));
        CHECK(address_text(address_of(*key)) == text_of(vector, "address"));
        CHECK(parse_address(text_of(vector, "address")) == address_of(*key));
    }
    const auto& multisig = vectors.at("multisig");
    std::vector<ChainAddress> signers;
    for (const auto& signer : multisig.at("signers")) signers.push_back(address(signer.get<std::string>()));
    const auto required = multisig.at("required").get<unsigned>();
    CHECK(signers_text(required, signers) == text_of(multisig, "address_payload"));
    const auto derived = multisig_address(required, signers);
    REQUIRE(derived.has_value());
    CHECK(address_text(*derived) == text_of(multisig, "address"));
    for (const auto& [signer, text] : multisig.at("metadata").at("public_keys").items()) {
        PublicKey key;
        REQUIRE(from_hex(text.get<std::string>(), key));
        CHECK(address_text(address_of(key)) == signer);
    }
}

TEST_CASE("chain key: signatures of the chain's own vectors") {
    const std::string path = shared_file("facts/decoin-vectors.json");
    if (path.empty()) return skip_test("no ../shared/facts/decoin-vectors.json beside the repository");
    std::ifstream file(path);
    const auto vectors = nlohmann::json::parse(file);
    for (const auto& vector : vectors.at("transactions")) {
        Digest hash;
        REQUIRE(from_hex(text_of(vector, "hash"), hash));
        const PrivateKey key = number(text_of(vector, "private_key"));
        const auto shown = public_key_of(key);
        const auto made = sign(key, hash);
        REQUIRE((made.has_value() && shown.has_value()));
        CHECK(to_hex(*made) == text_of(vector, "signature_low_s"));
        CHECK(verify(*shown, hash, *made));
        // The wallet of the chain writes whichever s comes.
        Signature theirs;
        REQUIRE(from_hex(text_of(vector, "signature"), theirs));
        CHECK((theirs != *made) == vector.at("s_was_high").get<bool>());
        CHECK(verify(*shown, hash, theirs));
        for (const std::size_t at : {std::size_t{0}, std::size_t{31}, std::size_t{32}, std::size_t{63}}) {
            Signature changed = *made;
            changed[at] ^= std::byte{1};
            CHECK_FALSE(verify(*shown, hash, changed));
        }
    }
    for (const auto& vector : vectors.at("must_fail_verification")) {
        CAPTURE(text_of(vector, "name"));
        std::vector<std::byte> message(text_of(vector, "message_hex").size() / 2);
        REQUIRE(from_hex(text_of(vector, "message_hex"), message));
        PublicKey key;
        Signature signature;
        // Of another length: not even a key or a signature.
        const bool formed =
            from_hex(text_of(vector, "public_key"), key) && from_hex(text_of(vector, "signature"), signature);
        CHECK_FALSE((formed && verify(key, Sha256::of(message), signature)));
    }
    const auto& multisig = vectors.at("multisig");
    Digest hash;
    REQUIRE(from_hex(text_of(multisig, "hash"), hash));
    for (const auto& [signer, text] : multisig.at("metadata").at("signatures").items()) {
        PublicKey key;
        Signature signature;
        REQUIRE(from_hex(multisig.at("metadata").at("public_keys").at(signer).get<std::string>(), key));
        REQUIRE(from_hex(text.get<std::string>(), signature));
        CHECK(verify(key, hash, signature));
    }
}

TEST_CASE("chain key: a key that is none signs nothing, and a recoverable signature is the same one") {
    const Digest hash = Sha256::of({});
    CHECK_FALSE(sign(PrivateKey{}, hash).has_value());
    const PrivateKey key = number("1111111111111111111111111111111111111111111111111111111111111111");
    const auto made = sign_recoverable(key, hash);
    REQUIRE(made.has_value());
    CHECK(made->recovery <= 3);
    CHECK(sign(key, hash) == made->rs);
    const PublicKey off_curve{};
    CHECK_FALSE(verify(off_curve, hash, made->rs));
    Signature too_large;
    too_large.fill(std::byte{0xff});
    CHECK_FALSE(verify(*public_key_of(key), hash, too_large));
}
