#include "history/fold_candles.h"

#include <tuple>

namespace dcx::history {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t length_of(std::uint32_t interval_s) { return interval_s * kSecondNs; }
constexpr Time start_of(Time time, std::uint32_t interval_s) {
    return Time{time.value - time.value % length_of(interval_s)};
}
constexpr Time end_of(Time start, std::uint32_t interval_s) {
    return Time{saturating_add(start.value, length_of(interval_s))};
}
auto key_of(const CandleRow& row) { return std::tuple(row.market_id, row.interval_s, row.start); }

// Prices and volume of what is behind what is there already.
void append(CandleRow& to, Price open, Price high, Price low, Price close, Quantity volume, std::uint64_t trades) {
    if (to.trades == 0) {
        to.open = open;
        to.high = high;
        to.low = low;
    } else {
        to.high = std::max(to.high, high);
        to.low = std::min(to.low, low);
    }
    to.close = close;
    to.volume = Quantity{saturating_add(to.volume.value, volume.value)};
    to.trades += trades;
}
void append(CandleRow& to, const TradeRow& trade) {
    append(to, trade.price, trade.price, trade.price, trade.price, trade.quantity, 1);
}
void append(CandleRow& to, const CandleRow& part) {
    if (part.trades != 0) append(to, part.open, part.high, part.low, part.close, part.volume, part.trades);
}
// Which trades it had, and nothing of them.
CandleRow emptied(const CandleRow& row) {
    return {.market_id = row.market_id,
            .interval_s = row.interval_s,
            .start = row.start,
            .first_sequence = row.first_sequence,
            .last_sequence = row.last_sequence};
}

std::size_t index_of(std::uint32_t interval_s) {
    const auto found = std::ranges::find(kCandleIntervals, interval_s);
    if (found == kCandleIntervals.end())
        throw HistoryError(ErrorCode::damaged,
                           "a candle of an interval that there is not: make the store again with "
                           "rebuild");
    return static_cast<std::size_t>(found - kCandleIntervals.begin());
}

}  // namespace

CandleBook::CandleBook(const std::vector<CandleRow>& stored, StoredRows& rows) : rows_(rows) {
    for (const CandleRow& row : stored) {
        Series& of = series(row.market_id, index_of(row.interval_s));
        of.last = row;
        of.any = true;
    }
}

CandleBook::Series& CandleBook::series(InstrumentId market, std::size_t interval) {
    if (market.value >= markets_.size()) markets_.resize(market.value + 1);
    return markets_[market.value][interval];
}

void CandleBook::change(InstrumentId market, std::size_t interval, Series& of) {
    if (of.changed) return;
    of.changed = true;
    changed_.push_back(static_cast<std::uint32_t>(market.value * kIntervals + interval));
}

void CandleBook::trade(const TradeRow& trade) {
    for (std::size_t i = 0; i < kIntervals; ++i) {
        Series& of = series(trade.market_id, i);
        if (!of.any || trade.time.value - of.last.start.value >= length_of(kCandleIntervals[i])) {
            // It stays changed: the mark goes over to the new one.
            if (of.changed) past_.push_back(of.last);
            of.last = {.market_id = trade.market_id,
                       .interval_s = kCandleIntervals[i],
                       .start = start_of(trade.time, kCandleIntervals[i]),
                       .first_sequence = trade.sequence};
            of.any = true;
        }
        append(of.last, trade);
        of.last.last_sequence = trade.sequence;
        change(trade.market_id, i, of);
    }
}

const CandleRow* CandleBook::known(InstrumentId market, std::uint32_t interval_s, Time start) const {
    if (market.value < markets_.size()) {
        const Series& of = markets_[market.value][index_of(interval_s)];
        if (of.any && of.last.start == start) return &of.last;
    }
    const auto found = std::ranges::find(past_, std::tuple(market, interval_s, start),
                                         [](const CandleRow& row) { return key_of(row); });
    return found == past_.end() ? nullptr : &*found;
}

CandleRow CandleBook::current(InstrumentId market, std::uint32_t interval_s, Time start) const {
    if (const CandleRow* row = known(market, interval_s, start)) return *row;
    const auto stored = rows_.candles(market, interval_s, start, end_of(start, interval_s));
    if (stored.size() != 1 || stored.front().start != start)
        throw HistoryError(ErrorCode::damaged,
                           "the store lacks a candle of a trade that is taken back: make it again "
                           "with rebuild");
    return stored.front();
}

std::vector<CandleRow> CandleBook::range(InstrumentId market, std::uint32_t interval_s, Time from, Time to) const {
    std::vector<CandleRow> result;
    for (const CandleRow& row : rows_.candles(market, interval_s, from, to))
        if (known(market, interval_s, row.start) == nullptr) result.push_back(row);
    const auto take = [&](const CandleRow& row) {
        if (row.market_id == market && row.interval_s == interval_s && row.start >= from && row.start < to)
            result.push_back(row);
    };
    for (const CandleRow& row : past_) take(row);
    if (market.value < markets_.size()) {
        const Series& of = markets_[market.value][index_of(interval_s)];
        if (of.any) take(of.last);
    }
    std::ranges::sort(result, {}, &CandleRow::start);
    return result;
}

CandleRow CandleBook::second_without(const TradeBustRow& bust, const RowBatch& batch) const {
    constexpr std::uint32_t second = kCandleIntervals.front();
    const InstrumentId market = bust.market_id;
    const Time from = start_of(bust.traded, second);
    const Time to = end_of(from, second);
    CandleRow result = emptied(current(market, second, from));

    // A batch may be in the store although nobody has told us yet: what it has stands in `batch` alone.
    const auto stored = [&batch](const auto& row) { return row.sequence <= batch.from.sequence; };
    std::vector<TradeId> gone;
    for (const TradeBustRow& row : rows_.trade_busts(market, from, to))
        if (stored(row)) gone.push_back(row.trade_id);
    for (const TradeBustRow& row : batch.trade_busts) gone.push_back(row.trade_id);
    require(std::ranges::find(gone, bust.trade_id) == gone.end(), "a trade that was taken back before");
    gone.push_back(bust.trade_id);

    bool found = false;
    const auto add = [&](const TradeRow& trade) {
        if (trade.trade_id == bust.trade_id) {
            require(trade.price == bust.price && trade.quantity == bust.quantity && trade.time == bust.traded,
                    "not the trade that was made");
            found = true;
        }
        if (std::ranges::find(gone, trade.trade_id) == gone.end()) append(result, trade);
    };
    for (const TradeRow& trade : rows_.trades(market, from, to))
        if (stored(trade)) add(trade);
    for (const TradeRow& trade : batch.trades)
        if (trade.market_id == market && trade.time >= from && trade.time < to) add(trade);
    require(found || bust.traded <= batch.from.time, "a trade that was not made");
    // Trades are taken back within a quarter of an hour, so only pruning to this very day can take its row.
    if (!found)
        throw HistoryError(ErrorCode::damaged, "the store lacks the row of trade " +
                                                   std::to_string(bust.trade_id.value) +
                                                   ", which is taken back: make it again with rebuild");
    return result;
}

std::vector<CandleRow> CandleBook::without(const TradeBustRow& bust, const RowBatch& batch) const {
    std::vector<CandleRow> result{second_without(bust, batch)};
    for (std::size_t i = 1; i < kIntervals; ++i) {
        const CandleRow finer = result.back();
        const Time from = start_of(bust.traded, kCandleIntervals[i]);
        CandleRow row = emptied(current(bust.market_id, kCandleIntervals[i], from));
        for (const CandleRow& part : range(bust.market_id, finer.interval_s, from, end_of(from, kCandleIntervals[i])))
            append(row, part.start == finer.start ? finer : part);
        result.push_back(row);
    }
    return result;
}

void CandleBook::put(const std::vector<CandleRow>& corrected) {
    for (const CandleRow& row : corrected) {
        const std::size_t interval = index_of(row.interval_s);
        Series& of = series(row.market_id, interval);
        if (of.any && of.last.start == row.start) {
            of.last = row;
            change(row.market_id, interval, of);
            continue;
        }
        const auto found = std::ranges::find(past_, key_of(row), [](const CandleRow& c) { return key_of(c); });
        if (found == past_.end())
            past_.push_back(row);
        else
            *found = row;
    }
}

void CandleBook::seal(std::vector<CandleRow>& out) {
    out.assign(past_.begin(), past_.end());
    for (const std::uint32_t place : changed_) out.push_back(markets_[place / kIntervals][place % kIntervals].last);
    std::ranges::sort(out, {}, [](const CandleRow& row) { return key_of(row); });
}

void CandleBook::forget() {
    for (const std::uint32_t place : changed_) markets_[place / kIntervals][place % kIntervals].changed = false;
    changed_.clear();
    past_.clear();
}

}  // namespace dcx::history
