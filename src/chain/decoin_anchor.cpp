#include "chain/decoin_anchor.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "chain/canonical_json.h"
#include "chain/transaction.h"

namespace dcx::chain {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
// A node's start, by our clock less its uptime, may differ so much between two looks without a start in between.
constexpr std::int64_t kStartSlackS = 10;

std::unexpected<AnchorError> error_of(const NodeError& error) {
    AnchorErrorKind kind = AnchorErrorKind::away;
    if (error.kind == NodeErrorKind::wrong_chain) kind = AnchorErrorKind::wrong_place;
    if (error.kind == NodeErrorKind::refused) kind = AnchorErrorKind::refused;
    return std::unexpected(AnchorError{kind, std::string{to_string(error.kind)} + ": " + error.seen});
}

std::unexpected<AnchorError> error(AnchorErrorKind kind, std::string seen) {
    return std::unexpected(AnchorError{kind, std::move(seen)});
}

}  // namespace

std::string anchor_metadata(std::uint64_t checkpoint, const Digest& digest) {
    const nlohmann::json data{{"kind", "merkle_root"}, {"v", 1}, {"seq", checkpoint}, {"root", to_hex(digest)}};
    return *canonical_json({{"fee", 0}, {"data", data}});
}

bool says_anchor(const ChainTransaction& transaction, std::uint64_t checkpoint, const Digest& digest) {
    if (transaction.type != "data_storage") return false;
    const auto metadata = parse_json(transaction.metadata);
    if (!metadata || !metadata->is_object()) return false;
    const auto data = metadata->find("data");
    if (data == metadata->end() || !data->is_object()) return false;
    const nlohmann::json expected{{"kind", "merkle_root"}, {"v", 1}, {"seq", checkpoint}, {"root", to_hex(digest)}};
    return std::ranges::all_of(expected.items(), [&](const auto& item) {
        const auto found = data->find(item.key());
        return found != data->end() && *found == item.value();
    });
}

AnchorAnswer<PlaceChange> DecoinAnchor::observe(PlaceMemory& memory) {
    const auto status = node_.status();
    if (!status) return error_of(status.error());
    const std::uint64_t tip = status->blocks - 1;
    const std::int64_t started = clock_.wall_ns() / kSecond - static_cast<std::int64_t>(status->uptime_s);
    const auto newest = node_.block(tip);
    if (!newest) return error_of(newest.error());
    PlaceChange change = PlaceChange::none;
    if (memory.tip_hash != Digest{}) {
        if (started > memory.started_s + kStartSlackS) {
            change = PlaceChange::restarted;
        } else if (tip < memory.tip_height) {
            // Only a longer chain takes the place of another: a shorter one is a node that began anew.
            change = PlaceChange::restarted;
        } else {
            const auto remembered = tip == memory.tip_height ? newest : node_.block(memory.tip_height);
            if (!remembered) return error_of(remembered.error());
            if (remembered->hash != memory.tip_hash) change = PlaceChange::forked;
        }
    }
    const bool first = memory.tip_hash == Digest{};
    memory.tip_height = tip;
    memory.tip_hash = newest->hash;
    // Else it would change with every look.
    if (first || std::abs(started - memory.started_s) > kStartSlackS) memory.started_s = started;
    return change;
}

AnchorAnswer<PreparedAnchor> DecoinAnchor::prepare(const Anchor& anchor, const PlaceMemory& memory) {
    const KeyPath path{.account = kAnchorPath, .index = memory.path_index};
    const auto address = signer_.address(path);
    if (!address) return error(AnchorErrorKind::no_signer, address.error());
    const auto now_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(clock_.wall_ns() / 1'000'000, 0));
    TransferRequest request;
    request.from = path;
    request.recipient = *address;
    request.amount = 1;
    request.nonce = std::max(memory.last_nonce + 1, now_ms);
    request.timestamp_s = std::max<std::int64_t>(clock_.wall_ns() / kSecond, 0);
    request.metadata = anchor_metadata(anchor.checkpoint, anchor.digest);
    request.type = "data_storage";
    auto signed_one = signer_.sign(request);
    if (!signed_one) return error(AnchorErrorKind::no_signer, signed_one.error());
    // What was signed is what was asked for, under the hash by which it will be looked for.
    const auto posted = parse_post_body(signed_one->body);
    const bool same = posted && posted->transaction.sender == *address && posted->transaction.recipient == *address &&
                      posted->transaction.amount == 1 && posted->transaction.nonce == request.nonce &&
                      posted->transaction.metadata == request.metadata && posted->transaction.type == request.type &&
                      transaction_hash(posted->transaction) == signed_one->hash;
    if (!same) return error(AnchorErrorKind::no_signer, "another transaction was signed than was asked for");
    return PreparedAnchor{.tx_hash = signed_one->hash, .body = std::move(signed_one->body), .nonce = request.nonce};
}

AnchorAnswer<void> DecoinAnchor::ready(const Anchor& anchor) {
    const auto posted = parse_post_body(anchor.body);
    if (!posted) return error(AnchorErrorKind::refused, "a body that is none");
    const std::string& address = posted->transaction.sender;
    const auto balance = node_.balance(address);
    if (!balance) return error_of(balance.error());
    // Without it the transaction would be taken, and stop the chain.
    if (*balance < 1) return error(AnchorErrorKind::no_funds, "send 1 unit or more to " + address);
    return {};
}

AnchorAnswer<void> DecoinAnchor::post(const Anchor& anchor) {
    const auto posted = node_.post(anchor.body);
    if (!posted) return error_of(posted.error());
    return {};
}

AnchorAnswer<AnchorSighting> DecoinAnchor::look(const Anchor& anchor) {
    const auto found = node_.transaction(anchor.tx_hash);
    if (!found && found.error().kind == NodeErrorKind::unknown) return AnchorSighting{};
    if (!found) return error_of(found.error());
    if (!found->height) return AnchorSighting{.state = AnchorSighting::State::pending, .height = 0, .block_hash = {}};
    const auto block = node_.block(*found->height);
    if (!block) return error_of(block.error());
    const bool inside =
        std::ranges::any_of(block->transactions, [&](const ChainTransaction& t) { return t.hash == anchor.tx_hash; });
    if (!inside) return error(AnchorErrorKind::away, "the block that it is said to be in does not have it");
    return AnchorSighting{.state = AnchorSighting::State::there, .height = *found->height, .block_hash = block->hash};
}

}  // namespace dcx::chain
