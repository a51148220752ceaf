#include "history/fold.h"

#include "base/check.h"
#include "history/fold_state.h"

namespace dcx::history {

void contradict(const std::string& what) { throw Contradiction{what}; }

namespace {

// Rows that name what there is, so that no id of a damaged store is taken for a size.
const StoredState& checked(const StoredState& stored, const Registry& registry) {
    const auto known = [&registry](const auto& rows, auto... members) {
        for (const auto& row : rows)
            if (!(registry.has(row.*members) && ...))
                throw HistoryError(ErrorCode::damaged,
                                   "table " + std::string(row.table) +
                                       " names an account, asset or market that there is not: make it again with "
                                       "rebuild");
    };
    known(stored.balances, &BalanceRow::account_id, &BalanceRow::asset_id);
    known(stored.account_days, &AccountDayRow::account_id, &AccountDayRow::asset_id);
    known(stored.candles, &CandleRow::market_id);
    known(stored.pending_transfers, &PendingTransferRow::debit_account, &PendingTransferRow::asset_id);
    known(stored.withdrawals, &WithdrawalRow::account_id, &WithdrawalRow::asset_id);
    known(stored.chain, &ChainRow::asset_id);
    known(stored.chain_deposits, &ChainDepositRow::account_id, &ChainDepositRow::asset_id);
    known(stored.payouts, &PayoutRow::asset_id);
    known(stored.open_orders, &OrderRow::account_id, &OrderRow::market_id);
    return stored;
}

}  // namespace

Fold::State::State(const StoredState& stored, StoredRows& rows)
    : registry(stored),
      balances(checked(stored, registry).balances, stored.account_days),
      orders(stored),
      candles(stored.candles, rows),
      pending(stored.pending_transfers),
      withdrawals(stored.withdrawals),
      chain(stored),
      cursor(stored.cursor),
      hash(stored.cursor.event_hash),
      last_trade_is_known(stored.cursor.sequence == Sequence{}) {
    batch.from = cursor;
    batch.to = cursor;
    batch.oldest_open = stored.oldest_open;
}

// The events of a command are contiguous, and every command of the log has at least one.
void Fold::State::enter(const Event& event) {
    const EventHeader& header = event.header;
    require((header.flags & kRestored) == 0, "a restored event is none of the log");
    if (at_boundary) {
        require(header.sequence.value == cursor.sequence.value + 1, "not of the next command");
        require(header.index == 0, "not the first event of its command");
        require(header.time >= cursor.time && header.time.value >= 0, "earlier than the command before");
        at = {.day = day_of(header.time), .sequence = header.sequence, .index = 0, .time = header.time};
        at_boundary = false;
    } else {
        require(header.sequence == at.sequence, "the last event of the command before it is missing");
        require(header.index == at.index + 1, "not the next event of its command");
        require(header.time == at.time, "not of its command's time");
        at.index = header.index;
    }
    require(cursor.venue_id != decltype(cursor.venue_id){} || header.kind == EventKind::genesis_applied ||
                header.kind == EventKind::command_rejected,
            "before the venue's genesis");
    require(!filling || header.kind == EventKind::order_filled, "a fill of the trade before it is missing");
    require(!posting || header.kind == EventKind::transferred, "the transfer of what was posted is missing");
    require(due.empty() || header.kind == EventKind::posted, "a posting of what the chain says is missing");
    require(!paid || header.kind == EventKind::pending_resolved, "the end of a withdrawal that was paid is missing");
    require(!resolved || header.kind == EventKind::payout_settled, "the settling of a payout is missing");
}

void Fold::State::leave(const Event& event) {
    hash.add(event);
    sealed = false;
    if ((event.header.flags & kLastOfCommand) == 0) return;
    require(!filling, "a fill of the last trade is missing");
    require(!posting, "the transfer of what was posted is missing");
    require(due.empty(), "a posting of what the chain says is missing");
    require(!paid && !resolved, "the end of a payout is missing");
    fee_payer.reset();
    busted = {};
    at_boundary = true;
    cursor.sequence = at.sequence;
    cursor.time = at.time;
    cursor.event_hash = hash.value();
}

std::uint32_t Fold::State::balance_of(AccountId account, AssetId asset) {
    require(registry.has(account), "an account that was not opened");
    require(registry.has(asset), "an asset that was not listed");
    return balances.slot_of(account, asset);
}

void Fold::State::dispatch(const Event& e) {
    switch (e.header.kind) {
        case EventKind::order_accepted: return order_accepted(e);
        case EventKind::order_rested: return order_rested(e);
        case EventKind::order_canceled: return order_canceled(e.as<OrderCanceled>());
        case EventKind::order_amended: return order_amended(e);
        case EventKind::order_decremented: return order_decremented(e.as<OrderDecremented>());
        case EventKind::trade_executed: return trade_executed(e.as<TradeExecuted>());
        case EventKind::order_filled: return order_filled(e.as<OrderFilled>());
        case EventKind::transferred: return transferred(e.as<Transferred>());
        case EventKind::posted: return posted(e.as<Posted>());
        case EventKind::transfer_pended: return transfer_pended(e.as<TransferPended>());
        case EventKind::withdrawal_requested: return withdrawal_requested(e.as<WithdrawalRequested>());
        case EventKind::pending_resolved: return pending_resolved(e.as<PendingResolved>());
        case EventKind::trade_busted: return trade_busted(e.as<TradeBusted>());
        case EventKind::genesis_applied: {
            require(cursor.venue_id == decltype(cursor.venue_id){}, "a second genesis");
            cursor.venue_id = e.as<GenesisApplied>().venue_id;
            require(cursor.venue_id != decltype(cursor.venue_id){}, "a venue without an id");
            return registry.genesis(at);
        }
        case EventKind::account_opened: return registry.account_opened(at, e.as<AccountOpened>());
        case EventKind::self_trade_rule_set: return registry.self_trade_rule_set(e.as<SelfTradeRuleSet>());
        case EventKind::account_frozen: return registry.account_frozen(e.as<AccountFrozen>());
        case EventKind::account_limits_set: return registry.account_limits_set(e.as<AccountLimitsSet>());
        case EventKind::kill_switch_set: return registry.kill_switch_set(e.as<KillSwitchSet>());
        case EventKind::key_added: return registry.key_added(at, e.as<KeyAdded>());
        case EventKind::key_revoked: return registry.key_revoked(e.as<KeyRevoked>());
        case EventKind::session_negotiated: return registry.session_negotiated(at, e.as<SessionNegotiated>());
        case EventKind::asset_listed: return registry.asset_listed(at, e.as<AssetListed>());
        case EventKind::asset_limits_set: return registry.asset_limits_set(e.as<AssetLimitsSet>());
        case EventKind::instrument_listed: return registry.instrument_listed(at, e.as<InstrumentListed>());
        case EventKind::phase_changed: return registry.phase_changed(e.as<PhaseChanged>());
        case EventKind::fees_set: return registry.fees_set(e.as<FeesSet>());
        case EventKind::market_limits_set: return registry.market_limits_set(e.as<MarketLimitsSet>());
        case EventKind::chain_set:
        case EventKind::chain_advanced:
        case EventKind::chain_rewound:
        case EventKind::deposit_credited:
        case EventKind::deposit_reversed:
        case EventKind::loss_covered:
        case EventKind::payout_prepared:
        case EventKind::payout_posted:
        case EventKind::payout_abandoned:
        case EventKind::payout_settled:
        case EventKind::payout_resolved:
        case EventKind::payouts_set:
        case EventKind::anchor_recorded: return custody(e);
        // No rows, or those of the audit log alone.
        case EventKind::epoch_started:
        case EventKind::checkpoint_logged:
        case EventKind::command_rejected:
        case EventKind::address_registered:
        case EventKind::position_limits_set:
        case EventKind::rules_activated:
        case EventKind::command_proposed:
        case EventKind::proposal_body:
        case EventKind::proposal_approved:
        case EventKind::proposal_expired:
        case EventKind::ticked:
        case EventKind::handover_logged:
        case EventKind::session_established:
        case EventKind::session_disconnected:
        case EventKind::order_rejected:
        case EventKind::cancel_rejected:
        case EventKind::mass_canceled:
        case EventKind::dead_man_set:
        case EventKind::transfer_linked:
        case EventKind::venue_address_registered:
        case EventKind::address_allowed:
        case EventKind::withdrawal_limits_set:
        case EventKind::withdrawal_released: return;
        case EventKind::none:
        case EventKind::balance_restored:
        case EventKind::order_restored:
        case EventKind::session_restored:
        case EventKind::restore_completed:
        case EventKind::account_rate_restored: break;
    }
    contradict("no kind of event that a log has");
}

void Fold::State::apply(const Event& event) {
    if (broken) throw *broken;
    // enter() changes nothing that it does not set again when the event is given once more, and a bust asks the store
    // before it changes anything: what the store throws leaves everything as it was.
    const EventPlace before = at;
    const bool was_at_boundary = at_boundary;
    try {
        enter(event);
        dispatch(event);
        audit(event);
        leave(event);
    } catch (const Contradiction& contradiction) {
        broken.emplace(ErrorCode::impossible_event,
                       "command " + std::to_string(event.header.sequence.value) + ", event " +
                           std::to_string(event.header.index) + " (" + std::string(to_string(event.header.kind)) +
                           "): " + contradiction.what +
                           ": the log contradicts itself or the store; check the journal, then rebuild");
        throw *broken;
    } catch (const HistoryError&) {
        at = before;
        at_boundary = was_at_boundary;
        throw;
    } catch (...) {
        broken.emplace(ErrorCode::internal, "an event was left halfway; start again from the store");
        throw;
    }
}

Fold::Fold(const StoredState& state, StoredRows& stored) : state_(std::make_unique<State>(state, stored)) {}
Fold::~Fold() = default;

void Fold::apply(const Event& event) { state_->apply(event); }
bool Fold::at_boundary() const { return state_->at_boundary; }
const Cursor& Fold::cursor() const { return state_->cursor; }
const Units& Fold::units() const { return state_->registry.units(); }

std::size_t Fold::rows() const {
    const State& s = *state_;
    const auto sum = [](const auto&... tables) { return (std::size_t{0} + ... + tables.size()); };
    return std::apply(sum, RowBatch::told_tables(s.batch)) + s.registry.rows() + s.balances.rows() + s.orders.rows() +
           s.candles.rows() + s.pending.changed() + s.withdrawals.changed() + s.chain.changed();
}

const RowBatch& Fold::seal() {
    State& s = *state_;
    if (s.broken) throw *s.broken;
    DCX_CHECK(s.at_boundary);
    if (!s.sealed) {
        s.batch.to = s.cursor;
        s.registry.seal(s.batch);
        s.balances.seal(s.batch);
        s.orders.seal(s.batch);
        s.candles.seal(s.batch.candles);
        s.pending.seal(s.batch.pending_transfers);
        s.withdrawals.seal(s.batch.withdrawals);
        s.chain.seal(s.batch);
        s.sealed = true;
    }
    return s.batch;
}

void Fold::forget() {
    State& s = *state_;
    DCX_CHECK(s.sealed);  // what came behind it would be lost
    s.registry.forget();
    s.balances.forget();
    s.orders.forget();
    s.candles.forget();
    s.pending.forget();
    s.withdrawals.forget();
    s.chain.forget();
    s.batch.clear();
}

}  // namespace dcx::history
