// PublishedLog: a folder as a venue publishes it, made of a log in memory. Removed at the end. For tests.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "proof/match_log_verify.h"
#include "proof/match_log_writer.h"
#include "proof/match_venue.h"
#include "proof/published.h"

namespace dcx::proof {

class TemporaryFolder {
  public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
};

inline journal::VenueId some_venue(unsigned char first = 7) { return {std::byte{first}, std::byte{1}}; }
inline Ed25519Seed some_seed(unsigned char first = 9) { return {std::byte{first}}; }

[[nodiscard]] Digest leaf_of(const LoggedCommand& command);

class PublishedLog {
  public:
    // Checkpoints behind these commands, by rising number; the last one behind the whole log when none is given.
    explicit PublishedLog(const MatchLog& log, std::vector<std::uint64_t> checkpoints = {},
                          std::uint64_t file_size = kMatchFileSize);

    [[nodiscard]] const std::string& path() const { return folder_.path(); }
    [[nodiscard]] std::string match_log() const { return Published(path()).match_log(); }
    [[nodiscard]] std::expected<MatchLogReport, ProofError> verify(bool naive = false,
                                                                   const std::string& key_file = {}) const;

  private:
    TemporaryFolder folder_;
};

// Appends `log` to the folder from where it stands.
void append_log(MatchLogWriter& writer, const MatchLog& log);
// What a reader finds there; the error that ends it, if any.
struct ReadLog {
    MatchLog log;
    std::optional<ProofError> error;
    std::uint64_t unfinished = 0;
};
[[nodiscard]] ReadLog read_log(const std::string& folder);
[[nodiscard]] std::string read_file(const std::string& path);
void write_file(const std::string& path, std::string_view bytes);
// Names of the files in a folder, sorted.
[[nodiscard]] std::vector<std::string> files_in(const std::string& folder);

}  // namespace dcx::proof
