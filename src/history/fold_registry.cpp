#include "history/fold_registry.h"

namespace dcx::history {

Registry::Registry(const StoredState& state) {
    for (const AssetRow& row : state.assets) {
        assets_.load(row, row.asset_id.value);
        units_.set_asset(row.asset_id, row.scale);
    }
    for (const MarketRow& row : state.markets) {
        markets_.load(row, row.market_id.value);
        try {
            add_instrument(row);
        } catch (const Contradiction& contradiction) {
            throw HistoryError(ErrorCode::damaged,
                               "table markets: " + contradiction.what + ": make it again with rebuild");
        }
    }
    for (const MarketFeeRow& row : state.market_fees) fees_.load(row, fee_number(row.market_id, row.tier));
    for (const AccountRow& row : state.accounts) accounts_.load(row, row.account_id.value);
    for (const KeyRow& row : state.keys) keys_.load(row, row.key_id.value);
    for (const SessionRow& row : state.sessions) sessions_.load(row, row.session_id.value);
}

const KeyRow* Registry::key_of(SessionId session) const {
    if (!sessions_.has(session.value) || !keys_.has(sessions_[session.value].key_id.value)) return nullptr;
    return &keys_[sessions_[session.value].key_id.value];
}

AccountRow& Registry::account(AccountId id) {
    require(has(id), "an account that was not opened");
    return accounts_.change(id.value);
}

MarketRow& Registry::market(InstrumentId id) {
    require(has(id), "a market that was not listed");
    return markets_.change(id.value);
}

// Its own accounts and the first operator's key are there from here on, and no event tells them.
void Registry::genesis(const EventPlace& at) {
    for (std::uint32_t id = 1; id < kFirstCustomer.value; ++id)
        accounts_.add(
            {.account_id = AccountId{id}, .kind = AccountKind::venue, .sequence = at.sequence, .time = at.time});
    keys_.add({.key_id = KeyId{1u},
               .person_id = PersonId{1u},
               .permissions = kPermitAll,
               .sequence = at.sequence,
               .time = at.time});
}

void Registry::account_opened(const EventPlace& at, const AccountOpened& event) {
    require(event.account.value == accounts_.size() + 1 && event.account >= kFirstCustomer,
            "an account whose number is not the next one");
    require(!event.owner || has(event.owner), "an owner that was not opened");
    accounts_.add({.account_id = event.account,
                   .owner_id = event.owner,
                   .kind = event.account_kind,
                   .self_trade_rule = event.self_trade_rule,
                   .sequence = at.sequence,
                   .time = at.time});
}

void Registry::self_trade_rule_set(const SelfTradeRuleSet& event) {
    account(event.account).self_trade_rule = event.rule;
}
void Registry::account_frozen(const AccountFrozen& event) { account(event.account).frozen = event.frozen != 0; }
void Registry::account_limits_set(const AccountLimitsSet& event) {
    AccountRow& row = account(event.account);
    row.fee_tier = event.fee_tier;
    row.max_open_orders = event.max_open_orders;
    row.orders_per_second = event.orders_per_second;
    row.burst = event.burst;
}
void Registry::kill_switch_set(const KillSwitchSet& event) {
    require(!event.instrument || has(event.instrument), "a market that was not listed");
    if (event.account) account(event.account).killed = event.on != 0;
}

void Registry::key_added(const EventPlace& at, const KeyAdded& event) {
    require(event.key.value == keys_.size() + 1, "a key whose number is not the next one");
    require(!event.account || has(event.account), "an account that was not opened");
    keys_.add({.key_id = event.key,
               .account_id = event.account,
               .person_id = event.person,
               .permissions = event.permissions,
               .public_key = event.public_key,
               .sequence = at.sequence,
               .time = at.time});
}

void Registry::key_revoked(const KeyRevoked& event) {
    require(keys_.has(event.key.value), "a key that was not added");
    keys_.change(event.key.value).revoked = true;
}

void Registry::session_negotiated(const EventPlace& at, const SessionNegotiated& event) {
    require(keys_.has(event.key.value), "a key that was not added");
    if (sessions_.has(event.session.value)) {
        const SessionRow& row = sessions_[event.session.value];
        require(row.key_id == event.key && row.client_session == event.client_session, "a session of another key");
        return;
    }
    require(event.session.value == sessions_.size() + 1, "a session whose number is not the next one");
    sessions_.add({.session_id = event.session,
                   .client_session = event.client_session,
                   .key_id = event.key,
                   .account_id = event.account,
                   .sequence = at.sequence,
                   .time = at.time});
}

void Registry::asset_listed(const EventPlace& at, const AssetListed& event) {
    require(event.asset.value == assets_.size() + 1, "an asset whose number is not the next one");
    require(event.scale <= kMaxAssetScale, "an asset of too many decimals");
    assets_.add({.asset_id = event.asset,
                 .symbol = event.symbol,
                 .scale = event.scale,
                 .issue_cap = event.issue_cap,
                 .sequence = at.sequence,
                 .time = at.time});
    units_.set_asset(event.asset, event.scale);
}

void Registry::asset_limits_set(const AssetLimitsSet& event) {
    require(has(event.asset), "an asset that was not listed");
    AssetRow& row = assets_.change(event.asset.value);
    row.mint_ceiling = event.mint_ceiling;
    row.dual_control_above = event.dual_control_above;
    row.transfer_fee = event.transfer_fee;
}

void Registry::add_instrument(const MarketRow& row) {
    require(has(row.base_asset) && has(row.quote_asset), "a market of an asset that was not listed");
    const auto asset = [this](AssetId id) {
        return Asset{.id = id, .symbol = {}, .issue_cap = {}, .scale = assets_[id.value].scale};
    };
    InstrumentListed listing{};
    listing.instrument = row.market_id;
    listing.base = row.base_asset;
    listing.quote = row.quote_asset;
    listing.tick_mantissa = row.tick_mantissa;
    listing.tick_scale = row.tick_scale;
    listing.lot_mantissa = row.lot_mantissa;
    listing.lot_scale = row.lot_scale;
    const auto instrument = derive_instrument(listing, asset(row.base_asset), asset(row.quote_asset));
    require(instrument.has_value(), "a market whose tick or lot is not exact in its assets");
    instruments_.push_back(*instrument);
    units_.set_market(row.market_id, {.base = row.base_asset,
                                      .quote = row.quote_asset,
                                      .tick_mantissa = row.tick_mantissa,
                                      .lot_mantissa = row.lot_mantissa,
                                      .tick_scale = row.tick_scale,
                                      .lot_scale = row.lot_scale});
}

// The listing does not tell all limits: docs/rules.md says what the others are until MarketLimitsSet.
void Registry::instrument_listed(const EventPlace& at, const InstrumentListed& event) {
    require(event.instrument.value == markets_.size() + 1, "a market whose number is not the next one");
    const MarketRow row{.market_id = event.instrument,
                        .symbol = event.symbol,
                        .base_asset = event.base,
                        .quote_asset = event.quote,
                        .tick_mantissa = event.tick_mantissa,
                        .tick_scale = event.tick_scale,
                        .lot_mantissa = event.lot_mantissa,
                        .lot_scale = event.lot_scale,
                        .phase = event.phase,
                        .min_quantity = Quantity{std::int64_t{1}},
                        .max_quantity = event.max_quantity,
                        .min_notional = event.min_notional,
                        .max_notional = Amount{kMaxIssue},
                        .sequence = at.sequence,
                        .time = at.time};
    add_instrument(row);
    markets_.add(row);
    for (std::uint8_t tier = 0; tier < kFeeTiers; ++tier)
        fees_.add(
            {.market_id = event.instrument, .tier = tier, .maker_fee = event.maker_fee, .taker_fee = event.taker_fee});
}

void Registry::phase_changed(const PhaseChanged& event) {
    if (event.instrument) {
        market(event.instrument).phase = event.phase;
        return;
    }
    for (std::uint32_t id = 1; id <= markets_.size(); ++id) market(InstrumentId{id}).phase = event.phase;
}

void Registry::fees_set(const FeesSet& event) {
    require(has(event.instrument) && event.tier < kFeeTiers, "fees of a market or tier that there is not");
    MarketFeeRow& row = fees_.change(fee_number(event.instrument, event.tier));
    row.maker_fee = event.maker_fee;
    row.taker_fee = event.taker_fee;
}

void Registry::market_limits_set(const MarketLimitsSet& event) {
    MarketRow& row = market(event.instrument);
    row.min_quantity = event.min_quantity;
    row.max_quantity = event.max_quantity;
    row.min_notional = event.min_notional;
    row.max_notional = event.max_notional;
    row.reference_price = event.reference_price;
    row.collar_bp = event.collar_bp;
    row.max_orders = event.max_orders;
    row.day_end_s = event.day_end_s;
}

void Registry::seal(RowBatch& batch) {
    assets_.seal(batch.assets);
    markets_.seal(batch.markets);
    fees_.seal(batch.market_fees);
    accounts_.seal(batch.accounts);
    keys_.seal(batch.keys);
    sessions_.seal(batch.sessions);
}

void Registry::forget() {
    assets_.forget();
    markets_.forget();
    fees_.forget();
    accounts_.forget();
    keys_.forget();
    sessions_.forget();
}

}  // namespace dcx::history
