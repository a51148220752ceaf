// RecordingWriter: a feed as the bytes of a recording. Knows no files: take() gives what is ready to be appended, in
// order. Whatever it is told is held against the state it keeps, as the reader will; what does not fit is refused and
// leaves the recording as it was. Behind a command that was refused nothing can be told before another begin(). One
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "feed/recording_format.h"
#include "feed/recording_state.h"

namespace dcx::feed {

// Why a recording tells a whole state.
enum class StateReason : std::uint8_t {
    begin = 1,
    keyframe = 2,  // nothing is missing before it: a place to start reading from
    gap = 3,       // what was between the state before and this one is not known
    epoch = 4,     // the same, and the venue was started anew
};

class RecordingWriter {
  public:
    struct Options {
        std::size_t block = 256 * 1024;  // of records, before it is packed
        // Between two keyframes, but at least four times what the last state took.
        std::size_t keyframe = std::size_t{8} << 20;
    };

    RecordingWriter(std::int64_t created_ns, const Options& options);

    // The state from here on. The first call begins the recording; later ones say that something is missing. Its
    // markets begin with those known so far.
    [[nodiscard]] const char* begin(RecordingState&& state, StateReason reason);
    // Each returns what is wrong, or nullptr.
    [[nodiscard]] const char* command(const RecordedCommand& command);
    [[nodiscard]] const char* list(const RecordedListing& listing, Phase phase, Price last_price);
    [[nodiscard]] const char* set_phase(std::uint32_t market, Phase phase);

    [[nodiscard]] bool begun() const { return begun_; }
    [[nodiscard]] const RecordingState& state() const { return state_; }
    // Records that wait for their block.
    [[nodiscard]] std::size_t waiting() const { return records_.size(); }

    // Ends the block.
    void flush();
    // Ends the recording with its index.
    void close();
    [[nodiscard]] std::vector<std::byte> take() { return std::exchange(out_, {}); }

    struct Counts {
        std::uint64_t commands = 0;
        std::uint64_t entries = 0;
        std::uint64_t states = 0;
        std::uint64_t record_bytes = 0;  // before packing
        std::uint64_t bytes = 0;         // of the recording so far
    };
    [[nodiscard]] const Counts& counts() const { return counts_; }

  private:
    void put_state(StateReason reason);
    void put_block(BlockHeader header, std::span<const std::byte> records);
    [[nodiscard]] const char* put_entry(const RecordedEntry& entry);
    void begin_record(std::uint64_t seq, Time time);

    Options options_;
    RecordingState state_;
    bool begun_ = false;
    bool broken_ = false;  // a part of a command that was refused is in the state
    RecordPacker records_;
    std::uint32_t count_ = 0;
    std::uint32_t market_ = 0;     // of the last entry in this block
    std::uint64_t block_seq_ = 0;  // before the first record of the block
    Time block_time_{};
    std::size_t since_state_ = 0;
    std::size_t state_size_ = 0;
    struct Indexed {
        std::uint64_t offset{};
        std::uint64_t seq{};
        Time time{};
    };
    std::vector<Indexed> index_;
    std::vector<std::byte> out_;
    Counts counts_;
};

// Kinds of records in a block of commands; in its head, whose upper bits count the entries of a command.
enum class RecordKind : std::uint8_t { command = 0, listing = 1, phase = 2 };
inline constexpr unsigned kRecordKindBits = 2;
// First byte of an entry.
inline constexpr std::uint8_t kEntryActionMask = 0x07;
inline constexpr std::uint8_t kEntrySell = 0x08;
inline constexpr std::uint8_t kEntryMarket = 0x10;  // the market's place follows
inline constexpr std::uint8_t kEntryWhole = 0x20;   // of execute: the whole order

}  // namespace dcx::feed
