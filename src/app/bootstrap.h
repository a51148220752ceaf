// What dcx.toml says of a new venue, as the commands that make it: Genesis, then assets and markets, which go through
// order entry like every operator's command.
#pragma once

#include <array>
#include <cstddef>
#include <expected>
#include <string>
#include <vector>

#include "app/config.h"
#include "base/ed25519.h"
#include "model/command.h"

namespace dcx::app {

[[nodiscard]] Genesis genesis_of(const Config& config, const Ed25519PublicKey& operator_key,
                                 const std::array<std::byte, 16>& venue_id);

// Assets get the ids 1, 2, 3 ... in the order of the file, and so do markets.
struct Listings {
    std::vector<ListAsset> assets;
    std::vector<ListInstrument> instruments;
    std::vector<SetMarketLimits> limits;  // one for each instrument
};
// Refuses, with the name of the market or asset, what is not exact: an amount with more decimals than its asset has, a
// quantity that is not a whole number of lots, an unknown asset, a text that is too long.
[[nodiscard]] std::expected<Listings, std::string> listings_of(const Config& config);

// A price of dcx.toml in ticks of its market; refuses what is no whole number of ticks.
[[nodiscard]] std::expected<Price, std::string> ticks_of(const MarketConfig& market, const std::string& price);

}  // namespace dcx::app
