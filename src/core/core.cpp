#include "core/core.h"

#include <algorithm>

#include "core/apply.h"

namespace dcx::core {

std::uint32_t needed_permission(CommandKind kind) {
    switch (kind) {
        case CommandKind::place_order:
        case CommandKind::cancel_order:
        case CommandKind::amend_order:
        case CommandKind::mass_cancel:
        case CommandKind::set_self_trade_rule:
        case CommandKind::set_dead_man: return kPermitTrade;
        case CommandKind::transfer:
        case CommandKind::pend_transfer:
        case CommandKind::post_transfer:
        case CommandKind::void_transfer: return kPermitTransfer;
        case CommandKind::withdraw:
        case CommandKind::allow_address: return kPermitWithdraw;
        case CommandKind::open_account:
        case CommandKind::add_key:
        case CommandKind::revoke_key:
        case CommandKind::list_asset:
        case CommandKind::list_instrument:
        case CommandKind::set_phase:
        case CommandKind::freeze_account:
        case CommandKind::register_address:
        case CommandKind::set_asset_limits:
        case CommandKind::set_fees:
        case CommandKind::set_market_limits:
        case CommandKind::set_account_limits:
        case CommandKind::set_position_limits:
        case CommandKind::set_kill_switch:
        case CommandKind::bust_trade:
        case CommandKind::activate_rules:
        case CommandKind::propose:
        case CommandKind::approve:
        case CommandKind::mint:
        case CommandKind::burn:
        case CommandKind::set_chain:
        case CommandKind::advance_chain:
        case CommandKind::rewind_chain:
        case CommandKind::credit_deposit:
        case CommandKind::reverse_deposit:
        case CommandKind::cover_loss:
        case CommandKind::register_venue_address:
        case CommandKind::set_withdrawal_limits:
        case CommandKind::release_withdrawal:
        case CommandKind::prepare_payout:
        case CommandKind::post_payout:
        case CommandKind::abandon_payout:
        case CommandKind::settle_payout:
        case CommandKind::resolve_payout:
        case CommandKind::set_payouts:
        case CommandKind::record_anchor: return kPermitOperator;
        default: return 0;
    }
}

namespace {

bool is_venue_command(CommandKind kind) {
    switch (kind) {
        case CommandKind::genesis:
        case CommandKind::genesis_key:
        case CommandKind::tick:
        case CommandKind::handover:
        case CommandKind::start_epoch:
        case CommandKind::checkpoint:
        case CommandKind::negotiate_session:
        case CommandKind::establish_session:
        case CommandKind::disconnect_session: return true;
        default: return false;
    }
}

// Names a session that the gateway speaks for, so its header carries one.
bool speaks_for_session(CommandKind kind) {
    return kind == CommandKind::establish_session || kind == CommandKind::disconnect_session;
}

struct Reference {
    std::uint64_t reference{};
    TransferId id{};
};
Reference reference_of(const Command& c) {
    switch (c.header.kind) {
        case CommandKind::place_order: return {.reference = c.as<PlaceOrder>().cl_ord_id.value, .id = {}};
        case CommandKind::cancel_order: return {.reference = c.as<CancelOrder>().cl_ord_id.value, .id = {}};
        case CommandKind::amend_order: return {.reference = c.as<AmendOrder>().cl_ord_id.value, .id = {}};
        case CommandKind::mass_cancel: return {.reference = c.as<MassCancel>().cl_ord_id.value, .id = {}};
        case CommandKind::set_self_trade_rule: return {.reference = c.as<SetSelfTradeRule>().reference, .id = {}};
        case CommandKind::open_account: return {.reference = c.as<OpenAccount>().reference, .id = {}};
        case CommandKind::negotiate_session: return {.reference = c.as<NegotiateSession>().connection, .id = {}};
        case CommandKind::establish_session: return {.reference = c.as<EstablishSession>().connection, .id = {}};
        case CommandKind::disconnect_session: return {.reference = c.as<DisconnectSession>().connection, .id = {}};
        case CommandKind::freeze_account: return {.reference = c.as<FreezeAccount>().reference, .id = {}};
        case CommandKind::set_kill_switch: return {.reference = c.as<SetKillSwitch>().reference, .id = {}};
        case CommandKind::set_dead_man: return {.reference = c.as<SetDeadMan>().reference, .id = {}};
        case CommandKind::approve: return {.reference = c.as<Approve>().proposal.value, .id = {}};
        case CommandKind::bust_trade: return {.reference = c.as<BustTrade>().trade_id.value, .id = {}};
        case CommandKind::pend_transfer: return {.reference = 0, .id = c.as<PendTransfer>().id};
        case CommandKind::post_transfer: return {.reference = 0, .id = c.as<PostTransfer>().id};
        case CommandKind::void_transfer: return {.reference = 0, .id = c.as<VoidTransfer>().id};
        case CommandKind::withdraw: return {.reference = 0, .id = c.as<Withdraw>().id};
        case CommandKind::transfer: return {.reference = 0, .id = c.as<Transfer>().id};
        case CommandKind::mint: return {.reference = 0, .id = c.as<Mint>().id};
        case CommandKind::burn: return {.reference = 0, .id = c.as<Burn>().id};
        case CommandKind::allow_address: return {.reference = c.as<AllowAddress>().reference, .id = {}};
        case CommandKind::set_payouts: return {.reference = c.as<SetPayouts>().reference, .id = {}};
        case CommandKind::release_withdrawal: return {.reference = 0, .id = c.as<ReleaseWithdrawal>().id};
        case CommandKind::prepare_payout: return {.reference = 0, .id = c.as<PreparePayout>().id};
        default: return {};
    }
}

}  // namespace

void Apply::reject(RejectReason reason, SessionId report_to, RejectReason detail) {
    const Reference about = s_.knows(command_.header.kind) ? reference_of(command_) : Reference{};
    emit(CommandRejected{.id = about.id,
                         .reference = about.reference,
                         .session_sequence = command_.header.session_sequence,
                         .command = command_.header.kind,
                         .reason = reason,
                         .detail = detail,
                         .zero = 0},
         report_to);
}

void Apply::run(MemorySource& memory) {
    const CommandHeader& header = command_.header;
    DCX_CHECK(header.sequence.value == s_.sequence.value + 1);
    s_.sequence = header.sequence;
    s_.time = std::max(s_.time, header.time);
    if (s_.started == (header.kind == CommandKind::genesis))
        reject(RejectReason::not_genesis, {});
    else if (is_venue_command(header.kind))
        venue_command(memory);
    else if (needed_permission(header.kind) == 0 || !s_.knows(header.kind))
        reject(RejectReason::unknown_command, {});
    else
        client_command();
    out_.at(out_.position - 1).header.flags |= kLastOfCommand;
}

void Apply::venue_command(MemorySource& memory) {
    const CommandKind kind = command_.header.kind;
    if (!speaks_for_session(kind) && sender()) return reject(RejectReason::session_not_established, {});
    if (quarantined()) [[unlikely]]
        return reject(RejectReason::quarantined, {});
    switch (kind) {
        case CommandKind::genesis: return genesis(memory);
        case CommandKind::genesis_key: return genesis_key();
        case CommandKind::start_epoch: return start_epoch();
        case CommandKind::handover: return handover();
        case CommandKind::tick: return tick();
        case CommandKind::checkpoint:
            emit(CheckpointLogged{.event_hash = command_.as<Checkpoint>().event_hash});
            return;
        case CommandKind::negotiate_session: return negotiate();
        case CommandKind::establish_session: return establish();
        case CommandKind::disconnect_session: return disconnect();
        default: return;
    }
}

void Apply::client_command() {
    if (!s_.has(sender()) || session().established == 0) return reject(RejectReason::session_not_established, {});
    if (command_.header.session_sequence != session().next_incoming) return reject(RejectReason::out_of_sequence, {});
    ++session().next_incoming;
    if (quarantined()) [[unlikely]]
        return reject(RejectReason::quarantined);
    if (session().key_revoked != 0) return reject(RejectReason::key_revoked);
    const std::uint32_t needed = needed_permission(command_.header.kind);
    if ((session().permissions & needed) == 0) return reject(RejectReason::not_permitted);
    if (needed == kPermitOperator && needs_two_persons()) return reject(RejectReason::dual_control_required);
    dispatch_client();
}

void Apply::dispatch_client() {
    switch (command_.header.kind) {
        case CommandKind::place_order: return place();
        case CommandKind::cancel_order: return cancel();
        case CommandKind::amend_order: return amend();
        case CommandKind::mass_cancel: return mass_cancel();
        case CommandKind::set_self_trade_rule: return set_self_trade_rule();
        case CommandKind::transfer: return transfer();
        case CommandKind::pend_transfer: return pend_transfer();
        case CommandKind::post_transfer: return post_transfer();
        case CommandKind::void_transfer: return void_transfer();
        case CommandKind::withdraw: return withdraw();
        case CommandKind::set_dead_man: return set_dead_man();
        case CommandKind::freeze_account: return freeze_account();
        case CommandKind::register_address: return register_address();
        case CommandKind::set_asset_limits: return set_asset_limits();
        case CommandKind::set_fees: return set_fees();
        case CommandKind::set_market_limits: return set_market_limits();
        case CommandKind::set_account_limits: return set_account_limits();
        case CommandKind::set_position_limits: return set_position_limits();
        case CommandKind::set_kill_switch: return set_kill_switch();
        case CommandKind::bust_trade: return bust_trade();
        case CommandKind::activate_rules: return activate_rules();
        case CommandKind::propose: return propose();
        case CommandKind::approve: return approve();
        case CommandKind::mint: return mint();
        case CommandKind::burn: return burn();
        case CommandKind::open_account: return open_account();
        case CommandKind::add_key: return add_key();
        case CommandKind::revoke_key: return revoke_key();
        case CommandKind::list_asset: return list_asset();
        case CommandKind::list_instrument: return list_instrument();
        case CommandKind::set_phase: return set_phase();
        case CommandKind::set_chain: return set_chain();
        case CommandKind::advance_chain: return advance_chain();
        case CommandKind::rewind_chain: return rewind_chain();
        case CommandKind::credit_deposit: return credit_deposit();
        case CommandKind::reverse_deposit: return reverse_deposit();
        case CommandKind::cover_loss: return cover_loss();
        case CommandKind::register_venue_address: return register_venue_address();
        case CommandKind::allow_address: return allow_address();
        case CommandKind::set_withdrawal_limits: return set_withdrawal_limits();
        case CommandKind::release_withdrawal: return release_withdrawal();
        case CommandKind::prepare_payout: return prepare_payout();
        case CommandKind::post_payout: return post_payout();
        case CommandKind::abandon_payout: return abandon_payout();
        case CommandKind::settle_payout: return settle_payout();
        case CommandKind::resolve_payout: return resolve_payout();
        case CommandKind::set_payouts: return set_payouts();
        case CommandKind::record_anchor: return record_anchor();
        default: return;
    }
}

Core::Core(MemorySource& memory) : state_(std::make_unique<State>()), memory_(memory) {}
Core::~Core() = default;

void Core::leave_trail(Trail* trail) { trail_ = trail; }

void Core::apply(const Command& command, EventWriter& out) {
    if (trail_ != nullptr) trail_->begin(command);
    Apply(*state_, command, out).run(memory_);
    if (trail_ != nullptr) trail_->end();
    if (command.header.kind == CommandKind::genesis) max_events_ = max_events_per_command();
}

std::uint64_t Core::max_events_per_command() const {
    if (!state_->started) return 2;
    // Matching: accepted or amended, three a fill, rested or canceled; a kill switch that two persons approved is not
    // more. A group of linked transfers: two each. A new epoch: itself and every session.
    return std::max({3 * std::uint64_t{state_->genesis.max_fills_per_command} + 2, 2 * std::uint64_t{kMaxLinked} + 2,
                     std::uint64_t{state_->genesis.max_sessions} + 1});
}

bool Core::started() const { return state_->started; }
Sequence Core::sequence() const { return state_->sequence; }
Time Core::time() const { return state_->time; }
Time Core::next_deadline() const { return state_->deadlines.next(); }
std::uint64_t Core::epoch() const { return state_->epoch; }
std::uint32_t Core::rules() const { return state_->rules; }
const Genesis& Core::genesis() const { return state_->genesis; }
std::uint32_t Core::open_orders() const { return state_->store.orders.live(); }

std::uint64_t Core::next_outgoing(SessionId session) const {
    return state_->has(session) ? state_->sessions[session.value].next_outgoing : 1;
}

Core::BalanceView Core::balance(AccountId account, AssetId asset) const {
    if (!state_->ledger.has(account) || !state_->ledger.has(asset)) return {};
    const Balance& b = state_->ledger.balance(account, asset);
    return {.available = b.available, .held = b.held, .debits = b.debits, .credits = b.credits};
}

std::uint32_t Core::accounts() const { return state_->ledger.account_count(); }
std::uint32_t Core::assets() const { return state_->ledger.asset_count(); }
Asset Core::asset(AssetId id) const { return state_->ledger.has(id) ? state_->ledger.asset(id) : Asset{}; }

std::vector<DepthLevel> Core::depth(InstrumentId instrument, Side side, std::size_t levels) const {
    std::vector<DepthLevel> result;
    if (!state_->has(instrument) || levels == 0) return result;
    state_->markets[instrument.value].book.for_each_level(state_->store, side, [&](const Level& level) {
        result.push_back({.price = price_of(level.key), .quantity = level.open, .orders = level.orders});
        return result.size() < levels;
    });
    return result;
}

}  // namespace dcx::core
