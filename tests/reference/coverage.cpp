#include "reference/coverage.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

namespace dcx::reference {

namespace {

constexpr std::int64_t kFarTicks = 131'072;

// The least of each in 560,000 commands.
struct Least {
    std::string_view name;
    std::uint64_t count;
};
constexpr std::string_view kAmendFills = "fills of amends";
constexpr std::string_view kFilledFoks = "filled FOKs";
constexpr std::string_view kFarSweeps = "far sweeps";  // fills of one command more than kFarTicks from each other
constexpr std::string_view kPlacesWithoutLevel = "places without a level";  // refused though there was a slot
constexpr std::string_view kAmendsWithoutLevel = "amends without a level";
constexpr std::string_view kMassCancelsInParts = "mass cancels in parts";
constexpr std::string_view kTicksInParts = "ticks in parts";
constexpr std::string_view kTicksOfMany = "ticks of many units";
constexpr std::string_view kIdleTicks = "ticks with nothing due";
constexpr std::string_view kSweepsInParts = "kill switches in parts";
constexpr std::string_view kRebates = "rebates";
constexpr std::string_view kBudgetFills = "fills of a budget";
constexpr std::string_view kSubAccountOrders = "orders of sub-accounts";
constexpr std::string_view kGroupsPassed = "groups passed";
constexpr std::string_view kByTwo = "carried out by two persons";
constexpr std::string_view kActivations = "rules activated";
constexpr std::string_view kHandedOver = "sessions ended during a handover";
constexpr std::string_view kFrozenByOwner = "orders refused for a frozen owner";
constexpr std::string_view kKilledByOwner = "orders refused for a killed owner";
constexpr std::string_view kSweptWithOwner = "orders swept with their owner's";
constexpr std::string_view kBustParts = "parts of busts paid by account 5";

constexpr std::string_view kDepositsAgain = "deposits again";
constexpr std::string_view kCoveredDeposits = "reversed deposits that account 5 covered";
constexpr std::string_view kUnbackedDeposits = "reversed deposits that nobody covered";
constexpr std::string_view kLostChains = "chains lost";
constexpr std::string_view kForks = "forks that orphaned a deposit";
constexpr std::string_view kPaidWhole = "withdrawals paid whole";
constexpr std::string_view kPaidInPart = "payouts of a part";
constexpr std::string_view kPaidPartPosted = "withdrawals posted after a part was paid";
constexpr std::string_view kSweepsPaid = "sweeps settled";
constexpr std::string_view kPaidBySaying = "payouts that two persons settled";

constexpr std::array<Least, 31> kLeast = {{{kDepositsAgain, 3},
                                           {kCoveredDeposits, 10},
                                           {kUnbackedDeposits, 10},
                                           {kLostChains, 10},
                                           {kForks, 30},
                                           {kPaidWhole, 100},
                                           {kPaidInPart, 50},
                                           {kPaidPartPosted, 10},
                                           {kSweepsPaid, 50},
                                           {kPaidBySaying, 20},
                                           {kAmendFills, 1000},
                                           {kFilledFoks, 1000},
                                           {kFarSweeps, 100},
                                           {kPlacesWithoutLevel, 1000},
                                           {kAmendsWithoutLevel, 1000},
                                           {kMassCancelsInParts, 100},
                                           {kTicksInParts, 200},
                                           {kTicksOfMany, 500},
                                           {kIdleTicks, 500},
                                           {kSweepsInParts, 100},
                                           {kRebates, 1000},
                                           {kBudgetFills, 500},
                                           {kSubAccountOrders, 5000},
                                           {kGroupsPassed, 500},
                                           {kByTwo, 500},
                                           {kActivations, 30},
                                           {kHandedOver, 30},
                                           {kFrozenByOwner, 20},
                                           {kKilledByOwner, 20},
                                           {kSweptWithOwner, 10},
                                           {kBustParts, 10}}};

// Refused of an amend, too.
constexpr std::array<RejectReason, 8> kAmendRisks = {
    RejectReason::price_outside_collar,    RejectReason::account_frozen,      RejectReason::throttled,
    RejectReason::position_limit_exceeded, RejectReason::daily_loss_exceeded, RejectReason::account_killed,
    RejectReason::market_killed,           RejectReason::venue_killed};

// Of each step that a group's member can fail at.
constexpr std::array<RejectReason, 15> kGroupFailures = {RejectReason::malformed_field,
                                                         RejectReason::not_your_account,
                                                         RejectReason::id_malformed,
                                                         RejectReason::id_too_old,
                                                         RejectReason::exists,
                                                         RejectReason::id_already_failed,
                                                         RejectReason::amount_out_of_range,
                                                         RejectReason::same_account,
                                                         RejectReason::venue_account,
                                                         RejectReason::timeout_out_of_range,
                                                         RejectReason::unknown_account,
                                                         RejectReason::unknown_asset,
                                                         RejectReason::account_frozen,
                                                         RejectReason::insufficient_funds,
                                                         RejectReason::group_too_long};

// All numbers of an enumeration that its to_string knows.
template <class Enum>
std::set<Enum> all_of_enum() {
    std::set<Enum> result;
    for (std::uint16_t i = 1; i < 256; ++i)
        if (to_string(static_cast<Enum>(i)) != "unknown") result.insert(static_cast<Enum>(i));
    return result;
}

// Not of a command: told after a start.
// The core never gives them.
bool of_gateway(RejectReason reason) {
    return reason >= RejectReason::retransmit_running && reason <= RejectReason::retransmit_unavailable;
}
bool restored(EventKind kind) {
    return kind >= EventKind::balance_restored && kind <= EventKind::account_rate_restored;
}

template <class Key>
std::uint64_t of(const std::map<Key, std::uint64_t>& counts, Key key) {
    const auto found = counts.find(key);
    return found == counts.end() ? 0 : found->second;
}

}  // namespace

void Coverage::start_run() {
    rules_.clear();
    owners_.clear();
    frozen_.clear();
    killed_.clear();
    handed_over_ = false;
    with_budget_.clear();
    paid_in_part_.clear();
    max_orders_ = 0;
}

void Coverage::count(const Command& command, std::span<const Event> events, std::uint32_t open_orders) {
    std::vector<std::int64_t> prices;
    for (const Event& e : events) {
        ++kinds_[e.header.kind];
        count_reject(e, open_orders);
        count_self_trade(e);
        count_trading(command, e);
        count_owners(command, e);
        count_money(e);
        count_custody(e);
        if (e.header.kind == EventKind::trade_executed) prices.push_back(e.as<TradeExecuted>().price.value);
    }
    count_group(command, events);
    if (!events.empty() && events[0].header.kind == EventKind::epoch_started) handed_over_ = false;
    if (!events.empty() && events[0].header.kind == EventKind::genesis_applied)
        max_orders_ = command.as<Genesis>().max_orders;
    fills_of_one_command_ = std::max<std::uint64_t>(fills_of_one_command_, prices.size());
    if (command.header.kind == CommandKind::amend_order) counts_[kAmendFills] += prices.size();
    if (!prices.empty()) counts_[kFarSweeps] += std::abs(prices.back() - prices.front()) > kFarTicks;
    if (command.header.kind == CommandKind::place_order && !prices.empty())
        counts_[kFilledFoks] += command.as<PlaceOrder>().time_in_force == TimeInForce::fok;
}

void Coverage::count_reject(const Event& e, std::uint32_t open_orders) {
    if (e.header.kind == EventKind::command_rejected) ++reasons_[e.as<CommandRejected>().reason];
    if (e.header.kind == EventKind::order_rejected) {
        const RejectReason reason = e.as<OrderRejected>().reason;
        ++reasons_[reason];
        counts_[kPlacesWithoutLevel] += reason == RejectReason::capacity_exhausted && open_orders < max_orders_;
    }
    if (e.header.kind == EventKind::cancel_rejected) {
        const auto rejected = e.as<CancelRejected>();
        ++reasons_[rejected.reason];
        if (rejected.command != CommandKind::amend_order) return;
        ++amend_reasons_[rejected.reason];
        counts_[kAmendsWithoutLevel] += rejected.reason == RejectReason::capacity_exhausted;
    }
}

void Coverage::count_self_trade(const Event& e) {
    if (e.header.kind == EventKind::self_trade_rule_set)
        rules_[e.as<SelfTradeRuleSet>().account] = e.as<SelfTradeRuleSet>().rule;
    if (e.header.kind == EventKind::trade_executed) {
        const auto trade = e.as<TradeExecuted>();
        if (trade.maker_account == trade.taker_account) ++own_meetings_[rules_[trade.maker_account]];
    }
    if (e.header.kind == EventKind::order_decremented) ++own_meetings_[rules_[e.as<OrderDecremented>().account]];
    if (e.header.kind != EventKind::order_canceled) return;
    const auto canceled = e.as<OrderCanceled>();
    ++cancels_[canceled.reason];
    if (canceled.reason == CancelReason::self_trade) ++own_meetings_[rules_[canceled.account]];
}

void Coverage::count_trading(const Command& command, const Event& e) {
    switch (e.header.kind) {
        case EventKind::account_opened:
            if (e.as<AccountOpened>().owner.value != 0)
                owners_[e.as<AccountOpened>().account] = e.as<AccountOpened>().owner;
            break;
        case EventKind::rules_activated: ++counts_[kActivations]; break;
        case EventKind::handover_logged: handed_over_ = e.as<HandoverLogged>().grace_ms != 0; break;
        case EventKind::session_disconnected: counts_[kHandedOver] += handed_over_; break;
        case EventKind::order_accepted: {
            const auto accepted = e.as<OrderAccepted>();
            counts_[kSubAccountOrders] += owners_.contains(accepted.account);
            if (command.as<PlaceOrder>().budget.value != 0) with_budget_.insert(accepted.order_id);
            break;
        }
        case EventKind::order_filled: {
            const auto filled = e.as<OrderFilled>();
            counts_[kRebates] += filled.fee.value < 0;
            counts_[kBudgetFills] += with_budget_.contains(filled.order_id);
            break;
        }
        case EventKind::mass_canceled: counts_[kMassCancelsInParts] += e.as<MassCanceled>().complete == 0; break;
        case EventKind::kill_switch_set: counts_[kSweepsInParts] += e.as<KillSwitchSet>().complete == 0; break;
        case EventKind::ticked: {
            const auto ticked = e.as<Ticked>();
            counts_[kTicksInParts] += ticked.complete == 0;
            counts_[kTicksOfMany] += ticked.done > 2;
            counts_[kIdleTicks] += ticked.done == 0;
            break;
        }
        default: break;
    }
}

// What reaches a sub-account though its own switches are off.
void Coverage::count_owners(const Command& command, const Event& e) {
    const auto set = [](std::set<AccountId>& accounts, AccountId account, bool on) {
        if (on)
            accounts.insert(account);
        else
            accounts.erase(account);
    };
    switch (e.header.kind) {
        case EventKind::account_frozen:
            set(frozen_, e.as<AccountFrozen>().account, e.as<AccountFrozen>().frozen != 0);
            break;
        case EventKind::kill_switch_set:
            set(killed_, e.as<KillSwitchSet>().account, e.as<KillSwitchSet>().on != 0);
            break;
        case EventKind::order_rejected: {
            const auto r = e.as<OrderRejected>();
            if (!owners_.contains(r.account)) break;
            counts_[kFrozenByOwner] += r.reason == RejectReason::account_frozen && !frozen_.contains(r.account);
            counts_[kKilledByOwner] += r.reason == RejectReason::account_killed && !killed_.contains(r.account);
            break;
        }
        case EventKind::order_canceled: {
            const auto canceled = e.as<OrderCanceled>();
            const auto owner = owners_.find(canceled.account);
            counts_[kSweptWithOwner] += canceled.reason == CancelReason::kill_switch && owner != owners_.end() &&
                                        command.header.kind == CommandKind::set_kill_switch &&
                                        command.as<SetKillSwitch>().account == owner->second;
            break;
        }
        default: break;
    }
}

void Coverage::count_money(const Event& e) {
    if (e.header.kind == EventKind::pending_resolved) ++resolved_[e.as<PendingResolved>().state];
    if (e.header.kind == EventKind::proposal_approved) counts_[kByTwo] += e.as<ProposalApproved>().complete;
    if (e.header.kind != EventKind::posted) return;
    const auto posted = e.as<Posted>();
    counts_[kBustParts] += posted.cause == PostingCause::trade_bust && posted.debit_account == kErrorAccount;
}

void Coverage::count_custody(const Event& e) {
    switch (e.header.kind) {
        case EventKind::deposit_credited:
            counts_[kDepositsAgain] += (e.as<DepositCredited>().flags & kDepositAgain) != 0;
            break;
        case EventKind::deposit_reversed:
            counts_[kCoveredDeposits] += e.as<DepositReversed>().covered.value != 0;
            counts_[kUnbackedDeposits] += e.as<DepositReversed>().unbacked.value != 0;
            break;
        case EventKind::chain_rewound:
            counts_[kLostChains] += e.as<ChainRewound>().lost;
            counts_[kForks] += e.as<ChainRewound>().orphaned != 0;
            break;
        case EventKind::payout_settled: {
            const auto settled = e.as<PayoutSettled>();
            counts_[kPaidBySaying] += settled.height == 0;
            if (settled.payout_kind == PayoutKind::sweep) {
                ++counts_[kSweepsPaid];
                break;
            }
            ++counts_[settled.complete == 1 ? kPaidWhole : kPaidInPart];
            if (settled.complete == 0) paid_in_part_.insert({settled.account, settled.id});
            break;
        }
        case EventKind::pending_resolved: {
            const auto resolved = e.as<PendingResolved>();
            counts_[kPaidPartPosted] += resolved.state == PendingState::posted && resolved.id != TransferId{} &&
                                        paid_in_part_.contains({resolved.scope, resolved.pending_id});
            break;
        }
        default: break;
    }
}

// More than one answer to a transfer or a pend: it closed a group.
void Coverage::count_group(const Command& command, std::span<const Event> events) {
    const CommandKind kind = command.header.kind;
    if ((kind != CommandKind::transfer && kind != CommandKind::pend_transfer) || events.size() < 2) return;
    if (events[0].header.kind != EventKind::command_rejected) {
        counts_[kGroupsPassed] += events[1].header.kind != EventKind::posted || events.size() > 2;
        return;
    }
    for (const Event& e : events)
        if (const auto r = e.as<CommandRejected>(); r.reason != RejectReason::linked_failed) ++groups_failed_[r.reason];
}

std::string Coverage::missing() const {
    std::string lines;
    const auto need = [&lines](std::string_view name, std::uint64_t count, std::uint64_t least) {
        if (count < least)
            lines += std::string(name) + ": " + std::to_string(count) + " of " + std::to_string(least) + "\n";
    };
    for (const RejectReason reason : all_of_enum<RejectReason>())
        if (!of_gateway(reason)) need(to_string(reason), of(reasons_, reason), 1);
    for (const RejectReason reason : kAmendRisks)
        need("amend: " + std::string(to_string(reason)), of(amend_reasons_, reason), 5);
    for (const EventKind kind : all_of_enum<EventKind>())
        if (!restored(kind)) need(to_string(kind), of(kinds_, kind), 1);
    for (const CancelReason reason : all_of_enum<CancelReason>()) need(to_string(reason), of(cancels_, reason), 1000);
    for (const SelfTradeRule rule : {SelfTradeRule::none, SelfTradeRule::cancel_taker, SelfTradeRule::cancel_maker,
                                     SelfTradeRule::cancel_both, SelfTradeRule::decrement_and_cancel})
        need("own orders under rule " + std::to_string(static_cast<int>(rule)), of(own_meetings_, rule), 500);
    for (const PendingState state : {PendingState::posted, PendingState::voided, PendingState::expired})
        need("pending: " + std::string(to_string(state)), of(resolved_, state), 1000);
    for (const RejectReason reason : kGroupFailures)
        need("group: " + std::string(to_string(reason)), of(groups_failed_, reason), 6);
    need("members that wait", of(kinds_, EventKind::transfer_linked), 5000);
    for (const Least& least : kLeast) need(least.name, of(counts_, least.name), least.count);
    need("trades", of(kinds_, EventKind::trade_executed), 20'000);
    need("most fills of one command", fills_of_one_command_, 20);
    return lines;
}

std::string Coverage::text() const {
    std::string lines;
    const auto add = [&lines](std::string_view name, std::uint64_t count) {
        lines += std::string(name) + " " + std::to_string(count) + "\n";
    };
    for (const auto& [reason, count] : reasons_) add(to_string(reason), count);
    for (const RejectReason reason : kAmendRisks)
        add("amend: " + std::string(to_string(reason)), of(amend_reasons_, reason));
    for (const auto& [kind, count] : kinds_) add(to_string(kind), count);
    for (const auto& [reason, count] : cancels_) add(to_string(reason), count);
    for (const auto& [rule, count] : own_meetings_) add("rule " + std::to_string(static_cast<int>(rule)), count);
    for (const auto& [state, count] : resolved_) add("pending: " + std::string(to_string(state)), count);
    for (const auto& [reason, count] : groups_failed_) add("group: " + std::string(to_string(reason)), count);
    for (const auto& [name, count] : counts_) add(name, count);
    add("most fills of one command", fills_of_one_command_);
    return lines;
}

}  // namespace dcx::reference
