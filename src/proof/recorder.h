// Recorder: makes a venue's proofs of its audited commands and their events, shown in order: the leaves of both trees,
// the public match log, and at the end of a batch a signed checkpoint when one was asked for. Everything it makes but
// the signatures can be made again from the journal and the keys: after a crash it goes on behind what it had put on
// the disk, with the same bytes.
//
// It believes nothing of its own folders: a checkpoint that was signed in an earlier life is compared when the journal
// comes past it, and a contradiction (is_difference) means that the journal is not the one that was signed.
//
// One thread feeds it; request_checkpoint() and health() any. One process for a folder: a second one is refused.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>

#include "base/descriptor.h"
#include "base/sha256.h"
#include "core/core.h"
#include "model/command.h"
#include "model/event.h"
#include "proof/keys.h"
#include "proof/leaf_hasher.h"
#include "proof/match_log_builder.h"
#include "proof/proof_error.h"
#include "proof/published.h"
#include "proof/recorded_files.h"

namespace dcx::proof {

struct RecorderOptions {
    std::string folder;         // private: trees, liabilities
    std::string public_folder;  // what anybody may copy
    ProofKeys keys;
    // What is held in memory at most before it is put on the disk; a batch more.
    std::size_t unrecorded_bytes = std::size_t{32} << 20;
};

// Every number is exact, two of them read together need not be of the same moment.
struct RecorderHealth {
    std::atomic<std::uint64_t> sequence{};             // the last command on the disk
    std::atomic<std::uint64_t> events{};               // leaves of the event tree there
    std::atomic<std::uint64_t> checkpoint{};           // number of the newest one; 0: none
    std::atomic<std::uint64_t> checkpoint_sequence{};  // its last command
    std::atomic<std::int64_t> checkpoint_time{};       // the log's time then, ns
    std::atomic<std::int64_t> checkpoint_ns{};         // how long it took to make the last one
    std::atomic<bool> made_again{};                    // its folder was damaged or empty and is being made again
};

// The journal contradicts what was recorded or signed, or the venue's money does not add up: no matter of trying again.
[[nodiscard]] bool is_difference(const ProofError& error);

class Recorder {
  public:
    explicit Recorder(RecorderOptions options);
    ~Recorder();

    // Before anything else; may be tried again.
    [[nodiscard]] std::expected<void, ProofError> open();
    // The last command that is on the disk.
    [[nodiscard]] Sequence seen() const { return Sequence{files_.mark().sequence}; }

    // Those at or before what it has are passed over.
    void audited(const Command& command, std::span<const Event> events);
    // May be called again after an error.
    [[nodiscard]] std::expected<void, ProofError> batch_audited(std::uint64_t number, const Digest& hash,
                                                                const core::Core& core, std::uint64_t event_hash);
    // A checkpoint of what was shown, of which this is the core: without another batch.
    [[nodiscard]] std::expected<void, ProofError> checkpoint_now(const core::Core& core, std::uint64_t event_hash);
    // Everything up to the last batch's end is on the disk from here on.
    [[nodiscard]] std::expected<void, ProofError> flush();

    // At the end of the first batch that holds this command or a later one.
    void request_checkpoint(Sequence at_least);

    [[nodiscard]] const RecorderHealth& health() const { return health_; }
    [[nodiscard]] const Published& published() const { return published_; }

  private:
    [[nodiscard]] std::expected<void, ProofError> begin_venue(const core::Core& core);
    [[nodiscard]] std::expected<void, ProofError> compare(std::uint64_t number, const Digest& hash,
                                                          const core::Core& core, std::uint64_t event_hash);
    [[nodiscard]] std::expected<void, ProofError> find_compared();
    [[nodiscard]] std::expected<void, ProofError> make_checkpoint(const core::Core& core, std::uint64_t event_hash);
    [[nodiscard]] bool due(Sequence sequence) const;
    void made(const SignedCheckpoint& checkpoint);

    RecorderOptions options_;
    Published published_;
    RecordedFiles files_;
    Descriptor lock_;
    MatchLogBuilder builder_;
    std::optional<LeafHasher> hasher_;
    Unrecorded unrecorded_;
    RecordedMark reached_;      // the end of the last batch shown
    std::uint64_t last_ = 0;    // command shown
    std::uint64_t events_ = 0;  // leaves, with what is not on the disk yet
    bool venue_begun_ = false;
    std::optional<SignedCheckpoint> newest_;
    std::optional<SignedCheckpoint> compared_;  // the next one that the journal has not come past in this life
    std::atomic<std::uint64_t> wanted_{0};      // 0: none is asked for; else the command it must hold, and 1 more
    RecorderHealth health_;
};

}  // namespace dcx::proof
