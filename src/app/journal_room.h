// JournalRoom: what a file that grows beside the journal must leave free for it. A history store in the data folder is
// on the journal's disk; the venue ends when that is full, so the store must not take the last of it. One thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace dcx::app {

class JournalRoom {
  public:
    // `file`: where the store is, there already or not; empty: it is no file. Both folders may be looked at any time.
    JournalRoom(std::string file, std::string journal, std::uint64_t segment_bytes, Clock& clock);

    // Why nothing more may be written now, as the text of a history error disk_full; empty: it may. Looks at the disk
    // no more often than every 100 ms.
    [[nodiscard]] const std::string& refusal();

    // Besides some segments: what one transaction of a store may write, several times over.
    static constexpr std::uint64_t kTransaction = 64 << 20;
    static constexpr std::uint64_t kSegments = 4;

  private:
    [[nodiscard]] std::string look() const;

    std::string folder_;  // of the file; empty: none, or another disk's
    std::string journal_;
    std::uint64_t reserve_;
    Clock& clock_;
    std::int64_t looked_ns_ = INT64_MIN / 2;
    std::string refusal_;
};

}  // namespace dcx::app
