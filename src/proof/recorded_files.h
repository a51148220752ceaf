// The files that a recorder appends to: the two trees and the public match log, cut together to what is known to be on
// the disk. What comes behind that is held in memory until it is put down as a whole, so an error loses nothing: the
// files are opened again and the same is put down once more. One thread.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "model/command.h"
#include "proof/event_index.h"
#include "proof/match_log_writer.h"
#include "proof/proof_error.h"
#include "proof/recorded_mark.h"
#include "proof/tree_file.h"

namespace dcx::proof {

// Of commands in order.
struct Unrecorded {
    std::vector<CommandHeader> headers;
    std::vector<Digest> commitments;
    std::vector<std::uint32_t> record_counts;
    std::vector<std::uint32_t> event_counts;
    std::vector<MatchRecord> records;
    std::vector<Digest> command_leaves;
    std::vector<Digest> event_leaves;

    [[nodiscard]] std::size_t bytes() const;
    void clear();
};

class RecordedFiles {
  public:
    // `folder`: of the trees and the mark; `match_log`: of the public match log.
    RecordedFiles(std::string folder, std::string match_log);

    // Reads how far they are; `missing` or `malformed` when they have to be made again, from an empty mark on.
    [[nodiscard]] std::expected<void, ProofError> open();
    // Nothing stands in them any more.
    void begin_anew() { mark_ = {}; }
    [[nodiscard]] const RecordedMark& mark() const { return mark_; }

    // Appends, syncs, and sets the mark. After an error nothing has happened.
    [[nodiscard]] std::expected<void, ProofError> put_down(const Unrecorded& unrecorded, const RecordedMark& mark);
    // Of all that is put down.
    [[nodiscard]] std::expected<Digest, ProofError> command_root();
    [[nodiscard]] std::expected<Digest, ProofError> event_root();

    // Names of the trees, and paths of the rest, in the private folder.
    static constexpr std::string_view kCommandTree = "commands";
    static constexpr std::string_view kEventTree = "events";
    [[nodiscard]] static std::string index_file(const std::string& folder) { return folder + "/event-index"; }
    [[nodiscard]] static std::string mark_file(const std::string& folder) { return folder + "/recorded"; }

  private:
    struct Files {
        TreeFile commands;
        TreeFile events;
        EventIndex index;
        MatchLogWriter match_log;
    };
    [[nodiscard]] std::expected<void, ProofError> open_files(const journal::VenueId& venue_id);
    [[nodiscard]] std::expected<void, ProofError> append(const Unrecorded& unrecorded);

    std::string folder_;
    std::string match_log_;
    RecordedMark mark_;
    std::optional<Files> files_;  // none: they are opened, and cut to the mark, before they are used
};

}  // namespace dcx::proof
