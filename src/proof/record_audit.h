// RecordAudit: holds what a venue keeps and publishes of its record against the record itself: it is shown every
// command with its events, makes the leaves and the match records anew, and compares the files of both trees, the index
// of event leaves, the public match log, and the roots of signed checkpoints. Each comparison ends at its first
// difference; the others go on. It only reads. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/command.h"
#include "model/event.h"
#include "proof/checkpoint.h"
#include "proof/leaf_hasher.h"
#include "proof/match_log_builder.h"
#include "proof/match_log_reader.h"
#include "proof/record_file.h"
#include "proof/recorded_mark.h"
#include "proof/tree_levels.h"

namespace dcx::proof {

struct RecordAuditOptions {
    std::optional<Secret> salt_key;  // none: no leaf is made, and what is made of leaves is not compared
    std::string folder;              // private: trees and index; empty: not compared
    std::string match_log;           // empty: not compared
    RecordedMark mark;               // how far the files reach at least; behind it they are not compared
    // Two threads can share the work: one takes the event tree, the other the rest.
    bool event_tree = true;
    bool the_rest = true;
};

enum class RecordPart : std::uint8_t { command_tree, event_tree, event_index, match_log, command_roots, event_roots };
inline constexpr std::size_t kRecordParts = 6;
[[nodiscard]] std::string_view to_string(RecordPart part);

struct RecordFinding {
    bool checked = false;
    std::uint64_t compared = 0;  // leaves, commands or checkpoints
    std::optional<ProofError> error;
};

class RecordAudit {
  public:
    explicit RecordAudit(RecordAuditOptions options);
    ~RecordAudit();

    void audited(const Command& command, std::span<const Event> events);
    // Signed at the end of the last command shown.
    void checkpoint(const Checkpoint& checkpoint);
    // After the last command.
    void finish();
    [[nodiscard]] const RecordFinding& finding(RecordPart part) const {
        return findings_[static_cast<std::size_t>(part)];
    }

  private:
    class FileComparison;
    class TreeComparison;
    RecordFinding& found(RecordPart part) { return findings_[static_cast<std::size_t>(part)]; }
    void fail(RecordPart part, ProofError error);
    void compare_match_log(const Command& command, std::span<const MatchRecord> records);
    // The next command of the match log; null at its end or after an error.
    const MatchCommand* next_of_match_log();

    RecordAuditOptions options_;
    std::array<RecordFinding, kRecordParts> findings_{};
    MatchLogBuilder builder_;
    std::optional<LeafHasher> hasher_;
    std::unique_ptr<TreeComparison> commands_;
    std::unique_ptr<TreeComparison> events_;
    std::unique_ptr<FileComparison> index_;
    std::optional<MatchLogReader> match_log_;
    MatchChunk chunk_;
    std::size_t chunk_at_ = 0;
    std::vector<Digest> event_leaves_;
    std::uint64_t last_ = 0;           // command shown
    std::uint64_t events_before_ = 0;  // event leaves up to it
};

}  // namespace dcx::proof
