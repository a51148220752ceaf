#include "app/load_flow.h"

#include <algorithm>
#include <charconv>

namespace dcx::app {
namespace {

// How far from the market resting and marketable orders are, in ticks, as in market/command_flow.h.
constexpr std::int64_t kFarthest = 60;
constexpr std::int64_t kBeyond = 5;
constexpr std::int64_t kProtection = 100;  // of market orders

std::expected<std::uint8_t, std::string> parse_share(std::string_view text) {
    unsigned share = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), share);
    if (error != std::errc{} || end != text.data() + text.size() || share > 100)
        return std::unexpected("\"" + std::string(text) + "\" is no share from 0 to 100");
    return static_cast<std::uint8_t>(share);
}

}  // namespace

std::expected<LoadMix, std::string> parse_mix(std::string_view text) {
    if (text == "real") return LoadMix{};
    LoadMix mix{.place = 0, .cancel = 0, .amend = 0, .market = 0, .marketable = 0};
    unsigned sum = 0;
    while (!text.empty()) {
        const std::string_view part = text.substr(0, text.find(','));
        text.remove_prefix(std::min(text.size(), part.size() + 1));
        const std::size_t equals = part.find('=');
        if (equals == part.npos) return std::unexpected("\"" + std::string(part) + "\" in the mix is no NAME=SHARE");
        const std::string_view name = part.substr(0, equals);
        std::uint8_t* const share = name == "place"    ? &mix.place
                                    : name == "cancel" ? &mix.cancel
                                    : name == "amend"  ? &mix.amend
                                    : name == "market" ? &mix.market
                                                       : nullptr;
        if (share == nullptr)
            return std::unexpected("\"" + std::string(name) + "\" in the mix is none of place, cancel, amend, market");
        const auto parsed = parse_share(part.substr(equals + 1));
        if (!parsed) return std::unexpected(parsed.error());
        sum += *parsed;
        sum -= *share;
        *share = *parsed;
    }
    if (sum != 100) return std::unexpected("the shares of the mix add up to " + std::to_string(sum) + ", not to 100");
    return mix;
}

LoadFlow::LoadFlow(const LoadMarket& market, const LoadMix& mix, std::uint64_t seed)
    : market_(market), mix_(mix), random_(seed) {
    live_.reserve(kMaxLive + 1);
}

LoadFlow::Request LoadFlow::next() {
    const std::uint64_t drawn = random_.below(100);
    const bool none = live_.empty();
    if (drawn < mix_.market) return market_order();
    if (drawn < std::uint64_t{mix_.market} + mix_.amend && !none) return amend();
    const bool cancels = drawn < std::uint64_t{mix_.market} + mix_.amend + mix_.cancel;
    if ((cancels && !none) || live_.size() >= kMaxLive) return cancel();
    return place(random_.below(100) < mix_.marketable);
}

PlaceOrder LoadFlow::place(bool marketable) {
    const bool buy = random_.chance(50);
    const std::int64_t away = marketable ? -kBeyond : random_.between(1, kFarthest);
    return {.price = near(buy ? -away : away),
            .quantity = some_quantity(),
            .instrument = market_.instrument.id,
            .side = buy ? Side::buy : Side::sell,
            .type = OrderType::limit,
            .time_in_force = TimeInForce::gtc};
}

PlaceOrder LoadFlow::market_order() {
    const bool buy = random_.chance(50);
    return {.price = near(buy ? kProtection : -kProtection),
            .quantity = some_quantity(),
            .instrument = market_.instrument.id,
            .side = buy ? Side::buy : Side::sell,
            .type = OrderType::market,
            .time_in_force = TimeInForce::ioc};
}

CancelOrder LoadFlow::cancel() { return {.orig_cl_ord_id = take_any().order}; }

AmendOrder LoadFlow::amend() {
    const Live order = take_any();
    const std::int64_t away = random_.between(1, kFarthest);
    // With the flag the quantity is what is open, whatever was filled in between.
    return {.orig_cl_ord_id = order.order,
            .price = near(order.side == Side::buy ? -away : away),
            .quantity = some_quantity(),
            .flags = kAmendReplace};
}

LoadFlow::Live LoadFlow::take_any() {
    const auto at = live_.begin() + static_cast<std::ptrdiff_t>(random_.below(live_.size()));
    const Live order = *at;
    live_.erase(at);
    away_[order.order.value] = order.side;
    return order;
}

Quantity LoadFlow::some_quantity() {
    const std::int64_t most = std::max(market_.quantity.value, market_.instrument.max_quantity.value);
    return Quantity{std::min(most, market_.quantity.value * random_.between(1, 10))};
}

Price LoadFlow::near(std::int64_t ticks) const { return Price{std::max<std::int64_t>(1, market_.price.value + ticks)}; }

void LoadFlow::on_execution(const ExecutionReport& report) {
    switch (report.exec_type) {
        case ExecType::replaced: away_.erase(report.orig_cl_ord_id.value); [[fallthrough]];
        case ExecType::accepted:
            if (report.type != OrderType::market) rest({.order = report.cl_ord_id, .side = report.side});
            return;
        case ExecType::trade:
            market_.price = report.last_px;
            if (report.leaves_qty.value == 0) forget(report.cl_ord_id);
            return;
        case ExecType::canceled:
        case ExecType::expired:
            forget(report.cl_ord_id);
            away_.erase(report.orig_cl_ord_id.value);
            return;
        default: return;
    }
}

void LoadFlow::on_rejected(const CancelRejected& rejected) {
    const auto found = away_.find(rejected.orig_cl_ord_id.value);
    if (found == away_.end()) return;
    // Else it is gone: filled before the cancel came.
    if (rejected.reason != RejectReason::unknown_order) rest({.order = rejected.orig_cl_ord_id, .side = found->second});
    away_.erase(found);
}

void LoadFlow::rest(const Live& order) {
    const auto at = std::ranges::lower_bound(live_, order.order, {}, &Live::order);
    if (at == live_.end() || at->order != order.order) live_.insert(at, order);
}
void LoadFlow::forget(ClOrdId order) {
    const auto at = std::ranges::lower_bound(live_, order, {}, &Live::order);
    if (at != live_.end() && at->order == order) live_.erase(at);
}

}  // namespace dcx::app
