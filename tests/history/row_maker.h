// Rows for tests of the stores: every column at its extremes or anywhere between, with keys that the caller counts.
// Numbers keep to what history/rows.h says of their kinds, and decimals to the assets and markets of units().
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/random.h"
#include "history/row_batch.h"

namespace dcx::history {

inline constexpr std::uint32_t kAssets = 10;  // with 0 .. 9 decimals
inline constexpr std::uint32_t kMarkets = 5;

class RowMaker {
  public:
    explicit RowMaker(std::uint64_t seed) : random_(seed) {
        constexpr std::array<std::int64_t, kMarkets> kMantissas{1, 5, 25, 125'000'000, 999'999'937};
        for (std::uint32_t i = 0; i < kAssets; ++i) {
            units_.set_asset(AssetId{i + 1}, static_cast<std::uint8_t>(i));
            assets_.push_back({.asset_id = AssetId{i + 1}, .scale = static_cast<std::uint8_t>(i)});
        }
        for (std::uint32_t i = 0; i < kMarkets; ++i) {
            const MarketUnits units{.base = AssetId{i + 1},
                                    .quote = AssetId{i + 2},
                                    .tick_mantissa = kMantissas[i],
                                    .lot_mantissa = kMantissas[kMarkets - 1 - i],
                                    .tick_scale = static_cast<std::uint8_t>(2 * i),
                                    .lot_scale = static_cast<std::uint8_t>(9 - i)};
            units_.set_market(InstrumentId{i + 1}, units);
            markets_.push_back({.market_id = InstrumentId{i + 1},
                                .base_asset = units.base,
                                .quote_asset = units.quote,
                                .tick_mantissa = units.tick_mantissa,
                                .tick_scale = units.tick_scale,
                                .lot_mantissa = units.lot_mantissa,
                                .lot_scale = units.lot_scale});
        }
    }

    [[nodiscard]] const Units& units() const { return units_; }
    Random& random() { return random_; }

    template <class Row>
    Row make() {
        Row row;
        Row::columns(row, *this);
        return row;
    }
    AssetRow asset(std::uint32_t id) {
        auto row = make<AssetRow>();
        row.asset_id = assets_[id - 1].asset_id;
        row.scale = assets_[id - 1].scale;
        return row;
    }
    MarketRow market(std::uint32_t id) {
        auto row = make<MarketRow>();
        const MarketRow& fixed = markets_[id - 1];
        row.market_id = fixed.market_id;
        row.base_asset = fixed.base_asset;
        row.quote_asset = fixed.quote_asset;
        row.tick_mantissa = fixed.tick_mantissa;
        row.tick_scale = fixed.tick_scale;
        row.lot_mantissa = fixed.lot_mantissa;
        row.lot_scale = fixed.lot_scale;
        return row;
    }

    void small(std::string_view, auto& value) {
        using T = std::remove_cvref_t<decltype(value)>;
        if constexpr (std::is_same_v<T, bool>) {
            value = random_.chance(50);
        } else if constexpr (sizeof(T) == 1) {
            value = static_cast<T>(random_.below(256));
        } else {
            value = static_cast<T>(random_.below(32'768));
        }
    }
    void integer(std::string_view, auto& value) {
        using T = std::remove_cvref_t<decltype(value)>;
        if constexpr (std::is_same_v<T, AssetId>) {
            value = AssetId{static_cast<std::uint32_t>(random_.below(kAssets + 2))};
        } else if constexpr (std::is_same_v<T, InstrumentId>) {
            value = InstrumentId{static_cast<std::uint32_t>(random_.below(kMarkets + 2))};
        } else if constexpr (requires { typename T::rep; }) {
            value = T{any_of_32_bits<typename T::rep>()};
        } else {
            value = any_of_32_bits<T>();
        }
    }
    void number(std::string_view, auto& value) {
        using T = std::remove_cvref_t<decltype(value)>;
        if constexpr (requires { typename T::rep; }) {
            value = T{any_of_64_bits<typename T::rep>()};
        } else {
            value = any_of_64_bits<T>();
        }
    }
    void day(std::string_view, Day& value) { value = Day{static_cast<std::int32_t>(20'000 + random_.below(4))}; }
    void time(std::string_view, Time& value) {
        value = Time{static_cast<std::int64_t>(any_of_64_bits<std::uint64_t>())};
    }
    void price(std::string_view, Price& value, InstrumentId) { value = Price{any_of_64_bits<std::int64_t>()}; }
    void quantity(std::string_view, Quantity& value, InstrumentId) { value = Quantity{any_of_64_bits<std::int64_t>()}; }
    void amount(std::string_view, Amount& value, AssetId) { value = Amount{any_of_64_bits<std::int64_t>()}; }
    void uuid(std::string_view, TransferId& value) {
        constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();
        value = {.low = random_.chance(10) ? kAll : random_.next(), .high = random_.chance(10) ? kAll : random_.next()};
        if (random_.chance(10)) value = {};
    }
    template <std::size_t N>
    void bytes(std::string_view, std::array<std::byte, N>& value) {
        const bool zeros = random_.chance(10);
        for (std::byte& byte : value) byte = zeros ? std::byte{} : static_cast<std::byte>(random_.next());
    }
    template <std::size_t N>
    void text(std::string_view, FixedString<N>& value) {
        std::string some;
        text("", some);
        // No character is cut in two.
        while (some.size() > N) {
            do {
                some.pop_back();
            } while (!some.empty() && (static_cast<unsigned char>(some.back()) & 0xC0) == 0x80);
            while (!some.empty() && static_cast<unsigned char>(some.back()) >= 0xC0) some.pop_back();
        }
        value = FixedString<N>{some};
    }
    void text(std::string_view, std::string& value) {
        static const std::array<std::string, 8> kTexts{"",
                                                       "BTC/USD",
                                                       "{\"a\": \"b\\\\c \\\"d\\\"\"}",
                                                       "two\nlines\r\n\tand a tab",
                                                       "Zürich, Ελλάδα, 東京 🦀",
                                                       "'; DROP TABLE orders --",
                                                       " ",
                                                       "\\N"};
        value = kTexts[random_.below(kTexts.size())];
        if (random_.chance(2)) value.assign(70'000, 'x');
    }

  private:
    template <class T>
    T any_of_32_bits() {
        constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
        const std::int64_t least = std::is_signed_v<T> ? std::numeric_limits<std::int32_t>::min() : 0;
        switch (random_.below(5)) {
            case 0: return static_cast<T>(least);
            case 1: return static_cast<T>(kMax);
            case 2: return static_cast<T>(random_.between(least, kMax));
            default: return static_cast<T>(random_.below(300));
        }
    }
    template <class T>
    T any_of_64_bits() {
        constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
        const std::int64_t least = std::is_signed_v<T> ? std::numeric_limits<std::int64_t>::min() : 0;
        switch (random_.below(7)) {
            case 0: return static_cast<T>(least);
            case 1: return static_cast<T>(kMax);
            case 2: return static_cast<T>(std::int64_t{1} << 62);
            case 3: return static_cast<T>(-least / 3);
            case 4: return static_cast<T>(static_cast<std::int64_t>(random_.next() >> 1));
            case 5: return T{0};
            default: return static_cast<T>(random_.below(1'000'000));
        }
    }

    Random random_;
    Units units_;
    std::vector<AssetRow> assets_;
    std::vector<MarketRow> markets_;
};

}  // namespace dcx::history
