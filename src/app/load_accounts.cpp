#include "app/load_accounts.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/ed25519.h"

namespace dcx::app {
namespace {

// Orders of `kMaxLive` largest quantities, so often.
constexpr double kPlenty = 100;
constexpr double kLargest = 10;  // times the smallest quantity
// Of an asset's issue cap, what all accounts of a load together may own.
constexpr double kIssuePart = 0.25;

client::ClientKey open_account(const DataFolder& folder, client::BlockingClient& operators, const std::string& name) {
    const auto account =
        value_or_throw(
            operators.open_account({.reference = 0, .owner = {}, .account_kind = AccountKind::customer, .zero = {}}))
            .account;
    client::ClientKey key{.key = {}, .account = account, .seed = {}};
    random_bytes(key.seed);
    const AddKey request{
        .public_key = ed25519_public_key(key.seed), .account = account, .permissions = kPermitRead | kPermitTrade};
    key.key = value_or_throw(operators.add_key(request)).key;
    if (const auto written = client::write_key_file(folder.key(name), key); !written) {
        // A key that nobody has must not stay valid.
        (void)operators.revoke_key({.key = key.key, .zero = 0});
        throw std::runtime_error(written.error());
    }
    return key;
}

// Up to `wanted` minor units, when less than half of it is there.
void fund(VenueLink& operators, AccountId account, AssetId asset, std::int64_t wanted) {
    std::int64_t owned = 0;
    for (const Balance& balance : value_or_throw(operators.client().balances(account)))
        if (balance.asset == asset) owned = balance.available.value + balance.held.value;
    if (owned >= wanted / 2) return;
    (void)value_or_throw(operators.client().mint({.id = operators.new_transfer_id(),
                                                  .amount = Amount{wanted - owned},
                                                  .account = account,
                                                  .asset = asset,
                                                  .source = MintSource::issue,
                                                  .zero = {}}));
}

}  // namespace

LoadMarket load_market(const VenueLink& link, const std::string& symbol, const std::string& price) {
    const InstrumentListed& listing = link.market(symbol);
    const auto scaled = [&](AssetId id) {
        const AssetListed& asset = link.asset(id);
        return Asset{.id = asset.asset, .symbol = asset.symbol, .issue_cap = asset.issue_cap, .scale = asset.scale};
    };
    const auto instrument = derive_instrument(listing, scaled(listing.base), scaled(listing.quote));
    if (!instrument) throw std::runtime_error(symbol + " has ticks and lots that are not exact");
    LoadMarket market{.instrument = *instrument, .price = listing.last_price, .quantity = Quantity{std::int64_t{1}}};
    const auto& limits = link.listings().market_limits;
    const auto limited = std::ranges::find(limits, listing.instrument, &MarketLimitsSet::instrument);
    if (limited != limits.end()) {
        market.quantity = std::max(market.quantity, limited->min_quantity);
        market.instrument.min_notional = std::max(market.instrument.min_notional, limited->min_notional);
        if (!market.price) market.price = limited->reference_price;
    }
    if (!price.empty()) market.price = Price{value_or_throw(parse_units(price, price_unit(listing)))};
    if (!market.price) throw std::runtime_error(symbol + " has no price yet: tell one with --price");
    // Twice the least, so that orders a little below the price are large enough, too.
    const double lot = static_cast<double>(market.price.value) * static_cast<double>(instrument->quote_per_tick_lot);
    const auto least =
        static_cast<std::int64_t>(std::ceil(2 * static_cast<double>(market.instrument.min_notional.value) / lot));
    market.quantity = std::max(market.quantity, Quantity{least});
    return market;
}

std::vector<client::ClientKey> load_accounts(const DataFolder& folder, VenueLink& operators, const LoadMarket& market,
                                             std::uint32_t count) {
    const double orders = kPlenty * static_cast<double>(LoadFlow::kMaxLive) * kLargest;
    const double lots = orders * static_cast<double>(market.quantity.value);
    const auto wanted = [&](AssetId asset, double plenty) {
        const double most = kIssuePart * static_cast<double>(operators.asset(asset).issue_cap.value) / count;
        return static_cast<std::int64_t>(std::min(plenty, most));
    };
    const Instrument& instrument = market.instrument;
    const std::int64_t base = wanted(instrument.base, lots * static_cast<double>(instrument.base_per_lot));
    const std::int64_t quote = wanted(instrument.quote, lots * static_cast<double>(market.price.value) *
                                                            static_cast<double>(instrument.quote_per_tick_lot));
    std::vector<client::ClientKey> keys;
    for (std::uint32_t i = 1; i <= count; ++i) {
        const std::string name = "load-" + std::to_string(i);
        keys.push_back(std::filesystem::exists(folder.key(name))
                           ? value_or_throw(client::read_key_file(folder.key(name)))
                           : open_account(folder, operators.client(), name));
        fund(operators, keys.back().account, instrument.base, base);
        fund(operators, keys.back().account, instrument.quote, quote);
    }
    return keys;
}

}  // namespace dcx::app
