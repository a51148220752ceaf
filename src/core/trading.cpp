// Orders: placing, amending, canceling one or all.
#include <algorithm>

#include "base/canary.h"
#include "core/apply.h"
#include "core/risk/order_checks.h"

namespace dcx::core {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::uint64_t kIdsAhead = 8;

}  // namespace

// A cl_ord_id counts as used from here on, whatever becomes of its request: a request sent twice can't act twice.
RejectReason Apply::take_cl_ord_id(ClOrdId id) {
    if (id <= session().last_cl_ord_id) return RejectReason::duplicate_cl_ord_id;
    session().last_cl_ord_id = id;
    return RejectReason::none;
}

RejectReason Apply::check_place(const PlaceOrder& place, std::int64_t& wait_ns) {
    if (!well_formed(place)) return RejectReason::malformed_field;
    if (!owns(place.account)) return RejectReason::not_your_account;
    if (const auto reason = take_cl_ord_id(place.cl_ord_id); reason != RejectReason::none) return reason;
    if (!s_.has(place.instrument)) return RejectReason::unknown_instrument;
    const Market& market = s_.markets[place.instrument.value];
    if (market.phase != Phase::trading) return RejectReason::instrument_halted;
    if (const auto reason = check_size(market.limits, place.price, place.quantity); reason != RejectReason::none)
        return reason;
    int128 notional = notional_of(market.instrument, place.price, place.quantity);
    if (place.budget && place.budget.value < notional) notional = place.budget.value;
    if (const auto reason = check_notional(market.limits, notional); reason != RejectReason::none) return reason;
    if (!combination_supported(place)) return RejectReason::unsupported_combination;
    if (place.budget.value < 0 || place.budget.value > kMaxIssue) return RejectReason::budget_out_of_range;
    if (place.time_in_force == TimeInForce::gtd ? place.expire_at <= s_.time : bool(place.expire_at))
        return RejectReason::expire_time_out_of_range;
    const RiskQuestion question{.account = place.account,
                                .instrument = place.instrument,
                                .side = place.side,
                                .price = place.price,
                                .more = place.quantity,
                                .new_order = true};
    if (const auto reason = check_risk(question, wait_ns); reason != RejectReason::none) return reason;
    if ((place.flags & kOrderPostOnly) != 0 && market.book.crosses(key_of(place.side, place.price)))
        return RejectReason::post_only_would_cross;
    if (!s_.store.orders.has_free() || !s_.store.levels.has_room()) return RejectReason::capacity_exhausted;
    const AssetId asset = State::paid_asset(market.instrument, place.side);
    return s_.ledger.balance(place.account, asset).available < hold_of(place, market.instrument)
               ? RejectReason::insufficient_funds
               : RejectReason::none;
}

// What the order may cost at worst; a budget is that by itself.
Amount Apply::hold_of(const PlaceOrder& place, const Instrument& instrument) const {
    const Amount hold = State::hold_of(instrument, place.side, place.price, place.quantity);
    return place.budget ? std::min(hold, place.budget) : hold;
}

Time Apply::expiry_of(const PlaceOrder& place, const Market& market) const {
    if (place.time_in_force != TimeInForce::day) return place.expire_at;
    const std::int64_t day_end = market.limits.day_end_s * kNsPerSecond;
    const std::int64_t since = (s_.time.value % kDayNs - day_end + kDayNs) % kDayNs;
    return after(kDayNs - since);
}

void Apply::place() {
    const auto body = command_.as<PlaceOrder>();
    std::int64_t wait_ns = 0;
    if (const auto reason = check_place(body, wait_ns); reason != RejectReason::none) {
        emit(OrderRejected{.cl_ord_id = body.cl_ord_id,
                           .price = body.price,
                           .quantity = body.quantity,
                           .account = body.account,
                           .instrument = body.instrument,
                           .side = body.side,
                           .type = body.type,
                           .time_in_force = body.time_in_force,
                           .flags = body.flags,
                           .reason = reason,
                           .zero = 0,
                           .wait_ns = wait_ns},
             sender());
        return;
    }
    const Market& market = s_.markets[body.instrument.value];
    Account& account = s_.ledger.account(body.account);
    const FeeRates& fees = market.fees[account.fee_tier];
    const AssetId asset = State::paid_asset(market.instrument, body.side);
    const Amount hold = hold_of(body, market.instrument);
    const Time expires = expiry_of(body, market);
    s_.ledger.hold(body.account, asset, hold);
    take_rate(account);

    const std::uint32_t slot = s_.store.orders.take();
    const OrderId id{++s_.last_order_id};
    s_.store.orders[slot] = {
        .id = id, .open = body.quantity, .key = key_of(body.side, body.price), .next = kNoSlot, .prev = kNoSlot};
    s_.details[slot] = {.cl_ord_id = body.cl_ord_id,
                        .cum = {},
                        .cum_notional = {},
                        .account = body.account,
                        .instrument = body.instrument,
                        .session = sender(),
                        .maker_fee = fees.maker,
                        .taker_fee = fees.taker,
                        .fee_prepaid = 0,
                        .side = body.side,
                        .type = body.type,
                        .time_in_force = body.time_in_force,
                        .flags = body.flags};
    remember_order(slot);
    s_.exposures(body.account, body.instrument).open(body.side) += body.quantity;
    if (body.budget) {
        budget_slot_ = slot;
        budget_left_ = hold;
    }
    const Balance& balance = s_.ledger.balance(body.account, asset);
    emit(OrderAccepted{.order_id = id,
                       .cl_ord_id = body.cl_ord_id,
                       .price = body.price,
                       .quantity = body.quantity,
                       .account = body.account,
                       .instrument = body.instrument,
                       .slot = OrderSlot{slot},
                       .side = body.side,
                       .type = body.type,
                       .time_in_force = body.time_in_force,
                       .flags = body.flags,
                       .hold = hold,
                       .available = balance.available,
                       .held = balance.held,
                       .expire_at = expires},
         sender());
    match_and_rest(slot, expires);
}

// The order is in no queue any more: releases its money, tells it and forgets it.
void Apply::cancel_open(std::uint32_t slot, SessionId report_to, ClOrdId cl_ord_id, CancelReason reason, bool rested) {
    const OpenOrder& details = s_.details[slot];
    const RestingOrder& order = s_.store.orders[slot];
    const Instrument& instrument = s_.market_of(details).instrument;
    const AssetId asset = State::paid_asset(instrument, details.side);
    const Amount held =
        slot == budget_slot_ ? budget_left_ : State::hold_of(instrument, details.side, order.price(), order.open);
    if (!canary::strikes(canary::Plant::dropped_release) || order.id.value % 16 != 0)
        s_.ledger.release(details.account, asset, held);
    s_.exposures(details.account, details.instrument).open(details.side) -= order.open;
    const Balance& balance = s_.ledger.balance(details.account, asset);
    emit(OrderCanceled{.order_id = order.id,
                       .cl_ord_id = cl_ord_id,
                       .orig_cl_ord_id = details.cl_ord_id,
                       .price = order.price(),
                       .quantity = order.open,
                       .cum = details.cum,
                       .account = details.account,
                       .instrument = details.instrument,
                       .available = balance.available,
                       .held = balance.held,
                       .side = details.side,
                       .reason = reason,
                       .rested = std::uint8_t{rested},
                       .zero = {}},
         report_to);
    forget_order(slot);
}

// Both indices, the account's list and the counts, here and in forget_order.
void Apply::remember_order(std::uint32_t slot) {
    OpenOrder& details = s_.details[slot];
    const std::uint64_t id = s_.store.orders[slot].id.value;
    s_.order_index.insert(hash_of_count(id), slot);
    // Ids count up, so the place of one that comes soon is known.
    s_.order_index.prefetch(hash_of_count(id + kIdsAhead));
    s_.cl_ord_index.insert(hash_of_count(details.cl_ord_id.value, details.session.value), slot);
    Account& account = s_.ledger.account(details.account);
    ++account.open_orders;
    ++s_.exposures(details.account, details.instrument).open_orders;
    details.account_prev = account.last_order;
    if (account.last_order == kNoSlot)
        account.first_order = slot;
    else
        s_.details[account.last_order].account_next = slot;
    account.last_order = slot;
}

// All or none: a stale entry would let a later cancel reach a recycled slot.
void Apply::forget_order(std::uint32_t slot) {
    OpenOrder& details = s_.details[slot];
    s_.deadlines.drop(details.deadline);
    Account& account = s_.ledger.account(details.account);
    --account.open_orders;
    --s_.exposures(details.account, details.instrument).open_orders;
    if (details.account_prev == kNoSlot)
        account.first_order = details.account_next;
    else
        s_.details[details.account_prev].account_next = details.account_next;
    if (details.account_next == kNoSlot)
        account.last_order = details.account_prev;
    else
        s_.details[details.account_next].account_prev = details.account_prev;
    s_.order_index.erase(hash_of_count(s_.store.orders[slot].id.value), slot);
    s_.cl_ord_index.erase(hash_of_count(details.cl_ord_id.value, details.session.value), slot);
    s_.store.orders.give(slot);
}

// By order id, or by the session's own cl_ord_id when that is 0. Somebody else's order is as unknown as none.
std::uint32_t Apply::named_order(OrderId id, OrderSlot hint, ClOrdId orig, AccountId account) const {
    const std::uint32_t slot = id ? s_.find_order(id, hint) : s_.find_order(sender(), orig);
    return slot != kNoSlot && s_.details[slot].account == account ? slot : kNoSlot;
}

void Apply::cancel() {
    const auto body = command_.as<CancelOrder>();
    RejectReason reason = RejectReason::none;
    std::uint32_t slot = kNoSlot;
    if (!owns(body.account)) reason = RejectReason::not_your_account;
    if (reason == RejectReason::none) reason = take_cl_ord_id(body.cl_ord_id);
    if (reason == RejectReason::none) {
        slot = named_order(body.order_id, body.slot_hint, body.orig_cl_ord_id, body.account);
        if (slot == kNoSlot) reason = RejectReason::unknown_order;
    }
    if (reason != RejectReason::none) return reject_change(body, reason);
    const OpenOrder& details = s_.details[slot];
    s_.market_of(details).book.remove(s_.store, slot);
    cancel_open(slot, sender(), body.cl_ord_id, CancelReason::requested, true);
}

void Apply::mass_cancel() {
    const auto body = command_.as<MassCancel>();
    RejectReason reason = RejectReason::none;
    if (!well_formed(body, s_.last_mass_cancel_scope()))
        reason = RejectReason::malformed_field;
    else if (!owns(body.account))
        reason = RejectReason::not_your_account;
    else
        reason = take_cl_ord_id(body.cl_ord_id);
    if (reason == RejectReason::none && body.instrument && !s_.has(body.instrument))
        reason = RejectReason::unknown_instrument;
    if (reason != RejectReason::none) return reject_change(body, reason);
    std::uint32_t canceled = 0;
    bool complete = true;
    const bool of_all = body.scope == MassCancelScope::account;
    for (std::uint32_t slot = s_.ledger.account(body.account).first_order; slot != kNoSlot;) {
        const OpenOrder& details = s_.details[slot];
        const std::uint32_t next = details.account_next;
        if ((!body.instrument || details.instrument == body.instrument) &&
            (body.side == Side{} || details.side == body.side) && (of_all || details.session == sender())) {
            if (canceled == s_.genesis.max_fills_per_command) {
                complete = false;
                break;
            }
            s_.market_of(details).book.remove(s_.store, slot);
            cancel_open(slot, sender(), body.cl_ord_id, CancelReason::mass_cancel, true);
            ++canceled;
        }
        slot = next;
    }
    emit(MassCanceled{.cl_ord_id = body.cl_ord_id,
                      .account = body.account,
                      .instrument = body.instrument,
                      .canceled = canceled,
                      .side = body.side,
                      .complete = std::uint8_t{complete},
                      .zero = {}},
         sender());
}

RejectReason Apply::check_amend(const AmendOrder& amend, std::uint32_t& slot, Quantity& open, std::int64_t& wait_ns) {
    if (!well_formed(amend)) return RejectReason::malformed_field;
    if (!owns(amend.account)) return RejectReason::not_your_account;
    if (const auto reason = take_cl_ord_id(amend.cl_ord_id); reason != RejectReason::none) return reason;
    slot = named_order(amend.order_id, amend.slot_hint, amend.orig_cl_ord_id, amend.account);
    if (slot == kNoSlot) return RejectReason::unknown_order;
    const OpenOrder& details = s_.details[slot];
    const RestingOrder& order = s_.store.orders[slot];
    const Market& market = s_.market_of(details);
    if (market.phase != Phase::trading) return RejectReason::instrument_halted;
    MarketLimitsSet limits = market.limits;
    limits.min_quantity = Quantity{std::int64_t{1}};
    if (const auto reason = check_size(limits, amend.price, amend.quantity); reason != RejectReason::none)
        return reason;
    const bool replace = (amend.flags & kAmendReplace) != 0;
    if (!replace && amend.quantity <= details.cum) return RejectReason::quantity_not_above_filled;
    // What is filled so far counts into the order's total, which must stay a quantity.
    if (replace && amend.quantity.value > kMaxQuantity - details.cum.value) return RejectReason::quantity_out_of_range;
    open = replace ? amend.quantity : amend.quantity - details.cum;
    if (const auto reason = check_notional(market.limits, notional_of(market.instrument, amend.price, open));
        reason != RejectReason::none)
        return reason;
    const RiskQuestion question{.account = details.account,
                                .instrument = details.instrument,
                                .side = details.side,
                                .price = amend.price,
                                .more = open - order.open,
                                .new_order = false};
    if (const auto reason = check_risk(question, wait_ns); reason != RejectReason::none) return reason;
    if ((details.flags & kOrderPostOnly) != 0 && market.book.crosses(key_of(details.side, amend.price)))
        return RejectReason::post_only_would_cross;
    if (!keeps_priority(amend, order, open) && !s_.store.levels.has_room()) return RejectReason::capacity_exhausted;
    const Amount old_hold = State::hold_of(market.instrument, details.side, order.price(), order.open);
    const Amount new_hold = State::hold_of(market.instrument, details.side, amend.price, open);
    const Balance& balance = s_.ledger.balance(details.account, State::paid_asset(market.instrument, details.side));
    return balance.available + old_hold < new_hold ? RejectReason::insufficient_funds : RejectReason::none;
}

void Apply::amend() {
    const auto body = command_.as<AmendOrder>();
    std::uint32_t slot = kNoSlot;
    Quantity open{};
    std::int64_t wait_ns = 0;
    if (const auto reason = check_amend(body, slot, open, wait_ns); reason != RejectReason::none)
        return reject_change(body, reason, wait_ns);
    OpenOrder& details = s_.details[slot];
    RestingOrder& order = s_.store.orders[slot];
    Market& market = s_.market_of(details);
    const bool keeps = keeps_priority(body, order, open);
    const AssetId asset = State::paid_asset(market.instrument, details.side);
    s_.ledger.release(details.account, asset,
                      State::hold_of(market.instrument, details.side, order.price(), order.open));
    s_.ledger.hold(details.account, asset, State::hold_of(market.instrument, details.side, body.price, open));
    s_.exposures(details.account, details.instrument).open(details.side) += open - order.open;
    take_rate(s_.ledger.account(details.account));
    if (keeps) {
        if (order.open > open) market.book.reduce(s_.store, slot, order.open - open);
    } else {
        market.book.remove(s_.store, slot);
        order.key = key_of(details.side, body.price);
        order.open = open;
    }

    const ClOrdId orig = details.cl_ord_id;
    if (sender() == details.session) {
        s_.cl_ord_index.erase(hash_of_count(orig.value, details.session.value), slot);
        details.cl_ord_id = body.cl_ord_id;
        s_.cl_ord_index.insert(hash_of_count(body.cl_ord_id.value, details.session.value), slot);
    }
    const Balance& balance = s_.ledger.balance(details.account, asset);
    emit(OrderAmended{.order_id = order.id,
                      .cl_ord_id = body.cl_ord_id,
                      .orig_cl_ord_id = orig,
                      .price = order.price(),
                      .leaves = order.open,
                      .cum = details.cum,
                      .account = details.account,
                      .instrument = details.instrument,
                      .available = balance.available,
                      .held = balance.held,
                      .side = details.side,
                      .kept_priority = std::uint8_t{keeps},
                      .zero = {}},
         sender());
    if (!keeps) match_and_rest(slot, s_.deadlines.time_of(details.deadline));
}

}  // namespace dcx::core
