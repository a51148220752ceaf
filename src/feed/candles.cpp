#include "feed/candles.h"

#include <algorithm>

#include "base/check.h"

namespace dcx::feed {

namespace {

// Up to this place in kIntervals (a minute) candles are made of trades, above it of the candles before.
constexpr std::size_t kMadeOfTrades = 1;
static_assert(kIntervals[kMadeOfTrades] == 60);
static_assert([] {
    for (std::size_t i = kMadeOfTrades + 1; i < kIntervals.size(); ++i)
        if (kIntervals[i] % kIntervals[i - 1] != 0) return false;
    return true;
}());

// Prices as they come.
class Prices {
  public:
    explicit Prices(Candle& candle) : candle_{candle} {
        candle_.open = candle_.high = candle_.low = candle_.close = Price{};
    }
    void add(Price open, Price high, Price low, Price close) {
        if (candle_.open.value == 0) {
            candle_.open = open;
            candle_.high = high;
            candle_.low = low;
        }
        candle_.high = std::max(candle_.high, high);
        candle_.low = std::min(candle_.low, low);
        candle_.close = close;
    }

  private:
    Candle& candle_;
};

}  // namespace

void CandleSeries::list(std::uint64_t after, std::vector<Candle>& out) const {
    for (const Candle& candle : candles_)
        if (candle.revision > after) out.push_back(candle);
}

void CandleSeries::close_until(Time time) {
    if (time <= closed_until_) return;
    // All but the newest are final already.
    const bool closes = !candles_.empty() && !is_final(candles_.back()) && last_of(candles_.back()) < time;
    closed_until_ = time;
    if (closes) touch(candles_.back());
}

void CandleSeries::add(const Trade& trade) {
    close_until(trade.time);
    if (candles_.empty() || last_of(candles_.back()) < trade.time) {
        if (candles_.size() == kCandlesKept) {
            dropped_ = candles_.front().start;
            candles_.pop_front();
        }
        candles_.push_back({.start = Time{trade.time.value - trade.time.value % interval_ns_}});
    }
    Candle& candle = candles_.back();
    if (candle.volume == 0) candle.open = candle.high = candle.low = trade.price;
    candle.high = std::max(candle.high, trade.price);
    candle.low = std::min(candle.low, trade.price);
    candle.close = trade.price;
    candle.volume += trade.quantity.value;
    touch(candle);
}

Candle* CandleSeries::find(Time time) {
    const Time start{time.value - time.value % interval_ns_};
    const auto found = std::ranges::lower_bound(candles_, start, {}, &Candle::start);
    return found == candles_.end() || found->start != start ? nullptr : &*found;
}

void Candles::add(const Trade& trade) {
    DCX_CHECK(trade.time.value >= 0);
    if (first_.value == 0) first_ = trade.id;
    for (CandleSeries& one : series_) one.add(trade);
}

void Candles::take_back(const Trade& trade, const KeptTrades& kept) {
    if (first_.value == 0 || trade.id < first_) return;
    // The finer ones first: the others are made of them.
    for (std::size_t interval = 0; interval < series_.size(); ++interval) {
        Candle* const candle = series_[interval].find(trade.time);
        if (candle == nullptr) continue;
        DCX_CHECK(candle->volume >= trade.quantity.value);
        candle->volume -= trade.quantity.value;
        reprice(interval, *candle, kept);
        series_[interval].touch(*candle);
    }
}

void Candles::reprice(std::size_t interval, Candle& candle, const KeptTrades& kept) {
    const Time last = series_[interval].last_of(candle);
    if (candle.volume == 0) {
        Prices{candle};
    } else if (interval > kMadeOfTrades && series_[interval - 1].all_since(candle.start)) {
        Prices prices{candle};
        series_[interval - 1].each_between(candle.start, last, [&](const Candle& part) {
            if (part.volume > 0) prices.add(part.open, part.high, part.low, part.close);
        });
        DCX_CHECK(candle.open.value > 0);
    } else if (interval <= kMadeOfTrades && kept.all_since(candle.start)) {
        Prices prices{candle};
        kept.each_between(candle.start, last, [&](Price price) { prices.add(price, price, price, price); });
        DCX_CHECK(candle.open.value > 0);
    }
}

}  // namespace dcx::feed
