#include "simulation/witness.h"

#include <algorithm>
#include <cstring>

namespace dcx::simulation {
namespace {

std::int64_t power_of_ten(int exponent) {
    std::int64_t result = 1;
    for (; exponent > 0; --exponent) result *= 10;
    return result;
}

// What it was at `sequence`: the last entry not above it.
template <class T>
T at_sequence(const std::vector<std::pair<std::uint64_t, T>>& history, std::uint64_t sequence, T otherwise) {
    const auto above = std::upper_bound(history.begin(), history.end(), sequence,
                                        [](std::uint64_t wanted, const auto& entry) { return wanted < entry.first; });
    return above == history.begin() ? otherwise : std::prev(above)->second;
}

template <class T>
void remember(std::vector<std::pair<std::uint64_t, T>>& history, std::uint64_t sequence, const T& value) {
    if (!history.empty() && history.back().first == sequence)
        history.back().second = value;
    else
        history.emplace_back(sequence, value);
}

std::string number(std::uint64_t value) { return std::to_string(value); }

}  // namespace

void Witness::fail(const std::string& what) { world_.broken("at sequence " + number(command_) + ": " + what); }

// ---- what it is shown

void Witness::take(const Event& event) {
    Event kept = event;
    kept.header.applied_time = {};
    check_order_of_events(kept);
    if (kept.header.session) reports_[kept.header.session].push_back(events_.size());
    events_.push_back(kept);
    world_.trace.add(std::as_bytes(std::span{&kept, 1}));
    apply(kept);
    if ((kept.header.flags & kLastOfCommand) != 0) end_command();
}

void Witness::take_log(const Event& event) {
    log_last_ = event.header.sequence.value;
    if (event.header.sequence.value < first_known_) return;
    if (log_position_ < events_.size()) {
        const Event& seen = events_[log_position_++];
        if (std::memcmp(&seen, &event, sizeof(Event)) != 0)
            world_.broken(
                "the log says something else than what was seen: " + std::string{to_string(seen.header.kind)} +
                " of sequence " + number(seen.header.sequence.value) + ", the log has " +
                std::string{to_string(event.header.kind)} + " of sequence " + number(event.header.sequence.value));
        return;
    }
    ++log_position_;
    take(event);
}

void Witness::end_log() {
    if (log_position_ < events_.size())
        world_.broken("what was acknowledged is lost: the log ends with sequence " + number(log_last_) + ", seen was " +
                      number(last_));
    else if (log_last_ < last_)
        world_.broken("the log ends with sequence " + number(log_last_) + " before what was restored, " +
                      number(last_));
    // Between commands, whatever was told of the last one.
    index_ = 0;
}

void Witness::begin_restored(bool fresh) {
    fresh_ = fresh;
    restored_balances_.clear();
    restored_orders_.clear();
    restored_pendings_ = 0;
    if (fresh && last_ != 0) world_.broken("a venue that was there begins anew");
}

void Witness::take_restored(const Event& event) {
    world_.trace.add(static_cast<std::uint64_t>(event.header.kind) << 32 | event.header.index);
    switch (event.header.kind) {
        case EventKind::balance_restored: {
            const auto told = event.as<BalanceRestored>();
            restored_balances_[{told.account.value, told.asset.value}] = {told.available.value, told.held.value};
            return;
        }
        case EventKind::order_restored: {
            const auto told = event.as<OrderRestored>();
            restored_orders_.push_back(told.order_id.value);
            const Order* known = order(told.order_id);
            if (known == nullptr || !known->rests || known->now.leaves != told.leaves.value ||
                known->price != told.price.value || known->account != told.account || known->side != told.side)
                world_.broken("order " + number(told.order_id.value) + " is restored as another one");
            return;
        }
        case EventKind::session_restored: {
            const auto told = event.as<SessionRestored>();
            if (told.next_outgoing != reports(told.session) + 1)
                world_.broken("session " + number(told.session.value) + " is restored with next report " +
                              number(told.next_outgoing) + ", it has had " + number(reports(told.session)));
            return;
        }
        case EventKind::transfer_pended:
        case EventKind::withdrawal_requested: ++restored_pendings_; return;
        case EventKind::restore_completed: break;
        default: return;
    }
    if (fresh_ || last_ == 0) {
        last_ = event.header.sequence.value;
        first_known_ = last_ + 1;
        return;
    }
    if (event.header.sequence.value != last_)
        world_.broken("the venue restored sequence " + number(event.header.sequence.value) + ", the log ends with " +
                      number(last_));
    for (const auto& [key, balance] : balances_)
        if (restored_balances_[key] != balance)
            world_.broken("the balance of account " + number(key.first) + " in asset " + number(key.second) +
                          " is restored as another one");
    for (const auto& [key, balance] : restored_balances_)
        if (balance != Balance{} && !balances_.contains(key)) world_.broken("a balance is restored that never was");
    std::vector<std::uint64_t> queues;
    for (const auto& [id, instrument] : instruments_) {
        for (auto level = instrument.buys.rbegin(); level != instrument.buys.rend(); ++level)
            queues.insert(queues.end(), level->second.begin(), level->second.end());
        for (const auto& [price, queue] : instrument.sells) queues.insert(queues.end(), queue.begin(), queue.end());
    }
    if (queues != restored_orders_) world_.broken("the books are not restored in their order");
    if (restored_pendings_ != pendings_.size())
        world_.broken(number(restored_pendings_) + " pending transfers are restored, " + number(pendings_.size()) +
                      " there were");
}

// ---- what it knows

const Event* Witness::report(SessionId session, std::uint64_t n) const {
    const auto found = reports_.find(session);
    return found == reports_.end() || n == 0 || n > found->second.size() ? nullptr : &events_[found->second[n - 1]];
}

std::uint64_t Witness::reports(SessionId session) const {
    const auto found = reports_.find(session);
    return found == reports_.end() ? 0 : found->second.size();
}

const Event* Witness::trade_of(const Event& filled) const {
    const Event* trade = &filled;
    // The trade, the maker's fill, the taker's.
    for (int back = 0; back < 2 && trade > events_.data(); ++back)
        if ((--trade)->header.kind == EventKind::trade_executed) return trade;
    return nullptr;
}

Witness::Balance Witness::balance_at(AccountId account, AssetId asset, std::uint64_t sequence) const {
    const auto found = balance_history_.find({account.value, asset.value});
    return found == balance_history_.end() ? Balance{} : at_sequence(found->second, sequence, Balance{});
}

const Witness::Order* Witness::order(OrderId id) const {
    const auto found = orders_.find(id.value);
    return found == orders_.end() ? nullptr : &found->second;
}

std::optional<Witness::OrderState> Witness::order_at(OrderId id, std::uint64_t sequence) const {
    const Order* known = order(id);
    if (known == nullptr || known->history.front().first > sequence) return std::nullopt;
    return at_sequence(known->history, sequence, OrderState{});
}

std::size_t Witness::open_orders_at(AccountId account, std::uint64_t sequence) const {
    const auto found = open_orders_.find(account.value);
    return found == open_orders_.end() ? 0 : at_sequence(found->second, sequence, std::size_t{0});
}

std::vector<Witness::Level> Witness::levels(InstrumentId instrument, Side side) const {
    std::vector<Level> result;
    const auto found = instruments_.find(instrument);
    if (found == instruments_.end()) return result;
    const auto add = [&](std::int64_t price, const std::deque<std::uint64_t>& queue) {
        Level level{.price = price};
        for (const std::uint64_t id : queue) {
            level.quantity += orders_.at(id).now.leaves;
            ++level.orders;
        }
        result.push_back(level);
    };
    if (side == Side::buy)
        for (auto level = found->second.buys.rbegin(); level != found->second.buys.rend(); ++level)
            add(level->first, level->second);
    else
        for (const auto& [price, queue] : found->second.sells) add(price, queue);
    return result;
}

std::vector<std::string> Witness::last_events(std::size_t count) const {
    std::vector<std::string> lines;
    for (std::size_t i = events_.size() - std::min(count, events_.size()); i < events_.size(); ++i) {
        const EventHeader& header = events_[i].header;
        std::string line = "sequence " + number(header.sequence.value) + ": " + std::string{to_string(header.kind)};
        if (header.session) line += ", to session " + number(header.session.value);
        lines.push_back(std::move(line));
    }
    return lines;
}

// ---- events

void Witness::check_order_of_events(const Event& event) {
    const EventHeader& header = event.header;
    if (index_ == 0) {
        if (header.sequence.value != last_ + 1)
            world_.broken("sequence " + number(header.sequence.value) + " follows " + number(last_));
        command_ = header.sequence.value;
    } else if (header.sequence.value != command_) {
        fail("the events of another command begin before its last one");
    }
    if (header.index != index_) fail("event " + number(header.index) + " where " + number(index_) + " follows");
    if (header.time.value < time_) fail("log time goes back");
    time_ = header.time.value;
    ++index_;
}

void Witness::end_command() {
    last_ = command_;
    index_ = 0;
    if (!fills_to_come_.empty()) fail("a trade whose fills were not told");
    for (const AccountAsset& key : touched_) {
        const Balance& balance = balances_[key];
        if (balance.held < 0 || (balance.available < 0 && key.first != kIssuanceAccount.value))
            fail("account " + number(key.first) + " is negative");
        if (balance.held != expected_held_[key])
            fail("account " + number(key.first) + " has " + std::to_string(balance.held) + " of asset " +
                 number(key.second) + " held; its orders and pending transfers hold " +
                 std::to_string(expected_held_[key]));
        if (sums_[key.second] != 0) fail("asset " + number(key.second) + " is not conserved");
    }
    for (const InstrumentId id : touched_books_) {
        const Instrument& book = instruments_.at(id);
        if (!book.buys.empty() && !book.sells.empty() && book.buys.rbegin()->first >= book.sells.begin()->first)
            fail("the book of instrument " + number(id.value) + " is crossed");
    }
    touched_.clear();
    touched_books_.clear();
}

void Witness::apply(const Event& event) {
    switch (event.header.kind) {
        case EventKind::asset_listed: {
            const auto listed = event.as<AssetListed>();
            scales_[listed.asset] = listed.scale;
            return;
        }
        case EventKind::instrument_listed: {
            const auto listed = event.as<InstrumentListed>();
            Instrument& made = instruments_[listed.instrument];
            made.base = listed.base;
            made.quote = listed.quote;
            made.base_per_lot = listed.lot_mantissa * power_of_ten(static_cast<int>(scales_[listed.base]) -
                                                                   static_cast<int>(listed.lot_scale));
            made.quote_per_tick_lot =
                listed.tick_mantissa * listed.lot_mantissa *
                power_of_ten(static_cast<int>(scales_[listed.quote]) - static_cast<int>(listed.tick_scale) -
                             static_cast<int>(listed.lot_scale));
            return;
        }
        case EventKind::session_negotiated: {
            const auto told = event.as<SessionNegotiated>();
            if (told.next_outgoing != reports(told.session) + 1) fail("a session's next report has another number");
            return;
        }
        case EventKind::order_accepted:
        case EventKind::order_rested:
        case EventKind::trade_executed:
        case EventKind::order_filled:
        case EventKind::order_canceled:
        case EventKind::order_amended:
        case EventKind::order_decremented: return apply_order(event);
        default: return apply_money(event);
    }
}

void Witness::apply_order(const Event& event) {
    switch (event.header.kind) {
        case EventKind::order_accepted: return accept(event, event.as<OrderAccepted>());
        case EventKind::order_rested: return rest(event.as<OrderRested>());
        case EventKind::trade_executed: return apply_trade(event.as<TradeExecuted>());
        case EventKind::order_filled: return apply_fill(event.as<OrderFilled>());
        case EventKind::order_amended: return amend(event.as<OrderAmended>());
        case EventKind::order_canceled: {
            const auto body = event.as<OrderCanceled>();
            const Order* known = order(body.order_id);
            if (known == nullptr || !known->now.open || known->now.leaves != body.quantity.value ||
                known->now.cum != body.cum.value)
                return fail("an order is canceled that is not open like that");
            leave_book(body.order_id.value);
            change(body.order_id.value, 0, body.cum.value, false);
            return set_paying(body.account, body.instrument, body.side, body.available, body.held);
        }
        default: {
            const auto body = event.as<OrderDecremented>();
            const Order* known = order(body.order_id);
            if (known == nullptr || known->now.leaves - body.quantity.value != body.leaves.value)
                return fail("an order is decremented by something else");
            change(body.order_id.value, body.leaves.value, body.cum.value, true);
            return set_paying(body.account, body.instrument, body.side, body.available, body.held);
        }
    }
}

void Witness::accept(const Event& event, const OrderAccepted& body) {
    if (body.order_id.value != last_order_ + 1)
        fail("order " + number(body.order_id.value) + " follows order " + number(last_order_));
    last_order_ = body.order_id.value;
    Order& made = orders_[body.order_id.value];
    made.account = body.account;
    made.instrument = body.instrument;
    made.side = body.side;
    made.price = body.price.value;
    made.session = event.header.session;
    change(body.order_id.value, body.quantity.value, 0, true);
    set_paying(body.account, body.instrument, body.side, body.available, body.held);
}

void Witness::rest(const OrderRested& body) {
    const auto found = orders_.find(body.order_id.value);
    if (found == orders_.end() || found->second.rests || !found->second.now.open ||
        found->second.now.leaves != body.quantity.value || found->second.price != body.price.value)
        return fail("an order rests that is not open like that");
    found->second.rests = true;
    expect_held(found->second, 1);
    Instrument& instrument = instruments_.at(body.instrument);
    (body.side == Side::buy ? instrument.buys : instrument.sells)[body.price.value].push_back(body.order_id.value);
    touched_books_.insert(body.instrument);
}

void Witness::apply_trade(const TradeExecuted& trade) {
    if (trade.trade_id.value != last_trade_ + 1)
        fail("trade " + number(trade.trade_id.value) + " follows trade " + number(last_trade_));
    last_trade_ = trade.trade_id.value;
    if (!fills_to_come_.empty()) fail("a trade whose fills were not told");
    fills_to_come_ = {trade.maker_order_id.value, trade.taker_order_id.value};
    const auto maker = orders_.find(trade.maker_order_id.value);
    const auto taker = orders_.find(trade.taker_order_id.value);
    if (maker == orders_.end() || taker == orders_.end()) return fail("a trade of unknown orders");
    Instrument& book = instruments_.at(trade.instrument);
    const bool buys = maker->second.side == Side::buy;
    auto& side = buys ? book.buys : book.sells;
    if (side.empty()) return fail("a trade with an empty book");
    const auto best = buys ? std::prev(side.end()) : side.begin();
    if (best->second.front() != trade.maker_order_id.value) return fail("a trade with another than the first");
    if (trade.price.value != best->first) fail("a trade at another price than the maker's");
    const bool within = buys ? taker->second.price <= trade.price.value : taker->second.price >= trade.price.value;
    if (!within) fail("a trade beyond the taker's price");
    const OrderState of_maker = maker->second.now;
    const OrderState of_taker = taker->second.now;
    const std::int64_t q = trade.quantity.value;
    if (q <= 0 || of_maker.leaves - q != trade.maker_leaves.value || of_taker.leaves < q ||
        of_maker.cum + q != trade.maker_cum.value || of_taker.cum + q != trade.taker_cum.value)
        fail("the quantities of a trade do not add up");
    change(maker->first, of_maker.leaves - q, of_maker.cum + q, of_maker.leaves > q);
    if (of_maker.leaves == q) leave_book(maker->first);
    change(taker->first, of_taker.leaves - q, of_taker.cum + q, of_taker.leaves > q);
    touched_books_.insert(trade.instrument);
}

void Witness::apply_fill(const OrderFilled& fill) {
    const Order* known = order(fill.order_id);
    if (known == nullptr || known->now.leaves != fill.leaves.value) return fail("a fill of an order that is not so");
    // The maker is told first, then the taker, both of the trade before them.
    if (fills_to_come_.empty() || fills_to_come_.front() != fill.order_id.value)
        return fail("a fill is told that is not the next one of its trade");
    fills_to_come_.pop_front();
    const Instrument& instrument = instruments_.at(fill.instrument);
    set_balance(fill.account, instrument.base, fill.base_available.value, fill.base_held.value);
    set_balance(fill.account, instrument.quote, fill.quote_available.value, fill.quote_held.value);
    if (fill.fee.value == 0) return;
    // A fee is taken from what is received; a rebate comes in what was paid.
    const bool in_base = (fill.side == Side::buy) == (fill.fee.value > 0);
    const AssetId asset = in_base ? instrument.base : instrument.quote;
    const Balance fees = balances_[{kFeeAccount.value, asset.value}];
    set_balance(kFeeAccount, asset, fees.available + fill.fee.value, fees.held);
}

void Witness::amend(const OrderAmended& body) {
    const auto found = orders_.find(body.order_id.value);
    if (found == orders_.end() || !found->second.rests || found->second.now.cum != body.cum.value)
        return fail("an order is amended that is not open like that");
    if (body.kept_priority == 0) leave_book(body.order_id.value);
    // Its hold as long as it rests follows price and quantity; a taker's is not looked at.
    if (found->second.rests) expect_held(found->second, -1);
    found->second.price = body.price.value;
    found->second.now.leaves = body.leaves.value;
    if (found->second.rests) expect_held(found->second, 1);
    remember(found->second.history, command_, found->second.now);
    set_paying(body.account, body.instrument, body.side, body.available, body.held);
}

void Witness::apply_money(const Event& event) {
    switch (event.header.kind) {
        case EventKind::transferred: {
            const auto body = event.as<Transferred>();
            transfer(body.id, true, body.debit_account, body.credit_account, body.asset, event);
            return;
        }
        case EventKind::posted: {
            const auto body = event.as<Posted>();
            transfer(body.id, false, body.debit_account, body.credit_account, body.asset, event);
            return;
        }
        case EventKind::transfer_pended: {
            const auto body = event.as<TransferPended>();
            unique(body.id);
            pendings_[{body.scope.value, body.id}] = {body.debit_account, body.asset, body.amount.value};
            expected_held_[{body.debit_account.value, body.asset.value}] += body.amount.value;
            return set_balance(body.debit_account, body.asset, body.available.value, body.held.value);
        }
        case EventKind::withdrawal_requested: {
            const auto body = event.as<WithdrawalRequested>();
            unique(body.id);
            pendings_[{body.scope.value, body.id}] = {body.account, body.asset, body.amount.value};
            expected_held_[{body.account.value, body.asset.value}] += body.amount.value;
            return set_balance(body.account, body.asset, body.available.value, body.held.value);
        }
        case EventKind::pending_resolved: return resolve(event.as<PendingResolved>());
        default: return;
    }
}

void Witness::transfer(TransferId id, bool once, AccountId debit, AccountId credit, AssetId asset, const Event& event) {
    if (once) unique(id);
    // Transferred and Posted have the same fields up to the accounts.
    const auto body = event.as<Transferred>();
    const Balance from = balances_[{debit.value, asset.value}];
    if (from.available != body.debit_before.value || from.available - body.amount.value != body.debit_after.value)
        fail("a posting does not begin with the debit account's balance");
    set_balance(debit, asset, body.debit_after.value, from.held);
    const Balance to = balances_[{credit.value, asset.value}];
    if (to.available != body.credit_before.value || to.available + body.amount.value != body.credit_after.value)
        fail("a posting does not begin with the credit account's balance");
    set_balance(credit, asset, body.credit_after.value, to.held);
}

void Witness::resolve(const PendingResolved& body) {
    const auto found = pendings_.find({body.scope.value, body.pending_id});
    if (found == pendings_.end()) return fail("a pending transfer is resolved that is none, or twice");
    if (body.state == PendingState::voided) unique(body.id);
    if (body.amount.value + body.released.value != found->second.amount)
        fail("a pending transfer is resolved with another amount");
    expected_held_[{body.account.value, body.asset.value}] -= found->second.amount;
    pendings_.erase(found);
    set_balance(body.account, body.asset, body.available.value, body.held.value);
}

// ---- small steps

void Witness::unique(TransferId id) {
    if (!ids_.insert(id).second) fail("a transfer is carried out a second time");
}

void Witness::leave_book(std::uint64_t id) {
    Order& leaving = orders_.at(id);
    if (!leaving.rests) return;
    // A filled one holds nothing any more, so this changes only what is still open.
    expect_held(leaving, -1);
    leaving.rests = false;
    Instrument& instrument = instruments_.at(leaving.instrument);
    auto& side = leaving.side == Side::buy ? instrument.buys : instrument.sells;
    auto& queue = side[leaving.price];
    std::erase(queue, id);
    if (queue.empty()) side.erase(leaving.price);
    touched_books_.insert(leaving.instrument);
}

void Witness::change(std::uint64_t id, std::int64_t leaves, std::int64_t cum, bool open) {
    Order& changed = orders_.at(id);
    const bool was_open = changed.now.open;
    if (changed.rests) expect_held(changed, -1);
    changed.now = {.leaves = leaves, .cum = cum, .open = open};
    if (changed.rests) expect_held(changed, 1);
    remember(changed.history, command_, changed.now);
    if (was_open == open) return;
    auto& count = open_orders_[changed.account.value];
    const std::size_t before = count.empty() ? 0 : count.back().second;
    remember(count, command_, open ? before + 1 : before - 1);
}

AssetId Witness::paying_asset(InstrumentId instrument, Side side) const {
    const Instrument& known = instruments_.at(instrument);
    return side == Side::buy ? known.quote : known.base;
}

std::int64_t Witness::hold_of(const Order& held_by) const {
    const Instrument& known = instruments_.at(held_by.instrument);
    return held_by.side == Side::buy ? held_by.now.leaves * held_by.price * known.quote_per_tick_lot
                                     : held_by.now.leaves * known.base_per_lot;
}

void Witness::expect_held(const Order& held_by, int sign) {
    const AssetId asset = paying_asset(held_by.instrument, held_by.side);
    expected_held_[{held_by.account.value, asset.value}] += sign * hold_of(held_by);
}

void Witness::set_paying(AccountId account, InstrumentId instrument, Side side, Amount available, Amount held) {
    set_balance(account, paying_asset(instrument, side), available.value, held.value);
}

void Witness::set_balance(AccountId account, AssetId asset, std::int64_t available, std::int64_t held) {
    const AccountAsset key{account.value, asset.value};
    Balance& balance = balances_[key];
    sums_[asset.value] += int128{available} + held - balance.available - balance.held;
    balance = {available, held};
    remember(balance_history_[key], command_, balance);
    touched_.insert(key);
}

}  // namespace dcx::simulation
