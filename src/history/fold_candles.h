// CandleBook: candles from trades. In memory are the last one of each market and interval, and those that changed in
// this batch; what a taken back trade needs of the past is asked of the store.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "history/fold_parts.h"
#include "history/row_batch.h"
#include "history/store.h"

namespace dcx::history {

class CandleBook {
  public:
    CandleBook(const std::vector<CandleRow>& stored, StoredRows& rows);

    // Log time never falls, so a trade is in the last candle or begins one.
    void trade(const TradeRow& trade);

    // The candles of a trade as they are without it: the seconds' from its trades, each other one from those that it is
    // made of. Changes nothing, and asks the store (HistoryError). `batch`: its trades and busts so far.
    [[nodiscard]] std::vector<CandleRow> without(const TradeBustRow& bust, const RowBatch& batch) const;
    void put(const std::vector<CandleRow>& corrected);

    [[nodiscard]] std::size_t rows() const { return past_.size() + changed_.size(); }
    void seal(std::vector<CandleRow>& out);
    void forget();

  private:
    static constexpr std::size_t kIntervals = kCandleIntervals.size();
    struct Series {
        CandleRow last;
        bool any = false;
        bool changed = false;
    };
    using Market = std::array<Series, kIntervals>;

    [[nodiscard]] Series& series(InstrumentId market, std::size_t interval);
    void change(InstrumentId market, std::size_t interval, Series& of);
    // Of this batch or the last one; null: as it is stored.
    [[nodiscard]] const CandleRow* known(InstrumentId market, std::uint32_t interval_s, Time start) const;
    [[nodiscard]] CandleRow current(InstrumentId market, std::uint32_t interval_s, Time start) const;
    // All of an interval that begin in [from, to), oldest first.
    [[nodiscard]] std::vector<CandleRow> range(InstrumentId market, std::uint32_t interval_s, Time from, Time to) const;
    [[nodiscard]] CandleRow second_without(const TradeBustRow& bust, const RowBatch& batch) const;

    StoredRows& rows_;
    std::vector<Market> markets_;         // by id
    std::vector<std::uint32_t> changed_;  // market * kIntervals + interval: the last one
    std::vector<CandleRow> past_;         // changed in this batch, and not the last one: each at most once
};

}  // namespace dcx::history
