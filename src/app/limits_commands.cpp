// dcx ledger limits, dcx admin limits, asset-limits, fees: what is asked for is set, what is not stays, and all of it
// is told as it stands then.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "app/proposals.h"
#include "app/venue_link.h"

namespace dcx::app {
namespace {

void print(const ToolOptions& options, const Json& json) {
    if (options.json) {
        std::printf("%s\n", json.dump().c_str());
        return;
    }
    for (const auto& [key, value] : json.items())
        std::printf("%-20s %s\n", key.c_str(),
                    value.is_string() ? value.get<std::string>().c_str() : value.dump().c_str());
}

// A limit may be 0, which is none.
std::int64_t units_or_none(const std::string& text, const Unit& unit) {
    return text == "0" ? 0 : value_or_throw(parse_units(text, unit));
}

// ---- of an account

Json account_json(const AccountState& state, const LedgerOptions& options, const VenueLink& link,
                  const std::vector<PositionLimitsSet>& positions) {
    Json json{{"name", options.name},
              {"account", state.account.value},
              {"owner", state.owner.value},
              {"kind", state.account_kind == AccountKind::venue          ? "venue"
                       : state.account_kind == AccountKind::market_maker ? "market_maker"
                                                                         : "customer"},
              {"self_trade", kSelfTradeRules[static_cast<std::size_t>(state.self_trade_rule)]},
              {"frozen", (state.flags & kAccountFrozen) != 0},
              {"killed", (state.flags & kAccountKilled) != 0},
              {"fee_tier", state.fee_tier},
              {"open_orders", state.open_orders},
              {"max_open_orders", state.max_open_orders},
              {"orders_per_second", state.orders_per_second},
              {"burst", state.burst}};
    json["positions"] = Json::array();
    for (const PositionLimitsSet& limits : positions) {
        const InstrumentListed& market = link.market(limits.instrument);
        json["positions"].push_back(
            {{"market", market.symbol.view()},
             {"max_position", units_text(limits.max_position.value, quantity_unit(market))},
             {"max_daily_loss", units_text(limits.max_daily_loss.value, unit_of(link.asset(market.quote)))}});
    }
    return json;
}

// Those of one account, out of what came beside its state.
std::vector<PositionLimitsSet> positions_of(VenueLink& link, AccountId account) {
    std::vector<PositionLimitsSet> positions;
    for (const client::KeptReport& report : link.client().others()) {
        if (report.event.header.kind != EventKind::position_limits_set) continue;
        const auto limits = report.event.as<PositionLimitsSet>();
        if (limits.account == account) positions.push_back(limits);
    }
    return positions;
}

AccountState state_of(VenueLink& link, AccountId account) {
    const auto answer = value_or_throw(link.client().query<AccountState>(AccountQuery{.account = account}));
    return answer.parts.at(0);
}

void set_position(VenueLink& link, const LedgerOptions& options, AccountId account) {
    const InstrumentListed& market = link.market(options.market);
    SetPositionLimits request{.account = account, .instrument = market.instrument};
    for (const PositionLimitsSet& limits : positions_of(link, account)) {
        if (limits.instrument != market.instrument) continue;
        request.max_position = limits.max_position;
        request.max_daily_loss = limits.max_daily_loss;
    }
    if (!options.max_position.empty())
        request.max_position = Quantity{units_or_none(options.max_position, quantity_unit(market))};
    if (!options.max_daily_loss.empty())
        request.max_daily_loss = Amount{units_or_none(options.max_daily_loss, unit_of(link.asset(market.quote)))};
    value_or_throw(link.client().request<PositionLimitsSet>(request));
}

void account_limits(const LedgerOptions& options) {
    const DataFolder folder(options.tool.data);
    const NamedAccount named = named_account(folder, options.name);
    const bool position = !options.max_position.empty() || !options.max_daily_loss.empty();
    const bool set = options.max_open_orders || options.orders_per_second || options.burst || options.tier;
    VenueLink link(folder, set || position ? kOperator : named.signer);
    AccountState state = state_of(link, named.id);
    if (position) set_position(link, options, named.id);
    if (set)
        value_or_throw(link.client().request<AccountLimitsSet>(
            SetAccountLimits{.account = named.id,
                             .max_open_orders = options.max_open_orders.value_or(state.max_open_orders),
                             .orders_per_second = options.orders_per_second.value_or(state.orders_per_second),
                             .burst = options.burst.value_or(state.burst),
                             .fee_tier = static_cast<std::uint8_t>(options.tier.value_or(state.fee_tier)),
                             .zero = {}}));
    state = state_of(link, named.id);
    print(options.tool, account_json(state, options, link, positions_of(link, named.id)));
}

// ---- of a market

std::uint32_t day_end_of(const std::string& text) {
    if (const auto seconds = seconds_of_day(text)) return *seconds;
    throw std::runtime_error("\"" + text + "\" is no time of day, HH:MM");
}

std::string day_text(std::uint32_t seconds) {
    char text[16];
    std::snprintf(text, sizeof text, "%02u:%02u:%02u", seconds / 3600, seconds / 60 % 60, seconds % 60);
    return text;
}

Json limits_json(const MarketLimitsSet& limits, const InstrumentListed& market, const VenueLink& link) {
    const Unit quote = unit_of(link.asset(market.quote));
    return {{"market", market.symbol.view()},
            {"min_quantity", units_text(limits.min_quantity.value, quantity_unit(market))},
            {"max_quantity", units_text(limits.max_quantity.value, quantity_unit(market))},
            {"min_notional", units_text(limits.min_notional.value, quote)},
            {"max_notional", units_text(limits.max_notional.value, quote)},
            {"reference_price", units_text(limits.reference_price.value, price_unit(market))},
            {"collar_bp", limits.collar_bp},
            {"max_orders", limits.max_orders},
            {"day_end", day_text(limits.day_end_s)}};
}

void market_limits(const AdminOptions& options) {
    VenueLink link(DataFolder(options.tool.data), options.key);
    const InstrumentListed& market = link.market(options.market);
    const auto& all = link.listings().market_limits;
    const auto found = std::ranges::find(all, market.instrument, &MarketLimitsSet::instrument);
    if (found == all.end()) throw std::runtime_error("the venue tells no limits of " + options.market);
    MarketLimitsSet limits = *found;
    const MarketLimitsSet before = limits;
    const Unit quantity = quantity_unit(market);
    const Unit quote = unit_of(link.asset(market.quote));
    if (!options.min_quantity.empty())
        limits.min_quantity = Quantity{value_or_throw(parse_units(options.min_quantity, quantity))};
    if (!options.max_quantity.empty())
        limits.max_quantity = Quantity{value_or_throw(parse_units(options.max_quantity, quantity))};
    if (!options.min_notional.empty()) limits.min_notional = Amount{units_or_none(options.min_notional, quote)};
    if (!options.max_notional.empty())
        limits.max_notional = Amount{value_or_throw(parse_units(options.max_notional, quote))};
    if (!options.reference_price.empty())
        limits.reference_price = Price{units_or_none(options.reference_price, price_unit(market))};
    limits.collar_bp = options.collar_bp.value_or(limits.collar_bp);
    limits.max_orders = options.max_orders.value_or(limits.max_orders);
    if (!options.day_end.empty()) limits.day_end_s = day_end_of(options.day_end);
    if (std::memcmp(&limits, &before, sizeof limits) == 0 && !options.propose)
        return print(options.tool, limits_json(limits, market, link));
    const auto set = send_or_propose<MarketLimitsSet>(link, options,
                                                      SetMarketLimits{.min_quantity = limits.min_quantity,
                                                                      .max_quantity = limits.max_quantity,
                                                                      .min_notional = limits.min_notional,
                                                                      .max_notional = limits.max_notional,
                                                                      .reference_price = limits.reference_price,
                                                                      .instrument = limits.instrument,
                                                                      .collar_bp = limits.collar_bp,
                                                                      .max_orders = limits.max_orders,
                                                                      .day_end_s = limits.day_end_s});
    if (set) print(options.tool, limits_json(*set, market, link));
}

// ---- of an asset, and fees

Json limits_json(const AssetLimitsSet& limits, const AssetListed& asset) {
    return {{"asset", asset.symbol.view()},
            {"mint_ceiling", units_text(limits.mint_ceiling.value, unit_of(asset))},
            {"dual_control_above", units_text(limits.dual_control_above.value, unit_of(asset))},
            {"transfer_fee", limits.transfer_fee.value}};
}

void asset_limits(const AdminOptions& options) {
    VenueLink link(DataFolder(options.tool.data), options.key);
    const AssetListed& asset = link.asset(options.asset);
    const auto& all = link.listings().asset_limits;
    const auto found = std::ranges::find(all, asset.asset, &AssetLimitsSet::asset);
    if (found == all.end()) throw std::runtime_error("the venue tells no limits of " + options.asset);
    const bool set = !options.mint_ceiling.empty() || !options.dual_control_above.empty() || options.transfer_fee;
    if (!set && !options.propose) return print(options.tool, limits_json(*found, asset));
    SetAssetLimits request{.mint_ceiling = found->mint_ceiling,
                           .dual_control_above = found->dual_control_above,
                           .asset = asset.asset,
                           .transfer_fee = found->transfer_fee};
    if (!options.mint_ceiling.empty())
        request.mint_ceiling = Amount{units_or_none(options.mint_ceiling, unit_of(asset))};
    if (!options.dual_control_above.empty())
        request.dual_control_above = Amount{units_or_none(options.dual_control_above, unit_of(asset))};
    if (options.transfer_fee) request.transfer_fee = FeeRate{*options.transfer_fee};
    const auto answer = send_or_propose<AssetLimitsSet>(link, options, request);
    if (answer) print(options.tool, limits_json(*answer, asset));
}

void fees(const AdminOptions& options) {
    VenueLink link(DataFolder(options.tool.data), options.key);
    const InstrumentListed& market = link.market(options.market);
    SetFees request{.instrument = market.instrument,
                    .maker_fee = market.maker_fee,
                    .taker_fee = market.taker_fee,
                    .tier = static_cast<std::uint8_t>(options.tier),
                    .zero = {}};
    for (const FeesSet& known : link.listings().fees) {
        if (known.instrument != market.instrument || known.tier != options.tier) continue;
        request.maker_fee = known.maker_fee;
        request.taker_fee = known.taker_fee;
    }
    const bool set = options.maker_fee || options.taker_fee;
    if (options.maker_fee) request.maker_fee = FeeRate{*options.maker_fee};
    if (options.taker_fee) request.taker_fee = FeeRate{*options.taker_fee};
    if ((set || options.propose) && !send_or_propose<FeesSet>(link, options, request)) return;
    print(options.tool, {{"market", options.market},
                         {"tier", request.tier},
                         {"maker_fee", request.maker_fee.value},
                         {"taker_fee", request.taker_fee.value}});
}

}  // namespace

int ledger_limits(const LedgerOptions& options) {
    return run_tool(options.tool, [&] { account_limits(options); });
}
int admin_limits(const AdminOptions& options) {
    return run_tool(options.tool, [&] { market_limits(options); });
}
int admin_asset_limits(const AdminOptions& options) {
    return run_tool(options.tool, [&] { asset_limits(options); });
}
int admin_fees(const AdminOptions& options) {
    return run_tool(options.tool, [&] { fees(options); });
}

}  // namespace dcx::app
