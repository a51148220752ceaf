#include "history/twin_run.h"

#include <doctest/doctest.h>

#include <array>
#include <cstring>

#include "history/history_error.h"
#include "history/table_differences.h"

namespace dcx::naive {

using namespace history;

namespace {

// Every kind that a log can have; those of a restored state are none of it.
constexpr std::array kKinds{EventKind::genesis_applied,
                            EventKind::epoch_started,
                            EventKind::checkpoint_logged,
                            EventKind::command_rejected,
                            EventKind::account_opened,
                            EventKind::key_added,
                            EventKind::key_revoked,
                            EventKind::asset_listed,
                            EventKind::instrument_listed,
                            EventKind::phase_changed,
                            EventKind::self_trade_rule_set,
                            EventKind::account_frozen,
                            EventKind::address_registered,
                            EventKind::asset_limits_set,
                            EventKind::fees_set,
                            EventKind::market_limits_set,
                            EventKind::account_limits_set,
                            EventKind::position_limits_set,
                            EventKind::kill_switch_set,
                            EventKind::rules_activated,
                            EventKind::command_proposed,
                            EventKind::proposal_body,
                            EventKind::proposal_approved,
                            EventKind::proposal_expired,
                            EventKind::ticked,
                            EventKind::handover_logged,
                            EventKind::session_negotiated,
                            EventKind::session_established,
                            EventKind::session_disconnected,
                            EventKind::order_accepted,
                            EventKind::order_rejected,
                            EventKind::order_rested,
                            EventKind::trade_executed,
                            EventKind::order_filled,
                            EventKind::order_canceled,
                            EventKind::cancel_rejected,
                            EventKind::order_amended,
                            EventKind::order_decremented,
                            EventKind::mass_canceled,
                            EventKind::dead_man_set,
                            EventKind::trade_busted,
                            EventKind::transferred,
                            EventKind::posted,
                            EventKind::transfer_pended,
                            EventKind::pending_resolved,
                            EventKind::withdrawal_requested,
                            EventKind::transfer_linked,
                            EventKind::chain_set,
                            EventKind::chain_advanced,
                            EventKind::chain_rewound,
                            EventKind::deposit_credited,
                            EventKind::deposit_reversed,
                            EventKind::loss_covered,
                            EventKind::venue_address_registered,
                            EventKind::address_allowed,
                            EventKind::withdrawal_limits_set,
                            EventKind::withdrawal_released,
                            EventKind::payout_prepared,
                            EventKind::payout_posted,
                            EventKind::payout_abandoned,
                            EventKind::payout_settled,
                            EventKind::payout_resolved,
                            EventKind::payouts_set,
                            EventKind::anchor_recorded};

constexpr std::array kOthers{"transfer 1",
                             "transfer 2",
                             "transfer 3",
                             "transfer 5",
                             "canceled self_trade",
                             "canceled expired",
                             "canceled dead_man",
                             "canceled kill_switch",
                             "canceled disconnect",
                             "canceled mass_cancel",
                             "ledger 1",
                             "ledger 2",
                             "ledger 3",
                             "ledger 4",
                             "ledger 5",
                             "ledger 6",
                             "ledger 7",
                             "ledger 8",
                             "ledger 9",
                             "ledger 10",
                             "ledger 11",
                             "ledger 12",
                             "ledger 13",
                             "ledger 14",
                             "chain deposits 1",
                             "deposits orphaned",
                             "chain deposits 3",
                             "chain deposits closed",
                             "payouts 3",
                             "payouts 4",
                             "payouts 5",
                             "anchors",
                             "orders 1",
                             "orders 2",
                             "orders 3",
                             "orders 4",
                             "executions 1",
                             "executions 2",
                             "executions 3",
                             "executions 4",
                             "executions 5",
                             "pending 0",
                             "pending 1",
                             "pending 2",
                             "pending 3",
                             "withdrawals 0",
                             "withdrawals 1",
                             "withdrawals 2",
                             "deposits",
                             "deposits out of the deposits account",
                             "sub-accounts",
                             "own trades",
                             "days",
                             "empty candles",
                             "bust in the newest candle",
                             "bust behind the newest candle",
                             "amend that trades",
                             "commits",
                             "restarts",
                             "commits repeated",
                             "questions failed",
                             "batches of many commands"};

}  // namespace

// ---- What was met.

void Met::next_run() { last_trade_.clear(); }

void Met::event(const Event& event) {
    count(std::string(to_string(event.header.kind)));
    switch (event.header.kind) {
        case EventKind::transferred:
            count("transfer " + std::to_string(static_cast<unsigned>(event.as<Transferred>().transfer_kind)));
            break;
        case EventKind::order_canceled:
            count("canceled " + std::string(to_string(event.as<OrderCanceled>().reason)));
            break;
        case EventKind::trade_executed: {
            const auto trade = event.as<TradeExecuted>();
            last_trade_[trade.instrument] = event.header.time;
            if (trade.maker_account == trade.taker_account) count("own trades");
            break;
        }
        case EventKind::chain_rewound: count("deposits orphaned", event.as<ChainRewound>().orphaned); break;
        case EventKind::trade_busted: {
            const auto bust = event.as<TradeBusted>();
            const auto minute = [](Time time) { return time.value / 60'000'000'000; };
            const bool newest = minute(bust.traded) == minute(last_trade_[bust.instrument]);
            count(newest ? "bust in the newest candle" : "bust behind the newest candle");
            break;
        }
        default: break;
    }
}

void Met::rows(const Tables& tables) {
    const auto each = [&](const char* what, const auto& rows, const auto& number) {
        for (const auto& row : rows) count(what + std::to_string(static_cast<unsigned>(number(row))));
    };
    each("ledger ", tables.ledger_transfers, [](const LedgerTransferRow& row) { return row.kind; });
    each("orders ", tables.orders, [](const OrderRow& row) { return row.status; });
    each("executions ", tables.executions, [](const ExecutionRow& row) { return row.exec_type; });
    each("pending ", tables.pending_transfers, [](const PendingTransferRow& row) { return row.state; });
    each("withdrawals ", tables.withdrawals, [](const WithdrawalRow& row) { return row.state; });
    each("chain deposits ", tables.chain_deposits, [](const ChainDepositRow& row) { return row.state; });
    each("payouts ", tables.payouts, [](const PayoutRow& row) { return row.state; });
    count("anchors", tables.anchors.size());
    for (const ChainDepositRow& row : tables.chain_deposits)
        if (row.state == DepositState::credited && !row.open) count("chain deposits closed");
    for (const DepositRow& row : tables.deposits)
        count(row.from_account == kDepositsAccount ? "deposits out of the deposits account" : "deposits");
    for (const AccountRow& row : tables.accounts)
        if (row.owner_id) count("sub-accounts");
    for (const CandleRow& row : tables.candles)
        if (row.trades == 0) count("empty candles");
    std::set<Day> days;
    for (const TradeRow& row : tables.trades) days.insert(row.day);
    count("days", days.empty() ? 0 : days.size() - 1);
    for (std::size_t i = 0; i + 1 < tables.executions.size(); ++i) {
        const ExecutionRow& one = tables.executions[i];
        if (one.exec_type == ExecType::replaced && tables.executions[i + 1].sequence == one.sequence &&
            tables.executions[i + 1].exec_type == ExecType::trade)
            count("amend that trades");
    }
}

std::string Met::missing() const {
    std::string missing;
    const auto need = [&](const std::string& what) {
        const auto found = counts_.find(what);
        if (found == counts_.end() || found->second == 0) missing += " [" + what + "]";
    };
    for (const EventKind kind : kKinds) need(std::string(to_string(kind)));
    for (const char* other : kOthers) need(other);
    return missing;
}

std::string Met::text() const {
    std::string text;
    for (const auto& [what, times] : counts_) text += what + ": " + std::to_string(times) + "\n";
    return text;
}

// ---- The run.

TwinRun::TwinRun(std::uint64_t seed, Met& met, const TwinStore& store)
    : seed_(seed),
      met_(met),
      random_(seed),
      twin_store_(store),
      store_(&store.open()),
      fold_(std::make_unique<Fold>(store_->load(), *store_)),
      commit_percent_(static_cast<unsigned>(random_.between(1, seed % 4 == 0 ? 60 : 8))),
      restart_percent_(static_cast<unsigned>(random_.between(0, 60))) {
    met_.next_run();
}

void TwinRun::run(std::uint64_t commands) {
    reference::CommandGenerator generator(seed_);
    for (std::uint64_t i = 0; i < commands; ++i) {
        reference::Step step = generator.next();
        name_deposits(step.command);
        buffer_.clear();
        const bool started = core_.started();
        core_.apply(step.command, buffer_.writer());
        if (!started && core_.started()) {
            // The buffer holds what one command can make, which genesis has fixed.
            const std::vector<Event> events(buffer_.events().begin(), buffer_.events().end());
            buffer_ = EventBuffer(core_.max_events_per_command());
            for (const Event& event : events) buffer_.writer().append() = event;
        }
        generator.observe(step, buffer_.events());
        for (const Event& event : buffer_.events()) take(event);
        at_boundary();
    }
    commit();
    compare();
    met_.rows(naive_.tables());
}

// The generator names venue accounts too seldom for deposits that were seen on a chain first.
void TwinRun::name_deposits(Command& command) {
    if (!operators_.contains(command.header.session)) return;
    if (command.header.kind == CommandKind::mint && random_.chance(15)) {
        auto body = command.as<Mint>();
        body.account = kDepositsAccount;
        std::memcpy(command.body.data(), &body, sizeof(body));
    } else if (command.header.kind == CommandKind::transfer && random_.chance(40)) {
        auto body = command.as<Transfer>();
        body.debit_account = kDepositsAccount;
        std::memcpy(command.body.data(), &body, sizeof(body));
    } else if (command.header.kind == CommandKind::pend_transfer && random_.chance(40)) {
        auto body = command.as<PendTransfer>();
        body.debit_account = kDepositsAccount;
        std::memcpy(command.body.data(), &body, sizeof(body));
    }
}

void TwinRun::take(const Event& event) {
    met_.event(event);
    if (event.header.kind == EventKind::session_negotiated && !event.as<SessionNegotiated>().account)
        operators_.insert(event.as<SessionNegotiated>().session);
    naive_.apply(event);
    unstored_.push_back(event);
    give(event);
}

void TwinRun::give(const Event& event) {
    for (;;) {
        try {
            return fold_->apply(event);
        } catch (const HistoryError& error) {
            // Nothing has changed: the same event again.
            if (error.code() != ErrorCode::unreachable)
                FAIL("seed " << seed_ << ", command " << event.header.sequence.value << ": "
                             << std::string(error.what()));
        }
    }
}

void TwinRun::at_boundary() {
    if (!fold_->at_boundary()) FAIL("seed " << seed_ << ": no boundary behind the last event of a command");
    if (fold_->cursor() != naive_.cursor()) FAIL("seed " << seed_ << ": another cursor");
    // Sealed in vain: the batch goes on.
    if (random_.below(200) == 0) (void)fold_->seal();
    // It was on its way when we died.
    if (random_.below(300) == 0) return restart();
    if (!random_.chance(commit_percent_)) return;
    commit();
    if (random_.chance(twin_store_.compare_percent)) compare();
    if (random_.chance(restart_percent_)) restart();
}

void TwinRun::commit() {
    if (unstored_.empty()) return;
    const RowBatch& batch = fold_->seal();
    if (batch.to != naive_.cursor()) FAIL("seed " << seed_ << ": the batch ends at another cursor");
    const auto [oldest, is_open] = naive_.oldest_open();
    if (is_open ? batch.oldest_open != oldest : batch.oldest_open > oldest)
        FAIL("seed " << seed_ << ", after command " << batch.to.sequence.value << ": the oldest open order is "
                     << oldest.value << ", not " << batch.oldest_open.value);
    store_->commit(batch, fold_->units());
    met_.count("commits");
    if (batch.to.sequence.value - batch.from.sequence.value > 50) met_.count("batches of many commands");
    if (random_.chance(10)) {
        store_->commit(batch, fold_->units());
        met_.count("commits repeated");
    }
    fold_->forget();
    unstored_.clear();
}

void TwinRun::restart() {
    met_.count("restarts");
    fold_.reset();
    store_ = &twin_store_.open();
    fold_ = std::make_unique<Fold>(store_->load(), *store_);
    if (fold_->cursor() != store_->cursor()) FAIL("seed " << seed_ << ": a new fold stands elsewhere");
    for (const Event& event : unstored_) give(event);
}

void TwinRun::compare() {
    std::string text;
    const std::uint64_t differences = compare_tables(naive_.tables(), twin_store_.tables(), 3,
                                                     [&](const std::string& line) { text += "\n  " + line; });
    if (differences != 0)
        FAIL("seed " << seed_ << ", after command " << naive_.cursor().sequence.value << ": " << differences
                     << " rows differ" << text);
}

}  // namespace dcx::naive
