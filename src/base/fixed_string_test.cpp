#include "base/fixed_string.h"

#include <doctest/doctest.h>

#include <type_traits>

namespace dcx {
namespace {

using Name = FixedString<8>;

static_assert(sizeof(Name) == 8 && alignof(Name) == 1);
static_assert(std::is_trivially_copyable_v<Name> && std::has_unique_object_representations_v<Name>);
static_assert(!std::is_convertible_v<std::string_view, Name>);

TEST_CASE("text up to the capacity comes back as it went in") {
    for (const std::string_view text : {"", "D", "DEC/USD", "12345678"}) {
        CAPTURE(text);
        CHECK(Name::fits(text));
        CHECK(Name(text).view() == text);
        CHECK(Name(text).canonical());
    }
}

TEST_CASE("longer text is cut, and fits says so beforehand") {
    CHECK_FALSE(Name::fits("123456789"));
    CHECK(Name("123456789").view() == "12345678");
}

TEST_CASE("a zero byte inside text does not fit and is not canonical") {
    const std::string_view text("A\0B", 3);
    CHECK_FALSE(Name::fits(text));
    CHECK_FALSE(Name(text).canonical());
    CHECK(Name(text).view() == "A");
    Name late;
    late.bytes[7] = 'x';
    CHECK_FALSE(late.canonical());
}

TEST_CASE("fixed strings are ordered like their text") {
    CHECK(Name("A") == Name("A"));
    CHECK(Name("A") != Name("AA"));
    CHECK(Name("A") < Name("AA"));
    CHECK(Name("AB") > Name("AA"));
    CHECK(Name("") < Name("A"));
}

}  // namespace
}  // namespace dcx
