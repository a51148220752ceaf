#include "model/decimal.h"

#include <algorithm>

namespace dcx {

std::string decimal_text(int128 value, unsigned scale) {
    const bool negative = value < 0;
    // Negating the minimum of a signed type overflows; the unsigned one wraps to the right magnitude.
    uint128 magnitude = negative ? -static_cast<uint128>(value) : static_cast<uint128>(value);
    std::string reversed;
    for (unsigned digits = 0; magnitude != 0 || digits <= scale; ++digits) {
        if (digits == scale && scale > 0) reversed.push_back('.');
        reversed.push_back(static_cast<char>('0' + static_cast<int>(magnitude % 10)));
        magnitude /= 10;
    }
    if (negative) reversed.push_back('-');
    std::reverse(reversed.begin(), reversed.end());
    return reversed;
}

std::optional<std::int64_t> parse_decimal(std::string_view text, unsigned scale) {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    const std::size_t point = text.find('.');
    const std::string_view whole = text.substr(0, point);
    std::string_view fraction = point == text.npos ? std::string_view{} : text.substr(point + 1);
    if (whole.empty() || (point != text.npos && fraction.empty())) return std::nullopt;
    while (fraction.size() > scale && fraction.ends_with('0')) fraction.remove_suffix(1);
    if (fraction.size() > scale) return std::nullopt;

    std::int64_t value = 0;
    const auto push = [&](char c) {
        if (c < '0' || c > '9') return false;
        const auto shifted = checked_mul<std::int64_t>(value, 10);
        const auto next = shifted ? checked_add<std::int64_t>(*shifted, c - '0') : std::nullopt;
        value = next.value_or(0);
        return next.has_value();
    };
    for (const char c : whole)
        if (!push(c)) return std::nullopt;
    for (const char c : fraction)
        if (!push(c)) return std::nullopt;
    for (std::size_t i = fraction.size(); i < scale; ++i)
        if (!push('0')) return std::nullopt;
    return negative ? -value : value;
}

}  // namespace dcx
