#include "app/decimals.h"

#include <array>
#include <charconv>
#include <cinttypes>
#include <cstdio>
#include <ctime>

#include "model/decimal.h"

namespace dcx::app {
namespace {

// Where the dashes of a UUID stand in its 36 characters.
constexpr bool is_dash(std::size_t at) { return at == 8 || at == 13 || at == 18 || at == 23; }

}  // namespace

std::expected<std::int64_t, std::string> parse_units(std::string_view text, const Unit& unit) {
    const auto value = parse_decimal(text, unit.scale);
    if (value && *value > 0 && *value % unit.mantissa == 0) return *value / unit.mantissa;
    return std::unexpected("\"" + std::string(text) + "\" is not " + std::string(unit.what) +
                           ", which is a positive whole multiple of " + units_text(1, unit));
}

std::string units_text(std::int64_t units, const Unit& unit) {
    return decimal_text(wide_mul(units, unit.mantissa), unit.scale);
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
    if (text == "0") return 0;
    if (text.size() < 2 || text.size() > 11) return std::nullopt;
    std::int64_t unit = 0;
    switch (text.back()) {
        case 's': unit = 1; break;
        case 'm': unit = 60; break;
        case 'h': unit = 3'600; break;
        case 'd': unit = 86'400; break;
        default: return std::nullopt;
    }
    std::int64_t count = 0;
    for (const char c : text.substr(0, text.size() - 1)) {
        if (c < '0' || c > '9') return std::nullopt;
        count = count * 10 + (c - '0');
    }
    if (count * unit > std::int64_t{1} << 31) return std::nullopt;
    return count * unit;
}

std::optional<std::uint32_t> seconds_of_day(std::string_view text) {
    const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
    if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4)) return std::nullopt;
    const auto pair = [&](std::size_t at) {
        return static_cast<std::uint32_t>(text[at] - '0') * 10 + static_cast<std::uint32_t>(text[at + 1] - '0');
    };
    if (pair(0) > 23 || pair(3) > 59) return std::nullopt;
    return pair(0) * 3600 + pair(3) * 60;
}

std::optional<Time> parse_utc(const std::string& text) {
    constexpr std::int64_t ns = 1'000'000'000;
    std::tm when{};
    const char* const end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &when);
    if (end == nullptr || *end != '\0') return std::nullopt;
    const std::int64_t seconds = ::timegm(&when);
    // Log time begins in 1970 and ends in 2262.
    if (seconds < 0 || seconds >= kNever.value / ns) return std::nullopt;
    return Time{seconds * ns};
}

std::string utc_text(Time time) {
    const std::time_t seconds = time.value / 1'000'000'000;
    std::tm when{};
    ::gmtime_r(&seconds, &when);
    std::array<char, 32> text{};
    static_cast<void>(std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &when));
    return text.data();
}

std::string transfer_id_text(TransferId id) {
    char text[37];
    std::snprintf(text, sizeof text, "%08" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%012" PRIx64,
                  id.high >> 32, (id.high >> 16) & 0xFFFF, id.high & 0xFFFF, id.low >> 48, id.low & 0xFFFF'FFFF'FFFF);
    return text;
}

std::expected<TransferId, std::string> parse_transfer_id(std::string_view text) {
    const auto wrong = [&] { return std::unexpected("\"" + std::string(text) + "\" is not a UUID of version 7"); };
    if (text.size() != 36) return wrong();
    std::string digits;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_dash(i) != (text[i] == '-')) return wrong();
        if (!is_dash(i)) digits += text[i];
    }
    TransferId id;
    const char* const middle = digits.data() + 16;
    const auto high = std::from_chars(digits.data(), middle, id.high, 16);
    const auto low = std::from_chars(middle, middle + 16, id.low, 16);
    if (high.ec != std::errc{} || high.ptr != middle || low.ec != std::errc{} || low.ptr != middle + 16) return wrong();
    if (!id.well_formed()) return wrong();
    return id;
}

}  // namespace dcx::app
