// MirrorWriter: keeps the book mirror (model/mirror.h) as the publisher's books are. It holds no book: at the end of a
// command the levels that changed are copied, as far as they are visible, from the book that the feed keeps anyway.
// Never waits, for no reader. Readers see whole commands alone, of durable commands alone, and none before its owner
// was told, because that is what the publisher is given.
//
// The publisher's thread.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "feed/level_changes.h"
#include "feed/level_ladder.h"
#include "feed/market.h"
#include "model/mirror.h"
#include "model/types.h"

namespace dcx::feed {

class MirrorWriter {
  public:
    struct Options {
        std::uint32_t levels = 20;    // a side, 1 .. kMaxMirrorLevels
        std::uint32_t capacity = 64;  // instruments: their ids are 1 .. capacity
        std::array<std::byte, 16> venue_id{};
        std::uint64_t pid{};
        std::int64_t created_ns{};
    };
    [[nodiscard]] static std::size_t bytes(const Options& options) {
        return mirror_file_bytes(options.levels, options.capacity);
    }

    // `words` are zeros, bytes(options) long, and outlive the writer's use.
    MirrorWriter(std::span<std::atomic<std::uint64_t>> words, const Options& options);
    MirrorWriter(const MirrorWriter&) = delete;
    MirrorWriter& operator=(const MirrorWriter&) = delete;

    // A new market, and all of its book.
    void list(const Market& market, Sequence sequence, Time time);
    // What the command changed in the book (its changes() since the last call) and in the phase; nothing when it did
    // not. Before the changes are cleared.
    void update(const Market& market, Sequence sequence, Time time);
    // Every book shows all that was done up to this command.
    void end_command(Sequence sequence);
    void set_epoch(std::uint64_t epoch);
    // The books are whole: from now on it is live.
    void go_live(std::uint64_t epoch, Sequence sequence);
    // Tells readers that the writer lives, when it is time for that.
    void beat(std::int64_t monotonic_ns);
    // The last call; any thread, when the others are over.
    void close();

  private:
    using Word = std::atomic<std::uint64_t>;

    [[nodiscard]] Word* book_of(InstrumentId id);
    [[nodiscard]] Word* levels_of(Word* book, Side side) const;
    [[nodiscard]] Word& header(std::size_t offset);
    void set_state(MirrorState state);
    void write_changes(Word* levels, const LevelLadder& ladder, std::span<const LevelChange> changes,
                       std::size_t shown_before);
    void write_from(Word* levels, const LevelLadder& ladder, std::size_t place, std::size_t shown_before);
    static void write_level(Word* levels, const LevelLadder& ladder, std::size_t place);
    void write_news(Word* book, const Market& market, Sequence sequence, Time time);

    std::span<Word> words_;
    std::size_t levels_;
    std::size_t capacity_;
    std::size_t book_words_;
    std::uint64_t books_ = 0;
    std::int64_t beat_due_ns_ = 0;
};

}  // namespace dcx::feed
