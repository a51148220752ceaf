// What the venue has of the chain, and what it may pay there (docs/rules.md, "Custody"). A simulated venue follows no
// chain, so it has no room for deposits and payouts. One thread, capacities fixed by genesis.
#pragma once

#include "core/custody/allowed_addresses.h"
#include "core/custody/deposits.h"
#include "core/custody/followed_chain.h"
#include "core/custody/payouts.h"
#include "core/custody/signing_address.h"
#include "core/custody/withdrawn_today.h"

namespace dcx::core {

// Of one asset.
struct AssetCustody {
    Amount daily_limit{};  // as set_withdrawal_limits has them
    Amount dual_control_above{};
    std::uint32_t cooling_s{};
    std::uint8_t allow_list{};
    std::array<std::uint8_t, 3> zero{};
    Amount unbacked{};  // in circulation and not on the chain; stops at the largest there is

    [[nodiscard]] bool limited() const {
        return daily_limit || dual_control_above || cooling_s != 0 || allow_list != 0;
    }
};

struct Custody {
    Custody() = default;
    Custody(MemorySource& memory, const Genesis& g) : Custody(memory, ColdMemory(memory), g) {}
    // Deposits are never forgotten: room for all there may ever be, in pages that come with them.
    Custody(MemorySource& memory, ColdMemory cold, const Genesis& g)
        : chain(memory),
          deposits(cold, g.simulated != 0 ? 0 : g.max_transfer_ids),
          payouts(memory, g.simulated != 0 ? 0 : kMaxOpenPayouts, g.simulated != 0 ? 0 : kClosedPayouts),
          venue_addresses(memory.array<VenueAddress>(std::size_t{kMaxVenueAddresses} + 1)),
          venue_address_index(memory, kMaxVenueAddresses),
          allowed(memory, g.max_accounts),
          withdrawn(memory, g.max_accounts),
          assets(memory.array<AssetCustody>(std::size_t{g.max_assets} + 1)) {}

    FollowedChain chain;
    Deposits deposits;
    Payouts payouts;
    SigningEras eras;
    bool payouts_on = false;
    std::span<VenueAddress> venue_addresses;  // by index, from 1
    std::uint32_t venue_address_count = 0;
    SlotIndex venue_address_index;
    AllowedAddresses allowed;
    WithdrawnToday withdrawn;
    std::span<AssetCustody> assets;  // by asset

    [[nodiscard]] bool has_venue_address(std::uint32_t index) const {
        return index >= 1 && index <= venue_address_count;
    }

    // Everything in it, for an image of the state (image.h).
    template <class Image, class Self>
    static void visit(Image& image, Self& self) {
        image.values(self.payouts_on, self.eras);
        image.prefix(self.venue_addresses, self.venue_address_count, 1);
        image.parts(self.chain, self.deposits, self.payouts, self.venue_address_index, self.allowed, self.withdrawn);
        image.range(self.assets, 0, self.assets.size());
    }
};

}  // namespace dcx::core
