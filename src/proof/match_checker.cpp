#include "proof/match_checker.h"

#include "model/instrument.h"
#include "proof/indexed_match_checker.h"

namespace dcx::proof {
namespace {

constexpr std::uint32_t kMostFills = 1u << 20;
constexpr Phase kTrading = Phase::trading;

bool one_of_sides(std::uint8_t side) { return side == 1 || side == 2; }
bool in_range(Price price) { return price.value >= 1 && price.value <= kMaxPrice; }
bool in_range(Quantity quantity) { return quantity.value >= 1 && quantity.value <= kMaxQuantity; }
bool from_outside(std::uint8_t reason) {
    switch (CancelReason{reason}) {
        case CancelReason::requested:
        case CancelReason::mass_cancel:
        case CancelReason::expired:
        case CancelReason::kill_switch:
        case CancelReason::dead_man:
        case CancelReason::disconnect: return true;
        default: return false;
    }
}

}  // namespace

MatchResult IndexedMatchChecker::check(const MatchCommand& command) {
    ++counts_.commands;
    if (command.records.empty()) return {};
    MatchCursor cursor(command);
    MatchResult result = check_records(cursor);
    if (result) result = cursor.finish();
    counts_.open_orders = book_.size();
    return result;
}

// Rule 2.
MatchResult IndexedMatchChecker::check_records(MatchCursor& cursor) {
    const MatchRecordKind kind = cursor.peek()->kind;
    if ((most_fills_ == 0) != (kind == MatchRecordKind::venue))
        return cursor.impossible(most_fills_ == 0 ? "before the venue" : "a second venue");
    switch (kind) {
        case MatchRecordKind::venue: return venue(cursor);
        case MatchRecordKind::asset: return asset(cursor);
        case MatchRecordKind::instrument: return instrument(cursor);
        case MatchRecordKind::phase: return phase(cursor);
        case MatchRecordKind::bust: return bust(cursor);
        case MatchRecordKind::cancel: return cancels(cursor);
        case MatchRecordKind::place: return place(cursor);
        case MatchRecordKind::amend: return amend(cursor);
        default: return cursor.unexpected_record();
    }
}

MatchResult IndexedMatchChecker::venue(MatchCursor& cursor) {
    const MatchRecord& r = *cursor.peek();
    if (r.quantity.value < 1 || r.quantity.value > kMostFills)
        return cursor.impossible("a bound of fills out of range");
    most_fills_ = static_cast<std::uint32_t>(r.quantity.value);
    ++counts_.inputs;
    return cursor.expect_input({.kind = r.kind, .quantity = r.quantity});
}

MatchResult IndexedMatchChecker::asset(MatchCursor& cursor) {
    const MatchRecord& r = *cursor.peek();
    if (r.order_id.value != scales_.size() + 1) return cursor.impossible("not the next asset");
    if (r.a > kMaxAssetScale) return cursor.impossible("its scale is out of range");
    scales_.push_back(r.a);
    ++counts_.inputs;
    return cursor.expect_input({.kind = r.kind, .a = r.a, .order_id = r.order_id, .other_id = r.other_id});
}

MatchResult IndexedMatchChecker::instrument(MatchCursor& cursor) {
    const MatchRecord& r = *cursor.peek();
    if (r.instrument.value != markets_.size() + 1) return cursor.impossible("not the next instrument");
    const auto known = [this](OrderId id) { return id.value >= 1 && id.value <= scales_.size(); };
    if (!known(r.order_id) || !known(r.other_id) || r.order_id == r.other_id)
        return cursor.impossible("of assets that are not listed");
    if (r.price.value < 1 || r.quantity.value < 1 || r.a > 18 || r.b > 18)
        return cursor.impossible("tick or lot out of range");
    const auto unit =
        minor_units(wide_mul(r.price.value, r.quantity.value), unsigned{r.a} + r.b, scales_[r.other_id.value - 1]);
    if (!unit) return cursor.impossible("tick times lot is not exact");
    markets_.push_back({.phase = kTrading, .unit = *unit});
    book_.add_instrument();
    ++counts_.inputs;
    ++counts_.instruments;
    return cursor.expect_input({.kind = r.kind,
                                .a = r.a,
                                .b = r.b,
                                .instrument = r.instrument,
                                .order_id = r.order_id,
                                .other_id = r.other_id,
                                .price = r.price,
                                .quantity = r.quantity,
                                .budget = r.budget,
                                .trade_id = r.trade_id});
}

MatchResult IndexedMatchChecker::phase(MatchCursor& cursor) {
    const MatchRecord& r = *cursor.peek();
    if (r.a != 1 && r.a != 2) return cursor.impossible("no phase");
    if (r.instrument && market(r.instrument) == nullptr) return cursor.impossible("of no instrument");
    for (std::size_t i = 0; i < markets_.size(); ++i)
        if (!r.instrument || r.instrument.value == i + 1) markets_[i].phase = Phase{r.a};
    ++counts_.inputs;
    return cursor.expect_input({.kind = r.kind, .a = r.a, .instrument = r.instrument});
}

// Rule 10.
MatchResult IndexedMatchChecker::bust(MatchCursor& cursor) {
    const MatchRecord& r = *cursor.peek();
    if (!r.trade_id || r.trade_id > last_trade_) return cursor.impossible("of a trade that was not made");
    if (!busted_.insert(r.trade_id.value).second) return cursor.impossible("of a trade that was taken back before");
    ++counts_.inputs;
    ++counts_.busts;
    return cursor.expect_input({.kind = r.kind, .trade_id = r.trade_id});
}

// Rule 9.
MatchResult IndexedMatchChecker::cancels(MatchCursor& cursor) {
    for (std::uint32_t count = 0; cursor.next_is(MatchRecordKind::cancel); ++count) {
        const MatchRecord& r = *cursor.peek();
        if (count == most_fills_) return cursor.impossible("more than one command cancels");
        MatchBook::Order* order = book_.find(r.order_id);
        if (order == nullptr) return cursor.impossible("the order is not open");
        if (order->instrument != r.instrument || order->side != Side{r.side} || order->price != r.price ||
            order->open != r.quantity)
            return cursor.impossible("the open order is another");
        if (!from_outside(r.reason)) return cursor.impossible("no reason for a resting order to leave");
        if (auto passed = cursor.expect_input({.kind = r.kind,
                                               .side = r.side,
                                               .reason = r.reason,
                                               .instrument = r.instrument,
                                               .order_id = r.order_id,
                                               .price = r.price,
                                               .quantity = r.quantity});
            !passed)
            return passed;
        book_.remove(*order);
        ++counts_.inputs;
        ++counts_.cancels;
    }
    return {};
}

// Rule 3, but for the state of the market.
bool IndexedMatchChecker::place_is_meant(const MatchRecord& r) {
    if (!one_of_sides(r.side) || !in_range(r.price) || !in_range(r.quantity)) return false;
    if (r.time_in_force < 1 || r.time_in_force > 5 || r.flags > kOrderPostOnly) return false;
    const auto tif = TimeInForce{r.time_in_force};
    const bool at_once = tif == TimeInForce::ioc || tif == TimeInForce::fok;
    const bool market = OrderType{r.type} == OrderType::market;
    if (!market && OrderType{r.type} != OrderType::limit) return false;
    if (market && !at_once) return false;
    if (r.flags == kOrderPostOnly && (market || at_once)) return false;
    if (r.budget.value == 0) return true;
    return r.budget.value > 0 && r.budget.value <= kMaxIssue && market && tif == TimeInForce::ioc &&
           Side{r.side} == Side::buy;
}

MatchResult IndexedMatchChecker::place(MatchCursor& cursor) {
    const MatchRecord& r = *cursor.peek();
    Market* const where = market(r.instrument);
    if (where == nullptr) return cursor.impossible("of no instrument");
    if (where->phase != kTrading) return cursor.impossible("the instrument is halted");
    if (r.order_id.value != last_order_.value + 1) return cursor.impossible("not the next order");
    if (!place_is_meant(r)) return cursor.impossible("no order that the venue accepts");
    Taker taker{.order = {.id = r.order_id,
                          .price = r.price,
                          .open = r.quantity,
                          .instrument = r.instrument,
                          .side = Side{r.side},
                          .post_only = r.flags == kOrderPostOnly},
                .market = where,
                .time_in_force = TimeInForce{r.time_in_force},
                .fok = TimeInForce{r.time_in_force} == TimeInForce::fok,
                .has_budget = r.budget.value != 0,
                .budget = r.budget};
    if (taker.order.post_only && crossed(taker.order) != nullptr) return cursor.impossible("post-only, and it crosses");
    if (auto passed = cursor.expect_input({.kind = r.kind,
                                           .side = r.side,
                                           .type = r.type,
                                           .time_in_force = r.time_in_force,
                                           .flags = r.flags,
                                           .instrument = r.instrument,
                                           .order_id = r.order_id,
                                           .price = r.price,
                                           .quantity = r.quantity,
                                           .budget = r.budget});
        !passed)
        return passed;
    last_order_ = r.order_id;
    ++counts_.inputs;
    ++counts_.orders;
    // Rule 8: what its own account has in the way shows nowhere else.
    if (taker.fok) {
        const bool enough = book_.has(r.instrument, taker.order.side, r.price, r.quantity, most_fills_);
        const bool refused = cursor.next_is(MatchRecordKind::canceled);
        if (enough && refused) ++counts_.foks_refused;
        if (!enough || refused) return end(cursor, taker, CancelReason::fok_unfilled);
    }
    return take(cursor, taker);
}

// Rule 4.
MatchResult IndexedMatchChecker::amend(MatchCursor& cursor) {
    const MatchRecord& r = *cursor.peek();
    MatchBook::Order* const order = book_.find(r.order_id);
    if (order == nullptr) return cursor.impossible("the order is not open");
    if (order->instrument != r.instrument || order->side != Side{r.side})
        return cursor.impossible("the open order is another");
    Market& where = *market(r.instrument);
    if (where.phase != kTrading) return cursor.impossible("the instrument is halted");
    if (!in_range(r.price) || !in_range(r.quantity) || r.a > 1)
        return cursor.impossible("no amend that the venue accepts");
    const bool keeps = r.a == 0 && r.price == order->price && r.quantity <= order->open;
    Taker taker{.order = *order, .market = &where};
    taker.order.price = r.price;
    taker.order.open = r.quantity;
    if (!keeps && taker.order.post_only && crossed(taker.order) != nullptr)
        return cursor.impossible("post-only, and it crosses");
    if (auto passed = cursor.expect_input({.kind = r.kind,
                                           .side = r.side,
                                           .a = r.a,
                                           .instrument = r.instrument,
                                           .order_id = r.order_id,
                                           .price = r.price,
                                           .quantity = r.quantity});
        !passed)
        return passed;
    ++counts_.inputs;
    ++counts_.amends;
    if (keeps) {
        order->open = r.quantity;
        return {};
    }
    book_.remove(*order);
    return take(cursor, taker);
}

std::unique_ptr<MatchChecker> make_match_checker() { return std::make_unique<IndexedMatchChecker>(); }

}  // namespace dcx::proof
