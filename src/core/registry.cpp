// What a venue is made of: genesis, epochs, accounts, keys, assets, instruments, phases.
#include "core/apply.h"

namespace dcx::core {
namespace {

bool within(std::uint32_t value, std::uint32_t low, std::uint32_t high) { return value >= low && value <= high; }

bool asset_symbol_legal(const AssetSymbol& symbol) {
    const std::string_view text = symbol.view();
    if (!symbol.canonical() || text.empty() || text[0] < 'A' || text[0] > 'Z') return false;
    for (const char c : text)
        if ((c < 'A' || c > 'Z') && (c < '0' || c > '9')) return false;
    return true;
}

bool market_symbol_legal(const Symbol& symbol) {
    const std::string_view text = symbol.view();
    if (!symbol.canonical() || text.empty()) return false;
    for (const char c : text)
        if (c <= ' ' || c > '~') return false;
    return true;
}

}  // namespace

bool capacities_legal(const Genesis& g) {
    return within(g.max_accounts, kFirstCustomer.value, 1u << 24) && within(g.max_assets, 1, 1024) &&
           within(g.max_instruments, 1, 65536) && within(g.max_orders, 1, 1u << 26) &&
           within(g.max_sessions, 1, 1u << 20) && within(g.max_keys, 1, 1u << 24) &&
           within(g.max_price_levels, 1, 1u << 26) && within(g.max_fills_per_command, 1, 1u << 20) &&
           within(g.max_transfer_ids, 1, 1u << 26) && g.simulated <= 1 && g.dual_control <= 1 && all_zero(g.zero);
}

void Apply::genesis(MemorySource& memory) {
    const auto body = command_.as<Genesis>();
    if (!capacities_legal(body)) return reject(RejectReason::limit_out_of_range, {});
    const Sequence sequence = s_.sequence;
    const Time time = s_.time;
    s_ = State(body, memory);
    s_.sequence = sequence;
    s_.time = time;
    while (s_.ledger.account_count() + 1 < kFirstCustomer.value) s_.ledger.open(AccountKind::venue);
    s_.keys[++s_.key_count] = {.public_key = body.operator_key,
                               .account = {},
                               .permissions = kPermitAll,
                               .person = PersonId{1u},
                               .revoked = 0};
    s_.key_index.insert(hash_of_key(body.operator_key), s_.key_count);
    emit(GenesisApplied{
        .venue_id = body.venue_id, .simulated = body.simulated, .dual_control = body.dual_control, .zero = {}});
}

void Apply::genesis_key() {
    const auto body = command_.as<GenesisKey>();
    if (!s_.founding) return reject(RejectReason::founding_over, {});
    if (!body.person || body.zero != 0) return reject(RejectReason::malformed_field, {});
    add_key(
        {.public_key = body.public_key, .account = {}, .permissions = kPermitAll, .person = body.person, .revoked = 0},
        {});
}

void Apply::start_epoch() {
    const auto body = command_.as<StartEpoch>();
    if (s_.founding) s_.rules = body.engine_version;
    s_.founding = false;
    s_.epoch = body.epoch;
    s_.newest_rules = body.newest_rules;
    emit(EpochStarted{.epoch = s_.epoch});
    for (std::uint32_t i = 1; i <= s_.session_count; ++i)
        if (s_.sessions[i].established != 0) end_session(SessionId{i}, 0);
    s_.handover_grace_ms = 0;
}

// What is known is the log's to say, not the program's: a program that knows more must answer as the one that wrote it.
void Apply::activate_rules() {
    const auto body = command_.as<ActivateRules>();
    if (body.zero != 0) return reject(RejectReason::malformed_field);
    if (body.version > s_.newest_rules || body.version != std::uint64_t{s_.rules} + 1)
        return reject(RejectReason::unknown_rules);
    emit(RulesActivated{.version = body.version, .before = s_.rules}, sender());
    s_.rules = body.version;
}

void Apply::open_account() {
    const auto body = command_.as<OpenAccount>();
    if ((body.account_kind != AccountKind::customer && body.account_kind != AccountKind::market_maker) ||
        !all_zero(body.zero))
        return reject(RejectReason::malformed_field);
    if (body.owner && (!s_.ledger.has_customer(body.owner) || s_.ledger.account(body.owner).owner))
        return reject(RejectReason::unknown_account);
    if (!s_.ledger.account_room()) return reject(RejectReason::capacity_exhausted);
    const AccountId id = s_.ledger.open(body.account_kind, body.owner);
    emit(AccountOpened{.reference = body.reference,
                       .account = id,
                       .owner = body.owner,
                       .account_kind = body.account_kind,
                       .self_trade_rule = SelfTradeRule::none,
                       .flags = 0,
                       .zero = {}},
         sender());
}

void Apply::set_self_trade_rule() {
    const auto body = command_.as<SetSelfTradeRule>();
    if (body.rule > SelfTradeRule::decrement_and_cancel || !all_zero(body.zero))
        return reject(RejectReason::malformed_field);
    if (session().account && !owns(body.account)) return reject(RejectReason::not_your_account);
    if (!s_.ledger.has_customer(body.account)) return reject(RejectReason::unknown_account);
    s_.ledger.account(body.account).self_trade_rule = body.rule;
    emit(SelfTradeRuleSet{.reference = body.reference, .account = body.account, .rule = body.rule, .zero = {}},
         sender());
}

void Apply::add_key() {
    const auto body = command_.as<AddKey>();
    const bool operators = (body.permissions & kPermitOperator) != 0;
    if (body.permissions == 0 || (body.permissions & ~kPermitAll) != 0 || operators == bool(body.account) ||
        operators != bool(body.person) || body.zero != 0)
        return reject(RejectReason::malformed_field);
    if (body.account && !s_.ledger.has_customer(body.account)) return reject(RejectReason::unknown_account);
    add_key({.public_key = body.public_key,
             .account = body.account,
             .permissions = body.permissions,
             .person = body.person,
             .revoked = 0},
            sender());
}

void Apply::add_key(const Key& key, SessionId report_to) {
    if (s_.find_key(key.public_key) != 0) return reject(RejectReason::key_already_known, report_to);
    if (s_.key_count + 1 >= s_.keys.size()) return reject(RejectReason::capacity_exhausted, report_to);
    const std::uint32_t id = ++s_.key_count;
    s_.keys[id] = key;
    s_.key_index.insert(hash_of_key(key.public_key), id);
    emit(KeyAdded{.public_key = key.public_key,
                  .key = KeyId{id},
                  .account = key.account,
                  .permissions = key.permissions,
                  .revoked = 0,
                  .person = key.person,
                  .zero = 0},
         report_to);
}

void Apply::revoke_key() {
    const auto body = command_.as<RevokeKey>();
    if (body.zero != 0) return reject(RejectReason::malformed_field);
    if (!s_.has(body.key)) return reject(RejectReason::unknown_key);
    if (s_.keys[body.key.value].revoked != 0) return reject(RejectReason::key_revoked);
    s_.keys[body.key.value].revoked = 1;
    for (Session& session : s_.sessions.subspan(1, s_.session_count))
        if (session.key == body.key) session.key_revoked = 1;
    emit(KeyRevoked{.key = body.key, .zero = 0}, sender());
}

void Apply::list_asset() {
    const auto body = command_.as<ListAsset>();
    if (!asset_symbol_legal(body.symbol) || !all_zero(body.zero)) return reject(RejectReason::malformed_field);
    if (body.scale > kMaxAssetScale) return reject(RejectReason::scale_out_of_range);
    if (body.issue_cap.value < 1 || body.issue_cap.value > kMaxIssue)
        return reject(RejectReason::issue_cap_out_of_range);
    if (s_.ledger.symbol_taken(body.symbol)) return reject(RejectReason::symbol_taken);
    if (!s_.ledger.asset_room()) return reject(RejectReason::capacity_exhausted);
    const AssetId id = s_.ledger.list(body.symbol, body.scale, body.issue_cap);
    emit(AssetListed{.symbol = body.symbol, .issue_cap = body.issue_cap, .asset = id, .scale = body.scale, .zero = {}},
         sender());
}

void Apply::list_instrument() {
    const auto body = command_.as<ListInstrument>();
    if (!market_symbol_legal(body.symbol) || !all_zero(body.zero)) return reject(RejectReason::malformed_field);
    if (!s_.ledger.has(body.base) || !s_.ledger.has(body.quote)) return reject(RejectReason::unknown_asset);
    if (body.base == body.quote) return reject(RejectReason::malformed_field);
    const InstrumentListed listing{.symbol = body.symbol,
                                   .instrument = InstrumentId{s_.market_count + 1},
                                   .base = body.base,
                                   .quote = body.quote,
                                   .maker_fee = body.maker_fee,
                                   .taker_fee = body.taker_fee,
                                   .tick_scale = body.tick_scale,
                                   .lot_scale = body.lot_scale,
                                   .phase = Phase::trading,
                                   .zero = 0,
                                   .tick_mantissa = body.tick_mantissa,
                                   .lot_mantissa = body.lot_mantissa,
                                   .max_quantity = body.max_quantity,
                                   .min_notional = body.min_notional,
                                   .last_price = {}};
    const auto instrument = derive_instrument(listing, s_.ledger.asset(body.base), s_.ledger.asset(body.quote));
    if (!instrument) return reject(RejectReason::tick_or_lot_not_exact);
    if (!fees_legal(body.maker_fee, body.taker_fee)) return reject(RejectReason::fee_rate_out_of_range);
    if (body.max_quantity.value < 1 || body.max_quantity.value > kMaxQuantity ||
        base_of(*instrument, body.max_quantity) > kMaxIssue || body.min_notional.value < 0 ||
        body.min_notional.value > kMaxIssue)
        return reject(RejectReason::limit_out_of_range);
    for (std::uint32_t i = 1; i <= s_.market_count; ++i)
        if (s_.markets[i].listing.symbol == body.symbol) return reject(RejectReason::symbol_taken);
    if (s_.market_count + 1 >= s_.markets.size()) return reject(RejectReason::capacity_exhausted);
    Market& market = s_.markets[++s_.market_count];
    market = {};
    market.listing = listing;
    market.instrument = *instrument;
    market.limits = {.min_quantity = Quantity{std::int64_t{1}},
                     .max_quantity = body.max_quantity,
                     .min_notional = body.min_notional,
                     .max_notional = Amount{kMaxIssue},
                     .reference_price = {},
                     .instrument = listing.instrument,
                     .collar_bp = 0,
                     .max_orders = 0,
                     .day_end_s = 0};
    market.fees.fill({.maker = body.maker_fee, .taker = body.taker_fee});
    market.phase = Phase::trading;
    emit(listing, sender());
}

void Apply::register_address() {
    const auto body = command_.as<RegisterAddress>();
    if (!is_address(body.address) || !all_zero(body.zero)) return reject(RejectReason::malformed_field);
    if (!s_.ledger.has_customer(body.account)) return reject(RejectReason::unknown_account);
    Account& account = s_.ledger.account(body.account);
    if (body.index != account.addresses + 1) return reject(RejectReason::address_index_not_next);
    if (s_.is_ours(body.address)) return reject(RejectReason::address_taken);
    if (s_.address_count + 1 >= s_.addresses.size()) return reject(RejectReason::capacity_exhausted);
    ++account.addresses;
    s_.addresses[++s_.address_count] = {
        .address = body.address, .zero = {}, .account = body.account, .index = body.index, .signing = {}};
    s_.address_index.insert(hash_of_address(body.address), s_.address_count);
    s_.address_place_index.insert(hash_of_address_place(body.account, body.index), s_.address_count);
    emit(AddressRegistered{.account = body.account, .index = body.index, .address = body.address, .zero = {}},
         sender());
}

void Apply::set_phase() {
    const auto body = command_.as<SetPhase>();
    if ((body.phase != Phase::trading && body.phase != Phase::halted) || !all_zero(body.zero))
        return reject(RejectReason::malformed_field);
    if (body.instrument && !s_.has(body.instrument)) return reject(RejectReason::unknown_instrument);
    for (std::uint32_t i = 1; i <= s_.market_count; ++i)
        if (!body.instrument || body.instrument.value == i) s_.markets[i].phase = body.phase;
    emit(PhaseChanged{.instrument = body.instrument, .phase = body.phase, .zero = {}}, sender());
}

}  // namespace dcx::core
