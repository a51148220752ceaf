#include "gateway/order_view.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/checked.h"

namespace dcx::gateway {
namespace {

OrdStatus status_of_open(Quantity cum) { return cum ? OrdStatus::partially_filled : OrdStatus::accepted; }

Amount saturating_sum(Amount sum, std::int64_t more) {
    const auto exact = checked_add(sum.value, more);
    return exact ? Amount{*exact} : Amount{std::numeric_limits<std::int64_t>::max()};
}

}  // namespace

// ---- events

void OrderView::accept(const EventHeader& header, const OrderAccepted& event) {
    new (insert(event.order_id, event.account)) KnownOrder{.order_id = event.order_id,
                                                           .cl_ord_id = event.cl_ord_id,
                                                           .price = event.price,
                                                           .order_qty = event.quantity,
                                                           .leaves = event.quantity,
                                                           .expire_at = event.expire_at,
                                                           .sequence = header.sequence,
                                                           .session = header.session,
                                                           .account = event.account,
                                                           .instrument = event.instrument,
                                                           .slot = event.slot,
                                                           .side = event.side,
                                                           .type = event.type,
                                                           .time_in_force = event.time_in_force,
                                                           .flags = event.flags,
                                                           .status = OrdStatus::accepted};
}

void OrderView::restore(const EventHeader& header, const OrderRestored& event) {
    const Quantity cum = event.quantity - event.leaves;
    new (insert(event.order_id, event.account)) KnownOrder{.order_id = event.order_id,
                                                           .cl_ord_id = event.cl_ord_id,
                                                           .price = event.price,
                                                           .order_qty = event.quantity,
                                                           .leaves = event.leaves,
                                                           .cum = cum,
                                                           .cum_notional = event.cum_notional,
                                                           .expire_at = event.expire_at,
                                                           .sequence = header.sequence,
                                                           .session = event.owner,
                                                           .account = event.account,
                                                           .instrument = event.instrument,
                                                           .slot = event.slot,
                                                           .side = event.side,
                                                           .type = OrderType::limit,  // no other rests
                                                           .time_in_force = event.time_in_force,
                                                           .flags = event.flags,
                                                           .status = status_of_open(cum)};
}

void OrderView::trade(const TradeExecuted& event, std::int64_t notional) {
    traded_ = {place_of(event.maker_order_id), place_of(event.taker_order_id)};
    for (const std::uint32_t at : traded_) {
        if (at == kNone) continue;
        KnownOrder& order = nodes_[at].order;
        order.cum = at == traded_[0] ? event.maker_cum : event.taker_cum;
        order.cum_notional = saturating_sum(order.cum_notional, notional);
    }
}

void OrderView::fill(const EventHeader& header, const OrderFilled& event) {
    told_ = kNone;
    for (std::uint32_t& at : traded_)
        if (at != kNone && nodes_[at].order.order_id == event.order_id) told_ = std::exchange(at, kNone);
    const std::uint32_t at = told_ != kNone ? told_ : tell(event.order_id);
    if (at == kNone) return;
    KnownOrder& order = nodes_[at].order;
    order.sequence = header.sequence;
    order.leaves = event.leaves;
    order.order_qty = event.leaves + order.cum;
    order.status = event.leaves ? OrdStatus::partially_filled : OrdStatus::filled;
    if (!event.leaves) finish(at);
}

void OrderView::cancel(const EventHeader& header, const OrderCanceled& event) {
    const std::uint32_t at = tell(event.order_id);
    if (at == kNone) return;
    KnownOrder& order = nodes_[at].order;
    order.sequence = header.sequence;
    order.leaves = {};
    order.order_qty = event.quantity + event.cum;
    order.status = event.reason == CancelReason::expired ? OrdStatus::expired : OrdStatus::canceled;
    order.cancel_reason = event.reason;
    finish(at);
}

void OrderView::amend(const EventHeader& header, const OrderAmended& event) {
    const std::uint32_t at = tell(event.order_id);
    if (at == kNone) return;
    KnownOrder& order = nodes_[at].order;
    // Through another session of the account it keeps the number that it has in its own.
    if (header.session == order.session) order.cl_ord_id = event.cl_ord_id;
    order.sequence = header.sequence;
    order.price = event.price;
    order.leaves = event.leaves;
    order.order_qty = event.leaves + event.cum;
    order.status = status_of_open(event.cum);
}

void OrderView::decrement(const EventHeader& header, const OrderDecremented& event) {
    const std::uint32_t at = tell(event.order_id);
    if (at == kNone) return;
    KnownOrder& order = nodes_[at].order;
    order.sequence = header.sequence;
    order.leaves = event.leaves;
    order.order_qty = event.leaves + event.cum;
}

void OrderView::look_first(OrderId id, AccountId account) const {
    index_.prefetch(id);
    if (account.value < accounts_.size()) __builtin_prefetch(&accounts_[account.value]);
}

void OrderView::look_closer(OrderId id, AccountId account) const {
    if (const std::uint32_t at = place_of(id); at != kNone) {
        const auto* const bytes = reinterpret_cast<const std::byte*>(&nodes_[at]);
        __builtin_prefetch(bytes);
        __builtin_prefetch(bytes + sizeof(Node) - 1);
    }
    if (account.value < accounts_.size()) accounts_[account.value].done.prefetch();
}

const KnownOrder& OrderView::told() const {
    static const KnownOrder none;
    return told_ == kNone ? none : nodes_[told_].order;
}

// ---- the pool

OrderView::Account& OrderView::account(AccountId id) {
    if (id.value >= accounts_.size()) accounts_.resize(std::size_t{id.value} + 1);
    return accounts_[id.value];
}

std::uint32_t OrderView::place_of(OrderId id) const { return index_.find(id, kNone); }

std::uint32_t OrderView::tell(OrderId id) { return told_ = place_of(id); }

void* OrderView::insert(OrderId id, AccountId account) {
    std::uint32_t at = static_cast<std::uint32_t>(nodes_.size());
    if (free_.empty()) {
        nodes_.emplace_back();
    } else {
        at = free_.back();
        free_.pop_back();
    }
    index_.insert(id, at);
    Account& owner = this->account(account);
    Node& node = nodes_[at];
    node.next = kNone;
    node.previous = owner.last;
    (owner.last == kNone ? owner.first : nodes_[owner.last].next) = at;
    owner.last = at;
    ++owner.count;
    told_ = at;
    return &node.order;
}

void OrderView::finish(std::uint32_t at) {
    std::ranges::replace(traded_, at, kNone);
    const Node& node = nodes_[at];
    Account& owner = account(node.order.account);
    (node.previous == kNone ? owner.first : nodes_[node.previous].next) = node.next;
    (node.next == kNone ? owner.last : nodes_[node.next].previous) = node.previous;
    --owner.count;
    owner.done.add(node.order, budget_);
    index_.erase(node.order.order_id);
    free_.push_back(at);
}

// ---- questions

const KnownOrder* OrderView::find(OrderId id) const {
    const std::uint32_t at = id ? index_.find(id, kNone) : kNone;
    return at == kNone ? nullptr : &nodes_[at].order;
}

const KnownOrder* OrderView::find(AccountId account, OrderId id) const {
    if (const KnownOrder* order = find(id); order != nullptr) return order->account == account ? order : nullptr;
    const auto& ended = done(account);
    for (std::size_t i = ended.size(); i > 0; --i)
        if (ended[i - 1].order_id == id) return &ended[i - 1];
    return nullptr;
}

const KnownOrder* OrderView::find(AccountId account, SessionId session, ClOrdId id) const {
    const auto is_it = [&](const KnownOrder& order) { return order.session == session && order.cl_ord_id == id; };
    const KnownOrder* found = nullptr;
    each_open(account, [&](const KnownOrder& order) {
        if (is_it(order)) found = &order;
    });
    if (found != nullptr) return found;
    const auto& ended = done(account);
    for (std::size_t i = ended.size(); i > 0; --i)
        if (is_it(ended[i - 1])) return &ended[i - 1];
    return nullptr;
}

std::vector<OrderId> OrderView::open_orders(AccountId account, InstrumentId instrument) const {
    std::vector<OrderId> ids;
    each_open(account, [&](const KnownOrder& order) {
        if (!instrument || order.instrument == instrument) ids.push_back(order.order_id);
    });
    // Restored ones were told book by book.
    std::ranges::sort(ids);
    return ids;
}

std::uint32_t OrderView::open_count(AccountId account) const {
    return account.value < accounts_.size() ? accounts_[account.value].count : 0;
}

const RecentRing<KnownOrder>& OrderView::done(AccountId account) const {
    static const RecentRing<KnownOrder> none;
    return account.value < accounts_.size() ? accounts_[account.value].done : none;
}

}  // namespace dcx::gateway
