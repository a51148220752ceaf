#include "feed/recording_format.h"

#include <zstd.h>

#include "base/check.h"
#include "base/crc32c.h"

namespace dcx::feed {

namespace {

// Blocks are packed once and read often.
constexpr int kLevel = 9;

template <class T>
std::span<const std::byte> bytes_of(const T& value) {
    return std::as_bytes(std::span{&value, 1});
}
template <class T>
std::uint32_t crc_of(const T& header) {
    return crc32c(bytes_of(header).first(sizeof(T) - sizeof(header.crc)));
}
template <class T>
T read_as(std::span<const std::byte> bytes) {
    T value;
    std::memcpy(static_cast<void*>(&value), bytes.data(), sizeof(T));
    return value;
}

std::unexpected<RecordingError> error(RecordingErrorKind kind, std::uint64_t offset, std::string message) {
    return std::unexpected(RecordingError{.kind = kind, .offset = offset, .message = std::move(message)});
}

}  // namespace

RecordingHeader recording_header(std::int64_t created_ns) {
    RecordingHeader header{.created_ns = created_ns};
    header.crc = crc_of(header);
    return header;
}

std::expected<RecordingHeader, RecordingError> read_recording_header(std::span<const std::byte> file) {
    using enum RecordingErrorKind;
    if (file.size() < sizeof(RecordingHeader)) return error(not_a_recording, 0, "too short for a recording");
    const auto header = read_as<RecordingHeader>(file);
    if (header.magic != kRecordingMagic) return error(not_a_recording, 0, "not a recording");
    if (header.version != kRecordingVersion)
        return error(other_version, 0, "a recording of version " + std::to_string(header.version));
    if (header.crc != crc_of(header)) return error(damaged, 0, "the file's header is damaged");
    return header;
}

void append_block(std::vector<std::byte>& out, BlockHeader header, std::span<const std::byte> records) {
    DCX_CHECK(records.size() <= kMaxBlock);
    const std::size_t at = out.size();
    out.resize(at + sizeof(header) + ZSTD_compressBound(records.size()));
    std::byte* const frame = out.data() + at + sizeof(header);
    const std::size_t stored =
        ZSTD_compress(frame, ZSTD_compressBound(records.size()), records.data(), records.size(), kLevel);
    DCX_CHECK(ZSTD_isError(stored) == 0);
    header.size = static_cast<std::uint32_t>(records.size());
    header.stored = static_cast<std::uint32_t>(stored);
    header.stored_crc = crc32c({frame, stored});
    header.crc = crc_of(header);
    std::memcpy(out.data() + at, &header, sizeof(header));
    out.resize(at + sizeof(header) + stored);
}

std::expected<BlockHeader, RecordingError> read_block_header(std::span<const std::byte> file, std::uint64_t offset) {
    using enum RecordingErrorKind;
    if (offset > file.size() || file.size() - offset < sizeof(BlockHeader))
        return error(cut, offset, "ends within the header of a block");
    const auto header = read_as<BlockHeader>(file.subspan(static_cast<std::size_t>(offset)));
    if (header.magic != kBlockMagic || header.crc != crc_of(header))
        return error(damaged, offset, "the header of a block is damaged");
    if (header.size > kMaxBlock || header.kind < BlockKind::state || header.kind > BlockKind::index)
        return error(senseless, offset, "no block is like this one");
    if (file.size() - offset - sizeof(header) < header.stored) return error(cut, offset, "ends within a block");
    return header;
}

std::expected<std::vector<std::byte>, RecordingError> read_block(std::span<const std::byte> file, std::uint64_t offset,
                                                                 const BlockHeader& header) {
    using enum RecordingErrorKind;
    const auto frame = file.subspan(static_cast<std::size_t>(offset) + sizeof(header), header.stored);
    if (crc32c(frame) != header.stored_crc) return error(damaged, offset, "a block is damaged");
    // The frame's own word is held against the header's, so that nothing grows beyond what the header admits.
    if (ZSTD_getFrameContentSize(frame.data(), frame.size()) != header.size)
        return error(senseless, offset, "a block has not the size it says");
    std::vector<std::byte> records(header.size);
    const std::size_t size = ZSTD_decompress(records.data(), records.size(), frame.data(), frame.size());
    if (ZSTD_isError(size) != 0 || size != header.size) return error(senseless, offset, "a block can't be unpacked");
    return records;
}

}  // namespace dcx::feed
