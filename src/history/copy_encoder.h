// CopyEncoder: rows into PostgreSQL's binary COPY form. One row's bytes are at the same time the binary parameters of a
// statement with one parameter a column (for_each_field() takes them apart).
//
// One thread. Throws HistoryError impossible_event for an id that PostgreSQL's integer can't hold.
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "history/history_error.h"
#include "history/postgres_numeric.h"
#include "history/row_types.h"
#include "model/types.h"

namespace dcx::history {

// PostgreSQL's dates begin in 2000.
inline constexpr std::int32_t kPostgresEpochDay = 10'957;

class CopyEncoder {
  public:
    explicit CopyEncoder(const Units& units) : units_(units) {}

    template <class Row>
    void row(const Row& row) {
        fields_at_ = size_;
        fields_ = 0;
        put16(0);
        Row::columns(row, *this);
        write_big(bytes_.data() + fields_at_, fields_);
    }
    // What stands before the first row of a COPY and behind the last.
    void begin() {
        constexpr std::string_view kSignature{"PGCOPY\n\377\r\n\0", 11};
        std::memcpy(room(19), kSignature.data(), kSignature.size());
        std::memset(bytes_.data() + size_ - 8, 0, 8);
    }
    void end() { put16(0xFFFF); }

    [[nodiscard]] std::string_view bytes() const { return {bytes_.data(), size_}; }
    void clear() { size_ = 0; }

    void small(std::string_view, const auto& value) { put(static_cast<std::uint16_t>(raw(value))); }
    void integer(std::string_view name, const auto& value) {
        const std::int64_t number = raw(value);
        if (number > std::numeric_limits<std::int32_t>::max()) refuse(name);
        put(static_cast<std::uint32_t>(number));
    }
    void number(std::string_view, const auto& value) { put(static_cast<std::uint64_t>(raw(value))); }
    void day(std::string_view, Day value) { put(static_cast<std::uint32_t>(value.value - kPostgresEpochDay)); }
    void time(std::string_view, Time value) { put(static_cast<std::uint64_t>(value.value)); }
    void price(std::string_view, Price value, InstrumentId market) {
        const MarketUnits units = units_.market(market);
        numeric(wide_mul(value.value, units.tick_mantissa), units.tick_scale);
    }
    void quantity(std::string_view, Quantity value, InstrumentId market) {
        const MarketUnits units = units_.market(market);
        numeric(wide_mul(value.value, units.lot_mantissa), units.lot_scale);
    }
    void amount(std::string_view, Amount value, AssetId asset) { numeric(value.value, units_.scale(asset)); }
    void uuid(std::string_view, const TransferId& value) {
        char* to = field(16);
        write_big(to, value.high);
        write_big(to + 8, value.low);
    }
    template <std::size_t N>
    void bytes(std::string_view, const std::array<std::byte, N>& value) {
        std::memcpy(field(N), value.data(), N);
    }
    void text(std::string_view, const auto& value) {
        const std::string_view text = view(value);
        std::memcpy(field(text.size()), text.data(), text.size());
    }

  private:
    template <class T>
    static std::int64_t raw(const T& value) {
        if constexpr (requires { typename T::rep; }) {
            return static_cast<std::int64_t>(value.value);
        } else {
            return static_cast<std::int64_t>(value);
        }
    }
    static std::string_view view(const std::string& text) { return text; }
    static std::string_view view(const auto& fixed) { return fixed.view(); }

    template <std::unsigned_integral Number>
    static void write_big(char* to, Number number) {
        if constexpr (sizeof(Number) == 2) number = __builtin_bswap16(number);
        if constexpr (sizeof(Number) == 4) number = __builtin_bswap32(number);
        if constexpr (sizeof(Number) == 8) number = __builtin_bswap64(number);
        std::memcpy(to, &number, sizeof(number));
    }
    char* room(std::size_t more) {
        if (size_ + more > bytes_.size()) bytes_.resize(std::max(2 * bytes_.size(), size_ + more + 4096));
        char* const at = bytes_.data() + size_;
        size_ += more;
        return at;
    }
    void put16(std::uint16_t number) { write_big(room(2), number); }
    char* field(std::size_t length) {
        char* const at = room(4 + length);
        write_big(at, static_cast<std::uint32_t>(length));
        ++fields_;
        return at + 4;
    }
    void put(std::unsigned_integral auto number) { write_big(field(sizeof(number)), number); }
    void numeric(int128 units, std::uint8_t scale) {
        char* const at = field(kNumericBytes);
        const std::size_t length = write_numeric(at, units, scale);
        write_big(at - 4, static_cast<std::uint32_t>(length));
        size_ -= kNumericBytes - length;
    }
    [[noreturn]] static void refuse(std::string_view name) {
        throw HistoryError(ErrorCode::impossible_event, "a number beyond 2^31 in the column " + std::string(name));
    }

    const Units& units_;
    std::vector<char> bytes_;
    std::size_t size_ = 0;
    std::size_t fields_at_ = 0;
    std::uint16_t fields_ = 0;
};

// Takes the bytes of one row apart: field(pointer, length) for each.
template <class Field>
void for_each_field(std::string_view row, const Field& field) {
    for (std::size_t at = 2; at + 4 <= row.size();) {
        std::uint32_t length = 0;
        std::memcpy(&length, row.data() + at, sizeof(length));
        length = __builtin_bswap32(length);
        field(row.data() + at + 4, static_cast<int>(length));
        at += 4 + length;
    }
}

}  // namespace dcx::history
