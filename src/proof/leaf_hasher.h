// LeafHasher: the leaf hashes of commands and their events, at the speed of the blocks that must be hashed: the same
// ones that leaf.h's functions make. It is shown every command of the log in order, because a StartEpoch changes the
// secret of the salts. No allocation. One thread.
#pragma once

#include <cstdint>
#include <span>

#include "model/command.h"
#include "model/event.h"
#include "proof/leaf.h"
#include "proof/quick_sha256.h"

namespace dcx::proof {

class LeafHasher {
  public:
    // `epoch` is that of the last command before those it will be shown; 0: from the log's beginning.
    LeafHasher(const Secret& salt_key, std::uint64_t epoch);

    // The command's leaf hash, and that of each of its events into `event_leaves`, which has their number.
    Digest leaves(const Command& command, const MatchDigest& records, std::span<const Event> events,
                  std::span<Digest> event_leaves);

    // Each half alone, for two threads with a hasher each; both are shown every command.
    Digest command_leaf(const Command& command, const MatchDigest& records);
    void event_leaves(const Command& command, std::span<const Event> events, std::span<Digest> event_leaves);

    // Of the last command shown.
    [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
    // What the last command's leaf commits to: the public match log repeats it.
    [[nodiscard]] const Digest& command_commitment() const { return commitment_; }

  private:
    void enter_epoch(const Command& command);

    Secret salt_key_;
    std::uint64_t epoch_;
    KeyedHmac salts_;
    Digest commitment_{};
};

}  // namespace dcx::proof
