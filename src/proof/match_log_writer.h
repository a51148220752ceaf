// MatchLogWriter: appends to a folder of match log files. What was appended reaches the file when the buffer is full,
// and the disk with flush(). One thread, one writer for a folder (who owns the data folder sees to that).
//
// After an error nothing more is written: open it again.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "proof/match_log.h"
#include "proof/proof_error.h"

namespace dcx::proof {

struct MatchLogWriterOptions {
    std::string folder;  // made when it is not there
    journal::VenueId venue_id{};
    // The last command that must stay; all behind it is cut off. None: whatever stands there whole.
    std::optional<Sequence> keep;
    std::uint64_t file_size = kMatchFileSize;
};

class MatchLogWriter {
  public:
    // Refused when the folder has less than options.keep, or is another venue's.
    [[nodiscard]] static std::expected<MatchLogWriter, ProofError> open(const MatchLogWriterOptions& options);

    // `sequence` is one above last(): CHECKed.
    [[nodiscard]] std::expected<void, ProofError> append(const CommandHeader& header,
                                                         std::span<const MatchRecord> records,
                                                         const Digest& commitment);
    // Everything appended is readable by others, and survives a loss of power.
    [[nodiscard]] std::expected<void, ProofError> flush();
    [[nodiscard]] Sequence last() const { return last_; }

  private:
    explicit MatchLogWriter(const MatchLogWriterOptions& options) : options_(options) {}
    [[nodiscard]] std::expected<void, ProofError> begin_file(Sequence first);
    [[nodiscard]] std::expected<void, ProofError> write_out();
    [[nodiscard]] std::expected<void, ProofError> go_on();

    static constexpr std::size_t kBuffer = std::size_t{1} << 20;

    MatchLogWriterOptions options_;
    Descriptor file_;
    std::string name_;
    std::uint64_t size_ = 0;  // of the file, with what is buffered
    Sequence last_{};
    std::vector<std::byte> buffer_;
};

}  // namespace dcx::proof
