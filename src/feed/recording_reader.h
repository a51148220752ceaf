// RecordingReader: a recording read record by record, with the state behind each. The bytes may come from anywhere:
// what is wrong ends the reading with a RecordingError, and what was read before it stands. Memory: the state, and one
// block. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <vector>

#include "feed/recording_format.h"
#include "feed/recording_state.h"
#include "feed/recording_writer.h"

namespace dcx::feed {

struct RecordedStep {
    enum class Kind : std::uint8_t {
        end,      // of what is there
        state,    // `reason`; before() is the state it takes the place of
        command,  // command()
        listing,  // the last market is new
        phase,    // of `market`
    };
    Kind kind{};
    StateReason reason{};
    std::uint32_t market{};
};

class RecordingReader {
  public:
    // The bytes must stay. Fails when this is no recording that can be read.
    [[nodiscard]] static std::expected<RecordingReader, RecordingError> open(std::span<const std::byte> file);

    [[nodiscard]] std::expected<RecordedStep, RecordingError> next();
    // Goes to the last keyframe (or other state) not behind this time, or to the first state; next() tells it. By the
    // index, or where there is none from block to block.
    [[nodiscard]] std::expected<void, RecordingError> seek(Time time);

    [[nodiscard]] const RecordingHeader& header() const { return header_; }
    // Behind the last step.
    [[nodiscard]] const RecordingState& state() const { return state_; }
    [[nodiscard]] const RecordingState& before() const { return before_; }
    [[nodiscard]] const RecordedCommand& command() const { return command_; }
    // It was closed: nothing was cut from its end.
    [[nodiscard]] bool closed() const { return indexed_; }
    [[nodiscard]] std::uint64_t offset() const { return offset_; }

  private:
    struct Indexed {
        std::uint64_t offset{};
        Time time{};
    };

    RecordingReader(std::span<const std::byte> file, const RecordingHeader& header);
    void find_index();
    [[nodiscard]] std::vector<Indexed> states() const;
    [[nodiscard]] std::expected<RecordedStep, RecordingError> open_block();
    [[nodiscard]] std::expected<RecordedStep, RecordingError> read_state(const BlockHeader& header);
    [[nodiscard]] std::expected<RecordedStep, RecordingError> read_record();
    [[nodiscard]] const char* read_markets(RecordingState& state);
    [[nodiscard]] const char* read_orders(RecordedBook& book, Side side);
    [[nodiscard]] const char* read_listing(RecordingState& state);
    [[nodiscard]] const char* read_command(std::uint64_t entries);
    [[nodiscard]] const char* read_entry(RecordedEntry& entry);
    [[nodiscard]] const char* settle(RecordingState&& state, StateReason reason);
    [[nodiscard]] std::unexpected<RecordingError> senseless(const char* what) const;

    std::span<const std::byte> file_;
    RecordingHeader header_;
    std::uint64_t end_ = 0;  // of the blocks that are read: the index's, or the file's
    bool indexed_ = false;
    std::vector<Indexed> index_;
    std::uint64_t offset_ = 0;  // of the block that is read
    std::uint64_t next_ = 0;    // of the one behind it
    bool begun_ = false;        // a state was read since open() or seek()
    std::vector<std::byte> bytes_;
    RecordUnpacker records_;
    std::uint32_t left_ = 0;  // records of the block
    std::uint32_t market_ = 0;
    RecordingState state_;
    RecordingState before_;
    RecordedCommand command_;
};

}  // namespace dcx::feed
