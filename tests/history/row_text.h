// Rows as text and by their keys, for whoever compares tables: made from the rows' own columns, so that no column can
// be forgotten.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "history/rows.h"

namespace dcx::naive {

// "name=value name=value …" of all columns.
class RowText {
  public:
    [[nodiscard]] const std::string& line() const { return line_; }

    void small(std::string_view name, const auto& value) { number(name, value); }
    void integer(std::string_view name, const auto& value) { number(name, value); }
    void number(std::string_view name, const auto& value) {
        using T = std::remove_cvref_t<decltype(value)>;
        if constexpr (requires { typename T::rep; })
            add(name, std::to_string(value.value));
        else if constexpr (std::is_enum_v<T>)
            add(name, std::to_string(static_cast<unsigned>(value)));
        else
            add(name, std::to_string(value));
    }
    void day(std::string_view name, history::Day value) { number(name, value); }
    void time(std::string_view name, Time value) { number(name, value); }
    void price(std::string_view name, Price value, InstrumentId) { number(name, value); }
    void quantity(std::string_view name, Quantity value, InstrumentId) { number(name, value); }
    void amount(std::string_view name, Amount value, AssetId) { number(name, value); }
    void uuid(std::string_view name, const TransferId& id) {
        add(name, std::to_string(id.high) + ":" + std::to_string(id.low));
    }
    template <std::size_t N>
    void bytes(std::string_view name, const std::array<std::byte, N>& value) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        std::string hex;
        for (const std::byte byte : value) {
            hex += kDigits[static_cast<std::size_t>(byte) >> 4];
            hex += kDigits[static_cast<std::size_t>(byte) & 15];
        }
        add(name, hex);
    }
    template <std::size_t N>
    void text(std::string_view name, const FixedString<N>& value) {
        add(name, std::string(value.view()));
    }
    void text(std::string_view name, const std::string& value) { add(name, value); }

  private:
    void add(std::string_view name, const std::string& value) {
        if (!line_.empty()) line_ += ' ';
        line_ += name;
        line_ += '=';
        line_ += value;
    }

    std::string line_;
};

// The first columns as numbers that order as the rows do.
class RowKey {
  public:
    static constexpr std::size_t kMost = 5;
    using Key = std::array<std::uint64_t, kMost>;

    explicit RowKey(std::size_t columns) : columns_(columns) {}
    [[nodiscard]] const Key& key() const { return key_; }

    void small(std::string_view, const auto& value) { add(value); }
    void integer(std::string_view, const auto& value) { add(value); }
    void number(std::string_view, const auto& value) { add(value); }
    void day(std::string_view, history::Day value) { add(value); }
    void time(std::string_view, Time value) { add(value); }
    void price(std::string_view, Price value, InstrumentId) { add(value); }
    void quantity(std::string_view, Quantity value, InstrumentId) { add(value); }
    void amount(std::string_view, Amount value, AssetId) { add(value); }
    void uuid(std::string_view, const TransferId& id) {
        if (columns_ == 0) return;
        --columns_;
        key_[place_++] = id.high;
        key_[place_++] = id.low;
    }
    void bytes(std::string_view, const auto&) {}
    void text(std::string_view, const auto&) {}

  private:
    void add(const auto& value) {
        if (columns_ == 0) return;
        --columns_;
        using T = std::remove_cvref_t<decltype(value)>;
        if constexpr (requires { typename T::rep; })
            key_[place_++] = static_cast<std::uint64_t>(value.value);
        else
            key_[place_++] = static_cast<std::uint64_t>(value);
    }

    Key key_{};
    std::size_t columns_;
    std::size_t place_ = 0;
};

template <class Row>
[[nodiscard]] std::string text_of(const Row& row) {
    RowText visitor;
    Row::columns(row, visitor);
    return visitor.line();
}

template <class Row>
[[nodiscard]] RowKey::Key key_of(const Row& row) {
    RowKey visitor(Row::key_columns);
    Row::columns(row, visitor);
    return visitor.key();
}

template <class Row>
void sort_by_key(std::vector<Row>& rows) {
    std::ranges::stable_sort(rows, {}, [](const Row& row) { return key_of(row); });
}

}  // namespace dcx::naive
