// Chain: where a walk through a journal stands, and whether what stands there continues it. Reader and Tail share it,
// so that both believe exactly the same: place, checksums, hash chain, batch numbers, sequences, epochs, watermarks.
// Reads no file; bytes are handed to it. One thread.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "journal/catalog.h"
#include "journal/format.h"
#include "journal/recovery_error.h"

namespace dcx::journal {

// One batch, where its bytes lie.
struct Batch {
    const BatchHeader* header{};
    std::span<const Command> commands;
};

// Where the chain stands: everything the next batch must continue.
struct Position {
    std::string segment_name{};  // empty: there is no segment yet
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

class Chain {
  public:
    // Before the first batch of this segment, whose header is believed about what lies before it.
    void begin(const Segment& segment);
    // Behind the batch that `from` names in this segment; resume.h has checked that it is there. Who kept a position
    // took it behind what was durable, so it is also a watermark.
    void resume(const Segment& segment, const Position& from);
    // Whether the next segment begins exactly here. `gone`: zeros stand here.
    [[nodiscard]] std::expected<void, RecoveryError> check_follows(const Segment& next, bool gone) const;
    // Before the first batch of the next segment.
    void enter(const Segment& next);

    // Whether the 128 bytes at the position are the header of the next batch. False: they are no header of this place.
    // An intact header of this place that does not continue the chain is an error: no tear explains it.
    [[nodiscard]] std::expected<bool, RecoveryError> stands(const BatchHeader& header) const;
    // The batch of a header that stands, with the bytes behind it. Goes on behind it, or gives nothing when the payload
    // is not what was written.
    std::expected<std::optional<Batch>, RecoveryError> take(const BatchHeader& header,
                                                            std::span<const std::byte> payload);

    [[nodiscard]] const Position& position() const { return position_; }
    // Bytes of the segment from the position on.
    [[nodiscard]] std::uint64_t left() const { return position_.segment_size - position_.offset; }
    [[nodiscard]] std::unexpected<RecoveryError> refuse_here(RecoveryErrorKind kind, std::string_view seen) const {
        return refuse(kind, position_.segment_name, position_.offset, seen);
    }
    // Kind and text for the next batch when it is known durable and not to be read. `gone`: zeros stand here.
    [[nodiscard]] std::unexpected<RecoveryError> refuse_lost(bool gone, std::string_view witness) const;

  private:
    void accept(const BatchHeader& header, std::span<const std::byte> payload);
    [[nodiscard]] std::expected<void, RecoveryError> check_continues(const BatchHeader& header) const;
    [[nodiscard]] bool sequences_follow(std::span<const Command> commands) const;

    Position position_;
    Sha256 hash_;
};

// What the bytes behind the last batch tell, gathered piece by piece in ascending order.
struct Remains {
    std::uint64_t first = 0;          // where the first and
    std::uint64_t end = 0;            //   behind the last block that is not zero; 0: all are
    std::uint64_t witness = 0;        // offset of the header that names the highest
    std::uint64_t durable_batch = 0;  //   batch known durable
    std::uint64_t last_sequence = 0;  // the highest that a header claims for its batch

    // `bytes`, a multiple of kBlockSize, lie at `offset` in the position's segment, at or behind the position.
    void search(const Position& position, std::span<const std::byte> bytes, std::uint64_t offset);
    // For refuse_lost().
    [[nodiscard]] std::string testimony() const;
};

[[nodiscard]] bool all_zero(std::span<const std::byte> bytes);

// The journal's bytes are the memory layout; both are aligned to 8 by kBlockSize steps in aligned memory.
[[nodiscard]] const BatchHeader& header_at(std::span<const std::byte> bytes, std::uint64_t offset);

}  // namespace dcx::journal
