// Rows of the DeCoin chain: what is followed, who was credited what, what was paid, where checkpoints were anchored.
// All of them are state; what became of one stands in its row.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/sha256.h"
#include "history/rows.h"

namespace dcx::history {

// The chain that is followed: one row, once there is one.
struct ChainRow {
    static constexpr std::string_view table = "chain";
    static constexpr Change change = Change::state;
    static constexpr std::size_t key_columns = 1;
    std::uint32_t chain_id = 1;
    AssetId asset_id{};
    std::uint32_t confirmations{};
    bool followed{};  // no: lost, until it is set again
    bool payouts_on{};
    std::uint64_t height{};  // of the tip
    Digest hash{};
    Sequence sequence{};  // of its last change
    Time time{};

    template <class Row, class Visitor>
    static void columns(Row& row, Visitor& v) {
        v.integer("chain_id", row.chain_id);
        v.integer("asset_id", row.asset_id);
        v.integer("confirmations", row.confirmations);
        v.small("followed", row.followed);
        v.small("payouts_on", row.payouts_on);
        v.number("height", row.height);
        v.bytes("hash", row.hash);
        v.number("sequence", row.sequence);
        v.time("time", row.time);
    }
    bool operator==(const ChainRow&) const = default;
};

enum class DepositState : std::uint8_t { credited = 1, orphaned = 2, reversed = 3 };

// A transaction of the chain that credited a customer.
struct ChainDepositRow {
    static constexpr std::string_view table = "chain_deposits";
    static constexpr Change change = Change::state;
    static constexpr std::size_t key_columns = 1;
    Sequence sequence{};  // first credited
    Time time{};
    Digest tx_hash{};
    AccountId account_id{};
    std::uint32_t address_index{};
    AssetId asset_id{};
    Amount amount{};
    DepositState state{};
    std::uint64_t height{};  // of the block that has it, as last credited
    std::uint32_t block_position{};
    bool open{};        // a fork can still orphan it, or it is orphaned and not decided yet
    Amount taken{};     // of one that was reversed: from the account,
    Amount covered{};   //   by the error account,
    Amount unbacked{};  //   by nobody
    Sequence changed_sequence{};
    Time changed_time{};

    template <class Row, class Visitor>
    static void columns(Row& row, Visitor& v) {
        v.number("sequence", row.sequence);
        v.time("time", row.time);
        v.bytes("tx_hash", row.tx_hash);
        v.integer("account_id", row.account_id);
        v.number("address_index", row.address_index);
        v.integer("asset_id", row.asset_id);
        v.amount("amount", row.amount, row.asset_id);
        v.small("state", row.state);
        v.number("height", row.height);
        v.number("block_position", row.block_position);
        v.small("open", row.open);
        v.amount("taken", row.taken, row.asset_id);
        v.amount("covered", row.covered, row.asset_id);
        v.amount("unbacked", row.unbacked, row.asset_id);
        v.number("changed_sequence", row.changed_sequence);
        v.time("changed_time", row.changed_time);
    }
    bool operator==(const ChainDepositRow&) const = default;
};

enum class PayoutState : std::uint8_t { prepared = 1, posted = 2, abandoned = 3, settled = 4, not_paid = 5 };

// A transaction of the venue's own: for a withdrawal, or a sweep from a customer's address to a hot one.
struct PayoutRow {
    static constexpr std::string_view table = "payouts";
    static constexpr Change change = Change::state;
    static constexpr std::size_t key_columns = 1;
    Sequence sequence{};  // prepared
    Time time{};
    Digest tx_hash{};
    PayoutKind kind{};
    AccountId scope{};           // of the withdrawal's id; of a sweep: whose address pays
    TransferId withdrawal_id{};  // zeros for a sweep
    std::uint32_t address_index{};
    std::uint32_t to_index{};
    std::uint64_t nonce{};
    AssetId asset_id{};
    Amount amount{};
    PayoutState state{};
    std::uint64_t height{};  // of its block, once settled; 0: two persons said so
    Sequence changed_sequence{};
    Time changed_time{};

    template <class Row, class Visitor>
    static void columns(Row& row, Visitor& v) {
        v.number("sequence", row.sequence);
        v.time("time", row.time);
        v.bytes("tx_hash", row.tx_hash);
        v.small("kind", row.kind);
        v.integer("scope", row.scope);
        v.uuid("withdrawal_id", row.withdrawal_id);
        v.number("address_index", row.address_index);
        v.number("to_index", row.to_index);
        v.number("nonce", row.nonce);
        v.integer("asset_id", row.asset_id);
        v.amount("amount", row.amount, row.asset_id);
        v.small("state", row.state);
        v.number("height", row.height);
        v.number("changed_sequence", row.changed_sequence);
        v.time("changed_time", row.changed_time);
    }
    bool operator==(const PayoutRow&) const = default;
};

// Where a checkpoint's digest was published, as it was told last of each place.
struct AnchorRow {
    static constexpr std::string_view table = "anchors";
    static constexpr Change change = Change::state;
    static constexpr std::size_t key_columns = 2;
    std::uint64_t checkpoint{};
    AnchorPlace place{};
    AnchorState state{};
    Digest digest{};
    Digest tx_hash{};
    std::uint32_t height{};
    Sequence sequence{};
    Time time{};

    template <class Row, class Visitor>
    static void columns(Row& row, Visitor& v) {
        v.number("checkpoint", row.checkpoint);
        v.small("place", row.place);
        v.small("state", row.state);
        v.bytes("digest", row.digest);
        v.bytes("tx_hash", row.tx_hash);
        v.number("height", row.height);
        v.number("sequence", row.sequence);
        v.time("time", row.time);
    }
    bool operator==(const AnchorRow&) const = default;
};

}  // namespace dcx::history
