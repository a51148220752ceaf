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
#include "journal/storage.h"

namespace dcx::journal {

enum class RecoveryErrorKind : std::uint8_t {
    storage_failed,          // the disk gave an error
    unknown_file,            // a file named like a segment that is none
    newer_format,            // written by a later version of the program
    damaged_segment_header,
    wrong_segment_size,      // the file is shorter or longer than its header says
    misnamed_segment,        // the header belongs to another name: a copy
    foreign_segment,         // another venue's
    missing_segment,
    damaged_batch,           // known durable and no longer intact
    missing_batch,           // known durable and gone
    broken_chain,            // an intact batch that does not continue the one before
};
[[nodiscard]] std::string_view to_string(RecoveryErrorKind kind);

struct RecoveryError {
    RecoveryErrorKind kind{};
    std::string segment;       // file name
    std::uint64_t offset{};    // of the batch (or header) in it
    std::string message;       // all of it for the operator, with the kind, file and offset
    int code{};                // errno of storage_failed
};

// Bytes above the last known watermark that make no whole batch: written when the power or the process went, and never
// acknowledged as far as this disk can tell.
struct AmbiguousTail {
    std::string segment;
    std::uint64_t offset{};    // of the first such byte's block
    std::uint64_t size{};      // to the end of the last block that is not zero
    Sequence first{};          // the first sequence that was cut, if any was
    Sequence last{};           // the last one as far as headers in the tail tell; 0: unknown
};

// One batch, in the mapped bytes.
struct Batch {
    const BatchHeader* header{};
    std::span<const Command> commands;
};

// Where the chain stands: everything the next batch must continue.
struct Position {
    std::string segment_name;            // empty: there is no segment yet
    std::uint64_t segment{};
    std::uint64_t segment_size{};
    std::uint64_t offset{};              // of the next batch
    std::uint64_t batch{};               // number of the last batch
    Sequence sequence{};                 // of the last command
    std::uint64_t epoch{};               // of the last batch
    Sequence durable_sequence{};         // the highest watermark seen
    std::uint64_t durable_batch{};
    std::uint64_t durable_offset{};      // in this segment: where the first batch above the watermark starts
    Digest hash{};                       // of the last batch
    Time time{};                         // of the last batch
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
    [[nodiscard]] const VenueId& venue_id() const;
    // Of the program that began the last segment.
    [[nodiscard]] std::uint32_t engine_version() const;

  private:
    struct State;
    explicit Reader(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace dcx::journal
