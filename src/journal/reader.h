// Reader: walks a journal from its first batch to its end, straight from the memory map, and believes nothing: segment
// headers, both checksums, the hash chain, batch numbers, sequences, epochs, watermarks. Changes nothing and needs no
// lock, so it also serves tools. One thread.
//
// The end is where no intact batch stands any more. What lies there is judged by the watermarks of every header that
// can still be read: a batch that was known durable is missing or damaged -> RecoveryError; otherwise, when anything
// but zeros lies there, it is a torn tail, told by tail().
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "journal/format.h"
#include "journal/recovery_error.h"
#include "journal/storage.h"

namespace dcx::journal {

// Bytes above the last known watermark that make no whole batch: written when the power or the process went, and never
// acknowledged as far as this disk can tell.
struct AmbiguousTail {
    std::string segment;
    std::uint64_t offset{};  // of the first such byte's block
    std::uint64_t size{};    // to the end of the last block that is not zero
    Sequence first{};        // the first sequence that was cut, if any was
    Sequence last{};         // the last one as far as headers in the tail tell; 0: unknown
};

// One batch, in the mapped bytes.
struct Batch {
    const BatchHeader* header{};
    std::span<const Command> commands;
};

// Where the chain stands: everything the next batch must continue.
struct Position {
    std::string segment_name;  // empty: there is no segment yet
    std::uint64_t segment{};
    std::uint64_t segment_size{};
    std::uint64_t offset{};       // of the next batch
    std::uint64_t batch{};        // number of the last batch
    Sequence sequence{};          // of the last command
    std::uint64_t epoch{};        // the highest of any batch or segment
    Sequence durable_sequence{};  // the highest watermark seen
    std::uint64_t durable_batch{};
    std::uint64_t durable_offset{};  // in this segment: where the first batch above the watermark starts
    Digest hash{};                   // of the last batch
    Time time{};                     // of the last batch
};

class Reader {
  public:
    // Reads and checks all segment headers. An empty folder is an empty journal.
    static std::expected<Reader, RecoveryError> open(Storage& storage);
    Reader(Reader&&) noexcept;
    Reader& operator=(Reader&&) noexcept;
    ~Reader();

    // The next batch (its commands may be none); nothing at the end. The batch is valid until the next call.
    std::expected<std::optional<Batch>, RecoveryError> next();

    // After the last batch that next() gave.
    [[nodiscard]] const Position& position() const;
    // What lies behind the end, once next() gave nothing.
    [[nodiscard]] const std::optional<AmbiguousTail>& tail() const;
    // The venue; zeros for an empty journal.
    [[nodiscard]] VenueId venue_id() const;
    // Of the program that began the last segment.
    [[nodiscard]] std::uint32_t engine_version() const;

  private:
    struct State;
    explicit Reader(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace dcx::journal
