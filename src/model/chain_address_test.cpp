#include "model/chain_address.h"

#include <doctest/doctest.h>

#include <string>

#include "base/random.h"

using namespace dcx;

namespace {

const std::string kDigits = "c862aeeb8429dc25a798ba51a422b43d7e712606";

AddressError error_of(std::string_view text) {
    const auto address = parse_address(text);
    REQUIRE_FALSE_MESSAGE(address.has_value(), text);
    return address.error();
}

}  // namespace

TEST_CASE("chain address: both kinds are read") {
    const auto key = parse_address("DEC" + kDigits);
    REQUIRE(key.has_value());
    CHECK(key->kind == AddressKind::dec);
    CHECK(key->hash[0] == std::byte{0xC8});
    CHECK(key->hash[19] == std::byte{0x06});
    const auto multisig = parse_address("DECMS" + kDigits);
    REQUIRE(multisig.has_value());
    CHECK(multisig->kind == AddressKind::decms);
    CHECK(multisig->hash == key->hash);
    CHECK(*multisig != *key);
}

TEST_CASE("chain address: anything else is refused and says why") {
    for (const char* text : {"", "D", "DE", "dec", "Dec", "ABC", "0x0", "system", "genesis", " DEC", "\nDEC"})
        CHECK(error_of(text) == AddressError::wrong_prefix);
    CHECK(error_of(" DEC" + kDigits) == AddressError::wrong_prefix);
    CHECK(error_of("dec" + kDigits) == AddressError::wrong_prefix);
    CHECK(error_of("decms" + kDigits) == AddressError::wrong_prefix);

    for (const char* tail : {" ", "\n", "0", "00", "\t"}) {
        CHECK(error_of("DEC" + kDigits + tail) == AddressError::wrong_length);
        CHECK(error_of("DECMS" + kDigits + tail) == AddressError::wrong_length);
    }
    CHECK(error_of("DEC") == AddressError::wrong_length);
    CHECK(error_of("DECMS") == AddressError::wrong_length);
    CHECK(error_of("DEC" + kDigits.substr(1)) == AddressError::wrong_length);
    CHECK(error_of("DECMS" + kDigits.substr(2)) == AddressError::wrong_length);  // as long as one of the other kind
    CHECK(error_of("DECM" + kDigits.substr(1)) == AddressError::wrong_digit);
    CHECK(error_of("DECms" + kDigits.substr(2)) == AddressError::wrong_digit);
    CHECK(error_of(std::string{"DEC" + kDigits + std::string(1, '\0')}) == AddressError::wrong_length);
}

TEST_CASE("chain address: at every place only the sixteen digits are taken") {
    for (const std::string prefix : {"DEC", "DECMS"}) {
        for (std::size_t place = 0; place < kDigits.size(); ++place) {
            int taken = 0;
            for (int c = 0; c < 256; ++c) {
                std::string text = prefix + kDigits;
                text[prefix.size() + place] = static_cast<char>(c);
                const auto address = parse_address(text);
                if (address) {
                    CHECK(address_text(*address) == text);
                    ++taken;
                } else {
                    CHECK(address.error() == AddressError::wrong_digit);
                }
            }
            CHECK(taken == 16);
        }
    }
}

TEST_CASE("chain address: what is written is read back") {
    Random random(11);
    for (int i = 0; i < 2'000; ++i) {
        ChainAddress address{.hash = {}, .kind = random.chance(50) ? AddressKind::dec : AddressKind::decms};
        for (std::byte& b : address.hash) b = static_cast<std::byte>(random.below(256));
        const std::string text = address_text(address);
        CHECK(text.size() == (address.kind == AddressKind::dec ? 43 : 45));
        CHECK(parse_address(text) == address);
    }
    CHECK(address_text({}).empty());
}

TEST_CASE("chain address: kinds and errors have names") {
    CHECK(to_string(AddressKind::none) == "none");
    CHECK(to_string(AddressKind::dec) == "dec");
    CHECK(to_string(AddressKind::decms) == "decms");
    CHECK(to_string(AddressError::wrong_prefix) == "wrong_prefix");
    CHECK(to_string(AddressError::wrong_length) == "wrong_length");
    CHECK(to_string(AddressError::wrong_digit) == "wrong_digit");
    CHECK(to_string(AddressError{9}) == "unknown");
}
