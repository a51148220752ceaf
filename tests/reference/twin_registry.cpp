// The venue's own commands and the operators': genesis, sessions, accounts, keys, listings, phases.
#include <algorithm>
#include <string_view>

#include "base/check.h"
#include "reference/twin.h"

namespace dcx::reference {

namespace {

constexpr std::uint32_t power(unsigned exponent) { return std::uint32_t{1} << exponent; }
bool within(std::uint32_t value, std::uint32_t low, std::uint32_t high) { return low <= value && value <= high; }

template <class Zeros>
bool all_zero(const Zeros& bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

bool upper(char c) { return 'A' <= c && c <= 'Z'; }
bool digit(char c) { return '0' <= c && c <= '9'; }

bool asset_symbol_ok(const AssetSymbol& symbol) {
    const std::string_view text = symbol.view();
    return symbol.canonical() && !text.empty() && upper(text[0]) &&
           std::all_of(text.begin(), text.end(), [](char c) { return upper(c) || digit(c); });
}
bool instrument_symbol_ok(const Symbol& symbol) {
    const std::string_view text = symbol.view();
    return symbol.canonical() && !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return '!' <= c && c <= '~'; });
}

// mantissa x 10^(asset_scale - decimals), when that is a whole number from 1 to 2^62.
std::optional<int128> whole_minor_units(int128 mantissa, int decimals, int asset_scale) {
    for (int i = asset_scale; i < decimals; ++i) {
        if (mantissa % 10 != 0) return std::nullopt;
        mantissa /= 10;
    }
    for (int i = decimals; i < asset_scale; ++i) {
        if (__builtin_mul_overflow(mantissa, int128{10}, &mantissa)) return std::nullopt;
    }
    if (mantissa < 1 || mantissa > kMaxIssue) return std::nullopt;
    return mantissa;
}

}  // namespace

RejectReason Twin::genesis(const Genesis& g) {
    const bool fits = within(g.max_accounts, kFirstCustomer.value, power(24)) && within(g.max_assets, 1, 1024) &&
                      within(g.max_instruments, 1, 65536) && within(g.max_orders, 1, power(26)) &&
                      within(g.max_sessions, 1, power(20)) && within(g.max_keys, 1, power(24)) &&
                      within(g.max_price_levels, 1, power(26)) && within(g.max_fills_per_command, 1, power(20)) &&
                      within(g.max_transfer_ids, 1, power(26)) && g.simulated <= 1 && g.dual_control <= 1 &&
                      all_zero(g.zero);
    if (!fits) return RejectReason::limit_out_of_range;
    genesis_ = g;
    accounts_.assign(kErrorAccount.value, {.kind = AccountKind::venue});
    keys_ = {{.public_key = g.operator_key, .account = {}, .permissions = kPermitAll, .person = PersonId{1u}}};
    emit(GenesisApplied{.venue_id = g.venue_id, .simulated = g.simulated, .dual_control = g.dual_control}, SessionId{});
    return RejectReason::none;
}

RejectReason Twin::genesis_key(const GenesisKey& body) {
    if (founding_over_) return RejectReason::founding_over;
    if (body.person.value == 0 || body.zero != 0) return RejectReason::malformed_field;
    for (const Key& key : keys_)
        if (key.public_key == body.public_key) return RejectReason::key_already_known;
    if (keys_.size() == genesis_->max_keys) return RejectReason::capacity_exhausted;
    keys_.push_back({.public_key = body.public_key, .account = {}, .permissions = kPermitAll, .person = body.person});
    emit(KeyAdded{.public_key = body.public_key,
                  .key = KeyId{static_cast<std::uint32_t>(keys_.size())},
                  .account = {},
                  .permissions = kPermitAll,
                  .person = body.person},
         SessionId{});
    return RejectReason::none;
}

void Twin::start_epoch(const StartEpoch& body) {
    epoch_ = body.epoch;
    if (!founding_over_) rules_ = body.engine_version;
    newest_rules_ = body.newest_rules;
    founding_over_ = true;
    emit(EpochStarted{.epoch = body.epoch}, SessionId{});
    for (std::uint32_t i = 1; i <= sessions_.size(); ++i)
        if (session(SessionId{i}).established) end_session(SessionId{i}, 0);
    handover_.reset();
}

RejectReason Twin::handover(const Handover& body) {
    if (body.grace_ms > kMaxGraceMs || body.zero != 0) return RejectReason::malformed_field;
    handover_ = body;
    emit(HandoverLogged{.grace_ms = body.grace_ms}, SessionId{});
    return RejectReason::none;
}

RejectReason Twin::activate_rules(const ActivateRules& body, SessionId to) {
    if (body.zero != 0) return RejectReason::malformed_field;
    const std::uint64_t next = std::uint64_t{rules_} + 1;
    if (body.version != next || body.version > newest_rules_) return RejectReason::unknown_rules;
    emit(RulesActivated{.version = body.version, .before = rules_}, to);
    rules_ = body.version;
    return RejectReason::none;
}

bool Twin::is_frozen(AccountId id) const {
    const AccountId owner = the_account(id).owner;
    return the_account(id).frozen || (owners_reach() && owner.value != 0 && the_account(owner).frozen);
}

bool Twin::is_killed(AccountId id) const {
    const AccountId owner = the_account(id).owner;
    return the_account(id).killed.on || (owners_reach() && owner.value != 0 && the_account(owner).killed.on);
}

std::vector<AccountId> Twin::subs_of(AccountId owner) const {
    std::vector<AccountId> subs;
    for (std::uint32_t i = 1; i <= accounts_.size(); ++i)
        if (the_account(AccountId{i}).owner == owner) subs.push_back(AccountId{i});
    return subs;
}

RejectReason Twin::negotiate(const NegotiateSession& body) {
    if (!exists(keys_, body.key)) return RejectReason::unknown_key;
    const Key& key = keys_.at(body.key.value - 1);
    if (key.revoked) return RejectReason::key_revoked;
    if (body.client_session == 0 || body.zero != 0) return RejectReason::malformed_field;
    auto found = std::find_if(sessions_.begin(), sessions_.end(), [&](const Session& s) {
        return s.key == body.key && s.client_session == body.client_session;
    });
    if (found == sessions_.end()) {
        if (sessions_.size() == genesis_->max_sessions) return RejectReason::capacity_exhausted;
        sessions_.push_back({.key = body.key, .client_session = body.client_session});
        found = sessions_.end() - 1;
    } else if (found->established) {
        return RejectReason::session_in_use;
    }
    emit(SessionNegotiated{.client_session = body.client_session,
                           .connection = body.connection,
                           .next_incoming = found->next_incoming,
                           .next_outgoing = found->next_outgoing,
                           .last_cl_ord_id = found->last_cl_ord_id,
                           .session = SessionId{static_cast<std::uint32_t>(found - sessions_.begin() + 1)},
                           .key = body.key,
                           .account = key.account,
                           .permissions = key.permissions},
         SessionId{});
    return RejectReason::none;
}

RejectReason Twin::establish(SessionId id, const EstablishSession& body) {
    if (!exists(sessions_, id)) return RejectReason::unknown_session;
    if (session(id).established) return RejectReason::session_in_use;
    if (keys_.at(session(id).key.value - 1).revoked) return RejectReason::key_revoked;
    const bool scope_known = body.cancel_orders == CancelScope::none || body.cancel_orders == CancelScope::session ||
                             body.cancel_orders == CancelScope::account;
    if (!scope_known || body.grace_ms > kMaxGraceMs || !all_zero(body.zero)) return RejectReason::malformed_field;
    if (body.cancel_orders == CancelScope::none && body.grace_ms != 0) return RejectReason::malformed_field;
    session(id).established = true;
    session(id).scope = body.cancel_orders;
    session(id).grace_ms = body.grace_ms;
    session(id).disconnect_at.reset();
    emit(SessionEstablished{.connection = body.connection, .session = id}, SessionId{});
    return RejectReason::none;
}

RejectReason Twin::disconnect(SessionId id, const DisconnectSession& body) {
    if (!exists(sessions_, id)) return RejectReason::unknown_session;
    if (!session(id).established) return RejectReason::session_not_established;
    end_session(id, body.connection);
    return RejectReason::none;
}

RejectReason Twin::open_account(const OpenAccount& body, SessionId to) {
    if (body.account_kind != AccountKind::customer && body.account_kind != AccountKind::market_maker)
        return RejectReason::malformed_field;
    if (!all_zero(body.zero)) return RejectReason::malformed_field;
    if (body.owner.value != 0 && (!is_customer(body.owner) || the_account(body.owner).owner.value != 0))
        return RejectReason::unknown_account;
    if (accounts_.size() == genesis_->max_accounts) return RejectReason::capacity_exhausted;
    accounts_.push_back({.kind = body.account_kind, .owner = body.owner});
    emit(AccountOpened{.reference = body.reference,
                       .account = AccountId{static_cast<std::uint32_t>(accounts_.size())},
                       .owner = body.owner,
                       .account_kind = body.account_kind},
         to);
    return RejectReason::none;
}

RejectReason Twin::add_key(const AddKey& body, SessionId to) {
    const bool for_operator = (body.permissions & kPermitOperator) != 0;
    if (body.permissions == 0 || (body.permissions & ~kPermitAll) != 0 || for_operator != (body.account.value == 0))
        return RejectReason::malformed_field;
    if (for_operator != (body.person.value != 0) || body.zero != 0) return RejectReason::malformed_field;
    if (!for_operator && !is_customer(body.account)) return RejectReason::unknown_account;
    for (const Key& key : keys_)
        if (key.public_key == body.public_key) return RejectReason::key_already_known;
    if (keys_.size() == genesis_->max_keys) return RejectReason::capacity_exhausted;
    keys_.push_back({.public_key = body.public_key,
                     .account = body.account,
                     .permissions = body.permissions,
                     .person = body.person});
    emit(KeyAdded{.public_key = body.public_key,
                  .key = KeyId{static_cast<std::uint32_t>(keys_.size())},
                  .account = body.account,
                  .permissions = body.permissions,
                  .person = body.person},
         to);
    return RejectReason::none;
}

RejectReason Twin::revoke_key(const RevokeKey& body, SessionId to) {
    if (body.zero != 0) return RejectReason::malformed_field;
    if (!exists(keys_, body.key)) return RejectReason::unknown_key;
    if (keys_.at(body.key.value - 1).revoked) return RejectReason::key_revoked;
    keys_.at(body.key.value - 1).revoked = true;
    emit(KeyRevoked{.key = body.key}, to);
    return RejectReason::none;
}

RejectReason Twin::list_asset(const ListAsset& body, SessionId to) {
    if (!asset_symbol_ok(body.symbol) || !all_zero(body.zero)) return RejectReason::malformed_field;
    if (body.scale > kMaxAssetScale) return RejectReason::scale_out_of_range;
    if (body.issue_cap.value < 1 || body.issue_cap.value > kMaxIssue) return RejectReason::issue_cap_out_of_range;
    for (const AssetListed& asset : assets_)
        if (asset.symbol == body.symbol) return RejectReason::symbol_taken;
    if (assets_.size() == genesis_->max_assets) return RejectReason::capacity_exhausted;
    assets_.push_back({.symbol = body.symbol,
                       .issue_cap = body.issue_cap,
                       .asset = AssetId{static_cast<std::uint32_t>(assets_.size() + 1)},
                       .scale = body.scale});
    emit(assets_.back(), to);
    return RejectReason::none;
}

RejectReason Twin::list_instrument(const ListInstrument& b, SessionId to) {
    if (!instrument_symbol_ok(b.symbol) || !all_zero(b.zero)) return RejectReason::malformed_field;
    if (!exists(assets_, b.base) || !exists(assets_, b.quote)) return RejectReason::unknown_asset;
    if (b.base == b.quote) return RejectReason::malformed_field;
    if (b.tick_mantissa < 1 || b.lot_mantissa < 1 || b.tick_scale > 18 || b.lot_scale > 18)
        return RejectReason::tick_or_lot_not_exact;
    const auto base_per_lot = whole_minor_units(b.lot_mantissa, b.lot_scale, assets_.at(b.base.value - 1).scale);
    const auto quote_per_tick_lot = whole_minor_units(int128{b.tick_mantissa} * b.lot_mantissa,
                                                      b.tick_scale + b.lot_scale, assets_.at(b.quote.value - 1).scale);
    if (!base_per_lot || !quote_per_tick_lot) return RejectReason::tick_or_lot_not_exact;
    if (b.maker_fee.value < -kFeeRateOne || b.maker_fee.value > kFeeRateOne || b.taker_fee.value < 0 ||
        b.taker_fee.value > kFeeRateOne)
        return RejectReason::fee_rate_out_of_range;
    if (b.max_quantity.value < 1 || b.max_quantity.value > kMaxQuantity ||
        *base_per_lot * b.max_quantity.value > kMaxIssue)
        return RejectReason::limit_out_of_range;
    if (b.min_notional.value < 0 || b.min_notional.value > kMaxIssue) return RejectReason::limit_out_of_range;
    for (const Market& m : instruments_)
        if (m.listing.symbol == b.symbol) return RejectReason::symbol_taken;
    if (instruments_.size() == genesis_->max_instruments) return RejectReason::capacity_exhausted;
    const InstrumentListed listing{.symbol = b.symbol,
                                   .instrument = InstrumentId{static_cast<std::uint32_t>(instruments_.size() + 1)},
                                   .base = b.base,
                                   .quote = b.quote,
                                   .maker_fee = b.maker_fee,
                                   .taker_fee = b.taker_fee,
                                   .tick_scale = b.tick_scale,
                                   .lot_scale = b.lot_scale,
                                   .phase = Phase::trading,
                                   .tick_mantissa = b.tick_mantissa,
                                   .lot_mantissa = b.lot_mantissa,
                                   .max_quantity = b.max_quantity,
                                   .min_notional = b.min_notional,
                                   .last_price = {}};
    Market m{.listing = listing, .base_per_lot = *base_per_lot, .quote_per_tick_lot = *quote_per_tick_lot};
    for (std::uint8_t tier = 0; tier < kFeeTiers; ++tier)
        m.fees[tier] = {
            .instrument = listing.instrument, .maker_fee = b.maker_fee, .taker_fee = b.taker_fee, .tier = tier};
    m.limits = {.min_quantity = Quantity{std::int64_t{1}},
                .max_quantity = b.max_quantity,
                .min_notional = b.min_notional,
                .max_notional = Amount{kMaxIssue},
                .instrument = listing.instrument};
    instruments_.push_back(m);
    emit(listing, to);
    return RejectReason::none;
}

RejectReason Twin::set_phase(const SetPhase& body, SessionId to) {
    if ((body.phase != Phase::trading && body.phase != Phase::halted) || !all_zero(body.zero))
        return RejectReason::malformed_field;
    if (body.instrument.value != 0 && !exists(instruments_, body.instrument)) return RejectReason::unknown_instrument;
    for (Market& m : instruments_)
        if (body.instrument.value == 0 || m.listing.instrument == body.instrument) m.phase = body.phase;
    emit(PhaseChanged{.instrument = body.instrument, .phase = body.phase}, to);
    return RejectReason::none;
}

RejectReason Twin::set_self_trade_rule(const SetSelfTradeRule& body, SessionId from) {
    const bool known = body.rule == SelfTradeRule::none || body.rule == SelfTradeRule::cancel_taker ||
                       body.rule == SelfTradeRule::cancel_maker || body.rule == SelfTradeRule::cancel_both ||
                       body.rule == SelfTradeRule::decrement_and_cancel;
    if (!known || !all_zero(body.zero)) return RejectReason::malformed_field;
    const AccountId own = account_of(from);
    if (own.value != 0 && !acts_for(from, body.account)) return RejectReason::not_your_account;
    if (!exists(accounts_, body.account) || accounts_[body.account.value - 1].kind == AccountKind::venue)
        return RejectReason::unknown_account;
    accounts_[body.account.value - 1].rule = body.rule;
    emit(SelfTradeRuleSet{.reference = body.reference, .account = body.account, .rule = body.rule}, from);
    return RejectReason::none;
}

}  // namespace dcx::reference
