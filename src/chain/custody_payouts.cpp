// Payouts: withdrawals and sweeps, from prepared to settled. One way for both, and one transaction in flight for each
// address that pays.
#include <algorithm>

#include "chain/custody_step.h"

namespace dcx::chain {

// ---- What is open

void Custody::tend_payouts() {
    const bool on = view_.payouts_on() && view_.chain_set();
    const auto open = view_.payouts();
    for (const auto& [hash, payout] : open) {
        if (payout.posted)
            poll(hash, payout);
        else if (!on || view_.signed_by(payout.from()).retired)
            abandon(hash);  // never posted: PostPayout comes first
        else
            go_on(hash, payout);
    }
    std::erase_if(unknown_, [&](const Digest& hash) { return !view_.payouts().contains(hash); });
    if (!unknown_.empty())
        raise(CustodyAlarm::unresolved_payout,
              std::to_string(unknown_.size()) + " payouts, the first " + to_hex(*unknown_.begin()));
    tell_retired();
    if (!on) return;
    begin_withdrawal();
    begin_sweeps();
}

bool Custody::is_known(const Digest& hash) {
    const auto found = parts_.node.transaction(hash);
    if (!found && found.error().kind != NodeErrorKind::unknown) node_failed(found.error());
    return found.has_value();
}

void Custody::poll(const Digest& hash, const OpenPayout& payout) {
    if (const auto unsent = unsent_.find(hash); unsent != unsent_.end()) {
        const std::string body = unsent->second;
        const bool may = view_.payouts_on() && !view_.signed_by(payout.from()).retired;
        if (may && !is_known(hash)) return post(hash, body);
        unsent_.erase(hash);
    }
    const auto found = parts_.node.transaction(hash);
    if (!found && found.error().kind != NodeErrorKind::unknown) node_failed(found.error());
    if (!found) {
        // Never posted again: it may lie with somebody, and the chain takes it whenever it comes.
        unknown_.insert(hash);
        return;
    }
    unknown_.erase(hash);
    if (!found->height || !view_.confirmed(*found->height) || *found->height < view_.oldest()) return;
    const auto block = remembered_block(*found->height);
    for (const ChainTransaction& transaction : block.transactions)
        if (transaction.hash == hash) return settle(transaction, block.height);
}

void Custody::settle(const ChainTransaction& transaction, std::uint64_t height) {
    const auto payout = view_.payouts().find(transaction.hash);
    if (payout == view_.payouts().end()) return;
    const auto ours = transaction_of(payout->second.prepared);
    // The hash stands for all of it; a node that shows it with other contents is not to be believed in anything.
    if (!ours || transaction.amount != ours->amount || transaction.sender != ours->sender ||
        transaction.recipient != ours->recipient) {
        raise(CustodyAlarm::node_away, "it shows other contents of " + to_hex(transaction.hash));
        throw Interrupted{};
    }
    confirm_depth();
    must(SettlePayout{.tx_hash = transaction.hash, .height = height});
    ++counts_.payouts_settled;
}

void Custody::abandon(const Digest& hash) {
    must(AbandonPayout{.tx_hash = hash});
    ++counts_.payouts_abandoned;
}

void Custody::go_on(const Digest& hash, const OpenPayout& payout) {
    const auto transaction = transaction_of(payout.prepared);
    if (!transaction || transaction_hash(*transaction) != hash) {
        raise(CustodyAlarm::signer_disagrees, to_hex(hash) + " was prepared otherwise than it would be now");
        return abandon(hash);
    }
    if (is_known(hash)) {
        // Not by us. It is on its way all the same, and must be followed.
        must(PostPayout{.tx_hash = hash});
        raise(CustodyAlarm::foreign_spend, to_hex(hash) + " was posted by somebody else");
        return;
    }
    if (spendable(transaction->sender) < transaction->amount) return abandon(hash);
    if (!has_room(transaction->amount)) return;
    const auto body = sign(payout.from(), *transaction, hash);
    if (!body) return;
    // From before the venue hears of it until it is sent: if the answer is lost, this worker knows that it was not
    // sent.
    unsent_[hash] = *body;
    const SentCommand sent = send(Command::make(PostPayout{.tx_hash = hash}));
    if (sent.result == SentCommand::Result::unknown) throw Interrupted{};
    if (sent.result == SentCommand::Result::refused) {
        unsent_.erase(hash);
        if (sent.reason == RejectReason::address_retired) {
            retired_.insert(payout.from());
            return abandon(hash);
        }
        refused(CommandKind::post_payout, sent.reason);
        throw Interrupted{};
    }
    post(hash, *body);
    ++(payout.prepared.payout_kind == PayoutKind::sweep ? counts_.sweeps_posted : counts_.payouts_posted);
}

// Once: whatever the node answers, only what it says of the hash afterwards counts.
void Custody::post(const Digest& hash, const std::string& body) {
    const std::string copy = body;
    unsent_.erase(hash);
    if (!parts_.node.post(copy)) ++counts_.node_errors;
}

// ---- What begins

// What is not confirmed can vanish, and a transaction that spends what is not there stops the whole chain.
std::int64_t Custody::spendable(const std::string& address) {
    std::int64_t there = need(parts_.node.balance(address));
    const auto found = incoming_.find(address);
    if (found == incoming_.end()) return there;
    std::erase_if(found->second, [&](const auto& entry) {
        return !remembered(entry.second.block) || view_.confirmed(entry.second.block.height);
    });
    for (const auto& [place, incoming] : found->second) there -= std::min(there, incoming.amount);
    return there;
}

// Of a block's amounts, what our transactions that are in none yet may come to.
std::int64_t Custody::in_flight() const {
    std::int64_t sum = 0;
    for (const auto& [hash, payout] : view_.payouts())
        if (payout.posted && !seen(hash) && !unknown_.contains(hash)) sum += payout.prepared.amount.value;
    return sum;
}

bool Custody::has_room(std::int64_t amount) const { return amount <= part_cap() - in_flight(); }

std::optional<Transaction> Custody::transaction_of(const PayoutPrepared& payout) const {
    Transaction transaction;
    transaction.amount = payout.amount.value;
    transaction.nonce = payout.nonce;
    // Nothing but what the log says: so that it can be written again, the same.
    transaction.timestamp_s = static_cast<std::int64_t>(payout.nonce / 1000);
    if (payout.payout_kind == PayoutKind::sweep) {
        transaction.sender = view_.address({payout.account, payout.index});
        transaction.recipient = view_.address({{}, payout.to_index});
    } else {
        transaction.sender = view_.address({{}, payout.index});
        const auto withdrawal = view_.withdrawals().find({payout.account.value, payout.id});
        if (withdrawal == view_.withdrawals().end()) return std::nullopt;
        transaction.recipient = withdrawal->second.address;
    }
    if (transaction.sender.empty() || transaction.recipient.empty()) return std::nullopt;
    return transaction;
}

KeyPath Custody::path_of(const OwnAddress& own) const {
    return {.account = own.account ? own.account.value : kHotPath, .index = own.index};
}

std::optional<std::string> Custody::sign(const OwnAddress& from, const Transaction& transaction, const Digest& hash) {
    auto made = parts_.signer.sign({.from = path_of(from),
                                    .recipient = transaction.recipient,
                                    .amount = transaction.amount,
                                    .nonce = transaction.nonce,
                                    .timestamp_s = transaction.timestamp_s,
                                    .metadata = transaction.metadata,
                                    .type = transaction.type});
    if (!made) {
        raise(CustodyAlarm::signer_refused, made.error());
        // It may have signed another with this nonce, of which nobody heard.
        std::uint64_t& floor = nonce_floor_[from];
        floor = std::max(floor, transaction.nonce + 1);
        return std::nullopt;
    }
    if (made->hash != hash) {
        raise(CustodyAlarm::signer_disagrees,
              "it signs for another address than " + transaction.sender + ", or another transaction");
        return std::nullopt;
    }
    return std::move(made->body);
}

// `payout` without hash and nonce.
void Custody::prepare(PayoutPrepared payout) {
    const OwnAddress from = OpenPayout{.prepared = payout, .posted = false, .since = {}}.from();
    const auto now_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(view_.time().value, 0) / 1'000'000);
    payout.nonce = std::max({view_.signed_by(from).last_nonce + 1, now_ms, nonce_floor_[from]});
    const auto transaction = transaction_of(payout);
    if (!transaction) return;
    const auto hash = transaction_hash(*transaction);
    // The signer has said yes, and remembers, before the venue commits itself to this transaction.
    if (!hash || !sign(from, *transaction, *hash)) return;
    const SentCommand sent = send(Command::make(PreparePayout{.tx_hash = *hash,
                                                              .id = payout.id,
                                                              .amount = payout.amount,
                                                              .nonce = payout.nonce,
                                                              .account = payout.account,
                                                              .index = payout.index,
                                                              .to_index = payout.to_index,
                                                              .payout_kind = payout.payout_kind,
                                                              .zero = {}}));
    if (sent.result == SentCommand::Result::unknown) throw Interrupted{};
    if (sent.result == SentCommand::Result::done) {
        more_ = true;
    } else if (sent.reason == RejectReason::address_retired) {
        retired_.insert(from);  // in an earlier life of this worker: no restored event tells it of customers' addresses
    } else if (sent.reason == RejectReason::nonce_not_rising) {
        nonce_floor_[from] = payout.nonce + 1;
    } else {
        refused(CommandKind::prepare_payout, sent.reason);
    }
}

void Custody::begin_withdrawal() {
    const PendingWithdrawal* next = nullptr;
    const WithdrawalKey* key = nullptr;
    std::uint64_t unreleased = 0;
    // In turn, a part of each: a large one does not hold the others up. Behind the cursor comes first.
    const auto rank = [&](const PendingWithdrawal& w) { return std::pair{w.order <= withdrawal_cursor_, w.order}; };
    for (const auto& [id, withdrawal] : view_.withdrawals()) {
        if (withdrawal.asset != view_.asset() || withdrawal.payout_open) continue;
        if (withdrawal.settled.value >= withdrawal.amount.value) continue;
        const Amount limit = view_.release_above(withdrawal.asset);
        if (limit && withdrawal.amount.value > limit.value && !withdrawal.released) {
            ++unreleased;
            continue;
        }
        if (next == nullptr || rank(withdrawal) < rank(*next)) next = &withdrawal, key = &id;
    }
    if (unreleased != 0) raise(CustodyAlarm::waits_for_release, std::to_string(unreleased) + " withdrawals");
    if (next == nullptr) return;
    const std::uint32_t hot = view_.hot();
    if (hot == 0) return raise(CustodyAlarm::no_hot_address, "register one (docs/custody.md)");
    const OwnAddress from{{}, hot};
    if (view_.busy(from)) return;
    const std::int64_t amount = std::min((next->amount - next->settled).value, part_cap());
    if (!has_room(amount)) return;
    const std::string sender{view_.address(from)};
    if (const std::int64_t there = spendable(sender); there < amount)
        return raise(CustodyAlarm::hot_short,
                     sender + " has " + std::to_string(there) + ", and " + std::to_string(amount) + " are to be paid");
    withdrawal_cursor_ = next->order;
    prepare({.tx_hash = {},
             .id = key->id,
             .amount = Amount{amount},
             .nonce = 0,
             .account = AccountId{key->scope},
             .index = hot,
             .to_index = 0,
             .payout_kind = PayoutKind::withdrawal,
             .zero = {}});
}

void Custody::begin_sweeps() {
    if (view_.hot() == 0) return;
    const auto wanted = wanted_sweeps_;
    std::uint32_t asked = 0;
    for (const OwnAddress& from : wanted) {
        if (asked++ == options_.addresses_per_step) return;
        if (begin_sweep(from)) wanted_sweeps_.erase(from);
    }
    // And all the others in turn: what came before this worker, and what an earlier sweep left.
    const auto& all = view_.addresses();
    for (auto next = all.upper_bound(sweep_cursor_); asked++ < options_.addresses_per_step;) {
        if (next == all.end()) {
            sweep_cursor_ = {};
            return;
        }
        const OwnAddress from = next->first;
        sweep_cursor_ = from;
        ++next;
        if (from.account) (void)begin_sweep(from);
    }
}

// True when it need not be looked at again soon.
bool Custody::begin_sweep(const OwnAddress& from) {
    if (retired_.contains(from) || view_.signed_by(from).retired) return true;
    if (view_.busy(from)) return false;
    const std::string address{view_.address(from)};
    const std::int64_t there = spendable(address);
    if (there < options_.sweep_above) return true;
    const std::int64_t amount = std::min(there, part_cap());
    if (!has_room(amount)) return false;
    prepare({.tx_hash = {},
             .id = {},
             .amount = Amount{amount},
             .nonce = 0,
             .account = from.account,
             .index = from.index,
             .to_index = view_.hot(),
             .payout_kind = PayoutKind::sweep,
             .zero = {}});
    return false;
}

void Custody::tell_retired() {
    std::string list;
    std::uint64_t count = 0;
    const auto add = [&](const OwnAddress& own) {
        if (!own.account) return;
        if (++count <= 16) list += (list.empty() ? "" : ", ") + std::string{view_.address(own)};
    };
    for (const OwnAddress& own : retired_) add(own);
    for (const auto& [own, state] : view_.signers())
        if (state.retired && !retired_.contains(own)) add(own);
    if (count != 0) raise(CustodyAlarm::retired_address, std::to_string(count) + ": " + list);
}

}  // namespace dcx::chain
