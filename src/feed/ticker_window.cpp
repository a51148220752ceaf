#include "feed/ticker_window.h"

#include <algorithm>

#include "base/check.h"

namespace dcx::feed {

namespace {
constexpr std::int64_t kMinuteNs = 60'000'000'000;
}

void TickerWindow::add(const Trade& trade) {
    DCX_CHECK(trade.time.value >= 0);
    if (buckets_.empty()) {
        buckets_.resize(static_cast<std::size_t>(kMinutes));
        now_minute_ = trade.time.value / kMinuteNs;
        first_ = trade.id;
    }
    advance(trade.time);
    Bucket& now = bucket(now_minute_);
    const int128 notional = (trade.price * trade.quantity).value;
    if (now.trades == 0) now.first = now.high = now.low = trade.price;
    now.high = std::max(now.high, trade.price);
    now.low = std::min(now.low, trade.price);
    now.volume += trade.quantity.value;
    now.quote_volume += notional;
    ++now.trades;

    if (totals_.trades == 0) totals_.open = totals_.high = totals_.low = trade.price;
    totals_.high = std::max(totals_.high, trade.price);
    totals_.low = std::min(totals_.low, trade.price);
    totals_.volume += trade.quantity.value;
    totals_.quote_volume += notional;
    ++totals_.trades;
    kept_.add(trade);
}

void TickerWindow::take_back(const Trade& trade, Time now) {
    advance(now);
    const std::int64_t minute = trade.time.value / kMinuteNs;
    if (buckets_.empty() || trade.id < first_ || minute <= now_minute_ - kMinutes) return;
    Bucket& old = bucket(minute);
    DCX_CHECK(minute <= now_minute_ && old.trades > 0);
    const int128 notional = (trade.price * trade.quantity).value;
    old.volume -= trade.quantity.value;
    old.quote_volume -= notional;
    --old.trades;
    totals_.volume -= trade.quantity.value;
    totals_.quote_volume -= notional;
    --totals_.trades;

    const bool found = kept_.remove(trade.id);
    DCX_CHECK(found || !kept_.all_since(trade.time));
    if (old.trades == 0)
        old = {};
    else if (kept_.all_since(Time{minute * kMinuteNs}))
        reprice(minute);
    rescan();
}

// Of a minute that has trades, all of them kept.
void TickerWindow::reprice(std::int64_t minute) {
    Bucket& old = bucket(minute);
    old.first = old.high = old.low = Price{};
    const Time begin{minute * kMinuteNs};
    kept_.each_between(begin, last_moment(begin, kMinuteNs), [&](Price price) {
        if (old.first.value == 0) old.first = old.high = old.low = price;
        old.high = std::max(old.high, price);
        old.low = std::min(old.low, price);
    });
    DCX_CHECK(old.first.value != 0);
}

void TickerWindow::advance(Time now) {
    const std::int64_t minute = now.value / kMinuteNs;
    if (buckets_.empty() || minute <= now_minute_) return;
    const std::int64_t steps = std::min(minute - now_minute_, kMinutes);
    bool dropped = false;
    for (std::int64_t step = 1; step <= steps; ++step) {
        // The bucket of the minute that comes in is that of the minute 24 hours before.
        Bucket& old = bucket(minute - steps + step);
        totals_.volume -= old.volume;
        totals_.quote_volume -= old.quote_volume;
        totals_.trades -= old.trades;
        dropped |= old.trades > 0;
        old = {};
    }
    now_minute_ = minute;
    if (dropped) rescan();
}

void TickerWindow::rescan() {
    totals_.open = totals_.high = totals_.low = Price{};
    for (std::int64_t minute = now_minute_ - kMinutes + 1; minute <= now_minute_; ++minute) {
        if (minute < 0) continue;
        const Bucket& old = bucket(minute);
        if (old.trades == 0) continue;
        if (totals_.open.value == 0) {
            totals_.open = old.first;
            totals_.low = old.low;
        }
        totals_.high = std::max(totals_.high, old.high);
        totals_.low = std::min(totals_.low, old.low);
    }
}

}  // namespace dcx::feed
