// JsonWriter: JSON text appended to a ByteBuffer. Same operations as MsgpackWriter, so that one function encodes a
// message in both formats. Every value is followed by a comma which the closing bracket overwrites; finish() drops the
// last one, and only then is all of it in the buffer. Counts given to map() and array() are not needed here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "feed/byte_buffer.h"
#include "feed/channel.h"
#include "feed/decimal_format.h"
#include "feed/digits.h"

namespace dcx::feed {

class JsonWriter {
  public:
    static constexpr Format kFormat = Format::json;

    explicit JsonWriter(ByteBuffer& out) : out_(out) {}

    void map(std::size_t) { out_.put('{'); }
    void end_map() { close('}'); }
    void array(std::size_t) { out_.put('['); }
    void end_array() { close(']'); }
    template <KeyText Key>
    void key() {
        static constexpr auto bytes = [] {
            std::array<char, Key.length + 3> text{};
            text[0] = '"';
            for (std::size_t i = 0; i < Key.length; ++i) text[i + 1] = Key.chars[i];
            text[Key.length + 1] = '"';
            text[Key.length + 2] = ':';
            return text;
        }();
        out_.put(bytes);
    }
    // A key that is not a constant.
    void key(std::string_view name) {
        text(name);
        out_.last() = ':';
    }
    void text(std::string_view value);
    void number(std::uint64_t value) { out_.advance_to(write_value(out_.room(kNumberRoom), value)); }
    void number(std::int64_t value) {
        if (value < 0) out_.put('-');
        number(value < 0 ? -static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value));
    }
    void null() { out_.put(std::string_view{"null,"}); }
    void boolean(bool value) { out_.put(value ? std::string_view{"true,"} : std::string_view{"false,"}); }
    // An exact decimal, as a string.
    void decimal(std::int64_t units, const DecimalFormat& format) {
        std::uint64_t value;
        if (is_short(units, format, value)) [[likely]]
            out_.advance_to(write_decimal(out_.room(kDecimalRoom), value, format.scale));
        else
            long_decimal(units, format);
    }
    void decimal(int128 units, const DecimalFormat& format) { long_decimal(units, format); }
    // One level of a book: an array of price, quantity and number of orders.
    void level(std::int64_t price, const DecimalFormat& price_format, std::int64_t quantity,
               const DecimalFormat& quantity_format, std::uint64_t orders) {
        std::uint64_t price_value;
        std::uint64_t quantity_value;
        if (!is_short(price, price_format, price_value) || !is_short(quantity, quantity_format, quantity_value))
            [[unlikely]]
            return long_level(price, price_format, quantity, quantity_format, orders);
        char* at = out_.room(2 * kDecimalRoom + kNumberRoom + 3);
        *at++ = '[';
        at = write_decimal(at, price_value, price_format.scale);
        at = write_decimal(at, quantity_value, quantity_format.scale);
        at = write_value(at, orders);
        at[-1] = ']';
        *at++ = ',';
        out_.advance_to(at);
    }
    // What a writer of this format made before: whole values, keys, or a beginning.
    void raw(std::string_view made) { out_.put(made); }
    // After the outermost map.
    void finish() {
        out_.drop_last();
        out_.flush();
    }
    // What is there so far, as it is, which is no whole value.
    void flush() { out_.flush(); }

  private:
    // Up to 20 digits and a comma, and what write_number() may write behind them.
    static constexpr std::size_t kNumberRoom = 32;
    // Up to 19 digits, or 18 behind the point and one before it; point, quotes, comma.
    static constexpr std::size_t kDecimalRoom = 40;
    static constexpr auto kPowersOfTen = [] {
        std::array<std::uint64_t, 19> powers{1};
        for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = 10 * powers[i - 1];
        return powers;
    }();

    // The units times the mantissa, when that is nothing unusual.
    static bool is_short(std::int64_t units, const DecimalFormat& format, std::uint64_t& value) {
        std::int64_t product;
        if (units < 0 || format.scale >= kPowersOfTen.size() || format.mantissa > INT64_MAX ||
            __builtin_mul_overflow(units, static_cast<std::int64_t>(format.mantissa), &product))
            return false;
        value = static_cast<std::uint64_t>(product);
        return true;
    }
    static char* write_value(char* at, std::uint64_t value) {
        at = write_number(at, value);
        *at++ = ',';
        return at;
    }
    static char* write_decimal(char* at, std::uint64_t value, unsigned scale) {
        *at++ = '"';
        if (scale == 0) {
            at = write_number(at, value);
        } else {
            const std::uint64_t power = kPowersOfTen[scale];
            at = write_number(at, value / power);
            *at++ = '.';
            at = write_digits(at, value % power, scale);
        }
        *at++ = '"';
        *at++ = ',';
        return at;
    }
    void close(char bracket) {
        // Empty ones have no comma to overwrite.
        if (out_.last() == ',')
            out_.last() = bracket;
        else
            out_.put(bracket);
        out_.put(',');
    }
    void long_decimal(int128 units, const DecimalFormat& format);
    void long_level(std::int64_t price, const DecimalFormat& price_format, std::int64_t quantity,
                    const DecimalFormat& quantity_format, std::uint64_t orders);

    BufferCursor out_;
};

}  // namespace dcx::feed
