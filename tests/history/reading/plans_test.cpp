// No query scans a table that grows: every statement that it runs is explained by the store first.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "history/queries.h"
#include "history/reading/random_history.h"
#include "history/reading/reading_store.h"

namespace dcx::reading {
namespace {

using namespace history;

// Keeps the store's plan of everything that is selected.
class Explaining : public StoreReader {
  public:
    Explaining(StoreReader& reader, bool sqlite) : reader_(reader), sqlite_(sqlite) {
        // Tables are small here: what matters is whether an index can be used.
        if (!sqlite) reader.select("SELECT set_config('enable_seqscan', 'off', false)", {}, [](Cells&) {});
    }
    void select(std::string_view sql, std::span<const Parameter> parameters,
                const std::function<void(Cells&)>& row) override {
        std::string plan;
        const std::string explain = sqlite_ ? "EXPLAIN QUERY PLAN " : "EXPLAIN ";
        reader_.select(explain + std::string(sql), parameters,
                       [&](Cells& cells) { plan += std::string(cells.bytes(sqlite_ ? 3 : 0)) + "\n"; });
        check(sql, plan);
        reader_.select(sql, parameters, row);
    }
    void begin_snapshot() override { reader_.begin_snapshot(); }
    void end_snapshot() override { reader_.end_snapshot(); }
    [[nodiscard]] bool by_days() const override { return reader_.by_days(); }

  private:
    void check(std::string_view sql, const std::string& plan) const {
        CAPTURE(sql);
        CAPTURE(plan);
        CHECK(!plan.empty());
        for (const char* table :
             {"trades", "executions", "ledger_transfers", "deposits", "audit_log", "orders", "accounts", "balances",
              "account_days", "candles", "pending_transfers", "withdrawals"}) {
            const std::string scan = (sqlite_ ? "SCAN " : "Seq Scan on ") + std::string(table);
            CHECK(plan.find(scan) == plan.npos);
        }
        // An order made by sorting means that all the rows of the index were read.
        if (sqlite_) CHECK(plan.find("USE TEMP B-TREE FOR ORDER BY") == plan.npos);
    }

    StoreReader& reader_;
    bool sqlite_;
};

TEST_CASE("plans: every query goes by an index") {
    ReadingStore store;
    RandomHistory history(21);
    history.run(2'000);
    store.put(history.next(), history.units());
    const auto reader = store.reader();
    Explaining explaining(*reader, store.sqlite());
    Queries queries(explaining);
    const Time early = history.all().trades[20].time;
    const Time late = history.all().trades[900].time;
    const AccountId account{6u};
    for (const Direction direction : {Direction::oldest_first, Direction::newest_first}) {
        for (const Bound& from : {Bound{}, Bound{early}, Bound{Sequence{40ul}}}) {
            PageRequest first{.from = from, .to = late, .limit = 5, .direction = direction};
            // The first page and one that goes on from a token.
            const auto twice = [&](const auto& query) {
                PageRequest page = first;
                page.after = query(page).next;
                if (!page.after.empty()) (void)query(page);
            };
            twice([&](const PageRequest& page) { return queries.statement(account, {}, page); });
            twice([&](const PageRequest& page) { return queries.statement(account, AssetId{1u}, page); });
            twice([&](const PageRequest& page) { return queries.my_trades(account, {}, page); });
            twice([&](const PageRequest& page) { return queries.trades(InstrumentId{1u}, page); });
            twice([&](const PageRequest& page) { return queries.deposits(account, page); });
            twice([&](const PageRequest& page) { return queries.withdrawals(account, {}, page); });
            twice([&](const PageRequest& page) { return queries.pending_transfers(account, {}, page); });
            twice([&](const PageRequest& page) { return queries.orders({.account = account}, page); });
            twice([&](const PageRequest& page) { return queries.audit(page); });
            if (std::holds_alternative<Sequence>(from)) continue;
            twice([&](const PageRequest& page) { return queries.daily(account, {}, page); });
            twice([&](const PageRequest& page) { return queries.candles(InstrumentId{1u}, 60, page); });
        }
    }
    (void)queries.order(history.all().new_orders[3].order_id, {.limit = 2});
    (void)queries.orders({.account = account, .status = OrderStatus::open}, {});
    (void)queries.balances(account);
    (void)queries.balances_at(account, early);
    (void)queries.balances_at(account, history.all().trades[500].sequence);
}

}  // namespace
}  // namespace dcx::reading
