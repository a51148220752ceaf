#include "feed/recording_state.h"

#include <algorithm>

#include "base/checked.h"
#include "model/command.h"

namespace dcx::feed {

namespace {

constexpr unsigned kMaxScale = kMaxAssetScale;
constexpr std::int64_t kMaxMantissa = 1'000'000'000;
constexpr std::size_t kMaxMarkets = 4096;
// Of one trade in the smallest decimals it is told in: sums of a day stay far inside 128 bits.
constexpr int128 kMaxNotional = int128{1} << 90;
constexpr std::int64_t kMaxTime = std::int64_t{1} << 62;

bool is_name(std::string_view text, std::size_t most) {
    return !text.empty() && text.size() <= most &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
}
bool is_unit(std::int64_t mantissa, unsigned scale) {
    return mantissa > 0 && mantissa <= kMaxMantissa && scale <= kMaxScale;
}
constexpr std::size_t place(Side side) { return side == Side::buy ? 0 : 1; }

const char* check_trade(const RecordedListing& listing, Price price, Quantity quantity) {
    if (price.value <= 0 || quantity.value <= 0) return "no trade is like this";
    int128 notional = wide_mul(price.value, quantity.value);
    if (notional > kMaxNotional) return "more than any trade is worth";
    notional *= listing.tick_mantissa;
    if (notional > kMaxNotional) return "more than any trade is worth";
    notional *= listing.lot_mantissa;
    return notional > kMaxNotional ? "more than any trade is worth" : nullptr;
}

}  // namespace

const char* apply_to(RecordedBook& book, const RecordedEntry& entry) {
    switch (entry.action) {
        case RecordedAction::add:
            return book.add({.id = entry.order, .side = entry.side, .price = entry.price, .leaves = entry.quantity});
        case RecordedAction::change: return book.change(entry.order, entry.quantity);
        case RecordedAction::remove: return book.remove(entry.order);
        case RecordedAction::execute:
            if (book.first(entry.side) == nullptr || book.first(entry.side)->id != entry.order)
                return "not the first order is traded with";
            return book.execute(entry.side, entry.quantity);
        case RecordedAction::bust: break;
    }
    return nullptr;
}

const char* RecordingState::list(const RecordedListing& listing, Phase phase, Price last_price) {
    if (markets.size() >= kMaxMarkets) return "more markets than any venue has";
    if (!is_name(listing.symbol, sizeof(Symbol)) || !is_name(listing.base, sizeof(AssetSymbol)) ||
        !is_name(listing.quote, sizeof(AssetSymbol)))
        return "no market or asset is called so";
    if (!is_unit(listing.tick_mantissa, listing.tick_scale) || !is_unit(listing.lot_mantissa, listing.lot_scale))
        return "no market has these units";
    if (phase != Phase::trading && phase != Phase::halted) return "there is no such phase";
    if (last_price.value < 0 || last_price.value > kMaxPrice) return "no trade has this price";
    for (const RecordedMarket& market : markets)
        if (market.listing.symbol == listing.symbol) return "the market is there already";
    RecordedMarket& market = markets.emplace_back();
    market.listing = listing;
    market.phase = phase;
    market.last_price = last_price;
    return nullptr;
}

const char* RecordingState::advance(std::uint64_t next_seq, Time next_time) {
    if (next_seq <= seq || next_seq == ~std::uint64_t{0}) return "sequences rise";
    if (next_time < time || next_time.value > kMaxTime) return "time never goes back";
    seq = next_seq;
    time = next_time;
    return nullptr;
}

const char* RecordingState::apply(const RecordedEntry& entry) {
    if (entry.market >= markets.size()) return "there is no such market";
    if (entry.side != Side::buy && entry.side != Side::sell) return "there is no such side";
    RecordedMarket& market = markets[entry.market];
    if (entry.action == RecordedAction::bust) return bust(entry);
    if (entry.action == RecordedAction::add) {
        const char* wrong =
            market.book.add({.id = entry.order, .side = entry.side, .price = entry.price, .leaves = entry.quantity});
        if (wrong != nullptr) return wrong;
        last_order = entry.order;
        market.near[place(entry.side)] = entry.price;
        return nullptr;
    }
    const RecordedOrder* const order = market.book.find(entry.order);
    if (order == nullptr || order->side != entry.side || order->price != entry.price) return "there is no such order";
    switch (entry.action) {
        case RecordedAction::change: return market.book.change(entry.order, entry.quantity);
        case RecordedAction::remove:
            if (order->leaves != entry.quantity) return "an order is removed with what it has";
            return market.book.remove(entry.order);
        case RecordedAction::execute: break;
        default: return "there is no such action";
    }
    if (order != market.book.first(entry.side)) return "the first order of the best level is traded with first";
    if (entry.trade <= last_trade || entry.trade.value == ~std::uint64_t{0}) return "numbers of trades rise";
    if (const char* wrong = check_trade(market.listing, entry.price, entry.quantity)) return wrong;
    if (const char* wrong = market.book.execute(entry.side, entry.quantity)) return wrong;
    last_trade = entry.trade;
    market.last_price = entry.price;
    keep(entry.market, {.id = entry.trade,
                        .price = entry.price,
                        .quantity = entry.quantity,
                        .side = opposite(entry.side),
                        .time = time});
    return nullptr;
}

void RecordingState::keep(std::uint32_t market, const Trade& trade) {
    if (first_kept_.value == 0) first_kept_ = trade.id;
    while (!kept_order_.empty()) {
        const auto oldest = kept_.find(kept_order_.front().value);
        if (oldest != kept_.end() && oldest->second.trade.time.value >= time.value - kBustWindowNs) break;
        if (oldest != kept_.end()) kept_.erase(oldest);
        kept_order_.pop_front();
    }
    kept_.emplace(trade.id.value, Kept{.market = market, .trade = trade});
    kept_order_.push_back(trade.id);
}

// One from before the recording or from a gap is believed in its words; one that was told must be repeated exactly,
// once.
const char* RecordingState::bust(const RecordedEntry& entry) {
    if (entry.traded.value < 0 || entry.traded > time || entry.traded.value < time.value - kBustWindowNs)
        return "a trade is taken back within 15 minutes";
    if (const char* wrong = check_trade(markets[entry.market].listing, entry.price, entry.quantity)) return wrong;
    if (entry.trade > last_trade || entry.trade.value == 0) return "a trade that never was is taken back";
    if (first_kept_.value == 0 || entry.trade < first_kept_ || is_lost(entry.trade)) return nullptr;
    const auto found = kept_.find(entry.trade.value);
    if (found == kept_.end()) return "a trade is taken back twice, or never was";
    const Trade& trade = found->second.trade;
    if (found->second.market != entry.market || trade.price != entry.price || trade.quantity != entry.quantity ||
        trade.side != entry.side || trade.time != entry.traded)
        return "a trade is taken back in other words";
    kept_.erase(found);
    return nullptr;
}

void RecordingState::rebase() {
    last_order = {};
    for (RecordedMarket& market : markets) {
        for (const Side side : {Side::buy, Side::sell}) {
            const RecordedOrder* const first = market.book.first(side);
            market.near[place(side)] = first == nullptr ? market.last_price : first->price;
            market.book.each(side, [&](const RecordedOrder& order) { last_order = std::max(last_order, order.id); });
        }
    }
}

void RecordingState::inherit(RecordingState&& before) {
    first_kept_ = before.first_kept_;
    kept_order_ = std::move(before.kept_order_);
    kept_ = std::move(before.kept_);
    lost_ = std::move(before.lost_);
    if (before.last_trade < last_trade) lost_.push_back({.after = before.last_trade, .to = last_trade});
}

bool RecordingState::is_lost(TradeId trade) const {
    return std::ranges::any_of(lost_, [&](const Lost& lost) { return trade > lost.after && trade <= lost.to; });
}

bool RecordingState::same_markets(const RecordingState& other) const {
    return std::ranges::equal(markets, other.markets, [](const RecordedMarket& a, const RecordedMarket& b) {
        return a.listing == b.listing && a.phase == b.phase && a.book == b.book;
    });
}

std::size_t RecordingState::orders() const {
    std::size_t count = 0;
    for (const RecordedMarket& market : markets) count += market.book.size();
    return count;
}

}  // namespace dcx::feed
