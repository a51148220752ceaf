#include "feed/book_checksum.h"

#include "base/check.h"
#include "base/crc32c.h"

namespace dcx::feed {

namespace {

constexpr std::size_t kLevelBytes = 16;

// A state moved on by zero bytes, which is linear in its bits: the result of each value of each of its bytes.
using Move = std::array<std::array<std::uint32_t, 256>, 4>;

constexpr Move make_move(std::size_t bytes) {
    Move move{};
    for (std::size_t byte = 0; byte < 4; ++byte)
        for (unsigned bit = 0; bit < 8; ++bit) {
            std::uint32_t state = std::uint32_t{1} << (8 * byte + bit);
            for (std::size_t i = 0; i < bytes; ++i) state = crc32c_byte(state, 0);
            // Every value that has this bit as its highest: that of its other bits, and this one's.
            for (std::size_t value = std::size_t{1} << bit; value < std::size_t{2} << bit; ++value)
                move[byte][value] = move[byte][value - (std::size_t{1} << bit)] ^ state;
        }
    return move;
}

// By the number of levels.
constexpr auto kMoves = [] {
    std::array<Move, kChecksumLevels + 1> moves{};
    for (std::size_t levels = 0; levels < moves.size(); ++levels) moves[levels] = make_move(levels * kLevelBytes);
    return moves;
}();

std::uint32_t moved(std::uint32_t state, std::size_t levels) {
    const Move& move = kMoves[levels];
    return move[0][state & 0xFF] ^ move[1][state >> 8 & 0xFF] ^ move[2][state >> 16 & 0xFF] ^ move[3][state >> 24];
}

}  // namespace

std::uint32_t BookChecksum::state_behind(Half& half, const LevelLadder& ladder, std::size_t levels) {
    if (half.valid < levels) {
        std::uint32_t state = half.states[half.valid];
        for (std::size_t place = half.valid; place < levels; ++place) {
            state = crc32c_word(state, static_cast<std::uint64_t>(ladder[place].price.value));
            state = crc32c_word(state, static_cast<std::uint64_t>(ladder[place].quantity.value));
            half.states[place + 1] = state;
        }
        half.valid = levels;
    }
    return half.states[levels];
}

std::uint32_t BookChecksum::of(const LevelLadder& bids, const LevelLadder& asks, std::size_t levels) {
    DCX_CHECK(levels <= kChecksumLevels);
    const std::size_t asks_counted = std::min(levels, asks.size());
    const std::uint32_t behind_bids = state_behind(bids_, bids, std::min(levels, bids.size()));
    return ~(moved(behind_bids, asks_counted) ^ state_behind(asks_, asks, asks_counted));
}

}  // namespace dcx::feed
