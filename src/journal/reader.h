// Reader: walks a journal from its first batch, or from behind one that a snapshot names, to its end, straight from the
// memory map, and believes nothing: segment headers, both checksums, the hash chain, batch numbers, sequences, epochs,
// watermarks. Changes nothing and needs no lock, so it also serves tools. One thread. For a journal that is being
// written there is Tail.
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

#include "journal/chain.h"
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

class Reader {
  public:
    // Reads and checks all segment headers. An empty folder is an empty journal. Without `from` segment 1 must be
    // there; with it the walk begins behind the batch that it names, and segments before its own are not read (beyond
    // their headers) and may be gone. A journal that ends before `from`, or has another batch there, is refused as
    // behind_snapshot: the snapshot is a witness of durability as a watermark is.
    static std::expected<Reader, RecoveryError> open(Storage& storage, const std::optional<Position>& from = {});
    Reader(Reader&&) noexcept;
    Reader& operator=(Reader&&) noexcept;
    ~Reader();

    // The next batch (its commands may be none); nothing at the end. The batch is valid until the next call.
    std::expected<std::optional<Batch>, RecoveryError> next();

    // Keeps the bytes of the batch that next() gave last beyond the next call; null before the first one.
    [[nodiscard]] std::shared_ptr<const Mapping> pin() const;

    // After the last batch that next() gave.
    [[nodiscard]] const Position& position() const;
    // What lies behind the end, once next() gave nothing.
    [[nodiscard]] const std::optional<AmbiguousTail>& tail() const;
    // The venue; zeros for an empty journal.
    [[nodiscard]] VenueId venue_id() const;
    // Of the program that began the last segment.
    [[nodiscard]] std::uint32_t engine_version() const;
    // The commands that a replay must not apply, by rising sequence; known before the first batch is given.
    [[nodiscard]] std::span<const QuarantinedCommand> quarantined() const;

  private:
    struct State;
    explicit Reader(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace dcx::journal
