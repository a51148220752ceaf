// BookChecksum: the CRC-32C of the best levels of both sides (bids then asks, each as little-endian int64 ticks and
// int64 lots), of which only what changed is computed anew. Each side keeps the state behind each of its levels; what
// stands before the best change holds on, and a change below the last level that counts costs nothing. The asks' states
// begin from zero, so that they do not depend on the bids: a CRC is linear, so the bids' state, moved on by as many
// bytes as the asks have, and the asks' state add up to the whole.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "feed/channel.h"
#include "feed/level_ladder.h"
#include "model/types.h"

namespace dcx::feed {

class BookChecksum {
  public:
    // The level at this place came, went or changed, and with it what is behind.
    void touch(Side side, std::size_t place) {
        std::size_t& valid = side == Side::buy ? bids_.valid : asks_.valid;
        valid = std::min(valid, place);
    }
    // Of the best `levels` (at most kChecksumLevels) of each side, which are the same ladders each time.
    [[nodiscard]] std::uint32_t of(const LevelLadder& bids, const LevelLadder& asks, std::size_t levels);

  private:
    struct Half {
        std::array<std::uint32_t, kChecksumLevels + 1> states{};  // behind that many levels
        std::size_t valid = 0;                                    // of them are those of the book as it is
    };
    static std::uint32_t state_behind(Half& side, const LevelLadder& ladder, std::size_t levels);

    Half bids_{.states = {~std::uint32_t{0}}};
    Half asks_{};
};

}  // namespace dcx::feed
