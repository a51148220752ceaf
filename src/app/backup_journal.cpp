#include "app/backup_journal.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>

#include "base/sha256.h"
#include "journal/disk_storage.h"
#include "journal/format.h"
#include "journal/reader.h"
#include "journal/snapshot.h"

namespace dcx::app {
namespace {

namespace fs = std::filesystem;

template <class Wanted>
std::vector<std::string> list(const std::string& folder, Wanted&& wanted) {
    std::vector<std::string> names;
    if (!fs::is_directory(folder)) return names;
    for (const auto& entry : fs::directory_iterator(folder))
        if (std::string name = entry.path().filename().string(); wanted(name)) names.push_back(std::move(name));
    std::ranges::sort(names);
    return names;
}

// A tool must not make a folder where there is none.
std::unique_ptr<journal::DiskStorage> open_folder(const std::string& folder) {
    if (!fs::is_directory(folder)) throw std::runtime_error(folder + ": is not a folder");
    auto storage = journal::DiskStorage::open(folder);
    if (!storage) throw std::runtime_error(storage.error().message);
    return std::move(*storage);
}

// Batches behind the watermark, until one is found that knows them as durable.
struct Ahead {
    std::uint64_t number;
    std::uint64_t end;
};

}  // namespace

std::vector<std::string> list_segments(const std::string& folder) {
    return list(folder, [](const std::string& name) { return journal::parse_segment_name(name).has_value(); });
}

std::vector<std::string> list_archived(const std::string& folder) {
    return list(folder, [](const std::string& name) {
        if (!name.ends_with(journal::kArchiveSuffix)) return false;
        return journal::parse_segment_name(name.substr(0, name.size() - journal::kArchiveSuffix.size())).has_value();
    });
}

std::vector<std::string> list_snapshot_files(const std::string& folder) {
    return list(folder, [](const std::string& name) { return journal::parse_snapshot_name(name).has_value(); });
}

std::uint64_t durable_end(const std::string& segment) {
    const fs::path path(segment);
    const auto storage = open_folder(path.parent_path().string());
    const std::string name = path.filename().string();
    const auto read = [&](std::uint64_t offset, auto& header) {
        const auto got = storage->read(name, offset, std::as_writable_bytes(std::span{&header, 1}));
        if (!got) throw std::runtime_error(got.error().message);
        return *got == sizeof header && journal::intact(header);
    };
    journal::SegmentHeader begin;
    if (!read(0, begin)) throw std::runtime_error(segment + ": its header is damaged");
    std::uint64_t known = begin.first_batch - 1;
    std::uint64_t end = journal::kSegmentHeaderSize;
    std::uint64_t offset = end;
    std::vector<Ahead> ahead;
    journal::BatchHeader header;
    for (std::uint64_t number = begin.first_batch; offset < begin.size && read(offset, header); ++number) {
        if (header.number != number || header.segment != begin.segment) break;
        offset += sizeof header + std::uint64_t{header.count} * sizeof(Command);
        if (offset > begin.size) break;
        ahead.push_back({number, offset});
        known = std::max(known, header.durable_batch);
        std::size_t durable = 0;
        while (durable < ahead.size() && ahead[durable].number <= known) end = ahead[durable++].end;
        ahead.erase(ahead.begin(), ahead.begin() + static_cast<std::ptrdiff_t>(durable));
    }
    return end;
}

JournalFolders::JournalFolders(const std::string& root) : live_(open_folder(root + "/journal")) {
    if (fs::is_directory(root + "/snapshots")) snapshots_ = open_folder(root + "/snapshots");
    if (!fs::is_directory(root + "/archive")) return;
    archive_ = open_folder(root + "/archive");
    view_ = std::make_unique<journal::ArchiveView>(*live_, *archive_);
}

namespace {

// Of the oldest snapshot: where to begin when the journal's first segments are gone.
std::optional<journal::Position> oldest_place(JournalFolders& folders) {
    if (folders.snapshots() == nullptr) return std::nullopt;
    const auto names = journal::list_snapshots(*folders.snapshots());
    if (!names) throw std::runtime_error(names.error().message);
    if (names->empty()) return std::nullopt;
    const auto snapshot = journal::Snapshot::open(*folders.snapshots(), names->back());
    if (!snapshot) throw std::runtime_error(snapshot.error().message);
    return snapshot->position();
}

}  // namespace

JournalEnd walk_journal(const std::string& root) {
    JournalFolders folders(root);
    const auto names = folders.journal().list();
    if (!names) throw std::runtime_error(names.error().message);
    // The first segment begins with the first command; later ones alone go on from a snapshot.
    const std::string first = journal::segment_name(Sequence{std::uint64_t{1}});
    std::optional<journal::Position> from;
    if (std::ranges::find(*names, first) == names->end()) from = oldest_place(folders);
    auto reader = journal::Reader::open(folders.journal(), from);
    if (!reader) throw std::runtime_error(reader.error().message);
    for (;;) {
        const auto batch = reader->next();
        if (!batch) throw std::runtime_error(batch.error().message);
        if (!*batch) break;
    }
    if (reader->tail())
        throw std::runtime_error(root + "/journal/" + reader->tail()->segment + ": holds no whole batch at byte " +
                                 std::to_string(reader->tail()->offset));
    const journal::Position& end = reader->position();
    return {.venue_id = to_hex(reader->venue_id()),
            .sequence = end.sequence.value,
            .batch = end.batch,
            .hash = to_hex(end.hash)};
}

}  // namespace dcx::app
