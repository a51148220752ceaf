// The book mirror: the top levels of every market's book in one file that any local process may map read-only. These
// are its bytes; docs/protocols/mirror.md draws them. Written by feed/mirror_writer.h, read by client/mirror_reader.h.
//
// Everything is 64-bit words, aligned and little-endian, and the writer stores each word at once. A book is guarded by
// its first word (odd while it is being written): a reader takes that word, the book, and the word again. The words of
// the header are each valid by themselves. The file never changes its size.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "model/layout.h"
#include "model/types.h"

namespace dcx {

// "DCXMIRR1" as bytes.
inline constexpr std::uint64_t kMirrorMagic = 0x3152'5249'4D58'4344;
inline constexpr std::uint32_t kMirrorVersion = 1;
inline constexpr std::uint32_t kMaxMirrorLevels = 1000;  // a side
inline constexpr std::int64_t kMirrorBeatNs = 50'000'000;
// A heartbeat that is older says that the writer hangs or is starved.
inline constexpr std::int64_t kMirrorSilentNs = 1'000'000'000;

enum class MirrorState : std::uint64_t { restoring = 0, live = 1, closed = 2 };

struct MirrorHeader {
    // Fixed before the file has its name.
    std::uint64_t magic = kMirrorMagic;
    std::uint32_t version = kMirrorVersion;
    std::uint32_t books_offset{};  // where the first book begins; instrument n's is the book n - 1
    std::uint64_t book_bytes{};    // from one book to the next
    std::uint32_t levels{};        // a side
    std::uint32_t capacity{};      // books that there is room for
    std::array<std::byte, 16> venue_id{};
    std::uint64_t pid{};        // of the writer
    std::int64_t created_ns{};  // wall clock
    std::array<std::uint64_t, 8> zero{};
    // Written as it runs.
    MirrorState state{};
    std::uint64_t epoch{};
    std::int64_t heartbeat_ns{};  // CLOCK_MONOTONIC of the machine, renewed at least every 150 ms or so
    Sequence sequence{};          // every book shows all that commands up to here did
    std::uint64_t books{};        // in use: the first so many
    std::array<std::uint64_t, 11> zero_too{};
};
static_assert(FixedLayout<MirrorHeader> && sizeof(MirrorHeader) == 256 && offsetof(MirrorHeader, state) == 128);

struct MirrorBookHead {
    std::uint64_t guard{};  // odd while the book is being written; rises by 2 with each change
    Sequence sequence{};    // of the last command that changed this book or its phase
    Time time{};            // of that command
    InstrumentId instrument{};
    Phase phase{};
    std::uint8_t tick_scale{};
    std::uint8_t lot_scale{};
    std::uint8_t zero{};
    Symbol symbol{};
    std::int64_t tick_mantissa{};
    std::int64_t lot_mantissa{};
    // The last trade, also when it was busted since. Only the price is known of one before the venue's start; price 0:
    // there was none.
    Price last_price{};
    Quantity last_quantity{};
    TradeId last_trade_id{};
    Time last_time{};
    Side last_taker_side{};
    std::array<std::uint8_t, 7> zero_too{};
    std::uint32_t bids{};  // shown here: the lesser of `levels` and what there are
    std::uint32_t asks{};
    std::uint32_t all_bids{};  // levels in the whole book
    std::uint32_t all_asks{};
    std::uint64_t zero_at_the_end{};
};
static_assert(FixedLayout<MirrorBookHead> && sizeof(MirrorBookHead) == 128);

// Behind the head: `levels` of them for the bids, then as many for the asks, each side best first; zeros where there is
// no level.
struct MirrorLevel {
    Price price{};        // in ticks
    Quantity quantity{};  // in lots, of all its orders
    std::uint32_t orders{};
    std::uint32_t zero{};
    friend bool operator==(const MirrorLevel&, const MirrorLevel&) = default;
};
static_assert(FixedLayout<MirrorLevel> && sizeof(MirrorLevel) == 24);

// Books begin on pairs of cache lines, so that the writing of one disturbs no reader of another.
constexpr std::size_t mirror_book_bytes(std::size_t levels) {
    constexpr std::size_t pair = 128;
    return (sizeof(MirrorBookHead) + 2 * levels * sizeof(MirrorLevel) + pair - 1) / pair * pair;
}
constexpr std::size_t mirror_file_bytes(std::size_t levels, std::size_t capacity) {
    return sizeof(MirrorHeader) + capacity * mirror_book_bytes(levels);
}

}  // namespace dcx
