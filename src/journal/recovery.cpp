#include "journal/recovery.h"

#include <algorithm>
#include <vector>

#include "journal/read_ahead.h"

namespace dcx::journal {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20;

// Writes the file's bytes in [from, to) once more.
Result<void> rewrite(Storage& storage, File& file, const std::string& name, std::uint64_t from, std::uint64_t to) {
    std::vector<std::byte> chunk(from < to ? std::min<std::uint64_t>(kChunk, to - from) : 0);
    while (from < to) {
        const auto part = std::span{chunk}.first(std::min<std::uint64_t>(kChunk, to - from));
        const auto got = storage.read(name, from, part);
        if (!got) return std::unexpected(got.error());
        if (*got != part.size()) return std::unexpected(StorageError{"cannot read " + name + ": it became shorter", 0});
        if (auto written = file.write(from, part); !written) return written;
        from += part.size();
    }
    return {};
}

Result<void> write_zeros(File& file, std::uint64_t from, std::uint64_t to) {
    static const std::vector<std::byte> zeros(kChunk);
    while (from < to) {
        const auto part = std::span{zeros}.first(std::min<std::uint64_t>(kChunk, to - from));
        if (auto written = file.write(from, part); !written) return written;
        from += part.size();
    }
    return {};
}

// Behind the last batch zeros are written even where zeros are read: those of an earlier recovery may, after its sync
// failed, be nowhere but in memory, and a loss of power would bring the torn bytes back.
std::uint64_t end_of_remains(const Recovery& recovery) {
    constexpr std::uint64_t largest_batch = (std::uint64_t{kMaxBatchCommands} + 1) * kBlockSize;
    const Position& end = recovery.end;
    const std::uint64_t possible = std::min(end.segment_size, end.offset + largest_batch);
    return recovery.tail ? std::max(possible, recovery.tail->offset + recovery.tail->size) : possible;
}

// A spare may be half prepared; it never holds anything that counts.
Result<void> remove_spare(Storage& storage) {
    const auto names = storage.list();
    if (!names) return std::unexpected(names.error());
    if (!std::binary_search(names->begin(), names->end(), kSpareName)) return {};
    return storage.remove(kSpareName);
}

Result<void> repair(Storage& storage, const Recovery& recovery) {
    if (auto removed = remove_spare(storage); !removed) return removed;
    if (!recovery.empty()) {
        const Position& end = recovery.end;
        const auto file = storage.open(end.segment_name);
        if (!file) return std::unexpected(file.error());
        if (auto done = rewrite(storage, **file, end.segment_name, end.durable_offset, end.offset); !done) return done;
        if (auto done = write_zeros(**file, end.offset, end_of_remains(recovery)); !done) return done;
        if (auto synced = (*file)->sync(); !synced) return synced;
    }
    // The last segment's name may be as young as its last batch.
    return storage.sync_folder();
}

// Visits every batch of `source`, a Reader or a ReadAhead.
std::expected<void, RecoveryError> visit_all(auto& source, const RecoverOptions& options) {
    while (true) {
        auto batch = source.next();
        if (!batch) return std::unexpected(std::move(batch.error()));
        if (!*batch) return {};
        if (options.visit) options.visit(**batch);
    }
}

// Each gives the reader back at its end.
std::expected<Reader, RecoveryError> walk(Reader reader, const RecoverOptions& options) {
    if (auto visited = visit_all(reader, options); !visited) return std::unexpected(std::move(visited.error()));
    return reader;
}

std::expected<Reader, RecoveryError> walk_ahead(Reader reader, const RecoverOptions& options) {
    ReadAhead ahead{std::move(reader)};
    if (auto visited = visit_all(ahead, options); !visited) return std::unexpected(std::move(visited.error()));
    return ahead.finish();
}

}  // namespace

std::expected<Recovery, RecoveryError> recover(Storage& storage, const RecoverOptions& options) {
    if (const auto locked = storage.lock(); !locked) return refuse(locked.error());
    auto reader = Reader::open(storage, options.from);
    if (!reader) return std::unexpected(reader.error());
    if (options.quarantined) options.quarantined(reader->quarantined());
    auto walked = options.read_ahead ? walk_ahead(std::move(*reader), options) : walk(std::move(*reader), options);
    if (!walked) return std::unexpected(std::move(walked.error()));
    Recovery recovery{.venue_id = walked->venue_id(),
                      .engine_version = walked->engine_version(),
                      .end = walked->position(),
                      .tail = walked->tail(),
                      .quarantined = {walked->quarantined().begin(), walked->quarantined().end()}};
    if (const auto repaired = repair(storage, recovery); !repaired) return refuse(repaired.error());
    return recovery;
}

}  // namespace dcx::journal
