#include "proof/proof_maker.h"

#include <algorithm>

#include "proof/event_index.h"
#include "proof/kept_liabilities.h"
#include "proof/match_log_builder.h"
#include "proof/recorded_files.h"
#include "proof/tree_file.h"

namespace dcx::proof {
namespace {

std::unexpected<ProofError> error(ProofErrorKind kind, std::string seen) {
    return std::unexpected(ProofError{kind, std::move(seen)});
}

}  // namespace

std::expected<SignedCheckpoint, ProofError> ProofMaker::first_with(Sequence sequence) const {
    const auto newest = published_.newest();
    if (!newest) return std::unexpected(newest.error());
    std::uint64_t low = 1;
    std::uint64_t high = *newest + 1;
    std::optional<SignedCheckpoint> found;
    while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        auto checkpoint = published_.checkpoint(middle);
        if (!checkpoint) return checkpoint;
        if (checkpoint->checkpoint.commands >= sequence) {
            found = std::move(*checkpoint);
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    if (!found)
        return error(ProofErrorKind::missing, "no checkpoint holds command " + std::to_string(sequence.value) + " yet");
    return *found;
}

std::expected<InclusionFile, ProofError> ProofMaker::inclusion(Sequence sequence, std::optional<std::uint32_t> event,
                                                               std::uint64_t number) const {
    const auto checkpoint = published_.checkpoint(number);
    if (!checkpoint) return std::unexpected(checkpoint.error());
    const Checkpoint& has = checkpoint->checkpoint;
    if (sequence.value == 0 || sequence > has.commands)
        return error(
            ProofErrorKind::index_out_of_range,
            "checkpoint " + std::to_string(number) + " holds commands 1 to " + std::to_string(has.commands.value));
    InclusionFile file{.tree = event ? ProofTree::events : ProofTree::commands,
                       .index = sequence.value - 1,
                       .leaf = {},
                       .checkpoint = *parse_note(checkpoint->file),
                       .proof = {}};
    std::uint64_t size = has.commands.value;
    if (event) {
        const auto range = EventIndex::find(RecordedFiles::index_file(folder_), sequence, has.commands, has.events);
        if (!range) return std::unexpected(range.error());
        if (*event >= range->count)
            return error(ProofErrorKind::index_out_of_range, "command " + std::to_string(sequence.value) + " made " +
                                                                 std::to_string(range->count) + " events");
        file.index = range->first + *event;
        size = has.events;
    }
    auto tree = TreeReader::open(folder_, event ? RecordedFiles::kEventTree : RecordedFiles::kCommandTree);
    if (!tree) return std::unexpected(tree.error());
    const auto leaf = tree->leaf(file.index);
    if (!leaf) return std::unexpected(leaf.error());
    auto proof = tree->inclusion(file.index, size);
    if (!proof) return std::unexpected(proof.error());
    file.leaf = *leaf;
    file.proof = std::move(*proof);
    // What is damaged here must not be found by a customer.
    if (const auto right =
            check_inclusion(file.index, size, file.leaf, file.proof, event ? has.event_root : has.command_root);
        !right)
        return std::unexpected(right.error());
    return file;
}

std::expected<ConsistencyFile, ProofError> ProofMaker::consistency(std::uint64_t from, std::uint64_t to) const {
    const auto older = published_.checkpoint(from);
    if (!older) return std::unexpected(older.error());
    const auto newer = published_.checkpoint(to);
    if (!newer) return std::unexpected(newer.error());
    if (from > to) return error(ProofErrorKind::sizes_reversed, "the older checkpoint comes first");
    ConsistencyFile file{
        .older = *parse_note(older->file), .newer = *parse_note(newer->file), .commands = {}, .events = {}};
    for (const auto& [name, out, size1, size2, root1, root2] :
         {std::tuple{RecordedFiles::kCommandTree, &file.commands, older->checkpoint.commands.value,
                     newer->checkpoint.commands.value, older->checkpoint.command_root, newer->checkpoint.command_root},
          std::tuple{RecordedFiles::kEventTree, &file.events, older->checkpoint.events, newer->checkpoint.events,
                     older->checkpoint.event_root, newer->checkpoint.event_root}}) {
        auto tree = TreeReader::open(folder_, name);
        if (!tree) return std::unexpected(tree.error());
        auto proof = tree->consistency(size1, size2);
        if (!proof) return std::unexpected(proof.error());
        if (const auto right = check_consistency(size1, size2, root1, root2, *proof); !right)
            return std::unexpected(right.error());
        *out = std::move(*proof);
    }
    return file;
}

std::expected<ReceiptFile, ProofError> ProofMaker::receipt(const LoggedCommand& logged, const ProofKeys& keys,
                                                           const ReceiptOptions& options) const {
    const CommandHeader& header = logged.command.header;
    const Secret secret = epoch_secret(keys.salt, logged.epoch);
    MatchLogBuilder builder;
    OpenedCommand opened{.command = logged.command,
                         .salt = salt_of(secret, header.sequence, 0),
                         .records = match_digest(builder.build(logged.command, logged.events))};
    const Digest leaf = leaf_hash(command_entry(header, opened.records, commitment(opened.salt, logged.command)));

    const auto newest = published_.newest();
    if (!newest) return std::unexpected(newest.error());
    const auto list = published_.keys();
    if (!list) return std::unexpected(list.error());
    const std::string& origin = list->back().key.name;
    if (list->back().key.key != ed25519_public_key(keys.checkpoint))
        return error(ProofErrorKind::unknown_key, "the last key of " + published_.key_file() + " is another one");
    Receipt receipt{.venue_id = {},
                    .sequence = header.sequence,
                    .time = header.time,
                    .batch = logged.batch,
                    .leaf = leaf,
                    .checkpoint = *newest,
                    .checkpoint_hash = {}};
    if (!from_hex(std::string_view{origin}.substr(origin.find('/') + 1), receipt.venue_id))
        return error(ProofErrorKind::malformed, published_.key_file() + ": " + origin);
    if (*newest != 0) {
        const auto last = published_.checkpoint(*newest);
        if (!last) return std::unexpected(last.error());
        receipt.checkpoint_hash = last->hash;
    }
    ReceiptFile file{.receipt = {.text = receipt_text(receipt), .signatures = {}},
                     .command = {},
                     .checkpoint = {},
                     .proof = {},
                     .events = {}};
    sign_note(file.receipt, origin, keys.checkpoint);
    const SessionId session = options.session ? options.session : header.session;
    const bool all = options.opened == Opened::all;
    if (all || (session && session == header.session)) file.command = opened;

    std::uint64_t number = 0;
    if (options.checkpoint) {
        number = *options.checkpoint;
    } else if (const auto first = first_with(header.sequence)) {
        number = first->checkpoint.number;
    } else if (first.error().kind != ProofErrorKind::missing) {
        return std::unexpected(first.error());
    } else {
        return file;
    }
    auto command = inclusion(header.sequence, std::nullopt, number);
    if (!command) return std::unexpected(command.error());
    if (command->leaf != leaf)
        return error(ProofErrorKind::wrong_leaf, "the journal's command " + std::to_string(header.sequence.value) +
                                                     " is not the one that was recorded");
    file.checkpoint = std::move(command->checkpoint);
    file.proof = std::move(command->proof);
    for (Event event : logged.events) {
        if (!all && (!session || event.header.session != session)) continue;
        auto proof = inclusion(header.sequence, event.header.index, number);
        if (!proof) return std::unexpected(proof.error());
        event.header.applied_time = {};
        file.events.push_back({.event = event,
                               .salt = salt_of(secret, header.sequence, 1 + event.header.index),
                               .leaf = proof->index,
                               .proof = std::move(proof->proof)});
    }
    return file;
}

std::expected<LiabilityFile, ProofError> ProofMaker::liability(AccountId account, AssetId asset, std::uint64_t number,
                                                               const ProofKeys& keys) const {
    const auto checkpoint = published_.checkpoint(number);
    if (!checkpoint) return std::unexpected(checkpoint.error());
    const auto kept = read_kept_liabilities(folder_, number);
    if (!kept) return std::unexpected(kept.error());
    const auto& lines = checkpoint->checkpoint.liabilities;
    const auto line = std::ranges::find(lines, asset, &LiabilitiesLine::asset);
    const auto of_asset = std::ranges::find(kept->assets, asset, &AssetLiabilities::asset);
    if (line == lines.end() || of_asset == kept->assets.end())
        return error(ProofErrorKind::other_asset,
                     "checkpoint " + std::to_string(number) + " has no asset " + std::to_string(asset.value));
    const SumTree tree({.venue_id = kept->venue_id, .checkpoint = number, .asset = asset}, kept->depth,
                       liabilities_nonce(keys.liabilities, number), of_asset->liabilities);
    if (tree.root() != SumNode{line->root, line->sum})
        return error(ProofErrorKind::wrong_liabilities_root, "what was kept of checkpoint " + std::to_string(number) +
                                                                 ", or the liabilities-key, is not what was signed");
    auto proof = tree.prove(account);
    if (!proof) return std::unexpected(proof.error());
    return LiabilityFile{.proof = std::move(*proof), .checkpoint = *parse_note(checkpoint->file)};
}

}  // namespace dcx::proof
