#include "chain/custody.h"

#include <algorithm>
#include <utility>

#include "chain/custody_step.h"

namespace dcx::chain {

bool Custody::step() {
    raised_.clear();
    more_ = false;
    depth_confirmed_ = false;
    try {
        if (view_.complete() && follow()) {
            tend_orphans();
            tend_payouts();
        }
        end_step(true);
    } catch (const Interrupted&) {
        more_ = false;
        end_step(false);
    }
    return more_;
}

// What a step that ended early did not look at stands as it was.
void Custody::end_step(bool whole) {
    std::erase_if(alarms_, [&](const auto& alarm) {
        return !for_good(alarm.first) && (whole || alarm.first == CustodyAlarm::node_away);
    });
    for (auto& [alarm, text] : raised_) alarms_.insert_or_assign(alarm, std::move(text));
}

SentCommand Custody::send(const Command& command) { return parts_.venue.send(command); }

void Custody::refused(CommandKind kind, RejectReason reason) {
    raise(CustodyAlarm::venue_refused, std::string{to_string(kind)} + ": " + std::string{to_string(reason)});
}

void Custody::node_failed(const NodeError& error) {
    ++counts_.node_errors;
    if (error.kind == NodeErrorKind::wrong_chain)
        raise(CustodyAlarm::wrong_chain, error.seen);
    else
        raise(CustodyAlarm::node_away, std::string{to_string(error.kind)} + ": " + error.seen);
    throw Interrupted{};
}

// True when the venue is on the node's chain, as far as it looked.
bool Custody::follow() {
    const auto status = need(parts_.node.status());
    node_tip_ = status.blocks == 0 ? 0 : status.blocks - 1;
    if (!genesis_is_right()) return false;
    if (!view_.chain_set()) {
        raise(CustodyAlarm::chain_not_set, "the venue follows no chain");
        return false;
    }
    const auto tip = parts_.node.block(view_.tip());
    if (!tip && tip.error().kind != NodeErrorKind::unknown) node_failed(tip.error());
    if (!tip || tip->hash != view_.block_at(view_.tip())) find_fork();
    look_back();
    retry_held();
    scan_confirmed();
    advance();
    return true;
}

bool Custody::genesis_is_right() {
    const auto genesis = need(parts_.node.block(0));
    if (genesis.hash == options_.genesis) return true;
    raise(CustodyAlarm::wrong_chain, "its genesis is " + to_hex(genesis.hash));
    return false;
}

void Custody::advance() {
    for (std::uint32_t i = 0; i < options_.blocks_per_step && view_.tip() < node_tip_ && may_advance(); ++i) {
        const auto block = need(parts_.node.block(view_.tip() + 1));
        if (block.previous != view_.block_at(view_.tip())) find_fork();
        must(AdvanceChain{.hash = block.hash, .previous = block.previous, .height = block.height});
        ++counts_.blocks;
        look(block, true);
        scan_confirmed();
    }
    more_ = more_ || (view_.tip() < node_tip_ && may_advance());
}

// The last block that the venue remembers and the node has.
std::optional<Custody::Block> Custody::common_block() {
    for (std::uint64_t height = view_.tip();; --height) {
        const auto block = parts_.node.block(height);
        if (!block && block.error().kind != NodeErrorKind::unknown) node_failed(block.error());
        if (block && block->hash == view_.block_at(height)) return Block{height, block->hash};
        if (height == view_.oldest()) return std::nullopt;
    }
}

// The node has said something else than before. Ends the step in any case: what follows begins from the venue's answer.
void Custody::find_fork() {
    const auto common = common_block();
    // A node that begins again as another chain is an operator's affair, not a fork.
    if (!genesis_is_right()) throw Interrupted{};
    if (common && common->height == view_.tip()) throw Interrupted{};  // it has changed its mind: look again
    const std::string from = std::to_string(view_.tip());
    if (common)
        must(RewindChain{.hash = common->hash, .height = common->height, .lost = 0, .zero = {}});
    else
        must(RewindChain{.hash = {}, .height = 0, .lost = 1, .zero = {}});
    ++counts_.rewinds;
    raise(CustodyAlarm::chain_rewound, "from " + from + " to " + (common ? std::to_string(common->height) : "nothing") +
                                           ": payouts are stopped, every address that signed is retired");
    tend_orphans();
    throw Interrupted{};
}

std::uint64_t Custody::next_of(const std::optional<Block>& last) const {
    return last && remembered(*last) ? last->height + 1 : view_.oldest();
}

// Of a chain that was followed before this worker, or that was forked: what is in the blocks that are remembered.
void Custody::look_back() {
    for (auto height = next_of(looked_); height <= view_.tip(); ++height) look(remembered_block(height), false);
}

ChainBlock Custody::remembered_block(std::uint64_t height) {
    auto block = need(parts_.node.block(height));
    if (block.hash != view_.block_at(height)) find_fork();
    return block;
}

void Custody::look(const ChainBlock& block, bool news) {
    const Block here{block.height, block.hash};
    std::uint32_t position = 0;
    for (const ChainTransaction& transaction : block.transactions) {
        const std::pair place{block.height, position++};
        const bool payout = view_.payouts().contains(transaction.hash);
        if (payout || view_.deposits().contains(transaction.hash)) seen_[transaction.hash] = here;
        if (view_.whose(transaction.recipient) != nullptr)
            incoming_[transaction.recipient][place] = {.block = here, .amount = transaction.amount};
        // Whoever else has a key of ours, or a copy of the signer.
        if (news && !payout && !view_.was_closed(transaction.hash) && view_.whose(transaction.sender) != nullptr)
            raise(CustodyAlarm::foreign_spend, to_hex(transaction.hash) + " from " + transaction.sender + " in block " +
                                                   std::to_string(block.height));
    }
    looked_ = here;
    if (seen_.size() > 2 * kChainMemory)
        std::erase_if(seen_, [&](const auto& entry) { return !remembered(entry.second); });
}

bool Custody::seen(const Digest& transaction) const {
    const auto found = seen_.find(transaction);
    return found != seen_.end() && remembered(found->second);
}

// All blocks that confirmations are counted by are still what they were; once a step is enough.
void Custody::confirm_depth() {
    if (depth_confirmed_) return;
    const std::uint64_t tip = view_.tip();
    const std::uint64_t depth = std::min<std::uint64_t>(view_.confirmations(), tip - view_.oldest() + 1);
    for (std::uint64_t i = 0; i < depth; ++i) (void)remembered_block(tip - i);
    depth_confirmed_ = true;
}

}  // namespace dcx::chain
