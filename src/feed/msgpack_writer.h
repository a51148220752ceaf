// MsgpackWriter: MessagePack appended to a ByteBuffer, every value in its shortest form. Same operations as JsonWriter;
// all of it is in the buffer after finish(). Prices, quantities and volumes are integers in ticks, lots, and ticks
// times lots; a volume above 2^64 - 1 (no market comes near) is told as that.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

#include "feed/byte_buffer.h"
#include "feed/channel.h"
#include "feed/decimal_format.h"

namespace dcx::feed {

class MsgpackWriter {
  public:
    static constexpr Format kFormat = Format::msgpack;

    explicit MsgpackWriter(ByteBuffer& out) : out_(out) {}

    void map(std::size_t entries) { head(entries, 0x80, 0xDE); }
    void end_map() {}
    void array(std::size_t items) { head(items, 0x90, 0xDC); }
    void end_array() {}
    template <KeyText Key>
    void key() {
        static_assert(Key.length < 32);
        static constexpr auto bytes = [] {
            std::array<char, Key.length + 1> text{};
            text[0] = static_cast<char>(0xA0 | Key.length);
            for (std::size_t i = 0; i < Key.length; ++i) text[i + 1] = Key.chars[i];
            return text;
        }();
        out_.put(bytes);
    }
    void key(std::string_view name) { text(name); }
    void text(std::string_view value) {
        char* const at = out_.room(kRoom);
        if (value.size() < 32)
            out_.advance_to(put(at, static_cast<std::uint8_t>(0xA0 | value.size())));
        else if (value.size() < 256)
            out_.advance_to(tagged(at, 0xD9, static_cast<std::uint8_t>(value.size())));
        else  // no text of ours is longer than 65,535
            out_.advance_to(tagged(at, 0xDA, static_cast<std::uint16_t>(value.size())));
        out_.put(value);
    }
    void number(std::uint64_t value) { out_.advance_to(write_number(out_.room(kRoom), value)); }
    void number(std::int64_t value) { out_.advance_to(write_number(out_.room(kRoom), value)); }
    void null() { out_.put(static_cast<char>(0xC0)); }
    void boolean(bool value) { out_.put(static_cast<char>(value ? 0xC3 : 0xC2)); }
    void decimal(std::int64_t units, const DecimalFormat&) { number(units); }
    void decimal(int128 units, const DecimalFormat&) {
        constexpr auto most = std::numeric_limits<std::uint64_t>::max();
        constexpr auto least = std::numeric_limits<std::int64_t>::min();
        if (units < 0)
            number(units < least ? least : static_cast<std::int64_t>(units));
        else
            number(units > most ? most : static_cast<std::uint64_t>(units));
    }
    // One level of a book: an array of price, quantity and number of orders.
    void level(std::int64_t price, const DecimalFormat&, std::int64_t quantity, const DecimalFormat&,
               std::uint64_t orders) {
        char* at = put(out_.room(1 + 3 * kRoom), 0x93);
        at = write_number(at, price);
        at = write_number(at, quantity);
        out_.advance_to(write_number(at, orders));
    }
    // What a writer of this format made before: whole values, keys, or a beginning.
    void raw(std::string_view made) { out_.put(made); }
    void finish() { out_.flush(); }
    // What is there so far, as it is, which is no whole value.
    void flush() { out_.flush(); }

  private:
    // One tag byte and eight of a number.
    static constexpr std::size_t kRoom = 9;

    static char* put(char* at, std::uint8_t byte) {
        *at = static_cast<char>(byte);
        return at + 1;
    }
    // One tag byte, then the value big-endian.
    template <std::unsigned_integral Int>
    static char* tagged(char* at, std::uint8_t tag, Int value) {
        at = put(at, tag);
        if constexpr (sizeof(Int) == 2) value = __builtin_bswap16(value);
        if constexpr (sizeof(Int) == 4) value = __builtin_bswap32(value);
        if constexpr (sizeof(Int) == 8) value = __builtin_bswap64(value);
        std::memcpy(at, &value, sizeof(Int));
        return at + sizeof(Int);
    }
    static char* write_number(char* at, std::uint64_t value) {
        if (value < 0x80) return put(at, static_cast<std::uint8_t>(value));
        if (value <= 0xFF) return tagged(at, 0xCC, static_cast<std::uint8_t>(value));
        if (value <= 0xFFFF) return tagged(at, 0xCD, static_cast<std::uint16_t>(value));
        if (value <= 0xFFFFFFFF) return tagged(at, 0xCE, static_cast<std::uint32_t>(value));
        return tagged(at, 0xCF, value);
    }
    static char* write_number(char* at, std::int64_t value) {
        if (value >= 0) return write_number(at, static_cast<std::uint64_t>(value));
        if (value >= -32) return put(at, static_cast<std::uint8_t>(value));
        return tagged(at, 0xD3, static_cast<std::uint64_t>(value));
    }
    void head(std::size_t count, std::uint8_t fix, std::uint8_t tag16) {
        char* const at = out_.room(kRoom);
        if (count < 16)
            out_.advance_to(put(at, static_cast<std::uint8_t>(fix | count)));
        else if (count <= 0xFFFF)
            out_.advance_to(tagged(at, tag16, static_cast<std::uint16_t>(count)));
        else
            out_.advance_to(tagged(at, static_cast<std::uint8_t>(tag16 + 1), static_cast<std::uint32_t>(count)));
    }

    BufferCursor out_;
};

}  // namespace dcx::feed
