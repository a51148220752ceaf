// fund_traders: gives the simulated traders of a venue their accounts, keys and money, through an operator's session
// like any other customer's. Idempotent: each trader's key is kept in a file of its own that only the owner can read,
// so a restart finds the accounts of before; money is minted only up to what a trader should own, when less than half
// of it is left. A venue never sees the keys of another one: they are kept by venue id.
//
// Blocks for a round trip or a few per trader. Errors are texts for the operator; what was done before one stays done.
#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "client/blocking_client.h"
#include "market/reference_prices.h"
#include "market/simulation.h"

namespace dcx::market {

struct StartPrice {
    Symbol symbol{};
    Price price{};
};

struct FundingOptions {
    std::string folder;                    // keys are kept in it, in a folder per venue; made when it is not there
    std::vector<StartPrice> start_prices;  // for markets without a trade since the listing
    std::size_t traders = 8;               // a market, beside one market maker
    // What each should own in base, and the same in quote, in whole units of the first market's quote asset. Less when
    // all together would need more than a quarter of an asset's issue cap.
    double trader_worth = 2'000'000;
    double maker_worth = 5'000'000;
};

struct FundedTraders {
    std::vector<MarketStart> markets;
    std::vector<Seat> seats;
};

// `clock`: its wall time makes the ids of the mints.
[[nodiscard]] std::expected<FundedTraders, std::string> fund_traders(client::BlockingClient& operator_client,
                                                                     const FundingOptions& options, Clock& clock);

// The listed markets whose price is known: that of the last trade before the venue's start, else the given one.
[[nodiscard]] std::vector<MarketStart> market_starts(const client::Listings& listings,
                                                     std::span<const StartPrice> start_prices);

}  // namespace dcx::market
