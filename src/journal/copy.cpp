#include "journal/copy.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "journal/catalog.h"
#include "journal/chain.h"
#include "journal/recovery.h"
#include "journal/writer.h"

namespace dcx::journal {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20;

// Where the copy ends: behind which batch, and what of the next one belongs to it.
struct Cut {
    Position place;
    std::vector<Command> rest;
};

std::expected<Cut, RecoveryError> find_cut(Storage& from, Sequence last) {
    auto reader = Reader::open(from);
    if (!reader) return std::unexpected(reader.error());
    Cut cut{.place = reader->position(), .rest = {}};
    while (cut.place.sequence < last) {
        auto batch = reader->next();
        if (!batch) return std::unexpected(batch.error());
        if (!*batch)
            return refuse(RecoveryErrorKind::missing_batch, cut.place.segment_name, cut.place.offset,
                          "the journal ends with command " + std::to_string(cut.place.sequence.value));
        const auto commands = (*batch)->commands;
        if (reader->position().sequence > last) {
            const auto more = static_cast<std::ptrdiff_t>(last.value - cut.place.sequence.value);
            cut.rest.assign(commands.begin(), commands.begin() + more);
            return cut;
        }
        cut.place = reader->position();
    }
    return cut;
}

Result<void> append(Storage& to, const Recovery& recovery, const Segment& like, const Cut& cut) {
    auto writer = Writer::open(to, recovery,
                               {.venue_id = like.header.venue_id,
                                .engine_version = like.header.engine_version,
                                .now = Time{like.header.time},
                                .segment_size = like.header.size,
                                .quarantined = like.quarantined,
                                .background = false});
    if (!writer) return std::unexpected(writer.error());
    for (std::span<const Command> rest = cut.rest; !rest.empty();) {
        rest = rest.subspan((*writer)->append(rest));
        if (auto done = (*writer)->commit(cut.rest.back().header.time); !done) return std::unexpected(done.error());
    }
    if (auto done = (*writer)->write_watermark(cut.rest.back().header.time); !done)
        return std::unexpected(done.error());
    return {};
}

}  // namespace

Result<void> copy_file(Storage& from, const std::string& name, Storage& to, std::uint64_t size) {
    const auto whole = from.size(name);
    if (!whole) return std::unexpected(whole.error());
    auto file = to.create(name, *whole);
    if (!file) return std::unexpected(file.error());
    std::vector<std::byte> chunk(kChunk);
    for (std::uint64_t at = 0; at < std::min(size, *whole); at += chunk.size()) {
        const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(chunk.size(), std::min(size, *whole) - at));
        const auto got = from.read(name, at, std::span(chunk).first(part));
        if (!got) return std::unexpected(got.error());
        const auto bytes = std::span<const std::byte>(chunk).first(*got);
        // Space that was never written stays so.
        if (all_zero(bytes)) continue;
        if (auto written = (*file)->write(at, bytes); !written) return written;
    }
    return (*file)->sync();
}

std::expected<void, RecoveryError> copy_journal(Storage& from, Storage& to, Sequence last) {
    auto cut = find_cut(from, last);
    if (!cut) return std::unexpected(cut.error());
    const auto segments = read_catalog(from);
    if (!segments) return std::unexpected(segments.error());
    const Segment* end = nullptr;
    for (const Segment& segment : *segments) {
        if (segment.header.segment > cut->place.segment) break;
        end = &segment;
        const bool whole = segment.header.segment < cut->place.segment;
        if (auto copied = copy_file(from, segment.name, to, whole ? ~std::uint64_t{0} : cut->place.offset); !copied)
            return refuse(copied.error());
    }
    if (auto synced = to.sync_folder(); !synced) return refuse(synced.error());
    if (cut->rest.empty()) return {};
    // The cut goes through the journal's first batch: no segment was copied.
    if (end == nullptr) end = &segments->front();
    const auto recovery = recover(to);
    if (!recovery) return std::unexpected(recovery.error());
    if (auto appended = append(to, *recovery, *end, *cut); !appended) return refuse(appended.error());
    return {};
}

}  // namespace dcx::journal
