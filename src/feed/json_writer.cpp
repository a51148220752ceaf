#include "feed/json_writer.h"

#include "model/decimal.h"

namespace dcx::feed {

namespace {

constexpr auto kPowersOfTen = [] {
    std::array<std::uint64_t, 19> powers{};
    std::uint64_t power = 1;
    for (auto& p : powers) {
        p = power;
        power *= 10;
    }
    return powers;
}();

constexpr auto kDigitPairs = [] {
    std::array<char, 200> pairs{};
    for (std::size_t i = 0; i < 100; ++i) {
        pairs[2 * i] = static_cast<char>('0' + i / 10);
        pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
    }
    return pairs;
}();

}  // namespace

void JsonWriter::short_decimal(std::uint64_t value, unsigned scale) {
    char* const begin = reinterpret_cast<char*>(out_.room(48));
    char* at = begin;
    *at++ = '"';
    const std::uint64_t power = kPowersOfTen[scale];
    at = std::to_chars(at, at + 20, value / power).ptr;
    if (scale > 0) {
        *at++ = '.';
        std::uint64_t fraction = value % power;
        unsigned left = scale;
        for (; left >= 2; left -= 2) {
            std::memcpy(at + left - 2, &kDigitPairs[2 * (fraction % 100)], 2);
            fraction /= 100;
        }
        if (left == 1) *at = static_cast<char>('0' + fraction);
        at += scale;
    }
    *at++ = '"';
    *at++ = ',';
    out_.commit(static_cast<std::size_t>(at - begin));
}

void JsonWriter::long_decimal(int128 units, const DecimalFormat& format) {
    out_.append(std::uint8_t{'"'});
    out_.append(std::string_view{decimal_text(units * format.mantissa, format.scale)});
    out_.append(std::string_view{"\","});
}

namespace {

constexpr bool needs_escape(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

}  // namespace

void JsonWriter::text(std::string_view value) {
    static constexpr std::string_view hex = "0123456789abcdef";
    out_.append(std::uint8_t{'"'});
    while (!value.empty()) {
        std::size_t plain = 0;
        while (plain < value.size() && !needs_escape(value[plain])) ++plain;
        out_.append(value.substr(0, plain));
        value.remove_prefix(plain);
        if (value.empty()) break;
        const auto byte = static_cast<unsigned char>(value.front());
        value.remove_prefix(1);
        if (byte >= 0x20) {
            out_.append(std::uint8_t{'\\'});
            out_.append(byte);
            continue;
        }
        out_.append(std::string_view{"\\u00"});
        out_.append(static_cast<std::uint8_t>(hex[byte >> 4]));
        out_.append(static_cast<std::uint8_t>(hex[byte & 15]));
    }
    out_.append(std::string_view{"\","});
}

}  // namespace dcx::feed
