// What the feed's private channels know of accounts against what the witness saw, at one command: every balance and
// every open order of every customer.
#pragma once

#include <cstdint>
#include <string>

#include "feed/private_feed.h"
#include "simulation/witness.h"
#include "simulation/world.h"

namespace dcx::simulation {

// Nothing is compared in the middle of a command, or ahead of the witness. True when it was.
inline bool compare_accounts(const feed::PrivateFeed& feed, const Witness& witness, World& world) {
    const std::uint64_t sequence = feed.sequence();
    if (!feed.ready() || !feed.whole() || sequence > witness.last()) return false;
    const feed::AccountView& view = feed.view();
    const auto fail = [&](AccountId account, const std::string& what) {
        world.broken("private channels: account " + std::to_string(account.value) + " at " + std::to_string(sequence) +
                     ": " + what);
    };
    for (AccountId account = kFirstCustomer; account.value < view.accounts(); ++account.value) {
        for (std::uint32_t asset = 1; asset <= view.assets(); ++asset) {
            const feed::AccountBalance told = view.balance(account, AssetId{asset});
            const Witness::Balance seen = witness.balance_at(account, AssetId{asset}, sequence);
            if (told.available.value != seen.available || told.held.value != seen.held) fail(account, "its balance");
        }
        if (view.orders().open(account) != witness.open_orders_at(account, sequence)) fail(account, "its open orders");
        view.orders().each(account, [&](const feed::AccountOrder& order) {
            const auto seen = witness.order_at(order.order_id, sequence);
            if (!seen || !seen->open || seen->leaves != order.leaves.value || seen->cum != order.cum.value)
                fail(account, "order " + std::to_string(order.order_id.value));
        });
    }
    return true;
}

}  // namespace dcx::simulation
