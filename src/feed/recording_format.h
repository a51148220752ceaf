// The bytes of a recorded feed (docs/protocols/recording.md): a file header, then blocks, each a header and a zstd
// frame of records. Little-endian throughout. What is read here may come from anywhere: nothing is trusted before its
// checksum was right, and nothing behind the checksum either.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dcx::feed {

inline constexpr std::array<char, 8> kRecordingMagic{'D', 'C', 'X', 'R', 'E', 'C', '0', '1'};
inline constexpr std::uint32_t kRecordingVersion = 1;
inline constexpr std::uint32_t kBlockMagic = 0x42524344;  // "DCRB"
inline constexpr std::array<char, 8> kTrailerMagic{'D', 'C', 'X', 'R', 'E', 'C', 'I', 'X'};
// Of one block before it is packed. A state of a million orders is some 8 MB.
inline constexpr std::size_t kMaxBlock = std::size_t{64} << 20;

struct RecordingHeader {
    std::array<char, 8> magic = kRecordingMagic;
    std::uint32_t version = kRecordingVersion;
    std::uint32_t zero = 0;
    std::int64_t created_ns = 0;  // by the clock of who recorded
    std::uint32_t zero_too = 0;
    std::uint32_t crc = 0;  // CRC-32C of the bytes before it
};
static_assert(sizeof(RecordingHeader) == 32);

enum class BlockKind : std::uint8_t { state = 1, commands = 2, index = 3 };
struct BlockHeader {
    std::uint32_t magic = kBlockMagic;
    BlockKind kind{};
    std::array<std::uint8_t, 3> zero{};
    std::uint32_t size = 0;        // of the records
    std::uint32_t stored = 0;      // of the zstd frame that follows
    std::uint32_t records = 0;     // how many
    std::uint32_t stored_crc = 0;  // CRC-32C of the zstd frame
    std::uint64_t seq = 0;         // of a state; of commands: before the first of them
    std::int64_t time = 0;         // the same
    std::uint32_t zero_too = 0;
    std::uint32_t crc = 0;  // CRC-32C of the bytes before it
};
static_assert(sizeof(BlockHeader) == 48);

// At the very end of a file that was closed.
struct RecordingTrailer {
    std::uint64_t index = 0;  // where the block of the index begins
    std::array<char, 8> magic = kTrailerMagic;
};
static_assert(sizeof(RecordingTrailer) == 16);

enum class RecordingErrorKind : std::uint8_t {
    not_a_recording = 1,
    other_version = 2,
    cut = 3,       // the file ends in the middle of something: what is before it is whole
    damaged = 4,   // a checksum is wrong
    senseless = 5  // the checksums are right, what they cover is not possible
};
struct RecordingError {
    RecordingErrorKind kind{};
    std::uint64_t offset = 0;  // of the block
    std::string message;
};

// Records: unsigned numbers in 7-bit groups, the lowest first; signed ones with their sign in the lowest bit.
class RecordPacker {
  public:
    void byte(std::uint8_t value) { bytes_.push_back(std::byte{value}); }
    void number(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) byte(static_cast<std::uint8_t>(value | 0x80));
        byte(static_cast<std::uint8_t>(value));
    }
    void difference(std::uint64_t value, std::uint64_t from) { signed_number(static_cast<std::int64_t>(value - from)); }
    void signed_number(std::int64_t value) {
        number((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
    }
    void text(std::string_view value) {
        number(value.size());
        const auto bytes = std::as_bytes(std::span{value});
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    }
    [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }
    [[nodiscard]] std::size_t size() const { return bytes_.size(); }
    void clear() { bytes_.clear(); }
    // Back to this size.
    void cut(std::size_t size) { bytes_.resize(size); }

  private:
    std::vector<std::byte> bytes_;
};

// The same, read. Behind the end and behind what is no number everything is 0 and good() false.
class RecordUnpacker {
  public:
    RecordUnpacker() = default;
    explicit RecordUnpacker(std::span<const std::byte> bytes) : bytes_(bytes) {}

    std::uint8_t byte() {
        if (bytes_.empty()) {
            good_ = false;
            return 0;
        }
        const auto value = static_cast<std::uint8_t>(bytes_.front());
        bytes_ = bytes_.subspan(1);
        return value;
    }
    std::uint64_t number() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const std::uint64_t group = byte();
            // The tenth group has one bit left.
            if (shift == 63 && group > 1) break;
            value |= (group & 0x7F) << shift;
            if (group < 0x80) return good_ ? value : 0;
        }
        good_ = false;
        return 0;
    }
    std::int64_t signed_number() {
        const std::uint64_t value = number();
        return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
    }
    std::uint64_t difference(std::uint64_t from) { return from + static_cast<std::uint64_t>(signed_number()); }
    std::string_view text() {
        const std::uint64_t size = number();
        if (size > bytes_.size()) {
            good_ = false;
            bytes_ = {};
            return {};
        }
        const std::string_view value{reinterpret_cast<const char*>(bytes_.data()), static_cast<std::size_t>(size)};
        bytes_ = bytes_.subspan(value.size());
        return value;
    }
    [[nodiscard]] bool good() const { return good_; }
    [[nodiscard]] std::size_t left() const { return bytes_.size(); }

  private:
    std::span<const std::byte> bytes_;
    bool good_ = true;
};

[[nodiscard]] RecordingHeader recording_header(std::int64_t created_ns);
// Right magic, version and checksum.
[[nodiscard]] std::expected<RecordingHeader, RecordingError> read_recording_header(std::span<const std::byte> file);
// A whole block, header first. `header` comes without sizes and checksums.
void append_block(std::vector<std::byte>& out, BlockHeader header, std::span<const std::byte> records);
// The header of the block at this place of the file, whose frame is there too.
[[nodiscard]] std::expected<BlockHeader, RecordingError> read_block_header(std::span<const std::byte> file,
                                                                           std::uint64_t offset);
// The records of the block at this place, whose header this is.
[[nodiscard]] std::expected<std::vector<std::byte>, RecordingError> read_block(std::span<const std::byte> file,
                                                                               std::uint64_t offset,
                                                                               const BlockHeader& header);

}  // namespace dcx::feed
