// The views show what render.h makes of a row, text for text, whatever the numbers are: so both stores show the same.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <set>

#include "history/reading/random_history.h"
#include "history/reading/reading_store.h"
#include "history/render.h"

namespace dcx::reading {
namespace {

using namespace history;

constexpr std::uint32_t kListed = 12;  // assets and markets; others are named by rows all the same

// Fills every column with something from all of its range, the ends more often than not.
class Filler {
  public:
    explicit Filler(std::mt19937_64& random) : random_(random) {}

    template <class T>
    void small(std::string_view, T& value) {
        // Numbers without a word among them.
        if constexpr (std::is_same_v<T, bool>) {
            value = pick(2) == 1;
        } else if constexpr (std::is_same_v<T, EventKind>) {
            value = static_cast<T>(pick(100));
        } else {
            value = static_cast<T>(pick(17));
        }
    }
    void integer(std::string_view, AssetId& value) { value = AssetId{id()}; }
    void integer(std::string_view, InstrumentId& value) { value = InstrumentId{id()}; }
    template <class T>
    void integer(std::string_view, T& value) {
        const auto number = static_cast<std::int32_t>(any() & 0x7FFF'FFFF);
        if constexpr (requires { value.value; })
            value = T{static_cast<typename T::rep>(number)};
        else
            value = static_cast<T>(number);
    }
    template <class T>
    void number(std::string_view, T& value) {
        const std::int64_t number = any();
        if constexpr (requires { value.value; })
            value = T{static_cast<typename T::rep>(number)};
        else
            value = static_cast<T>(number);
    }
    void day(std::string_view, Day& value) {
        constexpr std::array<std::int32_t, 4> kDays{0, 19'782, 20'000, 106'751};
        value = Day{kDays[pick(kDays.size())]};
    }
    void time(std::string_view, Time& value) { value = Time{any() & INT64_MAX}; }
    void price(std::string_view, Price& value, InstrumentId) { value = Price{any()}; }
    void quantity(std::string_view, Quantity& value, InstrumentId) { value = Quantity{any()}; }
    void amount(std::string_view, Amount& value, AssetId) { value = Amount{any()}; }
    void uuid(std::string_view, TransferId& value) {
        value = pick(4) == 0 ? TransferId{} : TransferId{.low = random_(), .high = random_()};
    }
    template <std::size_t N>
    void bytes(std::string_view, std::array<std::byte, N>& value) {
        for (std::byte& byte : value) byte = std::byte(random_());
    }
    template <std::size_t N>
    void text(std::string_view, FixedString<N>& value) {
        value = FixedString<N>{"S" + std::to_string(pick(999))};
    }
    void text(std::string_view, std::string& value) { value = pick(2) == 0 ? "" : "{\"a\":\"'\\\" ü\"}"; }

    std::uint64_t pick(std::uint64_t n) { return random_() % n; }

  private:
    std::uint32_t id() { return static_cast<std::uint32_t>(pick(kListed + 3)); }
    std::int64_t any() {
        constexpr std::array<std::int64_t, 18> kEnds{0,
                                                     1,
                                                     -1,
                                                     9,
                                                     10,
                                                     -10,
                                                     99,
                                                     999'999'999,
                                                     1'000'000'000,
                                                     -1'000'000'001,
                                                     999'999'999'999'999'999,
                                                     1'000'000'000'000'000'000,
                                                     INT64_MAX,
                                                     INT64_MIN,
                                                     kMaxIssue,
                                                     -kMaxIssue,
                                                     INT64_MAX - 1,
                                                     INT64_MIN + 1};
        if (pick(2) == 0) return kEnds[pick(kEnds.size())];
        return static_cast<std::int64_t>(random_()) >> pick(64);
    }

    std::mt19937_64& random_;
};

RowBatch random_batch(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    Filler filler(random);
    RowBatch batch;
    batch.to.venue_id.fill(std::byte{1});
    batch.to.sequence = Sequence{1ul};
    const auto fill = [&]<class Row>(std::vector<Row>& rows) {
        for (std::uint32_t i = 0; i < 60; ++i) {
            Row row;
            Row::columns(row, filler);
            // Keys differ in their second column, or in their only one.
            if constexpr (Row::change == Change::told_once) row.sequence = Sequence{std::uint64_t{i}};
            if constexpr (requires {
                              row.version;
                              row.available;
                          })
                row.account_id = AccountId{i};
            if constexpr (requires { row.first_version; }) row.account_id = AccountId{i};
            if constexpr (requires { row.interval_s; }) row.interval_s = i;
            if constexpr (requires { row.scope; }) row.scope = AccountId{i};
            if constexpr (requires { row.tx_hash; }) row.sequence = Sequence{std::uint64_t{i}};
            if constexpr (std::is_same_v<Row, AnchorRow>) row.checkpoint = i;
            if constexpr (std::is_same_v<Row, ChainRow>) row.chain_id = i;
            if constexpr (std::is_same_v<Row, MarketFeeRow>) row.market_id = InstrumentId{i};
            if constexpr (std::is_same_v<Row, AccountRow>) row.account_id = AccountId{i};
            if constexpr (std::is_same_v<Row, KeyRow>) row.key_id = KeyId{i};
            if constexpr (std::is_same_v<Row, SessionRow>) row.session_id = SessionId{i};
            if constexpr (std::is_same_v<Row, OrderRow>) row.order_id = OrderId{std::uint64_t{i}};
            rows.push_back(row);
        }
    };
    std::apply([&](auto&... tables) { (fill(tables), ...); }, RowBatch::told_tables(batch));
    std::apply([&](auto&... tables) { (fill(tables), ...); }, RowBatch::state_tables(batch));
    fill(batch.new_orders);
    batch.assets.resize(kListed);
    batch.markets.resize(kListed);
    constexpr std::array<std::int64_t, 6> kMantissas{1, 25, 5, 1'000'000'007, INT64_MAX, kMaxIssue};
    for (std::uint32_t i = 0; i < kListed; ++i) {
        batch.assets[i].asset_id = AssetId{i + 1};
        batch.assets[i].symbol = AssetSymbol{"A" + std::to_string(i)};
        batch.assets[i].scale = static_cast<std::uint8_t>(i % 10);
        MarketRow& market = batch.markets[i];
        market.market_id = InstrumentId{i + 1};
        market.symbol = Symbol{"M/" + std::to_string(i)};
        market.tick_mantissa = kMantissas[i % kMantissas.size()];
        market.lot_mantissa = kMantissas[filler.pick(kMantissas.size())];
        market.tick_scale = static_cast<std::uint8_t>(i < 10 ? i : 18);
        market.lot_scale = static_cast<std::uint8_t>(filler.pick(19));
    }
    return batch;
}

Names names_of(const RowBatch& batch) {
    Names names;
    names.assets.resize(kListed + 1);
    names.markets.resize(kListed + 1);
    for (const AssetRow& row : batch.assets) {
        names.units.set_asset(row.asset_id, row.scale);
        names.assets[row.asset_id.value] = row.symbol.view();
    }
    for (const MarketRow& row : batch.markets) {
        names.units.set_market(row.market_id, {.base = row.base_asset,
                                               .quote = row.quote_asset,
                                               .tick_mantissa = row.tick_mantissa,
                                               .lot_mantissa = row.lot_mantissa,
                                               .tick_scale = row.tick_scale,
                                               .lot_scale = row.lot_scale});
        names.markets[row.market_id.value] = row.symbol.view();
    }
    return names;
}

template <class Row>
void compare(StoreReader& reader, const std::vector<Row>& rows, const Names& names) {
    CAPTURE(Row::table);
    std::multiset<std::string> expected;
    std::string columns;
    for (const Row& row : rows) {
        std::string line;
        columns.clear();
        // An id of its own is a number in the view of its own table.
        for (const Field& field : fields_of(row, names)) {
            columns += (columns.empty() ? "" : ", ") + ("CAST(\"" + field.name + "\" AS text)");
            line += field.name + "=" + field.text + "\n";
        }
        expected.insert(line);
    }
    const Fields fields = fields_of(rows.front(), names);
    std::multiset<std::string> seen;
    reader.select("SELECT " + columns + " FROM " + std::string(Row::table) + "_view", {}, [&](Cells& cells) {
        std::string line;
        for (std::size_t i = 0; i < fields.size(); ++i)
            line += fields[i].name + "=" + std::string(cells.bytes(i)) + "\n";
        seen.insert(line);
    });
    REQUIRE(seen.size() == expected.size());
    for (auto a = expected.begin(), b = seen.begin(); a != expected.end(); ++a, ++b) {
        CHECK(*a == *b);
        if (*a != *b) break;
    }
}

TEST_CASE("views: every column of every view is the text that the renderer makes, extremes among them") {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        CAPTURE(seed);
        const RowBatch batch = random_batch(seed);
        const Names names = names_of(batch);
        ReadingStore store;
        store.put(batch, names.units);
        const auto reader = store.reader();
        const auto compare_all = [&](const auto&... tables) { (compare(*reader, tables, names), ...); };
        std::apply(compare_all, RowBatch::told_tables(batch));
        std::apply(compare_all, RowBatch::state_tables(batch));
        compare(*reader, batch.new_orders, names);
    }
}

TEST_CASE("views: every enumerator has its word in the views") {
    ReadingStore store;
    RowBatch batch = random_batch(9);
    const Names names = names_of(batch);
    batch.audit_log.clear();
    batch.new_orders.clear();
    batch.executions.clear();
    batch.ledger_transfers.clear();
    for (std::uint32_t i = 0; i < 256; ++i) {
        batch.audit_log.push_back(
            {.sequence = Sequence{std::uint64_t{i}}, .kind = static_cast<EventKind>(i), .detail = "{}"});
        batch.ledger_transfers.push_back({.sequence = Sequence{std::uint64_t{i}}, .kind = static_cast<LedgerKind>(i)});
        for (std::uint32_t type = 0; type < 7; ++type)
            batch.executions.push_back({.sequence = Sequence{std::uint64_t{i}},
                                        .event_index = type,
                                        .exec_type = static_cast<ExecType>(type),
                                        .side = static_cast<Side>(i),
                                        .detail = static_cast<std::uint8_t>(i)});
        batch.new_orders.push_back({.order_id = OrderId{std::uint64_t{i}},
                                    .type = static_cast<OrderType>(i),
                                    .time_in_force = static_cast<TimeInForce>(i),
                                    .flags = static_cast<std::uint8_t>(i),
                                    .status = static_cast<OrderStatus>(i),
                                    .reason = static_cast<std::uint8_t>(i)});
    }
    store.put(batch, names.units);
    const auto reader = store.reader();
    compare(*reader, batch.audit_log, names);
    compare(*reader, batch.ledger_transfers, names);
    compare(*reader, batch.executions, names);
    compare(*reader, batch.new_orders, names);
}

// Of two columns of texts, by the first.
std::map<std::string, std::string> told(StoreReader& reader, const std::string& sql) {
    std::map<std::string, std::string> rows;
    reader.select(sql, {}, [&](Cells& cells) {
        const std::string name(cells.bytes(0));
        rows[name] = cells.bytes(1);
    });
    return rows;
}

TEST_CASE("views: reports add up exactly, beyond 64 bits too") {
    ReadingStore store;
    RandomHistory history(41);
    history.run(1'500);
    RowBatch batch = history.next();
    // Two days of an account that saturate, in each asset.
    for (std::uint32_t asset = 1; asset <= kAssets; ++asset)
        for (std::int32_t day = 20'500; day < 20'502; ++day)
            batch.account_days.push_back({.account_id = AccountId{99u},
                                          .asset_id = AssetId{asset},
                                          .day = Day{day},
                                          .opening = Amount{day == 20'500 ? -7l : 100l},
                                          .credits = Amount{std::int64_t{INT64_MAX}},
                                          .debits = Amount{day == 20'500 ? std::int64_t{INT64_MAX} : 0l},
                                          .fees = Amount{day - 20'499l},
                                          .closing = Amount{day == 20'500 ? 100l : 5l},
                                          .first_version = 1,
                                          .last_version = 2,
                                          .last_sequence = batch.to.sequence});
    store.put(batch, history.units());
    const auto reader = store.reader();
    const auto year = [&](const char* column) {
        return told(*reader, std::string("SELECT asset, ") + column +
                                 " FROM report_account_years WHERE account_id = 99 AND year = '2026'");
    };
    using Map = std::map<std::string, std::string>;
    CHECK(year("opening") == Map{{"DEC", "-0.00000007"}, {"USD", "-0.07"}, {"JPY", "-7"}});
    CHECK(year("credits") ==
          Map{{"DEC", "184467440737.09551614"}, {"USD", "184467440737095516.14"}, {"JPY", "18446744073709551614"}});
    CHECK(year("debits") ==
          Map{{"DEC", "92233720368.54775807"}, {"USD", "92233720368547758.07"}, {"JPY", "9223372036854775807"}});
    CHECK(year("fees") == Map{{"DEC", "0.00000003"}, {"USD", "0.03"}, {"JPY", "3"}});
    CHECK(year("closing") == Map{{"DEC", "0.00000005"}, {"USD", "0.05"}, {"JPY", "5"}});

    const Sequence last = history.all().to.sequence;
    const char* const symbols[] = {"DEC", "USD", "JPY"};
    for (std::uint32_t asset = 1; asset <= kAssets; ++asset) {
        const AssetId id{asset};
        const std::string where = " FROM report_trial_balance WHERE asset = '" + std::string(symbols[asset - 1]) + "'";
        const auto total = [&](const char* column) {
            return told(*reader, std::string("SELECT asset, ") + column + where)[symbols[asset - 1]];
        };
        CHECK(total("fees") == amount_text(history.total_at(kFeeAccount, id, last), id, history.units()));
        CHECK(total("issued") == amount_text(-history.total_at(kIssuanceAccount, id, last), id, history.units()));
        CHECK(total("total") == amount_text({}, id, history.units()));
    }
    for (const AccountDayRow& row : history.all().account_days) {
        if (row.account_id != kFeeAccount || row.asset_id != AssetId{2u}) continue;
        const auto earned = told(*reader, "SELECT day, earned FROM report_fees WHERE asset = 'USD'");
        CHECK(earned.at(day_text(row.day)) == amount_text(row.credits, row.asset_id, history.units()));
    }
}

TEST_CASE("render: JSON of a row is valid whatever the text is") {
    const Fields fields{{.name = "a", .text = "\"\\\n\x01", .form = Field::Form::text},
                        {.name = "n", .text = "-5", .form = Field::Form::number},
                        {.name = "f", .text = "no", .form = Field::Form::yes_no},
                        {.name = "d", .text = "{\"x\":1}", .form = Field::Form::json}};
    CHECK(to_json(fields) == R"({"a":"\"\\\u000a\u0001","n":-5,"f":false,"d":{"x":1}})");
    CHECK(time_text(Time{1l}) == "1970-01-01T00:00:00.000000001Z");
    CHECK(time_text(Time{}).empty());
    CHECK(day_text(Day{106'751}) == "2262-04-11");
    CHECK(amount_text(Amount{std::int64_t{INT64_MIN}}, AssetId{}, {}) == "-9223372036854775808");
}

}  // namespace
}  // namespace dcx::reading
