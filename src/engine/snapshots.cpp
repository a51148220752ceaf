#include "engine/snapshots.h"

#include <chrono>
#include <expected>
#include <utility>

#include "base/check.h"
#include "core/image.h"

namespace dcx::engine {
namespace {

using journal::Snapshot;
using journal::SnapshotErrorKind;

std::string skip(const std::string& name, SnapshotErrorKind kind, const std::string& why) {
    return "snapshot " + name + ": " + std::string{to_string(kind)} + ": " + why;
}

bool within(const journal::SnapshotHeader& header, const Moment& moment) {
    return header.sequence <= moment.sequence.value && header.log_time <= moment.time.value;
}

// Why this program can make nothing of it; empty when it can.
std::string unfit(const std::string& name, const journal::SnapshotHeader& header) {
    if (header.engine_version != kNewestRules)
        return skip(name, SnapshotErrorKind::other_engine,
                    "a program that knows rules up to " + std::to_string(header.engine_version) +
                        " wrote it, this one knows them up to " + std::to_string(kNewestRules));
    if (header.layout != core::image_layout())
        return skip(name, SnapshotErrorKind::other_layout, "another build of this program wrote it");
    return {};
}

std::expected<LoadedSnapshot, std::string> load(journal::Storage& storage, MemorySource& memory,
                                                const std::string& name, const journal::SnapshotHeader& header) {
    using clock = std::chrono::steady_clock;
    const auto begin = clock::now();
    if (std::string why = unfit(name, header); !why.empty()) return std::unexpected(std::move(why));
    auto snapshot = Snapshot::open(storage, name);
    if (!snapshot) return std::unexpected(snapshot.error().message);
    LoadedSnapshot loaded{.core = std::make_unique<core::Core>(memory),
                          .header = snapshot->header(),
                          .place = snapshot->position(),
                          .seconds = 0};
    if (!loaded.core->load(*snapshot) || loaded.core->sequence().value != header.sequence ||
        loaded.core->genesis().venue_id != header.venue_id)
        return std::unexpected(skip(name, SnapshotErrorKind::wrong_state, "its image is none"));
    if (loaded.core->state_hash() != header.state_hash)
        return std::unexpected(skip(name, SnapshotErrorKind::wrong_state,
                                    "its state has another hash than the one that was recorded: keep the file for the "
                                    "developers"));
    loaded.seconds = std::chrono::duration<double>(clock::now() - begin).count();
    return loaded;
}

}  // namespace

journal::Result<journal::SnapshotHeader> take_snapshot(journal::Storage& storage, const core::Core& core,
                                                       const LogReplay& replay, const journal::Position& place,
                                                       std::size_t keep) {
    DCX_CHECK(core.started() && place.sequence == core.sequence() && keep > 0);
    journal::SnapshotHeader header;
    header.engine_version = kNewestRules;
    header.venue_id = core.genesis().venue_id;
    header.layout = core::image_layout();
    header.sequence = core.sequence().value;
    header.log_time = core.time().value;
    header.epoch = place.epoch;
    header.batch = place.batch;
    header.segment = place.segment;
    header.offset = place.offset;
    header.batch_time = place.time.value;
    header.batch_hash = place.hash;
    header.event_hash = replay.hash().value();
    header.since_checkpoint = replay.since_checkpoint();
    header.state_hash = core.state_hash();
    auto written = journal::write_snapshot(storage, header, [&](ByteSink& sink) { core.save(sink); });
    if (!written) return written;
    const auto names = journal::list_snapshots(storage);
    if (!names) return std::unexpected(names.error());
    for (std::size_t i = keep; i < names->size(); ++i)
        if (auto removed = storage.remove((*names)[i]); !removed) return std::unexpected(std::move(removed.error()));
    return written;
}

journal::Result<LoadResult> load_snapshot(journal::Storage& storage, MemorySource& memory, const Moment& moment) {
    const auto names = journal::list_snapshots(storage);
    if (!names) return std::unexpected(names.error());
    LoadResult result;
    for (const std::string& name : *names) {
        const auto header = Snapshot::read_header(storage, name);
        if (!header) {
            result.skipped.push_back(header.error().message);
            continue;
        }
        if (!within(*header, moment)) continue;
        auto loaded = load(storage, memory, name, *header);
        if (loaded) {
            result.loaded = std::move(*loaded);
            return result;
        }
        result.skipped.push_back(std::move(loaded.error()));
    }
    return result;
}

}  // namespace dcx::engine
