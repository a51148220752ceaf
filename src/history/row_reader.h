// Reading rows back, the same way from both stores: StoreReader runs a SELECT in the subset of SQL that they share, and
// read_row() makes a row of its cells.
//
// One thread a reader. A reader never locks or changes anything, and sees whole commits only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "history/rows.h"
#include "history/store.h"

namespace dcx::history {

// The cells of one row of a result, by their place from 0. Throws HistoryError `damaged` for what is not what was asked
// for (another type, a fraction of a tick, beyond 64 bits).
class Cells {
  public:
    virtual ~Cells() = default;
    // Of integers, and of days as days since 1970.
    virtual std::int64_t integer(std::size_t place) = 0;
    // The number of steps of mantissa x 10^-scale. (A store that holds steps gives them as they are.)
    virtual std::int64_t steps(std::size_t place, std::int64_t mantissa, std::uint8_t scale) = 0;
    // Of text, and of bytes and uuids as they are. Valid until the next row.
    virtual std::string_view bytes(std::size_t place) = 0;
};

// Names of a row type's columns, separated by ", ".
template <class Row>
[[nodiscard]] std::string column_names();

template <class Row>
[[nodiscard]] Row read_row(Cells& cells, const Units& units);

// A parameter of a statement; $1 is the first.
using Parameter = std::variant<std::int64_t, Day, TransferId>;

class StoreReader {
  public:
    virtual ~StoreReader() = default;
    // Calls `row` for each row of the result.
    virtual void select(std::string_view sql, std::span<const Parameter> parameters,
                        const std::function<void(Cells&)>& row) = 0;
    // What is read between the two is of one commit. (Long ones hold up the store's housekeeping.)
    virtual void begin_snapshot() = 0;
    virtual void end_snapshot() = 0;
    // Tables that were told once may have a part for each day, and looking into each of them costs: who asks for rows
    // in the order of the log asks for a few days at a time.
    [[nodiscard]] virtual bool by_days() const { return false; }

    // Decimals of all assets and markets as of now; to be read before rows that have numbers.
    [[nodiscard]] Units units();
    [[nodiscard]] Cursor cursor();
    // "SELECT (its columns) FROM (its table) " + rest
    template <class Row>
    void each(const Units& units, std::string_view rest, std::span<const Parameter> parameters,
              const std::function<void(Row&&)>& told) {
        select("SELECT " + column_names<Row>() + " FROM " + std::string(Row::table) + " " + std::string(rest),
               parameters, [&](Cells& cells) { told(read_row<Row>(cells, units)); });
    }
    template <class Row>
    [[nodiscard]] std::vector<Row> rows(const Units& units, std::string_view rest,
                                        std::span<const Parameter> parameters = {}) {
        std::vector<Row> all;
        each<Row>(units, rest, parameters, [&](Row&& row) { all.push_back(std::move(row)); });
        return all;
    }
};

// Connects. Throws HistoryError, not_there when nobody has stored anything yet.
[[nodiscard]] std::unique_ptr<StoreReader> open_reader(const StoreOptions& options);

// ---- What the templates are made of.

class ColumnNames {
  public:
    std::string names;

    void small(std::string_view name, const auto&) { add(name); }
    void integer(std::string_view name, const auto&) { add(name); }
    void number(std::string_view name, const auto&) { add(name); }
    void day(std::string_view name, Day) { add(name); }
    void time(std::string_view name, Time) { add(name); }
    void price(std::string_view name, Price, InstrumentId) { add(name); }
    void quantity(std::string_view name, Quantity, InstrumentId) { add(name); }
    void amount(std::string_view name, Amount, AssetId) { add(name); }
    void uuid(std::string_view name, const TransferId&) { add(name); }
    void bytes(std::string_view name, const auto&) { add(name); }
    void text(std::string_view name, const auto&) { add(name); }

  private:
    void add(std::string_view name) {
        if (!names.empty()) names += ", ";
        names += name;
    }
};

template <class Row>
std::string column_names() {
    static const Row kRow{};
    ColumnNames visitor;
    Row::columns(kRow, visitor);
    return visitor.names;
}

class RowVisitor {
  public:
    RowVisitor(Cells& cells, const Units& units) : cells_(cells), units_(units) {}

    void small(std::string_view name, auto& value) { set(name, value); }
    void integer(std::string_view name, auto& value) { set(name, value); }
    void number(std::string_view name, auto& value) { set(name, value); }
    void day(std::string_view name, Day& value) { set(name, value); }
    void time(std::string_view name, Time& value) { set(name, value); }
    void price(std::string_view, Price& value, InstrumentId market) {
        const MarketUnits units = units_.market(market);
        value = Price{cells_.steps(place_++, units.tick_mantissa, units.tick_scale)};
    }
    void quantity(std::string_view, Quantity& value, InstrumentId market) {
        const MarketUnits units = units_.market(market);
        value = Quantity{cells_.steps(place_++, units.lot_mantissa, units.lot_scale)};
    }
    void amount(std::string_view, Amount& value, AssetId asset) {
        value = Amount{cells_.steps(place_++, 1, units_.scale(asset))};
    }
    void uuid(std::string_view name, TransferId& value) {
        const std::string_view raw = cells_.bytes(place_++);
        if (raw.size() != 16) refuse(name);
        const auto word = [&](std::size_t from) {
            std::uint64_t result = 0;
            for (std::size_t i = from; i < from + 8; ++i) result = result << 8 | static_cast<std::uint8_t>(raw[i]);
            return result;
        };
        value = {.low = word(8), .high = word(0)};
    }
    template <std::size_t N>
    void bytes(std::string_view name, std::array<std::byte, N>& value) {
        const std::string_view raw = cells_.bytes(place_++);
        if (raw.size() != N) refuse(name);
        std::memcpy(value.data(), raw.data(), N);
    }
    template <std::size_t N>
    void text(std::string_view name, FixedString<N>& value) {
        const std::string_view raw = cells_.bytes(place_++);
        if (!FixedString<N>::fits(raw)) refuse(name);
        value = FixedString<N>{raw};
    }
    void text(std::string_view, std::string& value) { value = cells_.bytes(place_++); }

  private:
    template <class T>
    void set(std::string_view name, T& value) {
        const std::int64_t read = cells_.integer(place_++);
        if constexpr (requires { typename T::rep; }) {
            value = T{narrow<typename T::rep>(name, read)};
        } else if constexpr (std::is_enum_v<T>) {
            value = static_cast<T>(narrow<std::underlying_type_t<T>>(name, read));
        } else {
            value = narrow<T>(name, read);
        }
    }
    template <class Number>
    [[nodiscard]] Number narrow(std::string_view name, std::int64_t read) {
        const auto number = static_cast<Number>(read);
        if (static_cast<std::int64_t>(number) != read) refuse(name);
        return number;
    }
    [[noreturn]] static void refuse(std::string_view name) {
        throw HistoryError(ErrorCode::damaged,
                           "the column " + std::string(name) + " holds what was never stored there");
    }

    Cells& cells_;
    const Units& units_;
    std::size_t place_ = 0;
};

template <class Row>
Row read_row(Cells& cells, const Units& units) {
    Row row;
    RowVisitor visitor(cells, units);
    Row::columns(row, visitor);
    return row;
}

}  // namespace dcx::history
