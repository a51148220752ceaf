// Rows with random values in every column, for tests of what a store keeps: keys rise, numbers use all their bits.
#pragma once

#include <array>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "base/random.h"
#include "history/row_batch.h"

namespace dcx::history {

class RandomRows {
  public:
    explicit RandomRows(std::uint64_t seed) : random_(seed) {
        for (std::uint32_t id = 0; id < 500; ++id) {
            units_.set_asset(AssetId{id}, static_cast<std::uint8_t>(id % 19));
            units_.set_market(InstrumentId{id}, {.base = AssetId{id},
                                                 .quote = AssetId{id + 1},
                                                 .tick_mantissa = id % 3 == 0 ? 25 : 1,
                                                 .lot_mantissa = id % 5 == 0 ? 1'000'000'007 : 1,
                                                 .tick_scale = static_cast<std::uint8_t>(id % 11),
                                                 .lot_scale = static_cast<std::uint8_t>(id % 7)});
        }
    }
    [[nodiscard]] const Units& units() const { return units_; }

    // `count` rows of each table, those told once of `day`, keys from `first` on.
    void fill(RowBatch& batch, std::uint64_t first, std::size_t count, Day day) {
        day_ = day;
        const auto fill_all = [&](auto&... tables) { (fill_table(tables, first, count), ...); };
        std::apply(fill_all, RowBatch::told_tables(batch));
        std::apply(fill_all, RowBatch::state_tables(batch));
        fill_table(batch.new_orders, first, count);
    }
    template <class Row>
    void fill_table(std::vector<Row>& rows, std::uint64_t first, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            key_ = first + i;
            place_ = 0;
            Row row{};
            Row::columns(row, *this);
            rows.push_back(std::move(row));
        }
    }

    void small(std::string_view, auto& value) { set(value, random_.below(2)); }
    void integer(std::string_view, auto& value) { set(value, random_.below(3) == 0 ? 0x7FFFFFFF : random_.below(400)); }
    void number(std::string_view, auto& value) { set(value, random_.next() >> random_.below(64)); }
    void day(std::string_view, Day& value) {
        value = day_;
        ++place_;
    }
    void time(std::string_view, Time& value) { set(value, random_.next()); }
    void price(std::string_view, Price& value, InstrumentId) { set(value, random_.next() >> random_.below(64)); }
    void quantity(std::string_view, Quantity& value, InstrumentId) { set(value, random_.next() >> random_.below(64)); }
    void amount(std::string_view, Amount& value, AssetId) { set(value, random_.next() >> random_.below(64)); }
    void uuid(std::string_view, TransferId& value) {
        value = {.low = random_.next(), .high = random_.next()};
        ++place_;
    }
    template <std::size_t N>
    void bytes(std::string_view, std::array<std::byte, N>& value) {
        for (std::byte& byte : value) byte = static_cast<std::byte>(random_.next());
        ++place_;
    }
    template <std::size_t N>
    void text(std::string_view, FixedString<N>& value) {
        value = FixedString<N>{std::string_view("ABC/DEFGHIJKLMNOP").substr(0, random_.below(N < 16 ? N : 16))};
        ++place_;
    }
    void text(std::string_view, std::string& value) {
        const std::string some[] = {"", "{\"a\":\"'\\\\\\n\"}", "Zürich, 東京", std::string(3000, 'x')};
        value = some[random_.below(4)];
        ++place_;
    }

  private:
    // The first column that is no day is the rest of the key.
    template <class T>
    void set(T& value, std::uint64_t number) {
        if (place_ == 0 || (place_ == 1 && std::is_same_v<T, Sequence>)) number = key_;
        ++place_;
        if constexpr (requires { typename T::rep; }) {
            value = T{static_cast<typename T::rep>(number)};
        } else {
            value = static_cast<T>(number);
        }
    }

    Random random_;
    Units units_;
    Day day_{};
    std::uint64_t key_ = 0;
    std::size_t place_ = 0;
};

}  // namespace dcx::history
