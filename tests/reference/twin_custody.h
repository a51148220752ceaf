// What the twin keeps of the DeCoin chain: lists of what happened. What can be added up from them (last nonces, who is
// retired, what is settled, what was withdrawn today) is, each time it is asked for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "model/command.h"
#include "model/event.h"

namespace dcx::reference {

using ChainHash = std::array<std::byte, 32>;

struct TwinCustody {
    struct Block {
        std::uint64_t height{};
        ChainHash hash{};
    };
    struct Deposit {
        ChainHash tx_hash{};
        AccountId account{};
        std::uint32_t index{};
        AssetId asset{};
        std::int64_t amount{};
        std::uint64_t height{};
        std::uint32_t position{};
        std::uint32_t chain{};  // the number of the set_chain under which it was credited last
        bool orphaned{};
        bool reversed{};
    };
    // Who signs: the venue's hot address (account 0) or a customer's, of that index.
    using Payer = std::pair<AccountId, std::uint32_t>;
    enum class State : std::uint8_t { prepared, posted, closed };
    struct Payout {
        PreparePayout as{};
        State state{};
        bool paid{};
        [[nodiscard]] bool open() const { return state != State::closed; }
        [[nodiscard]] Payer payer() const {
            return {as.payout_kind == PayoutKind::withdrawal ? AccountId{} : as.account, as.index};
        }
    };
    struct Withdrawn {
        std::int64_t day{};
        AccountId account{};
        AssetId asset{};
        std::int64_t amount{};
    };
    struct Allowed {
        AccountId account{};
        ChainAddress address{};
        Time since{};
    };
    using Withdrawal = std::pair<std::uint32_t, TransferId>;  // scope, id

    bool set{};       // a chain is followed
    AssetId asset{};  // also of one that is lost
    std::uint32_t confirmations{};
    std::vector<Block> blocks;  // remembered, oldest first
    std::uint32_t chains = 0;   // set_chains so far
    bool payouts_on{};
    std::vector<Deposit> deposits;  // all of them
    std::vector<VenueAddressRegistered> hot;
    std::vector<Payout> payouts;     // all that were ever prepared, in that order
    std::size_t retired_before = 0;  // the payers of so many of them are retired
    std::vector<ChainHash> closed;   // in the order of closing
    std::set<Withdrawal> released;
    std::vector<Allowed> allowed;
    std::map<std::uint32_t, WithdrawalLimitsSet> limits;
    std::vector<Withdrawn> withdrawn;
    std::map<std::uint32_t, std::int64_t> unbacked;  // by asset
};

}  // namespace dcx::reference
