#include "gateway/read_model.h"

#include <limits>

#include "base/check.h"

namespace dcx::gateway {
namespace {

// Of what really traded: nothing above what can be issued.
std::int64_t amount_of(int128 exact) {
    const auto amount = narrow(exact);
    DCX_CHECK(amount.has_value());
    return *amount;
}

}  // namespace

void ReadModel::apply(const Event& event) {
    as_of_ = event.header.sequence;
    time_ = event.header.time;
    // Restored events are no commands: each is a part of the state behind one.
    whole_ = (event.header.flags & (kLastOfCommand | kRestored)) != 0;
    switch (event.header.kind) {
        case EventKind::order_accepted:
        case EventKind::order_restored:
        case EventKind::trade_executed:
        case EventKind::order_filled:
        case EventKind::order_canceled:
        case EventKind::order_amended:
        case EventKind::order_decremented: apply_order_event(event); break;
        case EventKind::transferred:
        case EventKind::posted:
        case EventKind::transfer_pended:
        case EventKind::withdrawal_requested:
        case EventKind::pending_resolved:
        case EventKind::balance_restored: apply_money_event(event); break;
        default: apply_other_event(event); break;
    }
}

namespace {

// Orders and accounts that an event names.
template <class Look>
void each_named(const Event& event, const Look& look) {
    switch (event.header.kind) {
        case EventKind::order_accepted: {
            const auto order = event.as<OrderAccepted>();
            return look(order.order_id, order.account);
        }
        case EventKind::order_canceled: {
            const auto order = event.as<OrderCanceled>();
            return look(order.order_id, order.account);
        }
        case EventKind::order_amended: {
            const auto order = event.as<OrderAmended>();
            return look(order.order_id, order.account);
        }
        case EventKind::trade_executed: {  // its fills are of the same
            const auto trade = event.as<TradeExecuted>();
            look(trade.maker_order_id, trade.maker_account);
            return look(trade.taker_order_id, trade.taker_account);
        }
        default: return;
    }
}

}  // namespace

void ReadModel::look_first(const Event& event) const {
    each_named(event, [this](OrderId order, AccountId account) {
        orders_.look_first(order, account);
        ledger_.look_first(account);
    });
}

void ReadModel::look_closer(const Event& event) const {
    each_named(event, [this](OrderId order, AccountId account) {
        orders_.look_closer(order, account);
        ledger_.look_closer(account);
    });
}

void ReadModel::apply_order_event(const Event& event) {
    switch (event.header.kind) {
        case EventKind::order_accepted: {
            const auto order = event.as<OrderAccepted>();
            set_paying(order);
            orders_.accept(event.header, order);
            registry_.take_rate(order.account, event.header.time);
            break;
        }
        case EventKind::order_restored: orders_.restore(event.header, event.as<OrderRestored>()); break;
        case EventKind::trade_executed: trade(event.as<TradeExecuted>()); break;
        case EventKind::order_filled: settle(event); break;
        case EventKind::order_canceled: {
            const auto order = event.as<OrderCanceled>();
            set_paying(order);
            orders_.cancel(event.header, order);
            break;
        }
        case EventKind::order_amended: {
            const auto order = event.as<OrderAmended>();
            set_paying(order);
            orders_.amend(event.header, order);
            registry_.take_rate(order.account, event.header.time);
            break;
        }
        case EventKind::order_decremented: {
            const auto order = event.as<OrderDecremented>();
            set_paying(order);
            orders_.decrement(event.header, order);
            break;
        }
        default: break;
    }
}

void ReadModel::apply_money_event(const Event& event) {
    switch (event.header.kind) {
        case EventKind::transferred: ledger_.transfer(event.header, event.as<Transferred>()); break;
        case EventKind::posted: ledger_.post(event.header, event.as<Posted>()); break;
        case EventKind::transfer_pended: ledger_.pend(event.header, event.as<TransferPended>()); break;
        case EventKind::withdrawal_requested: ledger_.withdraw(event.header, event.as<WithdrawalRequested>()); break;
        case EventKind::pending_resolved: ledger_.resolve(event.as<PendingResolved>()); break;
        case EventKind::balance_restored: ledger_.restore(event.as<BalanceRestored>()); break;
        default: break;
    }
}

void ReadModel::apply_other_event(const Event& event) {
    switch (event.header.kind) {
        case EventKind::epoch_started:
            identity_.epoch = event.as<EpochStarted>().epoch;
            epoch_started_ = true;
            break;
        case EventKind::restore_completed: {
            const auto restored = event.as<RestoreCompleted>();
            identity_ = {.venue_id = restored.venue_id, .epoch = restored.epoch};
            begun_at_ = event.header.sequence;
            restored_ = true;
            break;
        }
        // Sessions, and what changes nothing (rejects, rests, busts before their postings), are not kept here.
        default: registry_.apply(event); break;
    }
}

void ReadModel::trade(const TradeExecuted& event) {
    last_trade_ = event;
    registry_.set_last_price(event.instrument, event.price);
    traded_base_ = traded_quote_ = 0;
    if (const auto& units = registry_.instrument(event.instrument).units) {
        traded_base_ = amount_of(base_of(*units, event.quantity));
        traded_quote_ = amount_of(notional_of(*units, event.price, event.quantity));
    }
    orders_.trade(event, traded_quote_);
}

void ReadModel::settle(const Event& event) {
    const auto fill = event.as<OrderFilled>();
    const InstrumentListed& traded = registry_.listing(fill.instrument);
    ledger_.settle(event.header, {.fill = fill,
                                  .trade_id = last_trade_.trade_id,
                                  .base = traded.base,
                                  .quote = traded.quote,
                                  .base_amount = traded_base_,
                                  .quote_amount = traded_quote_});
    orders_.fill(event.header, fill);
}

}  // namespace dcx::gateway
