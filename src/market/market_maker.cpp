#include "market/market_maker.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dcx::market {

namespace {

constexpr std::size_t kMaxUnderWay = 8;
// Of an order that takes out what is in the way.
constexpr std::uint32_t kNoLevel = std::numeric_limits<std::uint32_t>::max();

// Urgencies, highest first. Deviations count in steps between levels and add to these.
constexpr double kTakeable = 1000;  // quoted at a price worse than wanted
constexpr double kMissing = 500;
constexpr double kOld = 400;
constexpr double kTooFar = 10;
constexpr double kTooSmall = 5;
// A quote this near to where it should be stays, in steps.
constexpr double kTolerance = 0.35;

}  // namespace

std::optional<TraderRequest> MarketMaker::act(double reference) {
    if (account_.under_way() >= kMaxUnderWay) return std::nullopt;
    for (const Side side : {Side::buy, Side::sell}) {
        if (!in_the_way(side)) continue;
        in_the_way(side) = false;
        if (auto request = clear_the_way(side, reference)) return request;
    }
    Step best;
    for (std::size_t level = 0; level < options_.levels; ++level) {
        for (const Side side : {Side::buy, Side::sell}) {
            const Step step = judge(side, level, reference);
            if (step.urgency > best.urgency) best = step;
        }
    }
    if (best.urgency == 0) return std::nullopt;
    return execute(best, reference);
}

// How urgent it is to touch this level, and what to do; urgency 0: leave it.
MarketMaker::Step MarketMaker::judge(Side side, std::size_t level, double reference) {
    Step step{.side = side, .level = level, .price = quote_price(side, level, reference)};
    if (meets_own(side, step.price)) return step;  // until the other side has moved away
    const std::uint32_t wanted_mark = mark(side, level);
    for (OwnOrder& order : account_.orders())
        if (order.mark == wanted_mark) step.order = &order;
    if (step.order == nullptr) {
        step.urgency = kMissing - static_cast<double>(level);
        return step;
    }
    if (step.order->state != OrderState::open) return step;
    const double step_ticks = distance(reference, options_.step_bp);
    const double above = static_cast<double>(step.order->price.value - step.price.value) / step_ticks;
    const double worse = side == Side::buy ? above : -above;
    const Quantity wanted = lots_worth(instrument(), step.price, level_worth(level, reference));
    if (worse > kTolerance)
        step.urgency = kTakeable + worse;
    else if (age(*step.order) >= kOldAge)
        step.urgency = kOld + static_cast<double>(age(*step.order));
    else if (worse < -kTolerance)
        step.urgency = kTooFar - worse;
    else if (step.order->leaves.value < wanted.value / 2)
        step.urgency = kTooSmall;
    return step;
}

std::optional<TraderRequest> MarketMaker::execute(const Step& step, double reference) {
    const double worth = level_worth(step.level, reference) * (0.7 + 0.6 * random_.unit());
    const Quantity quantity = fit_quantity(instrument(), {.side = step.side,
                                                          .price = step.price,
                                                          .wanted = lots_worth(instrument(), step.price, worth),
                                                          .free = account_.free(step.side, step.order)});
    if (step.order == nullptr) {
        if (!quantity) return std::nullopt;
        return account_.place({.side = step.side,
                               .flags = kOrderPostOnly,
                               .price = step.price,
                               .quantity = quantity,
                               .mark = mark(step.side, step.level)});
    }
    if (!quantity) return account_.cancel(*step.order);
    return account_.amend(*step.order, step.price, quantity, false);
}

std::optional<TraderRequest> MarketMaker::clear_the_way(Side side, double reference) {
    const Price price = quote_price(side, 0, reference);
    if (meets_own(side, price)) return std::nullopt;
    const Quantity quantity = fit_quantity(
        instrument(), {.side = side,
                       .price = price,
                       .wanted = lots_worth(instrument(), price, 2 * level_worth(options_.levels, reference)),
                       .free = account_.free(side)});
    if (!quantity) return std::nullopt;
    return account_.place(
        {.side = side, .time_in_force = TimeInForce::ioc, .price = price, .quantity = quantity, .mark = kNoLevel});
}

Price MarketMaker::quote_price(Side side, std::size_t level, double reference) const {
    const double lean = (wealth(reference).base_part - 0.5) * 2 * options_.skew_bp * 1e-4;
    const double centre = reference * (1 - lean);
    const double away = std::max(0.5, reference * options_.half_spread_bp * 1e-4) +
                        static_cast<double>(level) * distance(reference, options_.step_bp);
    return whole_ticks(side == Side::buy ? std::floor(centre - away) : std::ceil(centre + away));
}

double MarketMaker::level_worth(std::size_t level, double reference) const {
    return wealth(reference).worth * options_.size * (1 + 0.4 * static_cast<double>(level));
}

bool MarketMaker::meets_own(Side side, Price price) const {
    const auto own = account_.own_best(side);
    return own && (side == Side::buy ? *own <= price : *own >= price);
}

void MarketMaker::on_execution(const ExecutionReport& report) {
    if (report.exec_type == ExecType::rejected && report.reject_reason == RejectReason::post_only_would_cross)
        in_the_way(report.side) = true;
    Trader::on_execution(report);
}

void MarketMaker::on_cancel_rejected(const CancelRejected& report) {
    if (report.reason == RejectReason::post_only_would_cross)
        for (const OwnOrder& order : account_.orders())
            if (order.order_id == report.order_id) in_the_way(order.side) = true;
    Trader::on_cancel_rejected(report);
}

}  // namespace dcx::market
