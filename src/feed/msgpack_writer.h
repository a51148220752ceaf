// MsgpackWriter: MessagePack appended to a ByteBuffer, every value in its shortest form. Same operations as JsonWriter.
// Prices, quantities and volumes are integers in ticks, lots, and ticks times lots; a volume above 2^64 - 1 (no market
// comes near) is told as that.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

#include "feed/byte_buffer.h"
#include "feed/decimal_format.h"

namespace dcx::feed {

class MsgpackWriter {
  public:
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
        std::memcpy(out_.room(bytes.size()), bytes.data(), bytes.size());
        out_.commit(bytes.size());
    }
    void key(std::string_view name) { text(name); }
    void text(std::string_view value) {
        if (value.size() < 32)
            out_.append(static_cast<std::uint8_t>(0xA0 | value.size()));
        else if (value.size() < 256)
            tagged(0xD9, static_cast<std::uint8_t>(value.size()));
        else
            tagged(0xDA, static_cast<std::uint16_t>(value.size()));  // no text of ours is longer than 65,535
        out_.append(value);
    }
    void number(std::uint64_t value) {
        if (value < 0x80)
            out_.append(static_cast<std::uint8_t>(value));
        else if (value <= 0xFF)
            tagged(0xCC, static_cast<std::uint8_t>(value));
        else if (value <= 0xFFFF)
            tagged(0xCD, static_cast<std::uint16_t>(value));
        else if (value <= 0xFFFFFFFF)
            tagged(0xCE, static_cast<std::uint32_t>(value));
        else
            tagged(0xCF, value);
    }
    void number(std::int64_t value) {
        if (value >= 0)
            number(static_cast<std::uint64_t>(value));
        else if (value >= -32)
            out_.append(static_cast<std::uint8_t>(value));
        else
            tagged(0xD3, static_cast<std::uint64_t>(value));
    }
    void null() { out_.append(std::uint8_t{0xC0}); }
    void boolean(bool value) { out_.append(static_cast<std::uint8_t>(value ? 0xC3 : 0xC2)); }
    void decimal(std::int64_t units, const DecimalFormat&) { number(units); }
    void decimal(int128 units, const DecimalFormat&) {
        constexpr auto most = std::numeric_limits<std::uint64_t>::max();
        number(units > most ? most : static_cast<std::uint64_t>(units));
    }
    void finish() {}

  private:
    // One tag byte, then the value big-endian.
    template <std::unsigned_integral Int>
    void tagged(std::uint8_t tag, Int value) {
        std::byte* const at = out_.room(1 + sizeof(Int));
        *at = std::byte{tag};
        if constexpr (sizeof(Int) == 2) value = __builtin_bswap16(value);
        if constexpr (sizeof(Int) == 4) value = __builtin_bswap32(value);
        if constexpr (sizeof(Int) == 8) value = __builtin_bswap64(value);
        std::memcpy(at + 1, &value, sizeof(Int));
        out_.commit(1 + sizeof(Int));
    }
    void head(std::size_t count, std::uint8_t fix, std::uint8_t tag16) {
        if (count < 16)
            out_.append(static_cast<std::uint8_t>(fix | count));
        else if (count <= 0xFFFF)
            tagged(tag16, static_cast<std::uint16_t>(count));
        else
            tagged(static_cast<std::uint8_t>(tag16 + 1), static_cast<std::uint32_t>(count));
    }

    ByteBuffer& out_;
};

}  // namespace dcx::feed
