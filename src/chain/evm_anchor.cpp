#include "chain/evm_anchor.h"

#include <algorithm>
#include <utility>

#include "chain/evm_contract.h"

namespace dcx::chain {
namespace {

constexpr KeyPath kPath{.account = kEvmPath, .index = 0};

std::unexpected<AnchorError> error(AnchorErrorKind kind, std::string seen) {
    return std::unexpected(AnchorError{kind, std::move(seen)});
}
// A node's error where nothing depends on its kind: ask again later.
std::unexpected<AnchorError> away(const NodeError& node) {
    return error(AnchorErrorKind::away, std::string(to_string(node.kind)) + ": " + node.seen);
}

}  // namespace

EvmAnchor::EvmAnchor(EvmAnchorConfig config, Signer* signer, const HttpLimits& limits)
    : config_(std::move(config)), signer_(signer), node_(config_.url, limits) {}

AnchorAnswer<EvmAddress> EvmAnchor::own_address() {
    if (signer_ == nullptr) return error(AnchorErrorKind::no_signer, "none was given");
    const auto address = signer_->evm_address(kPath);
    if (!address) return error(AnchorErrorKind::no_signer, address.error());
    return *address;
}

AnchorAnswer<void> EvmAnchor::check_contract() {
    const auto chain = node_.chain_id();
    if (!chain) return away(chain.error());
    if (*chain != config_.chain_id)
        return error(AnchorErrorKind::wrong_place,
                     "chain " + std::to_string(*chain) + " instead of " + std::to_string(config_.chain_id));
    const auto code = node_.code(config_.contract);
    if (!code) return away(code.error());
    if (code->empty()) return error(AnchorErrorKind::wrong_place, "no contract at " + to_text(config_.contract));
    return {};
}

AnchorAnswer<void> EvmAnchor::check_owner(const EvmAddress& own) {
    const auto bytes = node_.call({.from = own, .to = config_.contract, .data = owner_call()});
    if (!bytes && bytes.error().kind != NodeErrorKind::refused) return away(bytes.error());
    const auto owner = bytes ? address_answer(*bytes) : std::nullopt;
    if (owner != own)
        return error(AnchorErrorKind::wrong_place, "the contract's owner is " +
                                                       (owner ? to_text(*owner) : std::string("unknown")) +
                                                       ", the signer's address " + to_text(own));
    return {};
}

AnchorAnswer<PlaceChange> EvmAnchor::observe(PlaceMemory& memory) {
    if (const auto good = check_contract(); !good) return std::unexpected(good.error());
    const auto tip = node_.newest_block();
    if (!tip) return away(tip.error());
    if (memory.tip_hash != Digest{}) {
        const auto before = node_.block(memory.tip_height);
        if (!before) return away(before.error());
        // The nonce is the chain's own, so the key goes on whatever became of its transactions.
        if (!*before || (*before)->hash != memory.tip_hash) memory.look_again = true;
    }
    memory.tip_height = tip->number;
    memory.tip_hash = tip->hash;
    return PlaceChange::none;
}

AnchorAnswer<Digest> EvmAnchor::digest_of(std::uint64_t checkpoint) {
    if (const auto good = check_contract(); !good) return std::unexpected(good.error());
    return stored(checkpoint);
}

AnchorAnswer<Digest> EvmAnchor::stored(std::uint64_t checkpoint) {
    const auto bytes = node_.call({.from = {}, .to = config_.contract, .data = digest_of_call(checkpoint)});
    if (!bytes) return away(bytes.error());
    const auto digest = word_answer(*bytes);
    if (!digest) return error(AnchorErrorKind::wrong_place, "the contract does not know digestOf");
    return *digest;
}

AnchorAnswer<bool> EvmAnchor::digest_for(const Anchor& anchor) {
    const auto digest = stored(anchor.checkpoint);
    if (!digest) return std::unexpected(digest.error());
    if (*digest != Digest{} && *digest != anchor.digest)
        return error(AnchorErrorKind::refused, "the contract has another digest: " + to_hex(*digest));
    return *digest == anchor.digest;
}

AnchorAnswer<void> EvmAnchor::check_taken(const Anchor& anchor, const EvmAddress& from) {
    const auto latest_bytes = node_.call({.from = from, .to = config_.contract, .data = latest_call()});
    if (!latest_bytes) return away(latest_bytes.error());
    const auto latest = number_answer(*latest_bytes);
    if (!latest) return error(AnchorErrorKind::wrong_place, "the contract does not know latest");
    if (*latest >= anchor.checkpoint)
        return error(AnchorErrorKind::passed, "the contract is at checkpoint " + std::to_string(*latest));
    return {};
}

AnchorAnswer<EvmEvent> EvmAnchor::event_of(std::uint64_t checkpoint) {
    const auto event = node_.newest_event(config_.contract, anchored_topic(), word_of(checkpoint));
    if (!event) return away(event.error());
    if (!*event) return error(AnchorErrorKind::away, "the contract has it, and the node does not know since when");
    return **event;
}

AnchorAnswer<void> EvmAnchor::check_funds(const EvmAddress& from, std::uint64_t gas_price, std::uint64_t gas_limit) {
    const auto balance = node_.balance(from);
    if (!balance) return away(balance.error());
    if (*balance < uint128{gas_price} * gas_limit)
        return error(AnchorErrorKind::no_funds, to_text(from) + " has less than " + std::to_string(gas_limit) +
                                                    " gas at " + std::to_string(gas_price) + " wei cost");
    return {};
}

// A replacement must pay a tenth more than what it replaces, by the rules of all nodes: a quarter for each attempt.
AnchorAnswer<std::uint64_t> EvmAnchor::price_of(std::uint32_t attempt) {
    const auto price = node_.gas_price();
    if (!price) return away(price.error());
    uint128 raised = std::max<std::uint64_t>(*price, 1);
    for (std::uint32_t i = 1; i < attempt && raised <= config_.max_gas_price; ++i) raised += raised / 4 + 1;
    if (raised > config_.max_gas_price)
        return error(AnchorErrorKind::refused, "gas is too dear: more than " + std::to_string(config_.max_gas_price) +
                                                   " wei, or too many attempts");
    return static_cast<std::uint64_t>(raised);
}

AnchorAnswer<PreparedAnchor> EvmAnchor::prepare(const Anchor& anchor, const PlaceMemory&) {
    const auto own = own_address();
    if (!own) return std::unexpected(own.error());
    if (const auto good = check_contract(); !good) return std::unexpected(good.error());
    if (const auto good = check_owner(*own); !good) return std::unexpected(good.error());
    const auto there = digest_for(anchor);
    if (!there) return std::unexpected(there.error());
    if (*there) {
        // Sent by an earlier life of ours that left no trace: looking for it will find it, and nothing is sent.
        const auto event = event_of(anchor.checkpoint);
        if (!event) return std::unexpected(event.error());
        return PreparedAnchor{.tx_hash = event->transaction, .body = {}, .nonce = 0};
    }
    const auto nonce = node_.transactions_of(*own, EvmNode::Counted::in_blocks);
    if (!nonce) return away(nonce.error());
    const auto waiting = node_.transactions_of(*own, EvmNode::Counted::waiting_too);
    if (!waiting) return away(waiting.error());
    if (*waiting > *nonce && anchor.attempt == 1)
        return error(AnchorErrorKind::away, "the one before waits for a block");
    if (const auto taken = check_taken(anchor, *own); !taken) return std::unexpected(taken.error());

    const std::string data = anchor_call(anchor.checkpoint, anchor.digest);
    const auto gas = node_.estimate_gas({.from = *own, .to = config_.contract, .data = data});
    if (!gas)
        return gas.error().kind == NodeErrorKind::refused ? error(AnchorErrorKind::refused, gas.error().seen)
                                                          : away(gas.error());
    if (*gas > kMaxAnchorGas)
        return error(AnchorErrorKind::refused, "an anchor would take " + std::to_string(*gas) + " gas");
    const auto price = price_of(anchor.attempt);
    if (!price) return std::unexpected(price.error());
    const EvmTransaction transaction{.nonce = *nonce,
                                     .gas_price = *price,
                                     .gas_limit = *gas + *gas / 4,
                                     .to = config_.contract,
                                     .value = 0,
                                     .data = data,
                                     .chain_id = config_.chain_id};
    if (const auto funds = check_funds(*own, *price, transaction.gas_limit); !funds)
        return std::unexpected(funds.error());
    const auto signature = signer_->sign_evm(kPath, unsigned_rlp(transaction));
    if (!signature) return error(AnchorErrorKind::no_signer, signature.error());
    std::string body = signed_rlp(transaction, *signature);
    return PreparedAnchor{.tx_hash = evm_hash(body), .body = std::move(body), .nonce = *nonce};
}

AnchorAnswer<void> EvmAnchor::ready(const Anchor& anchor) {
    const auto own = own_address();
    if (!own) return std::unexpected(own.error());
    if (const auto good = check_contract(); !good) return std::unexpected(good.error());
    const auto nonce = node_.transactions_of(*own, EvmNode::Counted::in_blocks);
    if (!nonce) return away(nonce.error());
    if (anchor.body.empty()) return error(AnchorErrorKind::spent, "what was there is there no more");
    if (*nonce > anchor.nonce) return error(AnchorErrorKind::spent, "another transaction has its nonce");
    return check_taken(anchor, *own);
}

AnchorAnswer<void> EvmAnchor::post(const Anchor& anchor) {
    const auto sent = node_.send_raw(anchor.body);
    if (!sent)
        return sent.error().kind == NodeErrorKind::refused ? error(AnchorErrorKind::refused, sent.error().seen)
                                                           : away(sent.error());
    return {};
}

AnchorAnswer<AnchorSighting> EvmAnchor::sighting_in(const EvmBlock& block) {
    using enum AnchorSighting::State;
    const auto tip = node_.newest_block();
    if (!tip) return away(tip.error());
    // Asked one after the other: the block may have been lost in between.
    const auto again = node_.block(block.number);
    if (!again) return away(again.error());
    if (!*again || (*again)->hash != block.hash) return AnchorSighting{.state = pending};
    const bool deep = tip->number >= block.number && tip->number - block.number + 1 >= config_.confirmations;
    return AnchorSighting{.state = deep ? there : pending, .height = block.number, .block_hash = block.hash};
}

AnchorAnswer<AnchorSighting> EvmAnchor::look(const Anchor& anchor) {
    using enum AnchorSighting::State;
    if (const auto good = check_contract(); !good) return std::unexpected(good.error());
    const auto has_it = digest_for(anchor);
    if (!has_it) return std::unexpected(has_it.error());
    const auto receipt = node_.receipt(anchor.tx_hash);
    if (!receipt) return away(receipt.error());
    if (*has_it) {
        if (*receipt && (*receipt)->succeeded) return sighting_in((*receipt)->block);
        // By another transaction of ours: an earlier attempt.
        const auto event = event_of(anchor.checkpoint);
        if (!event) return std::unexpected(event.error());
        return sighting_in(event->block);
    }
    // A block that was lost a moment ago, or a transaction that the contract refused: not there in either case.
    if (*receipt) return AnchorSighting{.state = absent};
    const auto known = node_.knows(anchor.tx_hash);
    if (!known) return away(known.error());
    return AnchorSighting{.state = *known ? pending : absent};
}

}  // namespace dcx::chain
