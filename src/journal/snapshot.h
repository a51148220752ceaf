// A snapshot: one file with an image of the state behind a batch of the journal, so that a start replays only what came
// after. docs/durability.md draws it: a header block that is the manifest of the whole, a table with a checksum for
// each block of 64 KiB, then the blocks that are not all zero.
//
// It is written beside, synced, and only then gets its name, "00000000000000523776.snapshot"; so a file of that name is
// whole, unless the disk lost what it had synced. What is in the image is not known here. One thread.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_stream.h"
#include "base/sha256.h"
#include "journal/format.h"
#include "journal/reader.h"
#include "journal/storage.h"
#include "model/layout.h"
#include "model/types.h"

namespace dcx::journal {

inline constexpr std::uint32_t kSnapshotFormat = 1;
inline constexpr std::uint64_t kSnapshotMagic = 0x544F485350414E53u;  // "SNAPSHOT"
inline constexpr std::size_t kSnapshotBlock = 64 * 1024;
inline constexpr std::size_t kSnapshotHeaderSize = 4096;
inline constexpr std::uint64_t kMaxSnapshotImage = std::uint64_t{1} << 40;
inline constexpr std::string_view kSnapshotSuffix = ".snapshot";
// One that is being written.
inline constexpr std::string_view kSnapshotBeside = "snapshot.new";

// The rest of the header block is zero.
struct SnapshotHeader {
    std::uint64_t magic{kSnapshotMagic};
    std::uint32_t format{kSnapshotFormat};
    std::uint32_t engine_version{};
    VenueId venue_id{};
    std::uint64_t layout{};    // of the image
    std::uint64_t sequence{};  // of the last command in it; also its file name
    std::int64_t log_time{};   // when that was
    // The batch whose last command that is: where it lies, what it is.
    std::uint64_t epoch{};
    std::uint64_t batch{};
    std::uint64_t segment{};
    std::uint64_t offset{};  // behind it
    std::int64_t batch_time{};
    Digest batch_hash{};
    // Of the replay up to there.
    std::uint64_t event_hash{};
    std::uint64_t since_checkpoint{};  // commands behind the last checkpoint
    Digest state_hash{};
    std::uint64_t image_size{};
    std::uint32_t blocks{};  // of the image
    std::uint32_t stored{};  // of them: those that are not all zero
    std::array<std::byte, 56> zero{};
    std::uint32_t table_crc{};
    std::uint32_t crc{};  // CRC-32C of the 252 bytes before
};
static_assert(FixedLayout<SnapshotHeader> && sizeof(SnapshotHeader) == 256);

// One for each block of the image.
struct SnapshotBlock {
    std::uint32_t place{};  // among the stored ones, from 1; 0: all zero and not stored
    std::uint32_t crc{};    // CRC-32C of the block
};
static_assert(FixedLayout<SnapshotBlock> && sizeof(SnapshotBlock) == 8);

enum class SnapshotErrorKind : std::uint8_t {
    damaged = 1,       // it is not what was written
    newer_format = 2,  // or another program's image: whole, but not for us
    other_layout = 3,
    other_engine = 4,
    foreign = 5,      // of another venue
    wrong_state = 6,  // its checksums are right and the loaded state's hash is not
    storage_failed = 7,
};
[[nodiscard]] std::string_view to_string(SnapshotErrorKind kind);
struct SnapshotError {
    SnapshotErrorKind kind{};
    std::string message;  // names the file
};

[[nodiscard]] std::string snapshot_name(Sequence sequence);
[[nodiscard]] std::optional<Sequence> parse_snapshot_name(std::string_view name);
// Names of all snapshots, the newest first.
[[nodiscard]] Result<std::vector<std::string>> list_snapshots(Storage& storage);

// Writes one, whole or not at all. `facts` is complete but for sizes and checksums. `produce` is called twice and gives
// the same bytes: the file's size is fixed when it is made. One of the same name is replaced. The header as it was
// written.
Result<SnapshotHeader> write_snapshot(Storage& storage, SnapshotHeader facts,
                                      const std::function<void(ByteSink&)>& produce);

// Behind its last command in the journal.
[[nodiscard]] Position position_of(const SnapshotHeader& header);

// A snapshot whose every byte has been checked, in mapped memory.
class Snapshot final : public ByteSource {
  public:
    static std::expected<Snapshot, SnapshotError> open(Storage& storage, const std::string& name);
    // The header alone, checked.
    static std::expected<SnapshotHeader, SnapshotError> read_header(Storage& storage, const std::string& name);

    [[nodiscard]] const SnapshotHeader& header() const { return header_; }
    // Where a replay goes on.
    [[nodiscard]] Position position() const { return position_of(header_); }
    // The image from its beginning on.
    bool get(std::span<std::byte> bytes) override;
    // Bytes of the file.
    [[nodiscard]] std::uint64_t file_size() const { return mapping_->bytes().size(); }

  private:
    Snapshot(SnapshotHeader header, std::unique_ptr<Mapping> mapping) : header_(header), mapping_(std::move(mapping)) {}
    [[nodiscard]] std::span<const SnapshotBlock> table() const;
    [[nodiscard]] std::span<const std::byte> stored_block(std::uint32_t place) const;
    [[nodiscard]] std::string check() const;

    SnapshotHeader header_;
    std::unique_ptr<Mapping> mapping_;
    std::uint64_t at_ = 0;
};

}  // namespace dcx::journal
