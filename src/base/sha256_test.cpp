#include "base/sha256.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/random.h"

namespace dcx {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span{text}); }

std::string sha256_of(std::string_view text) { return to_hex(Sha256::of(bytes_of(text))); }

TEST_CASE("SHA-256 of the FIPS 180-4 examples") {
    CHECK(sha256_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(sha256_of(std::string(1'000'000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("a message fed in parts has the hash of the whole, and finish starts the next message") {
    Random random(21);
    std::vector<std::byte> bytes(1000);
    for (std::byte& b : bytes) b = static_cast<std::byte>(random.below(256));
    const Digest whole = Sha256::of(bytes);
    Sha256 hash;
    for (int i = 0; i < 50; ++i) {
        for (std::size_t at = 0; at < bytes.size();) {
            const std::size_t size = std::min(bytes.size() - at, random.below(150));
            hash.update(std::span{bytes}.subspan(at, size));
            at += size;
        }
        REQUIRE(hash.finish() == whole);
    }
    CHECK(hash.finish() == Sha256::of({}));
}

TEST_CASE("a value is hashed as its bytes") {
    Sha256 hash;
    hash.update_value(std::uint32_t{0x00636261});
    CHECK(to_hex(hash.finish()) == to_hex(Sha256::of(bytes_of(std::string_view("abc\0", 4)))));
}

TEST_CASE("hexadecimal text goes there and back") {
    std::array<std::byte, 256> all{};
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::byte>(i);
    const std::string text = to_hex(all);
    CHECK(text.substr(0, 8) == "00010203");
    CHECK(text.substr(504) == "fcfdfeff");
    std::array<std::byte, 256> back{};
    REQUIRE(from_hex(text, back));
    CHECK(back == all);
    CHECK(to_hex({}).empty());
}

TEST_CASE("text that is not exactly lower-case hexadecimal of the right length is refused") {
    std::array<std::byte, 2> out{};
    CHECK(from_hex("00ff", out));
    for (const std::string_view bad :
         {"", "00f", "00ff0", "00ff00", "00FF", "00fg", "0x00", " 0ff", "00f/", "00f:", "00f`"}) {
        CAPTURE(bad);
        CHECK_FALSE(from_hex(bad, out));
    }
}

}  // namespace
}  // namespace dcx
