// MemoryStore: a store in plain maps that believes nothing: a batch that does not keep to what history/row_batch.h says
// ends the test. For tests of the fold without a database.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "base/random.h"
#include "history/naive_history.h"
#include "history/row_text.h"
#include "history/store.h"

namespace dcx::naive {

class MemoryStore final : public history::Store {
  public:
    void open() override {}
    history::Cursor cursor() override { return cursor_; }
    history::StoredState load() override;
    void commit(const history::RowBatch& batch, const history::Units& units) override;
    void wipe() override;
    std::uint64_t prune(history::Day) override { return 0; }
    [[nodiscard]] std::string name() const override { return "memory"; }

    std::vector<history::TradeRow> trades(InstrumentId market, Time from, Time to) override;
    std::vector<history::TradeBustRow> trade_busts(InstrumentId market, Time traded_from, Time traded_to) override;
    std::vector<history::CandleRow> candles(InstrumentId market, std::uint32_t interval_s, Time from, Time to) override;

    [[nodiscard]] Tables tables() const;
    // From now on so many percent of the questions about rows of the past fail with `unreachable`.
    void fail_questions(unsigned percent, std::uint64_t seed) {
        percent_ = percent;
        random_ = Random(seed);
    }
    [[nodiscard]] std::uint64_t questions() const { return questions_; }
    [[nodiscard]] std::uint64_t failures() const { return failures_; }

  private:
    template <class Row>
    using Table = std::map<RowKey::Key, Row>;

    template <class Row>
    Table<Row>& table() {
        return std::get<Table<Row>>(tables_);
    }
    template <class Row>
    void append(const std::vector<Row>& rows, history::Day from, history::Day to);
    template <class Row>
    void put(const std::vector<Row>& rows);
    void put_orders(const history::RowBatch& batch);
    void asked();

    history::Cursor cursor_;
    OrderId oldest_open_{1ul};
    std::tuple<Table<history::TradeRow>, Table<history::TradeBustRow>, Table<history::ExecutionRow>,
               Table<history::LedgerTransferRow>, Table<history::DepositRow>, Table<history::AuditRow>,
               Table<history::OrderRow>, Table<history::AssetRow>, Table<history::MarketRow>,
               Table<history::MarketFeeRow>, Table<history::AccountRow>, Table<history::KeyRow>,
               Table<history::SessionRow>, Table<history::BalanceRow>, Table<history::AccountDayRow>,
               Table<history::CandleRow>, Table<history::PendingTransferRow>, Table<history::WithdrawalRow>,
               Table<history::ChainRow>, Table<history::ChainDepositRow>, Table<history::PayoutRow>,
               Table<history::AnchorRow>>
        tables_;
    unsigned percent_ = 0;
    Random random_{1};
    std::uint64_t questions_ = 0;
    std::uint64_t failures_ = 0;
};

}  // namespace dcx::naive
