#include "history/compare.h"

#include <algorithm>
#include <compare>
#include <vector>

namespace dcx::history {
namespace {

constexpr std::size_t kPage = 5'000;

using Key = std::vector<Parameter>;

// The columns of a row as what a statement takes and as text; those of the key come first.
class Columns {
  public:
    struct Column {
        std::string_view name;
        std::string text;
    };
    std::vector<Column> all;
    Key key;  // of those that can be one

    void small(std::string_view name, auto value) { integral(name, value); }
    void integer(std::string_view name, auto value) { integral(name, value); }
    void number(std::string_view name, auto value) { integral(name, value); }
    void day(std::string_view name, Day value) { add(name, value.value, value); }
    void time(std::string_view name, Time value) { integral(name, value.value); }
    void price(std::string_view name, Price value, InstrumentId) { integral(name, value.value); }
    void quantity(std::string_view name, Quantity value, InstrumentId) { integral(name, value.value); }
    void amount(std::string_view name, Amount value, AssetId) { integral(name, value.value); }
    void uuid(std::string_view name, const TransferId& value) {
        static constexpr char kDigits[] = "0123456789abcdef";
        std::string text;
        for (const std::uint64_t word : {value.high, value.low})
            for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[word >> shift & 15];
        all.push_back({name, text});
        key.emplace_back(value);
    }
    template <std::size_t N>
    void bytes(std::string_view name, const std::array<std::byte, N>& value) {
        static constexpr char kDigits[] = "0123456789abcdef";
        std::string text;
        for (const std::byte b : value) {
            text += kDigits[static_cast<unsigned>(b) >> 4];
            text += kDigits[static_cast<unsigned>(b) & 15];
        }
        all.push_back({name, text});
    }
    void text(std::string_view name, const std::string& value) { all.push_back({name, value}); }
    template <std::size_t N>
    void text(std::string_view name, const FixedString<N>& value) {
        all.push_back({name, std::string(value.view())});
    }

  private:
    template <class T>
    void integral(std::string_view name, T value) {
        if constexpr (requires { typename T::rep; })
            add(name, value.value, static_cast<std::int64_t>(value.value));
        else
            add(name, static_cast<std::int64_t>(value), static_cast<std::int64_t>(value));
    }
    template <class Number>
    void add(std::string_view name, Number number, Parameter parameter) {
        all.push_back({name, std::to_string(number)});
        key.push_back(parameter);
    }
};

template <class Row>
Columns columns_of(const Row& row) {
    Columns columns;
    Row::columns(row, columns);
    return columns;
}

// As both stores order them.
std::strong_ordering order(const Parameter& a, const Parameter& b) {
    if (const auto* id = std::get_if<TransferId>(&a)) {
        const auto& other = std::get<TransferId>(b);
        if (const auto high = id->high <=> other.high; high != 0) return high;
        return id->low <=> other.low;
    }
    if (const auto* day = std::get_if<Day>(&a)) return day->value <=> std::get<Day>(b).value;
    return std::get<std::int64_t>(a) <=> std::get<std::int64_t>(b);
}
std::strong_ordering order(const Key& a, const Key& b) {
    for (std::size_t i = 0; i < a.size(); ++i)
        if (const auto one = order(a[i], b[i]); one != 0) return one;
    return std::strong_ordering::equal;
}

// The rows of one table in the order of their keys, a page at a time.
template <class Row>
class Walk {
  public:
    Walk(StoreReader& reader, const Units& units) : reader_(reader), units_(units) {
        const Columns columns = columns_of(Row{});
        std::string parameters;
        for (std::size_t i = 0; i < Row::key_columns; ++i) {
            names_ += (i == 0 ? "" : ", ") + std::string(columns.all[i].name);
            parameters += (i == 0 ? "$" : ", $") + std::to_string(i + 1);
        }
        behind_ = "WHERE (" + names_ + ") > (" + parameters + ")";
        turn_page();
    }
    // Null at the end.
    [[nodiscard]] const Row* row() const { return place_ < page_.size() ? &page_[place_] : nullptr; }
    [[nodiscard]] Key key() const { return key_of(page_[place_]); }
    void next() {
        if (++place_ == page_.size() && page_.size() == kPage) turn_page();
    }

  private:
    static Key key_of(const Row& row) {
        Key key = columns_of(row).key;
        key.resize(Row::key_columns);
        return key;
    }
    void turn_page() {
        const Key last = page_.empty() ? Key{} : key_of(page_.back());
        page_ = reader_.rows<Row>(
            units_, (page_.empty() ? "" : behind_) + " ORDER BY " + names_ + " LIMIT " + std::to_string(kPage), last);
        place_ = 0;
    }

    StoreReader& reader_;
    const Units& units_;
    std::string names_;
    std::string behind_;
    std::vector<Row> page_;
    std::size_t place_ = 0;
};

template <class Row>
std::string name_of(const Row& row) {
    const Columns columns = columns_of(row);
    std::string text;
    for (std::size_t i = 0; i < Row::key_columns; ++i)
        text += (i == 0 ? "" : " ") + std::string(columns.all[i].name) + "=" + columns.all[i].text;
    return text;
}

template <class Row>
std::string difference_of(const Row& is, const Row& should_be) {
    const Columns a = columns_of(is);
    const Columns b = columns_of(should_be);
    std::string text = name_of(is) + ":";
    for (std::size_t i = 0; i < a.all.size(); ++i)
        if (a.all[i].text != b.all[i].text)
            text += " " + std::string(a.all[i].name) + " is " + a.all[i].text + ", should be " + b.all[i].text;
    return text;
}

}  // namespace

Comparison compare_stores(StoreReader& store, StoreReader& expected, std::size_t max_told,
                          const std::function<void(const Difference&)>& told,
                          const std::function<void(std::uint64_t)>& looked) {
    Comparison result;
    const Units units = store.units();
    const Units expected_units = expected.units();
    const auto tell = [&](std::string_view table, const std::string& text) {
        if (++result.differences <= max_told) told({.table = table, .text = text});
    };
    each_row_type([&]<class Row>(std::type_identity<Row>) {
        Walk<Row> is(store, units);
        Walk<Row> should_be(expected, expected_units);
        while (is.row() != nullptr || should_be.row() != nullptr) {
            if (++result.rows % (4 * kPage) == 0 && looked) looked(result.rows);
            if (is.row() != nullptr && should_be.row() != nullptr && *is.row() == *should_be.row()) {
                is.next();
                should_be.next();
                continue;
            }
            const auto which = is.row() == nullptr          ? std::strong_ordering::greater
                               : should_be.row() == nullptr ? std::strong_ordering::less
                                                            : order(is.key(), should_be.key());
            if (which < 0) tell(Row::table, name_of(*is.row()) + ": should not be there");
            if (which > 0) tell(Row::table, name_of(*should_be.row()) + ": is missing");
            if (which == 0) tell(Row::table, difference_of(*is.row(), *should_be.row()));
            if (which <= 0) is.next();
            if (which >= 0) should_be.next();
        }
    });
    return result;
}

Day pruned_before(StoreReader& reader) {
    Day day{};
    reader.select("SELECT pruned_before FROM history_cursor", {},
                  [&](Cells& cells) { day = Day{static_cast<std::int32_t>(cells.integer(0))}; });
    return day;
}

std::vector<TableSize> table_sizes(StoreReader& reader) {
    std::vector<TableSize> sizes;
    each_row_type([&]<class Row>(std::type_identity<Row>) {
        reader.select("SELECT count(*) FROM " + std::string(Row::table), {}, [&](Cells& cells) {
            sizes.push_back({.table = Row::table, .rows = static_cast<std::uint64_t>(cells.integer(0))});
        });
    });
    return sizes;
}

}  // namespace dcx::history
