// ReplayGauge: how far a replay has come in the bytes of the journal, for a progress bar. An estimate: wrong sizes make
// a wrong bar and nothing else. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "journal/format.h"
#include "journal/storage.h"

namespace dcx::engine {

struct ReplayProgress {
    std::uint64_t commands{};
    double seconds{};
    double fraction{};  // of the bytes to be replayed; 0 .. 1

    [[nodiscard]] double commands_per_second() const {
        return seconds > 0 ? static_cast<double>(commands) / seconds : 0;
    }
    [[nodiscard]] double seconds_left() const { return fraction > 0 ? seconds * (1 - fraction) / fraction : 0; }
};

// "[########------------] 41 %, 12345678 commands, 2.91 M/s, 8 s left"
[[nodiscard]] std::string progress_bar(const ReplayProgress& progress);

class ReplayGauge {
  public:
    // Looks at the journal's files; the replay begins in segment `first` at byte `offset`.
    ReplayGauge(journal::Storage& storage, std::uint64_t first, std::uint64_t offset);

    // With this batch replayed.
    [[nodiscard]] double fraction(const journal::BatchHeader& batch) const;

  private:
    [[nodiscard]] std::uint64_t bytes_before(std::uint64_t segment, std::uint64_t offset) const;

    std::uint64_t first_segment_ = 1;  // the number of the first file
    std::vector<std::uint64_t> ends_;  // the bytes of the files up to each
    std::uint64_t begin_ = 0;
    std::uint64_t end_ = 0;
};

}  // namespace dcx::engine
