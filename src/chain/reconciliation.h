// Reconciliation: does the chain have what the ledger says? CustodyBooks holds what the venue's log says from its first
// event on; reconcile() reads every block of the node's chain, and the balance of each of our addresses, and finds the
// reason of every difference. No keys are needed. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "chain/custody_view.h"
#include "chain/node.h"

namespace dcx::chain {

class CustodyBooks {
  public:
    void apply(const Event& event);

    struct Payout {
        PayoutPrepared prepared;
        enum class State : std::uint8_t { prepared, posted, abandoned, settled, not_paid } state{};
    };
    [[nodiscard]] const CustodyView& view() const { return view_; }
    [[nodiscard]] const std::map<Digest, Payout>& payouts() const { return payouts_; }
    // Of the chain's asset: minted less burned, and what of that no deposit and no payout did.
    [[nodiscard]] std::int64_t issued() const;
    [[nodiscard]] std::int64_t issued_otherwise() const;

  private:
    struct Issue {
        std::int64_t all{};
        std::int64_t otherwise{};
    };
    void issue(AssetId asset, std::int64_t amount, bool otherwise);

    CustodyView view_;
    std::map<Digest, Payout> payouts_;
    std::map<std::uint32_t, Issue> issues_;  // by asset
};

struct Reconciliation {
    std::int64_t issued{};
    std::int64_t on_chain{};  // of all our addresses, confirmed
    std::uint64_t tip{};      // of the node
    // Why on_chain is not issued: on_chain = issued + the sum of these + unexplained.
    std::int64_t other_income{};      // coin that came and is nobody's: to hot addresses, from minters, not credited
    std::int64_t not_confirmed{};     // deposits on their way
    std::int64_t gone_deposits{};     // credited, and the chain has them no more (negative)
    std::int64_t gone_payouts{};      // settled, and the chain has them no more
    std::int64_t in_progress{};       // paid on the chain, of withdrawals that are not burned yet (negative)
    std::int64_t foreign_spends{};    // our addresses paid, and the venue never prepared it (negative)
    std::int64_t issued_otherwise{};  // by operators, without a deposit (negative)
    std::int64_t unbacked{};          // of reversed deposits (negative)
    std::int64_t unexplained{};

    struct Address {
        std::string address;
        OwnAddress own;
        std::int64_t on_chain{};
        bool retired{};
    };
    std::vector<Address> addresses;  // with coin
    std::vector<Digest> orphaned_deposits;
    std::vector<Digest> missing_deposits;     // credited, not orphaned, and not on the chain
    std::vector<Digest> uncredited_deposits;  // confirmed `standard` coin to customers that nobody was credited for
    std::vector<Digest> unresolved_payouts;   // posted, and the node doesn't know them
    std::vector<Digest> missing_payouts;      // settled, and not on the chain
    std::vector<Digest> foreign;              // transactions
    std::vector<std::string> problems;        // empty: it reconciles

    [[nodiscard]] bool good() const { return problems.empty(); }
};

// An error of the node ends it: what is not known is not reconciled.
[[nodiscard]] NodeAnswer<Reconciliation> reconcile(const CustodyBooks& books, Node& node);

}  // namespace dcx::chain
