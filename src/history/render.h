// Rendering: a row of the history as named texts: decimals exact, symbols instead of ids, words instead of numbers,
// times in ISO 8601 UTC with nanoseconds, "" for none. The columns of the views of migration 0002 are the same names
// and the same texts (tests/history compares them in both stores), so a program sees one form everywhere.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "history/rows.h"
#include "history/words.h"

namespace dcx::history {

// Units and symbols of all assets and markets.
struct Names {
    Units units;
    std::vector<std::string> assets;  // by id
    std::vector<std::string> markets;

    // "" for 0 and for what is not there.
    [[nodiscard]] std::string_view asset(AssetId id) const {
        return id.value < assets.size() ? std::string_view(assets[id.value]) : std::string_view{};
    }
    [[nodiscard]] std::string_view market(InstrumentId id) const {
        return id.value < markets.size() ? std::string_view(markets[id.value]) : std::string_view{};
    }
};

[[nodiscard]] std::string amount_text(Amount value, AssetId asset, const Units& units);
[[nodiscard]] std::string price_text(Price value, InstrumentId market, const Units& units);
[[nodiscard]] std::string quantity_text(Quantity value, InstrumentId market, const Units& units);
// "2026-11-28"
[[nodiscard]] std::string day_text(Day day);
// "2026-11-28T22:30:00.123456789Z"; "" for 0.
[[nodiscard]] std::string time_text(Time time);
// 8-4-4-4-12 hexadecimal digits; "" for zeros.
[[nodiscard]] std::string uuid_text(const TransferId& id);

struct Field {
    enum class Form : std::uint8_t {
        text,    // JSON: a string
        number,  // a JSON number
        yes_no,  // "yes" or "no"; JSON: true, false
        json,    // is JSON
    };
    std::string name;
    std::string text;
    Form form{};
};
using Fields = std::vector<Field>;

// One JSON object, without a line's end.
[[nodiscard]] std::string to_json(const Fields& fields);

class FieldsVisitor {
  public:
    explicit FieldsVisitor(const Names& names) : names_(names) {}
    Fields fields;

    template <class T>
    void small(std::string_view name, T value) {
        if constexpr (std::is_same_v<T, bool>) {
            add(name, value ? "yes" : "no", Field::Form::yes_no);
        } else if constexpr (std::is_enum_v<T>) {
            add(name, std::string(word(value)));
        } else {
            add(name, std::to_string(value), Field::Form::number);
        }
    }
    void integer(std::string_view name, AssetId value) {
        // asset_id is "asset"; others have their names already.
        add(name == "asset_id" ? "asset" : name, std::string(names_.asset(value)));
    }
    void integer(std::string_view name, InstrumentId value) {
        add(name == "market_id" ? "market" : name, std::string(names_.market(value)));
    }
    void integer(std::string_view name, const auto& value) { number(name, value); }
    template <class T>
    void number(std::string_view name, const T& value) {
        if constexpr (requires { value.value; }) {
            number(name, value.value);
        } else {
            // Stored as 64 signed bits (rows.h).
            add(name, std::to_string(static_cast<std::int64_t>(value)), Field::Form::number);
        }
    }
    void day(std::string_view name, Day value) { add(name, day_text(value)); }
    void time(std::string_view name, Time value) { add(name, time_text(value)); }
    void price(std::string_view name, Price value, InstrumentId market) {
        add(name, price_text(value, market, names_.units));
    }
    void quantity(std::string_view name, Quantity value, InstrumentId market) {
        add(name, quantity_text(value, market, names_.units));
    }
    void amount(std::string_view name, Amount value, AssetId asset) {
        add(name, amount_text(value, asset, names_.units));
    }
    void uuid(std::string_view name, const TransferId& value) { add(name, uuid_text(value)); }
    template <std::size_t N>
    void bytes(std::string_view name, const std::array<std::byte, N>& value) {
        add(name, hex(value.data(), N));
    }
    template <std::size_t N>
    void text(std::string_view name, const FixedString<N>& value) {
        add(name, std::string(value.view()));
    }
    void text(std::string_view name, const std::string& value) {
        add(name, value, name == "detail" ? Field::Form::json : Field::Form::text);
    }
    void replace(std::string_view name, std::string_view text);
    // The first column: of what has the symbol, the number.
    void own_id(std::string_view name, std::uint32_t id) {
        fields.front() = {.name = std::string(name), .text = std::to_string(id), .form = Field::Form::number};
    }

  private:
    void add(std::string_view name, std::string text, Field::Form form = Field::Form::text) {
        fields.push_back({.name = std::string(name), .text = std::move(text), .form = form});
    }
    static std::string hex(const std::byte* bytes, std::size_t count);

    const Names& names_;
};

// What a number of these rows means depends on another column.
[[nodiscard]] std::string_view detail_word(const ExecutionRow& row);
[[nodiscard]] std::string_view reason_word(const OrderRow& row);
[[nodiscard]] std::string_view flags_word(const OrderRow& row);

template <class Row>
Fields fields_of(const Row& row, const Names& names) {
    FieldsVisitor visitor(names);
    Row::columns(row, visitor);
    if constexpr (std::is_same_v<Row, AssetRow>) visitor.own_id("asset_id", row.asset_id.value);
    if constexpr (std::is_same_v<Row, MarketRow>) visitor.own_id("market_id", row.market_id.value);
    if constexpr (std::is_same_v<Row, ExecutionRow>) visitor.replace("detail", detail_word(row));
    if constexpr (std::is_same_v<Row, OrderRow>) {
        visitor.replace("flags", flags_word(row));
        visitor.replace("reason", reason_word(row));
    }
    return std::move(visitor.fields);
}

}  // namespace dcx::history
