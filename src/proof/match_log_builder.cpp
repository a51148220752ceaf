#include "proof/match_log_builder.h"

#include <bit>
#include <optional>

#include "base/check.h"

namespace dcx::proof {
namespace {

bool of_taker(CancelReason reason) {
    return reason == CancelReason::ioc_remainder || reason == CancelReason::fill_limit ||
           reason == CancelReason::fok_unfilled || reason == CancelReason::budget_spent;
}

// A taker that the self-trade rule canceled, or took quantity from.
struct Loss {
    Quantity quantity{};
    bool canceled{};
};
std::optional<Loss> taker_loss(const Event* event) {
    if (event == nullptr) return std::nullopt;
    if (event->header.kind == EventKind::order_canceled) {
        const auto e = event->as<OrderCanceled>();
        if (e.reason == CancelReason::self_trade && e.rested == 0) return Loss{e.quantity, true};
    }
    if (event->header.kind == EventKind::order_decremented) {
        const auto e = event->as<OrderDecremented>();
        if (e.rested == 0) return Loss{e.quantity, false};
    }
    return std::nullopt;
}

}  // namespace

MatchRecord& MatchLogBuilder::add(MatchRecordKind kind) {
    return records_.emplace_back(MatchRecord{.kind = kind, .index = static_cast<std::uint32_t>(records_.size())});
}

void MatchLogBuilder::add_order(const Command& command, const OrderAccepted& order) {
    DCX_CHECK(command.header.kind == CommandKind::place_order);
    MatchRecord& r = add(MatchRecordKind::place);
    r.side = static_cast<std::uint8_t>(order.side);
    r.type = static_cast<std::uint8_t>(order.type);
    r.time_in_force = static_cast<std::uint8_t>(order.time_in_force);
    r.flags = order.flags;
    r.instrument = order.instrument;
    r.order_id = order.order_id;
    r.price = order.price;
    r.quantity = order.quantity;
    r.budget = command.as<PlaceOrder>().budget;
    taker_ = order.order_id;
    taker_side_ = order.side;
}

void MatchLogBuilder::add_cancel(const OrderCanceled& cancel) {
    MatchRecord& r = add(of_taker(cancel.reason) ? MatchRecordKind::canceled : MatchRecordKind::cancel);
    r.side = static_cast<std::uint8_t>(cancel.side);
    r.reason = static_cast<std::uint8_t>(cancel.reason);
    r.instrument = cancel.instrument;
    r.order_id = cancel.order_id;
    r.price = cancel.price;
    r.quantity = cancel.quantity;
}

bool MatchLogBuilder::add_self_trade(const Event& event, const Event* next) {
    MatchRecord& r = add(MatchRecordKind::self_trade);
    r.side = static_cast<std::uint8_t>(taker_side_);
    r.order_id = taker_;
    SelfTradeRule rule = SelfTradeRule::cancel_taker;
    bool both = false;
    if (event.header.kind == EventKind::order_decremented) {
        const auto maker = event.as<OrderDecremented>();
        // The maker has something left, so the taker has not: it is told next.
        DCX_CHECK(maker.rested == 1 && taker_loss(next));
        rule = SelfTradeRule::decrement_and_cancel;
        both = true;
        r.instrument = maker.instrument;
        r.other_id = maker.order_id;
        r.quantity = maker.quantity;
    } else {
        const auto canceled = event.as<OrderCanceled>();
        r.instrument = canceled.instrument;
        r.quantity = canceled.quantity;
        if (canceled.rested == 1) {
            const auto loss = taker_loss(next);
            both = loss.has_value();
            r.other_id = canceled.order_id;
            // Both lose all: when it is the same, cancel_both and decrement_and_cancel are one thing.
            rule = SelfTradeRule::cancel_maker;
            if (loss) rule = SelfTradeRule::decrement_and_cancel;
            if (loss && loss->canceled && loss->quantity != canceled.quantity) rule = SelfTradeRule::cancel_both;
        }
    }
    r.a = static_cast<std::uint8_t>(rule);
    return both;
}

std::span<const MatchRecord> MatchLogBuilder::build(const Command& command, std::span<const Event> events) {
    records_.clear();
    taker_ = {};
    for (std::size_t i = 0; i < events.size(); ++i) {
        const Event& event = events[i];
        const Event* next = i + 1 < events.size() ? &events[i + 1] : nullptr;
        switch (event.header.kind) {
            case EventKind::order_accepted: add_order(command, event.as<OrderAccepted>()); break;
            case EventKind::trade_executed: {
                const auto e = event.as<TradeExecuted>();
                MatchRecord& r = add(MatchRecordKind::trade);
                r.side = static_cast<std::uint8_t>(e.taker_side);
                r.instrument = e.instrument;
                r.order_id = e.taker_order_id;
                r.other_id = e.maker_order_id;
                r.price = e.price;
                r.quantity = e.quantity;
                r.trade_id = e.trade_id;
                break;
            }
            case EventKind::order_rested: {
                const auto e = event.as<OrderRested>();
                MatchRecord& r = add(MatchRecordKind::rest);
                r.side = static_cast<std::uint8_t>(e.side);
                r.instrument = e.instrument;
                r.order_id = e.order_id;
                r.price = e.price;
                r.quantity = e.quantity;
                break;
            }
            case EventKind::order_canceled: {
                const auto e = event.as<OrderCanceled>();
                if (e.reason != CancelReason::self_trade)
                    add_cancel(e);
                else if (add_self_trade(event, next))
                    ++i;
                break;
            }
            case EventKind::order_decremented:
                if (add_self_trade(event, next)) ++i;
                break;
            case EventKind::order_amended: {
                const auto e = event.as<OrderAmended>();
                MatchRecord& r = add(MatchRecordKind::amend);
                r.side = static_cast<std::uint8_t>(e.side);
                r.a = (command.as<AmendOrder>().flags & kAmendReplace) != 0 ? 1 : 0;
                r.instrument = e.instrument;
                r.order_id = e.order_id;
                r.price = e.price;
                r.quantity = e.leaves;
                taker_ = e.order_id;
                taker_side_ = e.side;
                break;
            }
            case EventKind::trade_busted: add(MatchRecordKind::bust).trade_id = event.as<TradeBusted>().trade_id; break;
            default: add_listing(command, event); break;
        }
    }
    return records_;
}

void MatchLogBuilder::add_listing(const Command& command, const Event& event) {
    switch (event.header.kind) {
        case EventKind::genesis_applied:
            add(MatchRecordKind::venue).quantity = Quantity{std::int64_t{command.as<Genesis>().max_fills_per_command}};
            break;
        case EventKind::asset_listed: {
            const auto e = event.as<AssetListed>();
            MatchRecord& r = add(MatchRecordKind::asset);
            r.a = e.scale;
            r.order_id = OrderId{std::uint64_t{e.asset.value}};
            r.other_id = std::bit_cast<OrderId>(e.symbol);
            break;
        }
        case EventKind::instrument_listed: {
            const auto e = event.as<InstrumentListed>();
            const auto symbol = std::bit_cast<std::array<std::int64_t, 2>>(e.symbol);
            MatchRecord& r = add(MatchRecordKind::instrument);
            r.a = e.tick_scale;
            r.b = e.lot_scale;
            r.instrument = e.instrument;
            r.order_id = OrderId{std::uint64_t{e.base.value}};
            r.other_id = OrderId{std::uint64_t{e.quote.value}};
            r.price = Price{e.tick_mantissa};
            r.quantity = Quantity{e.lot_mantissa};
            r.budget = Amount{symbol[0]};
            r.trade_id = std::bit_cast<TradeId>(symbol[1]);
            break;
        }
        case EventKind::phase_changed: {
            const auto e = event.as<PhaseChanged>();
            MatchRecord& r = add(MatchRecordKind::phase);
            r.a = static_cast<std::uint8_t>(e.phase);
            r.instrument = e.instrument;
            break;
        }
        default: break;
    }
}

}  // namespace dcx::proof
