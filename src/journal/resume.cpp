#include "journal/resume.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/crc32c.h"

namespace dcx::journal {
namespace {

using Kind = RecoveryErrorKind;

std::unexpected<RecoveryError> behind(const Position& from, const std::string& segment, const std::string& seen) {
    return refuse(Kind::behind_snapshot, segment, from.offset,
                  "a snapshot knows batch " + std::to_string(from.batch) + ", sequence " +
                      std::to_string(from.sequence.value) + ", as durable; " + seen);
}

bool names_a_place(const std::optional<Position>& from) { return from && from->segment != 0; }

// The position's own segment among those that are there.
std::expected<std::size_t, RecoveryError> find_segment(std::span<const Segment> segments, const Position& from) {
    const SegmentHeader& first = segments.front().header;
    const SegmentHeader& last = segments.back().header;
    if (from.segment < first.segment)
        return refuse(Kind::missing_segment, segments.front().name, 0,
                      "it is segment " + std::to_string(first.segment) + "; segment " + std::to_string(from.segment) +
                          ", where the snapshot stands, is not there");
    if (from.segment > last.segment)
        return behind(from, segments.back().name,
                      "it lay in segment " + std::to_string(from.segment) + ", and the journal ends with segment " +
                          std::to_string(last.segment));
    return static_cast<std::size_t>(from.segment - first.segment);
}

// The header of the batch that ends at from.offset, in the bytes before it; null: none is there.
const BatchHeader* find_batch(std::span<const std::byte> bytes, const Position& from) {
    // Backwards, so that damage further before, which a walk from here on does not see, changes nothing.
    for (std::uint64_t size = kBlockSize; size <= bytes.size(); size += kBlockSize) {
        const BatchHeader& header = header_at(bytes, bytes.size() - size);
        if (header.magic == kBatchMagic && header.number == from.batch && header.segment == from.segment &&
            header.block == (from.offset - size) / kBlockSize && header.count == size / kBlockSize - 1 &&
            intact(header))
            return &header;
    }
    return nullptr;
}

std::expected<void, RecoveryError> check_batch_before(Storage& storage, const Segment& segment, const Position& from) {
    constexpr std::uint64_t largest = (std::uint64_t{kMaxBatchCommands} + 1) * kBlockSize;
    std::vector<std::byte> bytes(std::min(largest, from.offset - kSegmentHeaderSize));
    const auto got = storage.read(segment.name, from.offset - bytes.size(), bytes);
    if (!got) return refuse(got.error());
    if (*got != bytes.size()) return refuse(Kind::wrong_segment_size, segment.name, from.offset, "the file's end");
    const BatchHeader* header = find_batch(bytes, from);
    if (header == nullptr) return behind(from, segment.name, "no intact header of that batch ends here");
    const auto payload = std::span<const std::byte>{bytes}.last(static_cast<std::size_t>(header->count) * kBlockSize);
    Sha256 hash;
    if (crc32c(payload) != header->payload_crc) return behind(from, segment.name, "its commands are damaged");
    if (batch_hash(hash, *header, payload) != from.hash) return behind(from, segment.name, "another batch stands here");
    return {};
}

// The batch stands in the segment before, which need not be there any more.
std::expected<void, RecoveryError> check_header_before(const Segment& segment, const Position& from) {
    const SegmentHeader& header = segment.header;
    if (header.previous != from.hash || header.first_batch != from.batch + 1 ||
        header.first_sequence != from.sequence.value + 1)
        return behind(from, segment.name, "this segment follows another batch");
    return {};
}

}  // namespace

std::expected<std::size_t, RecoveryError> begin_walk(Storage& storage, std::span<const Segment> segments,
                                                     const std::optional<Position>& from, Chain& chain) {
    const bool middle = names_a_place(from);
    if (!middle || segments.front().header.segment <= 1)
        if (auto first = check_first_segment(segments.front()); !first)
            return std::unexpected(std::move(first.error()));
    if (!middle) {
        chain.begin(segments.front());
        return 0;
    }
    const auto index = find_segment(segments, *from);
    if (!index) return index;
    const Segment& segment = segments[*index];
    if (from->offset < kSegmentHeaderSize || from->offset > segment.header.size || from->offset % kBlockSize != 0)
        return behind(*from, segment.name, "no batch can end here");
    auto checked = from->offset == kSegmentHeaderSize ? check_header_before(segment, *from)
                                                      : check_batch_before(storage, segment, *from);
    if (!checked) return std::unexpected(std::move(checked.error()));
    chain.resume(segment, *from);
    return index;
}

std::expected<void, RecoveryError> check_empty(const std::optional<Position>& from) {
    if (!names_a_place(from)) return {};
    return behind(*from, from->segment_name, "the journal is empty");
}

}  // namespace dcx::journal
