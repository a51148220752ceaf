#include "chain/reconciliation.h"

#include <algorithm>

#include "chain/transaction.h"

namespace dcx::chain {
namespace {

constexpr AccountId kIssuance{1u};

// One walk over the chain.
class Walk {
  public:
    Walk(const CustodyBooks& books, Reconciliation& out) : books_(books), view_(books.view()), out_(out) {}

    void block(const ChainBlock& block, std::uint64_t tip) {
        const bool confirmed = tip + 1 - block.height >= view_.confirmations();
        for (const ChainTransaction& transaction : block.transactions) {
            const OwnAddress* const from = is_minter(transaction.sender) ? nullptr : view_.whose(transaction.sender);
            const OwnAddress* const to = view_.whose(transaction.recipient);
            if (from != nullptr) sums_[*from] -= transaction.amount;
            if (to != nullptr) sums_[*to] += transaction.amount;
            if (from == nullptr && to == nullptr) continue;
            seen_.insert(transaction.hash);
            if (from != nullptr)
                paid(transaction, to != nullptr);
            else
                came(transaction, *to, confirmed);
        }
    }

    void end() {
        for (const auto& [own, sum] : sums_) {
            out_.on_chain += sum;
            if (sum != 0)
                out_.addresses.push_back({.address = std::string{view_.address(own)},
                                          .own = own,
                                          .on_chain = sum,
                                          .retired = view_.signed_by(own).retired});
        }
        deposits();
        payouts();
        for (const auto& [key, withdrawal] : view_.withdrawals())
            if (withdrawal.asset == view_.asset()) out_.in_progress -= withdrawal.settled.value;
        if (const auto unbacked = view_.unbacked().find(view_.asset().value); unbacked != view_.unbacked().end())
            out_.unbacked = -unbacked->second.value;
        out_.issued = books_.issued();
        out_.issued_otherwise = -books_.issued_otherwise();
    }
    [[nodiscard]] bool seen(const Digest& hash) const { return seen_.contains(hash); }

  private:
    void paid(const ChainTransaction& transaction, bool stays) {
        const auto known = books_.payouts().find(transaction.hash);
        const bool ours =
            known != books_.payouts().end() && (known->second.state == CustodyBooks::Payout::State::posted ||
                                                known->second.state == CustodyBooks::Payout::State::settled);
        if (ours) return;
        // Never prepared, given up, or said to be not paid.
        out_.foreign.push_back(transaction.hash);
        if (!stays) out_.foreign_spends -= transaction.amount;
    }
    void came(const ChainTransaction& transaction, const OwnAddress& to, bool confirmed) {
        const auto known = view_.deposits().find(transaction.hash);
        const bool first = counted_.insert(transaction.hash).second;
        if (first && known != view_.deposits().end() && !known->second.reversed) return;
        const bool deposit = to.account && transaction.type == "standard" && !is_minter(transaction.sender);
        if (deposit && !confirmed) {
            out_.not_confirmed += transaction.amount;
            return;
        }
        out_.other_income += transaction.amount;
        if (deposit) out_.uncredited_deposits.push_back(transaction.hash);
    }
    void deposits() {
        for (const auto& [hash, deposit] : view_.deposits()) {
            if (deposit.reversed || deposit.asset != view_.asset()) continue;
            if (deposit.orphaned) out_.orphaned_deposits.push_back(hash);
            if (seen(hash)) continue;
            out_.gone_deposits -= deposit.amount.value;
            if (!deposit.orphaned) out_.missing_deposits.push_back(hash);
        }
    }
    void payouts() {
        using State = CustodyBooks::Payout::State;
        for (const auto& [hash, payout] : books_.payouts()) {
            const bool withdrawal = payout.prepared.payout_kind == PayoutKind::withdrawal;
            if (payout.state == State::settled && !seen(hash)) {
                out_.missing_payouts.push_back(hash);
                if (withdrawal) out_.gone_payouts += payout.prepared.amount.value;
            }
            if (payout.state == State::posted && seen(hash) && withdrawal)
                out_.in_progress -= payout.prepared.amount.value;
        }
    }

    const CustodyBooks& books_;
    const CustodyView& view_;
    Reconciliation& out_;
    std::map<OwnAddress, std::int64_t> sums_;
    std::set<Digest> seen_;
    std::set<Digest> counted_;
};

void find_problems(Reconciliation& out) {
    const auto add = [&](bool wrong, const std::string& text) {
        if (wrong) out.problems.push_back(text);
    };
    const auto count = [&](const std::vector<Digest>& what, const char* text) {
        add(!what.empty(), std::to_string(what.size()) + " " + text);
    };
    add(out.unexplained != 0, "a difference of " + std::to_string(out.unexplained) + " that nothing explains");
    add(out.unbacked != 0, std::to_string(-out.unbacked) + " unbacked: reversed deposits that were spent");
    add(out.issued_otherwise < 0, std::to_string(-out.issued_otherwise) + " issued without a deposit");
    count(out.orphaned_deposits, "orphaned deposits");
    count(out.missing_deposits, "credited deposits that the chain has no more");
    count(out.uncredited_deposits, "deposits that nobody was credited for");
    count(out.unresolved_payouts, "posted payouts that the node doesn't know");
    count(out.missing_payouts, "settled payouts that the chain has no more");
    count(out.foreign, "transactions of our addresses that the venue does not know");
}

}  // namespace

void CustodyBooks::issue(AssetId asset, std::int64_t amount, bool otherwise) {
    Issue& sum = issues_[asset.value];
    sum.all += amount;
    if (otherwise) sum.otherwise += amount;
}

std::int64_t CustodyBooks::issued() const {
    const auto found = issues_.find(view_.asset().value);
    return found == issues_.end() ? 0 : found->second.all;
}
std::int64_t CustodyBooks::issued_otherwise() const {
    const auto found = issues_.find(view_.asset().value);
    return found == issues_.end() ? 0 : found->second.otherwise;
}

void CustodyBooks::apply(const Event& event) {
    view_.apply(event);
    const auto become = [&](const Digest& hash, Payout::State state) {
        if (const auto found = payouts_.find(hash); found != payouts_.end()) found->second.state = state;
    };
    switch (event.header.kind) {
        case EventKind::transferred: {
            const auto moved = event.as<Transferred>();
            if (moved.debit_account == kIssuance) issue(moved.asset, moved.amount.value, true);
            if (moved.credit_account == kIssuance) issue(moved.asset, -moved.amount.value, true);
            break;
        }
        case EventKind::posted: {
            const auto moved = event.as<Posted>();
            // The error account pays for what was unbacked: that is told by its own total.
            if (moved.debit_account == kIssuance) issue(moved.asset, moved.amount.value, false);
            if (moved.credit_account == kIssuance) issue(moved.asset, -moved.amount.value, false);
            break;
        }
        case EventKind::payout_prepared: {
            const auto prepared = event.as<PayoutPrepared>();
            payouts_[prepared.tx_hash] = {.prepared = prepared, .state = Payout::State::prepared};
            break;
        }
        case EventKind::payout_posted: become(event.as<PayoutPosted>().tx_hash, Payout::State::posted); break;
        case EventKind::payout_abandoned: become(event.as<PayoutAbandoned>().tx_hash, Payout::State::abandoned); break;
        case EventKind::payout_settled: become(event.as<PayoutSettled>().tx_hash, Payout::State::settled); break;
        case EventKind::payout_resolved:
            // What was paid is settled by the event behind it.
            become(event.as<PayoutResolved>().tx_hash, Payout::State::not_paid);
            break;
        default: break;
    }
}

NodeAnswer<Reconciliation> reconcile(const CustodyBooks& books, Node& node) {
    Reconciliation out;
    const auto status = node.status();
    if (!status) return std::unexpected(status.error());
    out.tip = status->blocks == 0 ? 0 : status->blocks - 1;
    Walk walk(books, out);
    Digest previous{};
    for (std::uint64_t height = 0; height <= out.tip; ++height) {
        const auto block = node.block(height);
        if (!block) return std::unexpected(block.error());
        if (height != 0 && block->previous != previous)
            return std::unexpected(NodeError{NodeErrorKind::malformed, "the chain changed while it was read"});
        previous = block->hash;
        walk.block(*block, out.tip);
    }
    walk.end();
    out.unexplained = out.on_chain - out.issued - out.other_income - out.not_confirmed - out.gone_deposits -
                      out.gone_payouts - out.in_progress - out.foreign_spends - out.issued_otherwise - out.unbacked;
    for (const auto& [hash, payout] : books.view().payouts()) {
        if (!payout.posted || walk.seen(hash)) continue;
        const auto found = node.transaction(hash);
        if (!found && found.error().kind != NodeErrorKind::unknown) return std::unexpected(found.error());
        if (!found) out.unresolved_payouts.push_back(hash);
    }
    find_problems(out);
    return out;
}

}  // namespace dcx::chain
