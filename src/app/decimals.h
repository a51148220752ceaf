// Decimal texts of people and whole units of the venue, exactly: a price in ticks, a quantity in lots, an amount in
// minor units is each a multiple of mantissa x 10^-scale.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "model/event.h"

namespace dcx::app {

struct Unit {
    std::int64_t mantissa = 1;
    unsigned scale = 0;
    std::string_view what;  // for the error, e.g. "a price in DEC/USD"; must outlive the unit
};

// The text as a positive number of units, or what is wrong with it, for a person.
[[nodiscard]] std::expected<std::int64_t, std::string> parse_units(std::string_view text, const Unit& unit);
// With exactly `scale` decimals.
[[nodiscard]] std::string units_text(std::int64_t units, const Unit& unit);

// Seconds after midnight of "HH:MM"; nothing when the text is no time of day.
[[nodiscard]] std::optional<std::uint32_t> seconds_of_day(std::string_view text);

// Seconds of "90s", "15m", "1h", "7d" or "0"; nothing when the text is no such duration, or one above 2^31 seconds.
[[nodiscard]] std::optional<std::int64_t> parse_duration(std::string_view text);

// "2026-11-28T22:30:00Z" as a time; nothing when the text is none.
[[nodiscard]] std::optional<Time> parse_utc(const std::string& text);
// The same form, cut to the second.
[[nodiscard]] std::string utc_text(Time time);

// A transfer's id as people write a UUID: 8-4-4-4-12 hexadecimal digits.
[[nodiscard]] std::string transfer_id_text(TransferId id);
// Nothing when the text is none, or no UUIDv7.
[[nodiscard]] std::expected<TransferId, std::string> parse_transfer_id(std::string_view text);

}  // namespace dcx::app
