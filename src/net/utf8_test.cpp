#include "net/utf8.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>

#include "net/test_support.h"

namespace dcx::net {

namespace {

bool valid(std::string_view text) {
    Utf8Validator validator;
    return validator.feed(test::to_bytes(text)) && validator.complete();
}

// Encodes any number, also those that UTF-8 forbids.
std::string encode(std::uint32_t c) {
    const auto tail = [&](unsigned shift) { return static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
    if (c < 0x80) return {static_cast<char>(c)};
    if (c < 0x800) return {static_cast<char>(0xC0 | (c >> 6)), tail(0)};
    if (c < 0x10000) return {static_cast<char>(0xE0 | (c >> 12)), tail(6), tail(0)};
    return {static_cast<char>(0xF0 | (c >> 18)), tail(12), tail(6), tail(0)};
}

}  // namespace

TEST_CASE("every scalar value is valid, surrogates and numbers beyond are not") {
    for (std::uint32_t c = 0; c < 0x120000; ++c) {
        const bool scalar = c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
        if (valid(encode(c)) != scalar) FAIL_CHECK("code point " << c);
    }
}

TEST_CASE("all pairs of bytes: exactly the two-byte forms and ASCII are valid") {
    for (unsigned a = 0; a < 256; ++a) {
        for (unsigned b = 0; b < 256; ++b) {
            const std::array<char, 2> pair{static_cast<char>(a), static_cast<char>(b)};
            const bool expected = (a < 0x80 && b < 0x80) || (a >= 0xC2 && a <= 0xDF && b >= 0x80 && b <= 0xBF);
            if (valid({pair.data(), 2}) != expected) FAIL_CHECK("bytes " << a << " " << b);
        }
    }
}

TEST_CASE("overlong forms, lonely and missing continuation bytes") {
    for (const char* bad : {"\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xF0\x80\x80\x80",
                            "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xFE", "\xFF", "\x80",
                            "a\xBF", "\xE2\x82", "\xC3", "long enough text before \xED\xA0\x80"})
        CHECK_FALSE(valid(bad));
    for (const char* good :
         {"", "plain", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x92\xB0", "twelve bytes\xE2\x82\xAC and more text"})
        CHECK(valid(good));
}

TEST_CASE("cuts anywhere change nothing, and a bad byte fails as soon as it comes") {
    const std::string text =
        "k\xC3\xB6st \xE2\x82\xAC"
        "5 \xF0\x9F\x92\xB0 and a tail of plain text";
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        Utf8Validator validator;
        CHECK(validator.feed(test::to_bytes(text).first(cut)));
        CHECK(validator.feed(test::to_bytes(text).subspan(cut)));
        CHECK(validator.complete());
    }
    Utf8Validator validator;
    CHECK(validator.feed(test::to_bytes("\xF4")));
    CHECK_FALSE(validator.complete());
    CHECK_FALSE(validator.feed(test::to_bytes("\x90")));
}

}  // namespace dcx::net
