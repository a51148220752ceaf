// Deposits: confirmed blocks are read for coin that came to our customers, and what a fork took away is tended.
#include <algorithm>

#include "chain/custody_step.h"
#include "model/chain_address.h"

namespace dcx::chain {
namespace {

// Blocks between what may not be forgotten yet and what would be.
constexpr std::uint64_t kMargin = 8;

// It may be taken another time.
bool can_change(RejectReason reason) {
    return reason == RejectReason::mint_ceiling_exceeded || reason == RejectReason::capacity_exhausted;
}

std::string text_of(const CreditDeposit& deposit) {
    return to_hex(deposit.tx_hash) + " of " + std::to_string(deposit.amount.value) + " to account " +
           std::to_string(deposit.account.value);
}

}  // namespace

void Custody::scan_confirmed() {
    for (auto height = next_of(scanned_); view_.confirmed(height); height = next_of(scanned_)) {
        const auto block = remembered_block(height);
        scan(block);
        scanned_ = Block{block.height, block.hash};
    }
}

void Custody::scan(const ChainBlock& block) {
    std::uint32_t position = 0;
    for (const ChainTransaction& transaction : block.transactions) {
        const std::uint32_t at = position++;
        if (const auto payout = view_.payouts().find(transaction.hash); payout != view_.payouts().end()) {
            if (payout->second.posted) settle(transaction, block.height);
        } else if (const auto deposit = deposit_of(transaction, block.height, at)) {
            credit(*deposit, block.hash);
        }
    }
}

// Nothing: it is none, or none that may be credited.
std::optional<CreditDeposit> Custody::deposit_of(const ChainTransaction& transaction, std::uint64_t height,
                                                 std::uint32_t position) {
    const OwnAddress* const to = view_.whose(transaction.recipient);
    // What comes to the venue's own addresses is the venue's; what comes from ours is a sweep.
    if (to == nullptr || !to->account || view_.whose(transaction.sender) != nullptr) return std::nullopt;
    const auto sender = parse_address(transaction.sender);
    // Minters make coin out of nothing, without a signature: none of it is anybody's money here.
    if (is_minter(transaction.sender) || !sender || transaction.type != "standard" || transaction.amount < 1) {
        refuse(transaction.hash, to_hex(transaction.hash) + " to " + transaction.recipient + ", a \"" +
                                     transaction.type + "\" transaction from " + transaction.sender);
        return std::nullopt;
    }
    return CreditDeposit{.tx_hash = transaction.hash,
                         .amount = Amount{transaction.amount},
                         .height = height,
                         .account = to->account,
                         .index = to->index,
                         .position = position,
                         .sender = *sender,
                         .zero = {}};
}

void Custody::refuse(const Digest& transaction, const std::string& what) {
    if (!refused_.insert(transaction).second) return;
    ++counts_.deposits_refused;
    raise(CustodyAlarm::deposit_refused, what);
}

void Custody::credit(const CreditDeposit& deposit, const Digest& block) {
    const auto known = view_.deposits().find(deposit.tx_hash);
    if (known != view_.deposits().end() && !known->second.orphaned) return;
    if (refused_.contains(deposit.tx_hash)) return;
    confirm_depth();
    const SentCommand sent = send(Command::make(deposit));
    if (sent.result == SentCommand::Result::unknown) throw Interrupted{};
    if (sent.result == SentCommand::Result::done) {
        ++counts_.deposits;
        held_.erase(deposit.tx_hash);
        frozen_for_.erase(deposit.tx_hash);
        wanted_sweeps_.insert({deposit.account, deposit.index});
    } else if (sent.reason == RejectReason::not_confirmed || sent.reason == RejectReason::chain_not_set) {
        throw Interrupted{};  // the venue's chain has changed under us
    } else if (sent.reason == RejectReason::deposit_known) {
        held_.erase(deposit.tx_hash);
        // One that was credited once is told from one that was taken back and has come again: that is for a person.
        if (known != view_.deposits().end() && known->second.reversed)
            refuse(deposit.tx_hash, text_of(deposit) + ": it was taken back before");
    } else if (can_change(sent.reason)) {
        held_.insert_or_assign(deposit.tx_hash, Held{.deposit = deposit, .block = block, .reason = sent.reason});
    } else {
        held_.erase(deposit.tx_hash);
        refuse(deposit.tx_hash, text_of(deposit) + ": " + std::string{to_string(sent.reason)});
    }
}

void Custody::retry_held() {
    std::erase_if(held_,
                  [&](const auto& entry) { return !remembered({entry.second.deposit.height, entry.second.block}); });
    const auto waiting = held_;
    for (const auto& [hash, held] : waiting) credit(held.deposit, held.block);
    if (!held_.empty())
        raise(CustodyAlarm::deposit_held, std::to_string(held_.size()) + " deposits, the first " +
                                              text_of(held_.begin()->second.deposit) + ": " +
                                              std::string{to_string(held_.begin()->second.reason)});
}

// A worker that begins reads again what is remembered: what is not done yet must not be forgotten.
bool Custody::may_advance() const {
    const auto would_lose = [&](std::uint64_t height) { return height + kChainMemory < view_.tip() + kMargin; };
    for (const auto& [hash, held] : held_)
        if (would_lose(held.deposit.height)) return false;
    return true;
}

void Custody::tend_orphans() {
    // Copies: what is sent changes them.
    std::vector<std::pair<Digest, KnownDeposit>> orphans;
    for (const auto& [hash, deposit] : view_.deposits())
        if (deposit.orphaned && !deposit.reversed) orphans.emplace_back(hash, deposit);
    std::size_t waiting = orphans.size();
    for (const auto& [hash, deposit] : orphans) {
        // Once: a person who thaws it meanwhile means it.
        if (frozen_for_.insert(hash).second && !view_.frozen(deposit.account)) {
            const SentCommand sent = send(Command::make(
                FreezeAccount{.reference = deposit.height, .account = deposit.account, .frozen = 1, .zero = {}}));
            if (sent.result == SentCommand::Result::refused) refused(CommandKind::freeze_account, sent.reason);
            if (sent.result != SentCommand::Result::done) frozen_for_.erase(hash);
            if (sent.result == SentCommand::Result::unknown) throw Interrupted{};
        }
        const bool overtaken = view_.chain_set() && view_.tip() >= deposit.orphaned_from + view_.confirmations();
        if (!overtaken || seen(hash) || held_.contains(hash)) continue;
        must(ReverseDeposit{.tx_hash = hash});
        --waiting;
    }
    if (waiting != 0) raise(CustodyAlarm::orphaned_deposits, std::to_string(waiting) + " deposits");
}

}  // namespace dcx::chain
