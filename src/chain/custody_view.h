// CustodyView: what the venue's events say of the DeCoin chain, its addresses, deposits, withdrawals and payouts
// (docs/rules.md, "Custody"): all that the custody worker knows beside what the node answers. It begins with restored
// events or with the first of the log; it is fed every event in order. One thread.
//
// What no restored event tells it does not know until it happens again: which of customers' addresses signed and were
// retired, where the tip was before a fork, payouts that were closed.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/sha256.h"
#include "model/command.h"
#include "model/event.h"

namespace dcx::chain {

// An address of ours: a customer's, or with account 0 one of the venue's (hot).
struct OwnAddress {
    AccountId account{};
    std::uint32_t index{};
    friend bool operator==(const OwnAddress&, const OwnAddress&) = default;
    friend bool operator<(const OwnAddress& a, const OwnAddress& b) {
        return std::tuple{a.account.value, a.index} < std::tuple{b.account.value, b.index};
    }
};
struct Signed {
    std::uint64_t last_nonce{};
    bool retired{};
};
struct WithdrawalKey {
    std::uint32_t scope{};
    TransferId id{};
    friend auto operator<=>(const WithdrawalKey&, const WithdrawalKey&) = default;
};
struct PendingWithdrawal {
    std::uint64_t order{};  // of its request among those pending
    AccountId account{};
    AssetId asset{};
    Amount amount{};
    Amount settled{};
    std::string address;
    bool released{};
    bool payout_open{};
};
struct OpenPayout {
    PayoutPrepared prepared{};
    bool posted{};
    Time since{};  // of the last of both
    [[nodiscard]] OwnAddress from() const {
        return {prepared.payout_kind == PayoutKind::sweep ? prepared.account : AccountId{}, prepared.index};
    }
    [[nodiscard]] WithdrawalKey withdrawal() const { return {prepared.account.value, prepared.id}; }
};
struct KnownDeposit {
    AccountId account{};
    std::uint32_t index{};
    Amount amount{};
    AssetId asset{};
    std::uint64_t height{};
    std::uint64_t chain{};  // CustodyView::chain_count() when it was credited last
    bool orphaned{};
    bool reversed{};
    // Orphaned: the chain was at most so high when it was.
    std::uint64_t orphaned_from{};
};

class CustodyView {
  public:
    void apply(const Event& event);

    // ---- The chain
    [[nodiscard]] bool chain_set() const { return !blocks_.empty(); }
    [[nodiscard]] AssetId asset() const { return asset_; }
    [[nodiscard]] std::uint32_t confirmations() const { return confirmations_; }
    [[nodiscard]] std::uint64_t tip() const { return first_ + blocks_.size() - 1; }
    [[nodiscard]] std::uint64_t oldest() const { return first_; }
    [[nodiscard]] std::optional<Digest> block_at(std::uint64_t height) const;
    [[nodiscard]] bool confirmed(std::uint64_t height) const {
        return chain_set() && height <= tip() && tip() + 1 - height >= confirmations_;
    }
    [[nodiscard]] bool payouts_on() const { return payouts_on_; }
    // Counts set_chain.
    [[nodiscard]] std::uint64_t chain_count() const { return chain_count_; }

    // ---- Addresses
    [[nodiscard]] const OwnAddress* whose(std::string_view address) const;
    // Empty when it is not registered.
    [[nodiscard]] std::string_view address(const OwnAddress& own) const;
    [[nodiscard]] const std::map<OwnAddress, std::string>& addresses() const { return texts_; }
    // The newest of the venue's that is not retired: 0, none.
    [[nodiscard]] std::uint32_t hot() const;
    [[nodiscard]] Signed signed_by(const OwnAddress& own) const;
    [[nodiscard]] const std::map<OwnAddress, Signed>& signers() const { return signed_; }
    [[nodiscard]] bool busy(const OwnAddress& own) const { return busy_.contains(own); }

    // ---- Deposits, withdrawals, payouts
    [[nodiscard]] const std::map<Digest, KnownDeposit>& deposits() const { return deposits_; }
    [[nodiscard]] const std::map<WithdrawalKey, PendingWithdrawal>& withdrawals() const { return withdrawals_; }
    [[nodiscard]] const std::map<Digest, OpenPayout>& payouts() const { return payouts_; }
    // Closed while this view looked.
    [[nodiscard]] bool was_closed(const Digest& payout) const { return closed_.contains(payout); }
    // Above it a withdrawal must be released; 0: none.
    [[nodiscard]] Amount release_above(AssetId asset) const;
    [[nodiscard]] bool frozen(AccountId account) const { return frozen_.contains(account.value); }
    [[nodiscard]] const std::map<std::uint32_t, Amount>& unbacked() const { return unbacked_; }

    [[nodiscard]] Time time() const { return time_; }
    [[nodiscard]] Sequence sequence() const { return sequence_; }
    // The last event was the last one of its command: nothing is half told.
    [[nodiscard]] bool whole_command() const { return whole_command_; }
    // The restored state is told, or the log has begun.
    [[nodiscard]] bool complete() const { return complete_; }

  private:
    void apply_chain(const Event& event);
    void apply_deposit(const Event& event);
    void apply_payout(const Event& event);
    void apply_registry(const Event& event);
    void register_address(const OwnAddress& own, const ChainAddress& address);
    void rewind(const ChainRewound& rewound);
    void open(const PayoutPrepared& prepared);
    void close(const Digest& hash);

    AssetId asset_{};
    std::uint32_t confirmations_ = 0;
    std::uint64_t first_ = 0;  // height of blocks_.front()
    std::deque<Digest> blocks_;
    bool payouts_on_ = false;
    std::uint64_t chain_count_ = 0;
    std::map<OwnAddress, std::string> texts_;
    std::map<std::string, OwnAddress, std::less<>> owners_;
    std::map<OwnAddress, Signed> signed_;
    std::set<OwnAddress> busy_;
    std::map<Digest, KnownDeposit> deposits_;
    std::map<WithdrawalKey, PendingWithdrawal> withdrawals_;
    std::uint64_t requests_ = 0;
    std::map<Digest, OpenPayout> payouts_;
    std::set<Digest> closed_;
    std::map<std::uint32_t, Amount> release_above_;  // by asset
    std::set<std::uint32_t> frozen_;
    std::map<std::uint32_t, Amount> unbacked_;
    Time time_{};
    Sequence sequence_{};
    bool complete_ = false;
    bool whole_command_ = false;
};

}  // namespace dcx::chain
