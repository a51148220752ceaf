#include "chain/decoin_node.h"

#include <utility>

#include "chain/block_hash.h"
#include "chain/decoin_answers.h"
#include "chain/transaction.h"

namespace dcx::chain {

DecoinNode::DecoinNode(const DecoinNodeOptions& options) : http_(options.url, options.limits) {
    good_genesis_ = from_hex(options.genesis.empty() ? kDecoinGenesis : options.genesis, genesis_);
}

template <class T>
NodeAnswer<T> DecoinNode::seen(NodeAnswer<T> answer) {
    // Behind an error may stand another node than before.
    if (!answer && answer.error().kind != NodeErrorKind::unknown) connected_ = false;
    return answer;
}

NodeAnswer<ChainBlock> DecoinNode::read_block(std::uint64_t height) {
    const auto answer = http_.get("/block/" + std::to_string(height));
    if (!answer) return std::unexpected(error_of(answer.error()));
    if (answer->status != 200) return std::unexpected(error_of(*answer, "Block not found"));
    return block_of(answer->body, height);
}

NodeAnswer<void> DecoinNode::connect() {
    if (!good_genesis_)
        return std::unexpected(NodeError{NodeErrorKind::wrong_chain, "the configured genesis is not a hash"});
    const auto first = read_block(0);
    if (!first) {
        connected_ = false;
        // A chain without its first block.
        if (first.error().kind == NodeErrorKind::unknown)
            return std::unexpected(NodeError{NodeErrorKind::malformed, first.error().seen});
        return std::unexpected(first.error());
    }
    connected_ = first->hash == genesis_;
    if (!connected_)
        return std::unexpected(NodeError{NodeErrorKind::wrong_chain, http_.base() + ": genesis " + to_hex(first->hash) +
                                                                         ", not " + to_hex(genesis_)});
    return {};
}

NodeAnswer<NodeStatus> DecoinNode::status() {
    if (auto same = connect(); !same) return std::unexpected(same.error());
    const auto answer = http_.get("/status");
    if (!answer) return seen<NodeStatus>(std::unexpected(error_of(answer.error())));
    if (answer->status != 200) return seen<NodeStatus>(std::unexpected(error_of(*answer, {})));
    return seen(status_of(answer->body));
}

NodeAnswer<ChainBlock> DecoinNode::block(std::uint64_t height) {
    if (!connected_)
        if (auto same = connect(); !same) return std::unexpected(same.error());
    auto block = seen(read_block(height));
    if (block && height == 0 && block->hash != genesis_) {
        connected_ = false;
        return std::unexpected(NodeError{NodeErrorKind::wrong_chain, "genesis " + to_hex(block->hash)});
    }
    return block;
}

NodeAnswer<ChainTransaction> DecoinNode::transaction(const Digest& hash) {
    if (!connected_)
        if (auto same = connect(); !same) return std::unexpected(same.error());
    const auto answer = http_.get("/transaction/" + to_hex(hash));
    if (!answer) return seen<ChainTransaction>(std::unexpected(error_of(answer.error())));
    if (answer->status != 200)
        return seen<ChainTransaction>(std::unexpected(error_of(*answer, "Transaction not found")));
    return seen(transaction_of(answer->body, hash));
}

NodeAnswer<std::int64_t> DecoinNode::balance(const std::string& address) {
    if (!connected_)
        if (auto same = connect(); !same) return std::unexpected(same.error());
    const auto answer = http_.get("/balance/" + url_encoded(address));
    if (!answer) return seen<std::int64_t>(std::unexpected(error_of(answer.error())));
    if (answer->status != 200) return seen<std::int64_t>(std::unexpected(error_of(*answer, {})));
    return seen(balance_of(answer->body, address));
}

NodeAnswer<void> DecoinNode::post(const std::string& body) {
    // Before anything is asked: what can't be a transaction is our own mistake.
    const auto posted = parse_post_body(body);
    const auto hash = posted ? transaction_hash(posted->transaction) : std::unexpected(posted.error());
    if (!hash)
        return std::unexpected(
            NodeError{NodeErrorKind::refused, "not posted: " + std::string{to_string(hash.error())}});
    // An error of this one is before the post: nothing has happened.
    if (auto same = connect(); !same) {
        if (same.error().kind == NodeErrorKind::timed_out) same.error().kind = NodeErrorKind::unreachable;
        return same;
    }
    const auto answer = http_.post("/transaction", body);
    if (!answer) return seen<void>(std::unexpected(error_of(answer.error())));
    if (answer->status != 200) return seen<void>(std::unexpected(error_of(*answer, {})));
    return seen(taken_of(answer->body, *hash));
}

}  // namespace dcx::chain
