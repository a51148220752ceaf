// The journal's bytes. A journal is a folder of segments; a segment is a preallocated file: one header block of 4096
// bytes (segment header, epoch page, zeros), then batches, then zeros. A batch is a header of 128 bytes and its
// commands of 128 bytes each; nothing stands between two batches. All integers little-endian. docs/durability.md draws
// it.
//
// A batch header says where it lies (segment, block), so that bytes of another place or of a former life of the space
// are never taken for ours, and what was durable when it was written, so that later damage can be told from a tear.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/sha256.h"
#include "model/command.h"
#include "model/layout.h"
#include "model/types.h"

namespace dcx::journal {

using VenueId = std::array<std::byte, 16>;

inline constexpr std::uint32_t kSegmentFormat = 2;  // 1 had no epoch page; still read
inline constexpr std::uint16_t kBatchFormat = 1;
inline constexpr std::uint64_t kSegmentMagic = 0x544E454D47455344u;  // "DSEGMENT"
inline constexpr std::uint32_t kBatchMagic = 0x54414244u;            // "DBAT"
inline constexpr std::size_t kBlockSize = kMessageSize;              // unit of batches
inline constexpr std::size_t kSegmentHeaderSize = 4096;
inline constexpr std::uint64_t kMinSegmentSize = 8192;
inline constexpr std::uint64_t kMaxSegmentSize = std::uint64_t{1} << 32;
inline constexpr std::uint64_t kDefaultSegmentSize = std::uint64_t{64} << 20;
// With its header 1 MiB: what an unacknowledged batch can have left behind the end is bounded.
inline constexpr std::uint32_t kMaxBatchCommands = 8191;
// A prepared segment without a name of its own yet.
inline constexpr std::string_view kSpareName = "spare";
inline constexpr std::string_view kSegmentSuffix = ".journal";

// A logged command that no replay applies, because applying it brings the program down. The hash is SHA-256 of its 128
// bytes in the journal.
struct QuarantinedCommand {
    std::uint64_t sequence{};
    Digest hash{};
    bool operator==(const QuarantinedCommand&) const = default;
};
static_assert(FixedLayout<QuarantinedCommand> && sizeof(QuarantinedCommand) == 40);
inline constexpr std::size_t kMaxQuarantined = 32;

// Behind the epoch page the header block is zero. Magic, format and CRC keep their places in every version.
struct SegmentHeader {
    std::uint64_t magic{kSegmentMagic};
    std::uint32_t format{kSegmentFormat};
    std::uint32_t engine_version{};  // of the program that began the segment
    VenueId venue_id{};
    std::uint64_t segment{};         // from 1
    std::uint64_t first_sequence{};  // of the first command in it; also its file name
    std::uint64_t first_batch{};     // number of the first batch in it
    std::uint64_t epoch{};
    std::uint64_t size{};  // of the file
    Digest previous{};     // hash of the last batch before it (chain_seed for segment 1)
    std::int64_t time{};
    std::array<std::byte, 12> zero{};
    std::uint32_t crc{};  // CRC-32C of the 124 bytes before
};
static_assert(FixedLayout<SegmentHeader> && sizeof(SegmentHeader) == 128 && alignof(SegmentHeader) == 8);
static_assert(offsetof(SegmentHeader, magic) == 0 && offsetof(SegmentHeader, format) == 8 &&
              offsetof(SegmentHeader, venue_id) == 16 && offsetof(SegmentHeader, segment) == 32 &&
              offsetof(SegmentHeader, first_sequence) == 40 && offsetof(SegmentHeader, first_batch) == 48 &&
              offsetof(SegmentHeader, size) == 64 && offsetof(SegmentHeader, previous) == 72 &&
              offsetof(SegmentHeader, time) == 104 && offsetof(SegmentHeader, crc) == 124);

// Right behind the segment header: what every replay must know before it applies the first command. Each segment
// repeats the list of the one before, so the last one has it all, and older ones can be deleted.
struct EpochPage {
    std::uint64_t segment{};  // whose page it is
    std::uint32_t count{};    // of quarantined commands
    std::array<std::byte, 4> zero{};
    std::array<QuarantinedCommand, kMaxQuarantined>
        quarantined{};  // by rising sequence, each below the segment's first
    std::array<std::byte, 4> zero_too{};
    std::uint32_t crc{};  // CRC-32C of the bytes before
};
static_assert(FixedLayout<EpochPage> && sizeof(EpochPage) == 1304 && offsetof(EpochPage, quarantined) == 16 &&
              offsetof(EpochPage, crc) == 1300);

// Two checksums: a header can testify although its payload is torn, and the search for later headers stays linear.
// The batch's hash in the chain is SHA-256 over header (checksums included) and payload.
struct BatchHeader {
    std::uint32_t magic{kBatchMagic};
    std::uint16_t format{kBatchFormat};
    std::uint16_t flags{};             // none yet: zero
    std::uint64_t epoch{};             // never goes back
    std::uint64_t number{};            // of the batch, from 1, without gaps
    std::uint64_t first_sequence{};    // of its first command; of the next one when count is 0
    std::int64_t time{};               // when it was written
    std::uint64_t durable_sequence{};  // watermark: last command and
    std::uint64_t durable_batch{};     //   last batch known durable when this one was written
    std::uint64_t segment{};           // where it lies: segment number and
    std::uint32_t block{};             //   offset in the file / kBlockSize
    std::uint32_t count{};             // of commands; 0: it only carries the watermark
    Digest previous{};                 // hash of the batch before
    std::uint32_t payload_crc{};       // CRC-32C of the commands
    std::array<std::byte, 16> zero{};
    std::uint32_t header_crc{};  // CRC-32C of the 124 bytes before
};
static_assert(FixedLayout<BatchHeader> && sizeof(BatchHeader) == kBlockSize && alignof(BatchHeader) == 8);
static_assert(offsetof(BatchHeader, magic) == 0 && offsetof(BatchHeader, format) == 4 &&
              offsetof(BatchHeader, epoch) == 8 && offsetof(BatchHeader, number) == 16 &&
              offsetof(BatchHeader, first_sequence) == 24 && offsetof(BatchHeader, time) == 32 &&
              offsetof(BatchHeader, durable_sequence) == 40 && offsetof(BatchHeader, durable_batch) == 48 &&
              offsetof(BatchHeader, segment) == 56 && offsetof(BatchHeader, block) == 64 &&
              offsetof(BatchHeader, count) == 68 && offsetof(BatchHeader, previous) == 72 &&
              offsetof(BatchHeader, payload_crc) == 104 && offsetof(BatchHeader, header_crc) == 124);
static_assert(sizeof(SegmentHeader) + sizeof(EpochPage) <= kSegmentHeaderSize);
static_assert(sizeof(Command) == kBlockSize && kSegmentHeaderSize % kBlockSize == 0);

// Sets the checksum of a header that is otherwise complete.
void seal(SegmentHeader& header);
void seal(EpochPage& page);
void seal(BatchHeader& header);
// Magic and checksum are right: these bytes were written as a header, whatever it says.
[[nodiscard]] bool intact(const SegmentHeader& header);
[[nodiscard]] bool intact(const BatchHeader& header);
[[nodiscard]] bool intact(const EpochPage& page);  // its checksum is right

// How a command is named in quarantine.
[[nodiscard]] Digest command_hash(const Command& command);

// What the first batch of a venue's journal names as the batch before it.
[[nodiscard]] Digest chain_seed(const VenueId& venue_id);
// The hash of a batch: header and payload.
[[nodiscard]] Digest batch_hash(Sha256& hash, const BatchHeader& header, std::span<const std::byte> payload);

// "00000000000000000001.journal", so that names sort as sequences do.
[[nodiscard]] std::string segment_name(Sequence first);
// The sequence of exactly such a name.
[[nodiscard]] std::optional<Sequence> parse_segment_name(std::string_view name);

[[nodiscard]] constexpr bool valid_segment_size(std::uint64_t size) {
    return size >= kMinSegmentSize && size <= kMaxSegmentSize && size % kSegmentHeaderSize == 0;
}

}  // namespace dcx::journal
