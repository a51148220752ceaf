// JournalVerifier: everything that a venue's data folder (or a backup of it) says about its past, held against the
// journal, which is read and applied again from its first command: the chain of batches, the events, every snapshot,
// every signed checkpoint with its roots and liabilities, the trees, the index and the public match log. It needs no
// venue and changes nothing. What is wrong is named in the report, and the rest is still checked as far as it can be.
// One thread calls; it uses three more.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/audit_report.h"
#include "app/audit_threads.h"
#include "app/journal_folder.h"
#include "core/core.h"
#include "engine/log_replay.h"
#include "engine/replay_gauge.h"
#include "journal/reader.h"
#include "proof/keys.h"
#include "proof/published.h"

namespace dcx::app {

struct JournalVerifierOptions {
    std::string data;
    std::string archive;                   // empty: DATA/archive if it is there
    std::string proofs;                    // empty: DATA/proofs
    std::string public_folder;             // empty: DATA/public
    std::optional<proof::ProofKeys> keys;  // none: what takes them is not checked
    std::string key_file;                  // the venue's key.txt from another place; empty: none
    bool progress = false;                 // on stderr
};

class JournalVerifier {
  public:
    explicit JournalVerifier(JournalVerifierOptions options);
    AuditReport run();

  private:
    // What a snapshot says of the moment at its end.
    struct SnapshotClaim {
        std::string name;
        std::uint64_t batch{};
        Digest batch_hash{};
        std::uint64_t event_hash{};
        Digest state_hash{};
    };
    using Claims = std::multimap<std::uint64_t, SnapshotClaim>;  // by the last command

    void read_keys();
    void read_checkpoints();
    [[nodiscard]] std::expected<void, proof::ProofError> read_checkpoint(std::uint64_t number);
    void read_snapshots();
    [[nodiscard]] std::expected<SnapshotClaim, proof::ProofError> read_snapshot(journal::Storage& storage,
                                                                                const std::string& name,
                                                                                std::uint64_t& sequence);
    void read_mark();

    void walk();
    void apply(journal::Storage& log, journal::Reader reader);
    bool apply_batch(const journal::Batch& batch);
    void batch_ended(const journal::Batch& batch);
    void compare_checkpoint(const proof::SignedCheckpoint& signed_one, std::uint64_t batch, const Digest& hash);
    void compare_liabilities(const proof::Checkpoint& checkpoint);
    void compare_snapshot(std::uint64_t sequence, const SnapshotClaim& claim, std::uint64_t batch, const Digest& hash);
    void check_invariants();
    void journal_ended(const journal::Reader& reader);
    void report_records();
    void summarize();

    JournalVerifierOptions options_;
    AuditReport report_;
    proof::Published published_;

    std::vector<proof::PublishedKey> keys_;
    std::vector<proof::SignedCheckpoint> checkpoints_;
    std::size_t next_checkpoint_ = 0;
    Claims snapshots_;
    std::size_t snapshots_there_ = 0;
    proof::RecordedMark mark_;

    std::unique_ptr<MemorySource> memory_;
    std::unique_ptr<core::Core> core_;
    std::optional<engine::LogReplay> replay_;
    std::optional<AuditThreads> audit_;
    std::uint64_t batches_ = 0;
    std::uint64_t last_batch_ = 0;

    // The first thing wrong with each, and how much was compared.
    struct Part {
        std::optional<proof::ProofError> error;
        std::uint64_t compared = 0;
    };
    void finish_part(const Part& part, const std::string& name, const std::string& what);
    Part journal_;
    Part replayed_;
    Part invariants_;
    Part snapshot_files_;
    Part signatures_;
    Part claims_;  // checkpoints against the replay
    Part liabilities_;
    bool checkpoints_readable_ = false;
    bool walked_ = false;  // to the journal's end
};

}  // namespace dcx::app
