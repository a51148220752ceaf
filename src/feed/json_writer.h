// JsonWriter: JSON text appended to a ByteBuffer. Same operations as MsgpackWriter, so that one function encodes a
// message in both formats. Every value is followed by a comma which the closing bracket overwrites; finish() drops the
// last one. Counts given to map() and array() are not needed here.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "feed/byte_buffer.h"
#include "feed/decimal_format.h"

namespace dcx::feed {

class JsonWriter {
  public:
    explicit JsonWriter(ByteBuffer& out) : out_(out) {}

    void map(std::size_t) { out_.append(std::uint8_t{'{'}); }
    void end_map() { close('}'); }
    void array(std::size_t) { out_.append(std::uint8_t{'['}); }
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
        std::memcpy(out_.room(bytes.size()), bytes.data(), bytes.size());
        out_.commit(bytes.size());
    }
    // A key that is not a constant.
    void key(std::string_view name) {
        text(name);
        out_.set_last(':');
    }
    void text(std::string_view value);
    void number(std::uint64_t value) { integer(value); }
    void number(std::int64_t value) { integer(value); }
    void null() { out_.append(std::string_view{"null,"}); }
    void boolean(bool value) { out_.append(value ? std::string_view{"true,"} : std::string_view{"false,"}); }
    // An exact decimal, as a string.
    void decimal(std::int64_t units, const DecimalFormat& format) {
        std::int64_t value;
        if (units >= 0 && format.scale <= 18 && format.mantissa <= INT64_MAX &&
            !__builtin_mul_overflow(units, static_cast<std::int64_t>(format.mantissa), &value)) [[likely]]
            short_decimal(static_cast<std::uint64_t>(value), format.scale);
        else
            long_decimal(units, format);
    }
    void decimal(int128 units, const DecimalFormat& format) { long_decimal(units, format); }
    // After the outermost map.
    void finish() { out_.drop_last(); }

  private:
    template <class Int>
    void integer(Int value) {
        char* const begin = reinterpret_cast<char*>(out_.room(24));
        char* const end = std::to_chars(begin, begin + 20, value).ptr;
        *end = ',';
        out_.commit(static_cast<std::size_t>(end - begin) + 1);
    }
    void close(char bracket) {
        // Empty ones have no comma to overwrite.
        if (out_.last() == std::byte{','})
            out_.set_last(bracket);
        else
            out_.append(static_cast<std::uint8_t>(bracket));
        out_.append(std::uint8_t{','});
    }
    void short_decimal(std::uint64_t value, unsigned scale);
    void long_decimal(int128 units, const DecimalFormat& format);

    ByteBuffer& out_;
};

}  // namespace dcx::feed
