#include "journal/catalog.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <span>
#include <tuple>

namespace dcx::journal {
namespace {

using Kind = RecoveryErrorKind;

using HeaderBlock = std::array<std::byte, kSegmentHeaderSize>;

bool zero_from(const HeaderBlock& block, std::size_t offset) {
    return std::all_of(block.begin() + static_cast<std::ptrdiff_t>(offset), block.end(),
                       [](std::byte b) { return b == std::byte{0}; });
}

// What the epoch page says, if it is one that a writer writes.
std::optional<std::vector<QuarantinedCommand>> parse_page(const HeaderBlock& block, const SegmentHeader& header) {
    EpochPage page;
    std::memcpy(static_cast<void*>(&page), block.data() + sizeof header, sizeof page);
    if (!intact(page) || page.segment != header.segment || page.count > kMaxQuarantined) return std::nullopt;
    std::uint64_t before = 0;
    const auto listed = std::span{page.quarantined}.first(page.count);
    for (const QuarantinedCommand& command : listed) {
        if (command.sequence <= before || command.sequence >= header.first_sequence) return std::nullopt;
        before = command.sequence;
    }
    EpochPage again{.segment = page.segment, .count = page.count};
    std::copy(listed.begin(), listed.end(), again.quarantined.begin());
    seal(again);
    if (std::memcmp(&page, &again, sizeof page) != 0) return std::nullopt;
    return std::vector<QuarantinedCommand>{listed.begin(), listed.end()};
}

// The segment's header block by itself.
std::expected<Segment, RecoveryError> parse_header(const HeaderBlock& block, const std::string& name) {
    Segment segment{.name = name, .header = {}};
    SegmentHeader& header = segment.header;
    std::memcpy(static_cast<void*>(&header), block.data(), sizeof header);
    // Before the checksum: a later version may have another one.
    if (header.magic == kSegmentMagic && header.format > kSegmentFormat)
        return refuse(
            Kind::newer_format, name, 0,
            "format " + std::to_string(header.format) + ", this program knows " + std::to_string(kSegmentFormat));
    const auto damaged = refuse(Kind::damaged_segment_header, name, 0, "the segment's header is not what was written");
    if (!intact(header) || header.format == 0 || !valid_segment_size(header.size)) return damaged;
    if (header.format == 1) {
        if (!zero_from(block, sizeof header)) return damaged;
        return segment;
    }
    auto quarantined = parse_page(block, header);
    if (!quarantined || !zero_from(block, sizeof header + sizeof(EpochPage))) return damaged;
    segment.quarantined = std::move(*quarantined);
    return segment;
}

std::expected<Segment, RecoveryError> read_header(Storage& storage, const std::string& name) {
    HeaderBlock block{};
    const auto got = storage.read(name, 0, block);
    if (!got) return refuse(got.error());
    if (*got < block.size()) return refuse(Kind::wrong_segment_size, name, *got, "the file ends inside its header");
    return parse_header(block, name);
}

std::expected<std::vector<Segment>, RecoveryError> read_listed(Storage& storage, std::span<const std::string> names) {
    std::vector<Segment> segments;
    for (const std::string& name : names) {
        if (!name.ends_with(kSegmentSuffix)) continue;
        auto segment = read_segment(storage, name);
        if (!segment) return std::unexpected(segment.error());
        if (!segments.empty() && segment->header.venue_id != segments.front().header.venue_id)
            return refuse(Kind::foreign_segment, name, 0,
                          "it belongs to venue " + to_hex(segment->header.venue_id) + ", " + segments.front().name +
                              " to venue " + to_hex(segments.front().header.venue_id));
        if (!segments.empty())
            if (auto fits = check_next_segment(segments.back(), *segment); !fits)
                return std::unexpected(std::move(fits.error()));
        segments.push_back(std::move(*segment));
    }
    return segments;
}

}  // namespace

std::expected<Segment, RecoveryError> read_segment(Storage& storage, const std::string& name) {
    const auto first = parse_segment_name(name);
    if (!first) return refuse(Kind::unknown_file, name, 0, "not the name of a segment");
    auto segment = read_header(storage, name);
    if (!segment) return segment;
    const SegmentHeader& header = segment->header;
    const auto size = storage.size(name);
    if (!size) return refuse(size.error());
    if (*size != header.size)
        return refuse(Kind::wrong_segment_size, name, std::min(*size, header.size),
                      "the file has " + std::to_string(*size) + " bytes, was made with " + std::to_string(header.size));
    if (header.first_sequence != first->value)
        return refuse(Kind::misnamed_segment, name, 0,
                      "its header belongs to " + segment_name(Sequence{header.first_sequence}));
    return segment;
}

std::expected<void, RecoveryError> check_first_segment(const Segment& first) {
    const SegmentHeader& header = first.header;
    if (header.segment != 1)
        return refuse(Kind::missing_segment, first.name, 0,
                      "it is segment " + std::to_string(header.segment) + "; those before it are not there");
    if (header.first_sequence != 1 || header.first_batch != 1 || header.previous != chain_seed(header.venue_id))
        return refuse(Kind::broken_chain, first.name, 0, "segment 1 does not begin a journal");
    return {};
}

std::expected<void, RecoveryError> check_next_segment(const Segment& before, const Segment& next) {
    if (next.header.segment <= before.header.segment)
        return refuse(Kind::misnamed_segment, next.name, 0,
                      "it is segment " + std::to_string(next.header.segment) + " again, after " + before.name);
    if (next.header.segment != before.header.segment + 1)
        return refuse(Kind::missing_segment, next.name, 0,
                      "it is segment " + std::to_string(next.header.segment) + ", the one before, " + before.name +
                          ", is segment " + std::to_string(before.header.segment));
    if (next.header.first_batch <= before.header.first_batch || next.header.epoch < before.header.epoch)
        return refuse(Kind::broken_chain, next.name, 0, "its header does not continue " + before.name);
    if (!std::includes(
            next.quarantined.begin(), next.quarantined.end(), before.quarantined.begin(), before.quarantined.end(),
            [](const auto& a, const auto& b) { return std::tie(a.sequence, a.hash) < std::tie(b.sequence, b.hash); }))
        return refuse(Kind::broken_chain, next.name, 0,
                      "a command that is quarantined in " + before.name + " is not any more");
    return {};
}

std::expected<std::vector<Segment>, RecoveryError> read_catalog(Storage& storage) {
    for (int attempt = 1;; ++attempt) {
        const auto names = storage.list();
        if (!names) return refuse(names.error());
        auto segments = read_listed(storage, *names);
        // Retention may delete an old segment between the list and the look; then the list is out of date.
        constexpr int attempts = 3;
        if (segments || segments.error().code != ENOENT || attempt == attempts) return segments;
    }
}

}  // namespace dcx::journal
