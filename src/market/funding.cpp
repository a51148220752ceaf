#include "market/funding.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/ed25519.h"

namespace dcx::market {

namespace {

// Of an asset's issue cap, what all simulated traders together may own.
constexpr double kIssuePart = 0.25;

std::string text_of(const client::ClientError& error) {
    if (error.kind != client::ClientError::Kind::refused) return error.text;
    std::string text{to_string(error.reason)};
    if (error.detail != RejectReason::none) text += " (" + std::string(to_string(error.detail)) + ")";
    return text;
}

std::string hex(std::span<const std::byte> bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const std::byte byte : bytes) {
        text += digits[std::to_integer<unsigned>(byte) >> 4];
        text += digits[std::to_integer<unsigned>(byte) & 15];
    }
    return text;
}

std::uint64_t random_number() {
    std::uint64_t number = 0;
    random_bytes(std::as_writable_bytes(std::span{&number, 1}));
    return number;
}

using Outcome = std::expected<void, std::string>;

class Funding {
  public:
    Funding(client::BlockingClient& venue, const FundingOptions& options, Clock& clock)
        : venue_(venue), options_(options), clock_(clock) {}

    std::expected<FundedTraders, std::string> run() {
        const auto listings = venue_.listings();
        if (!listings) return std::unexpected("no list of markets: " + text_of(listings.error()));
        result_.markets = market_starts(*listings, options_.start_prices);
        if (result_.markets.empty()) return std::unexpected("no market of this venue has a price to begin with");
        if (auto made = make_folder(); !made) return std::unexpected(made.error());
        for (std::size_t market = 0; market < result_.markets.size(); ++market)
            for (std::size_t number = 0; number <= options_.traders; ++number)
                if (auto taken = take_seat(market, number); !taken) return std::unexpected(taken.error());
        set_targets(*listings);
        for (const Seat& seat : result_.seats)
            if (auto funded = fund(seat); !funded) return std::unexpected(funded.error());
        return std::move(result_);
    }

  private:
    Outcome make_folder() {
        folder_ = options_.folder + "/" + hex(venue_.client().venue().venue_id).substr(0, 16);
        std::error_code error;
        std::filesystem::create_directories(folder_, error);
        if (!error) std::filesystem::permissions(folder_, std::filesystem::perms::owner_all, error);
        if (error) return std::unexpected(folder_ + ": " + error.message());
        return {};
    }

    // Number 0 is the market maker.
    Outcome take_seat(std::size_t market, std::size_t number) {
        const std::uint32_t id = result_.markets[market].instrument.id.value;
        const std::string file = folder_ + "/market-" + std::to_string(id) +
                                 (number == 0 ? "-maker" : "-trader-" + std::to_string(number)) + ".key";
        const auto key = std::filesystem::exists(file) ? client::read_key_file(file) : open_seat(file, number == 0);
        if (!key) return std::unexpected(key.error());
        result_.seats.push_back({.key = *key, .market = market, .maker = number == 0});
        return {};
    }

    std::expected<client::ClientKey, std::string> open_seat(const std::string& file, bool maker) {
        const auto opened =
            venue_.open_account({.reference = result_.seats.size() + 1,
                                 .account_kind = maker ? AccountKind::market_maker : AccountKind::customer,
                                 .zero = {}});
        if (!opened) return std::unexpected("no account for a simulated trader: " + text_of(opened.error()));
        client::ClientKey key{.key = {}, .account = opened->account, .seed = {}};
        random_bytes(key.seed);
        const auto added = venue_.add_key({.public_key = ed25519_public_key(key.seed),
                                           .account = key.account,
                                           .permissions = kPermitRead | kPermitTrade});
        if (!added) return std::unexpected("no key for a simulated trader: " + text_of(added.error()));
        key.key = added->key;
        if (auto written = client::write_key_file(file, key); !written) return std::unexpected(written.error());
        return key;
    }

    [[nodiscard]] double worth(const Seat& seat) const {
        return seat.maker ? options_.maker_worth : options_.trader_worth;
    }

    // How many minor units of each asset one unit of worth is, such that all seats together stay within the issue.
    void set_targets(const client::Listings& listings) {
        const ReferencePrices prices(result_.markets, {});
        const AssetId measure = result_.markets.front().instrument.quote;
        double minor_per_whole = 1;
        for (const AssetListed& asset : listings.assets)
            if (asset.asset == measure) minor_per_whole = std::pow(10.0, asset.scale);
        std::map<AssetId, double> all;
        for (const Seat& seat : result_.seats) {
            const Instrument& instrument = result_.markets[seat.market].instrument;
            for (const AssetId asset : {instrument.base, instrument.quote}) {
                per_worth_[asset] = minor_per_whole / prices.value_in(asset, measure);
                all[asset] += worth(seat) * per_worth_[asset];
            }
        }
        for (const AssetListed& asset : listings.assets) {
            const double most = kIssuePart * static_cast<double>(asset.issue_cap.value);
            if (all[asset.asset] > most) per_worth_[asset.asset] *= most / all[asset.asset];
        }
    }

    Outcome fund(const Seat& seat) {
        const Instrument& instrument = result_.markets[seat.market].instrument;
        const auto balances = venue_.balances(seat.key.account);
        if (!balances) return std::unexpected("no balances of a simulated trader: " + text_of(balances.error()));
        for (const AssetId asset : {instrument.base, instrument.quote}) {
            const auto target = static_cast<std::int64_t>(worth(seat) * per_worth_[asset]);
            Amount owned{};
            for (const Balance& balance : *balances)
                if (balance.asset == asset) owned = balance.available + balance.held;
            if (owned.value >= target / 2) continue;
            if (auto minted = mint(seat.key.account, asset, Amount{target - owned.value}); !minted) return minted;
        }
        return {};
    }

    Outcome mint(AccountId account, AssetId asset, Amount amount) {
        const Mint request{.id = make_transfer_id(static_cast<std::uint64_t>(clock_.wall_ns() / 1'000'000),
                                                  random_number(), random_number()),
                           .amount = amount,
                           .account = account,
                           .asset = asset,
                           .source = MintSource::issue,
                           .zero = {}};
        auto minted = venue_.mint(request);
        // Whether it was done is not known; the same id again does it at most once.
        if (!minted && minted.error().kind == client::ClientError::Kind::timeout) minted = venue_.mint(request);
        if (minted || minted.error().reason == RejectReason::exists) return {};
        return std::unexpected("no money for a simulated trader: " + text_of(minted.error()));
    }

    client::BlockingClient& venue_;
    const FundingOptions& options_;
    Clock& clock_;
    FundedTraders result_;
    std::string folder_;
    std::map<AssetId, double> per_worth_;
};

std::optional<Asset> find_asset(const client::Listings& listings, AssetId id) {
    for (const AssetListed& asset : listings.assets)
        if (asset.asset == id)
            return Asset{.id = id, .symbol = asset.symbol, .issue_cap = asset.issue_cap, .scale = asset.scale};
    return std::nullopt;
}

}  // namespace

std::vector<MarketStart> market_starts(const client::Listings& listings, std::span<const StartPrice> start_prices) {
    std::vector<MarketStart> markets;
    for (const InstrumentListed& listing : listings.instruments) {
        Price price = listing.last_price;
        for (const StartPrice& start : start_prices)
            if (price.value == 0 && start.symbol == listing.symbol) price = start.price;
        const auto base = find_asset(listings, listing.base);
        const auto quote = find_asset(listings, listing.quote);
        if (price.value < 1 || !base || !quote) continue;
        const auto instrument = derive_instrument(listing, *base, *quote);
        DCX_CHECK(instrument.has_value());  // the venue lists nothing else
        markets.push_back({.instrument = *instrument, .price = price});
    }
    return markets;
}

std::expected<FundedTraders, std::string> fund_traders(client::BlockingClient& operator_client,
                                                       const FundingOptions& options, Clock& clock) {
    return Funding(operator_client, options, clock).run();
}

}  // namespace dcx::market
