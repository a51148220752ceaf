#include "app/decimals.h"

#include <doctest/doctest.h>

using namespace dcx;
using namespace dcx::app;

TEST_CASE("decimals: times of day") {
    CHECK(seconds_of_day("00:00") == 0);
    CHECK(seconds_of_day("23:59") == 86'340);
    for (const char* wrong : {"", "24:00", "12:60", "1:00", "12:0", "12-00", "12:00:00", "ab:cd"})
        CHECK_FALSE(seconds_of_day(wrong));
}

TEST_CASE("decimal texts become whole units exactly, or are refused with the unit in the text") {
    const Unit tick{.mantissa = 1, .scale = 4, .what = "a price in DEC/USD"};
    CHECK(parse_units("1.25", tick) == 12'500);
    CHECK(parse_units("0.0001", tick) == 1);
    CHECK(parse_units("3", tick) == 30'000);
    CHECK(parse_units("1.25000", tick) == 12'500);
    CHECK(units_text(12'500, tick) == "1.2500");
    for (const char* text : {"1.23456", "0", "-1", "", "1,5", "1e3", " 1", "0x10", "99999999999999999999"}) {
        CAPTURE(text);
        const auto refused = parse_units(text, tick);
        REQUIRE(!refused);
        CHECK(refused.error().find("a price in DEC/USD") != std::string::npos);
        CHECK(refused.error().find("0.0001") != std::string::npos);
    }
}

TEST_CASE("a unit that is no power of ten divides or refuses") {
    const Unit lot{.mantissa = 25, .scale = 2, .what = "a quantity"};
    CHECK(parse_units("0.75", lot) == 3);
    CHECK(units_text(3, lot) == "0.75");
    CHECK(!parse_units("0.30", lot));
}

TEST_CASE("transfer ids go to text and back") {
    const TransferId id = make_transfer_id(0x0192'3456'789A, 0xABC, 0xFEDC'BA98'7654'3210);
    const std::string text = transfer_id_text(id);
    CHECK(text.substr(0, 14) == "01923456-789a-");
    CHECK(text[14] == '7');
    REQUIRE(parse_transfer_id(text));
    CHECK(*parse_transfer_id(text) == id);
    for (std::string wrong :
         {std::string{}, text.substr(1), text + "0", "x" + text.substr(1), text.substr(0, 14) + "4" + text.substr(15),
          "+" + text.substr(1), text.substr(0, 8) + "0" + text.substr(9)})
        CHECK(!parse_transfer_id(wrong));
}
