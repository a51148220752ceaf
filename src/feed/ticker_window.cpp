#include "feed/ticker_window.h"

#include <algorithm>

#include "base/check.h"

namespace dcx::feed {

namespace {
constexpr std::int64_t kMinuteNs = 60'000'000'000;
}

void TickerWindow::add(Time time, Price price, Quantity quantity) {
    DCX_CHECK(time.value >= 0);
    if (buckets_.empty()) {
        buckets_.resize(static_cast<std::size_t>(kMinutes));
        now_minute_ = time.value / kMinuteNs;
    }
    advance(time);
    Bucket& now = bucket(now_minute_);
    const int128 notional = (price * quantity).value;
    if (now.trades == 0) now.first = now.high = now.low = price;
    now.high = std::max(now.high, price);
    now.low = std::min(now.low, price);
    now.volume += quantity.value;
    now.quote_volume += notional;
    ++now.trades;

    if (totals_.trades == 0) totals_.open = totals_.high = totals_.low = price;
    totals_.high = std::max(totals_.high, price);
    totals_.low = std::min(totals_.low, price);
    totals_.volume += quantity.value;
    totals_.quote_volume += notional;
    ++totals_.trades;
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
