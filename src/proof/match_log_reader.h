// MatchLogReader: a folder of match log files from the first command on, in chunks of whole commands. It checks the
// form and that no command is left out; what the records say is a checker's matter. Anything can stand in the files.
// Memory: a chunk, which is a few MB or one command. One thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "proof/match_log.h"
#include "proof/proof_error.h"

namespace dcx::proof {

// Its commands' records lie in `units`; both are overwritten by the next call that is given it.
struct MatchChunk {
    std::vector<MatchRecord> units;
    std::vector<MatchCommand> commands;
    std::string file;  // name of the file it is from
};

class MatchLogReader {
  public:
    [[nodiscard]] static std::expected<MatchLogReader, ProofError> open(const std::string& folder);

    // What comes next; no commands at the end.
    [[nodiscard]] std::expected<void, ProofError> next(MatchChunk& chunk);

    [[nodiscard]] const journal::VenueId& venue_id() const { return venue_id_; }
    [[nodiscard]] Sequence last() const { return last_; }  // read so far
    // At the end: bytes behind the last whole command, of a log that is being written.
    [[nodiscard]] std::uint64_t unfinished() const { return unfinished_; }
    [[nodiscard]] std::uint64_t total_bytes() const { return total_bytes_; }  // of all files, when it was opened
    [[nodiscard]] std::uint64_t read_bytes() const { return read_bytes_; }

  private:
    struct LogFile {
        std::string name;
        Sequence first{};
    };
    MatchLogReader() = default;
    [[nodiscard]] std::expected<void, ProofError> open_file();
    [[nodiscard]] std::expected<void, ProofError> take_commands(MatchChunk& chunk, std::size_t units);
    [[nodiscard]] ProofError error(ProofErrorKind kind, const std::string& what) const;
    [[nodiscard]] bool in_last_file() const { return at_ + 1 == files_.size(); }

    static constexpr std::size_t kChunkUnits = std::size_t{1} << 15;  // 2 MiB

    std::string folder_;
    std::vector<LogFile> files_;
    std::size_t at_ = 0;
    Descriptor file_;
    std::uint64_t offset_ = 0;  // of the next command in the file
    journal::VenueId venue_id_{};
    Sequence last_{};
    std::uint64_t unfinished_ = 0;
    std::uint64_t total_bytes_ = 0;
    std::uint64_t read_bytes_ = 0;
};

}  // namespace dcx::proof
