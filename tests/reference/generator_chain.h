// ChainSeen: what a command generator learned of the chain from events: its blocks, deposits, payouts and addresses.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "model/command.h"
#include "model/event.h"

namespace dcx::reference {

struct ChainSeen {
    using Hash = std::array<std::byte, 32>;
    using Payer = std::pair<AccountId, std::uint32_t>;  // account 0: hot
    struct Block {
        std::uint64_t height{};
        Hash hash{};
    };
    struct Deposit {
        DepositCredited as{};
        bool orphaned{};
        bool reversed{};
    };
    struct Payout {
        PayoutPrepared as{};
        bool posted{};
    };
    struct Withdrawal {
        WithdrawalRequested as{};
        std::int64_t settled{};
    };

    void learn(const Event& event);
    [[nodiscard]] static Payer payer_of(const PayoutPrepared& payout) {
        return {payout.payout_kind == PayoutKind::withdrawal ? AccountId{} : payout.account, payout.index};
    }
    [[nodiscard]] bool is_busy(Payer payer) const;

    bool set{};
    AssetId asset{};
    std::uint32_t confirmations{1};
    std::vector<Block> blocks;  // oldest first
    bool payouts_on{};
    std::vector<Deposit> deposits;
    std::vector<AddressRegistered> addresses;
    std::vector<VenueAddressRegistered> hot;
    std::vector<Payout> open;
    std::vector<Hash> closed;
    std::map<Payer, std::uint64_t> nonces;
    std::set<Payer> retired;
    std::vector<Withdrawal> withdrawals;  // pending
    std::vector<AddressAllowed> allowed;
    std::map<AssetId, std::int64_t> unbacked;
    std::map<std::pair<AccountId, AssetId>, std::int64_t> available;  // as postings told it last
};

}  // namespace dcx::reference
