// For tests only: a record of random commands and events with its trees in memory, and the notes and proofs that a
// venue would make of it.
#pragma once

#include <cstring>
#include <vector>

#include "base/random.h"
#include "proof/leaf_hasher.h"
#include "proof/proof_file.h"
#include "proof/test_tree.h"

namespace dcx::proof {

class TestRecord {
  public:
    explicit TestRecord(std::uint64_t seed) : random_(seed), hasher_(salt_key(), 0) {
        for (std::byte& b : venue_) b = static_cast<std::byte>(random_.below(256));
        for (std::byte& b : seed_) b = static_cast<std::byte>(random_.below(256));
    }

    void add_command() {
        Command command;
        for (std::byte& b : command.body) b = static_cast<std::byte>(random_.below(256));
        command.header.sequence = Sequence{commands_.size() + 1};
        command.header.time = Time{static_cast<std::int64_t>(1000 + commands_.size())};
        command.header.kind = CommandKind::place_order;
        std::vector<Event> events(1 + random_.below(4));
        for (std::uint32_t i = 0; i < events.size(); ++i) {
            for (std::byte& b : events[i].body) b = static_cast<std::byte>(random_.below(256));
            events[i].header.sequence = command.header.sequence;
            events[i].header.time = command.header.time;
            events[i].header.index = i;
            events[i].header.flags = i + 1 == events.size() ? kLastOfCommand : std::uint16_t{0};
        }
        std::vector<Digest> leaves(events.size());
        first_event_.push_back(event_leaves_.size());
        command_leaves_.push_back(hasher_.leaves(command, {}, events, leaves));
        event_leaves_.insert(event_leaves_.end(), leaves.begin(), leaves.end());
        commands_.push_back(command);
        events_.push_back(std::move(events));
    }

    // Of everything so far; its number is one more than the last one's.
    Checkpoint make_checkpoint() {
        Checkpoint checkpoint{.venue_id = venue_,
                              .number = ++checkpoints_,
                              .commands = Sequence{commands_.size()},
                              .command_root = naive_root(command_leaves_),
                              .time = commands_.back().header.time,
                              .batch = commands_.size(),
                              .batch_hash = {},
                              .events = event_leaves_.size(),
                              .event_root = naive_root(event_leaves_),
                              .event_hash = 0,
                              .state_hash = {},
                              .liabilities = {},
                              .previous = previous_};
        const std::string text = checkpoint_text(checkpoint);
        previous_ = Sha256::of(std::as_bytes(std::span{text}));
        return checkpoint;
    }
    [[nodiscard]] SignedNote signed_note(std::string text) const {
        SignedNote note{std::move(text), {}};
        sign_note(note, origin_of(venue_), seed_);
        return note;
    }
    [[nodiscard]] SignedNote signed_checkpoint(const Checkpoint& checkpoint) const {
        return signed_note(checkpoint_text(checkpoint));
    }
    [[nodiscard]] VerifierKey key() const { return verifier_key(origin_of(venue_), ed25519_public_key(seed_)); }
    [[nodiscard]] CheckNote check() const {
        return [key = key()](const SignedNote& note, std::uint64_t) { return check_signature(note, key); };
    }

    // Each command is a batch of its own.
    [[nodiscard]] Receipt receipt(std::size_t command) const {
        return {.venue_id = venue_,
                .sequence = Sequence{command + 1},
                .time = commands_[command].header.time,
                .batch = command + 1,
                .leaf = command_leaves_[command],
                .checkpoint = 0,
                .checkpoint_hash = {}};
    }
    [[nodiscard]] ReceiptFile opened_receipt(std::size_t command, const Checkpoint& checkpoint) const {
        const Secret secret = epoch_secret(salt_key(), 0);
        const Sequence sequence{command + 1};
        ReceiptFile file{.receipt = signed_note(receipt_text(receipt(command))),
                         .command = OpenedCommand{commands_[command], salt_of(secret, sequence, 0), {}},
                         .checkpoint = signed_checkpoint(checkpoint),
                         .proof = naive_path(command, std::span{command_leaves_}.first(checkpoint.commands.value)),
                         .events = {}};
        for (std::uint32_t i = 0; i < events_[command].size(); ++i) {
            const std::uint64_t leaf = first_event_[command] + i;
            file.events.push_back({events_[command][i], salt_of(secret, sequence, i + 1), leaf,
                                   naive_path(leaf, std::span{event_leaves_}.first(checkpoint.events))});
        }
        return file;
    }
    [[nodiscard]] InclusionFile inclusion(ProofTree tree, std::uint64_t index, const Checkpoint& checkpoint) const {
        const bool commands = tree == ProofTree::commands;
        const auto leaves = std::span{commands ? command_leaves_ : event_leaves_}.first(
            commands ? checkpoint.commands.value : checkpoint.events);
        return {tree, index, leaves[index], signed_checkpoint(checkpoint), naive_path(index, leaves)};
    }
    [[nodiscard]] ConsistencyFile consistency(const Checkpoint& older, const Checkpoint& newer) const {
        return {signed_checkpoint(older), signed_checkpoint(newer),
                naive_consistency(older.commands.value, std::span{command_leaves_}.first(newer.commands.value)),
                naive_consistency(older.events, std::span{event_leaves_}.first(newer.events))};
    }

  private:
    static Secret salt_key() { return Secret{std::byte{7}}; }

    Random random_;
    journal::VenueId venue_{};
    Ed25519Seed seed_{};
    LeafHasher hasher_;
    std::vector<Command> commands_;
    std::vector<std::vector<Event>> events_;
    std::vector<Digest> command_leaves_;
    std::vector<Digest> event_leaves_;
    std::vector<std::uint64_t> first_event_;
    std::uint64_t checkpoints_ = 0;
    Digest previous_{};
};

}  // namespace dcx::proof
