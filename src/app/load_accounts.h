// The accounts that `dcx load` trades with: opened and given money by the operator's key of the venue's folder, and
// kept there as keys/load-N.key, so that the next run finds them. Throws std::runtime_error with a text for a person.
#pragma once

#include <cstdint>
#include <vector>

#include "app/load_flow.h"
#include "app/venue_link.h"

namespace dcx::app {

// Of a market, for orders of the smallest size that every limit allows. `price`: decimal; empty: of the last trade
// before the venue's start, else its reference price; throws when there is neither.
[[nodiscard]] LoadMarket load_market(const VenueLink& link, const std::string& symbol, const std::string& price);

// So many, each with what kMaxLive of its largest orders need a hundred times over, or as much as the issue caps allow.
[[nodiscard]] std::vector<client::ClientKey> load_accounts(const DataFolder& folder, VenueLink& operators,
                                                           const LoadMarket& market, std::uint32_t count);

}  // namespace dcx::app
