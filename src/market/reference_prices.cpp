#include "market/reference_prices.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace dcx::market {

namespace {

constexpr double kSecondNs = 1e9;
constexpr std::int64_t kMaxCatchUpNs = 60'000'000'000;

// About normal, mean 0, deviation 1, by the sum of twelve.
double normal(Random& random) {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += random.unit();
    return sum;
}

// Minor units of quote for one minor unit of base at one tick.
double tick_value(const Instrument& instrument) {
    return static_cast<double>(instrument.quote_per_tick_lot) / static_cast<double>(instrument.base_per_lot);
}

}  // namespace

ReferencePrices::ReferencePrices(std::span<const MarketStart> markets, const Options& options) {
    const double step_s = static_cast<double>(kStepNs) / kSecondNs;
    pull_ = 1 - std::exp2(-step_s / options.half_life_s);
    noise_ = options.volatility * std::sqrt(step_s);

    const auto add = [&](AssetId asset, double value, bool moves) {
        walks_[asset.value] = {
            .start = value, .deviation = 0, .moves = moves, .random = Random(options.seed * 1'000'003 + asset.value)};
        order_.push_back(asset);
    };
    // One pass tells each market whose other asset is known already; when a pass tells nothing, the next group of
    // assets that hang together begins with the quote of its first market.
    std::vector<const MarketStart*> open;
    for (const MarketStart& market : markets) {
        DCX_CHECK(market.price.value >= 1);
        instruments_.push_back(market.instrument);
        open.push_back(&market);
    }
    while (!open.empty()) {
        const std::size_t before = open.size();
        std::erase_if(open, [&](const MarketStart* market) {
            const Instrument& instrument = market->instrument;
            const double price = static_cast<double>(market->price.value) * tick_value(instrument);
            const bool base_known = walks_.contains(instrument.base.value);
            const bool quote_known = walks_.contains(instrument.quote.value);
            if (quote_known && !base_known) add(instrument.base, value_of(instrument.quote) * price, true);
            if (base_known && !quote_known) add(instrument.quote, value_of(instrument.base) / price, true);
            return base_known || quote_known;
        });
        if (open.size() == before) add(open.front()->instrument.quote, 1, false);
    }
}

void ReferencePrices::advance(std::int64_t now_ns) {
    if (!started_) {
        started_ = true;
        next_ns_ = now_ns + kStepNs;
        return;
    }
    next_ns_ = std::max(next_ns_, now_ns - kMaxCatchUpNs);
    for (; next_ns_ <= now_ns; next_ns_ += kStepNs) step();
}

void ReferencePrices::step() {
    for (const AssetId asset : order_) {
        Walk& walk = walks_[asset.value];
        if (walk.moves) walk.deviation += noise_ * normal(walk.random) - pull_ * walk.deviation;
    }
}

double ReferencePrices::value_of(AssetId asset) const {
    const auto found = walks_.find(asset.value);
    DCX_CHECK(found != walks_.end());
    return found->second.start * std::exp(found->second.deviation);
}

double ReferencePrices::value_in(AssetId a, AssetId b) const { return value_of(a) / value_of(b); }

double ReferencePrices::ticks(std::size_t market) const {
    const Instrument& instrument = instruments_.at(market);
    return value_in(instrument.base, instrument.quote) / tick_value(instrument);
}

}  // namespace dcx::market
