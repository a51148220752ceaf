// Backups of journals that a writer made, with snapshots and an archive; the whole program's drill is
// tests/e2e/backup_test.py.
#include "app/backup.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

#include "app/backup_journal.h"
#include "journal/disk_storage.h"
#include "journal/journal_test.h"
#include "journal/retention.h"
#include "journal/snapshot.h"

namespace dcx::app {
namespace {

namespace fs = std::filesystem;
using namespace dcx::journal;

// A data folder with a journal of small segments, 15 commands each.
struct Source {
    Source() : data(temporary.path() + "/data"), backup(temporary.path() + "/backup") {
        fs::create_directories(data);
        live = open(data + "/journal");
        archive = open(data + "/archive");
        snapshots = open(data + "/snapshots");
        writer = open_writer(*live);
    }
    static std::unique_ptr<DiskStorage> open(const std::string& folder) {
        auto storage = DiskStorage::open(folder);
        REQUIRE(storage.has_value());
        return std::move(*storage);
    }
    void write(int batches) {
        for (int i = 0; i < batches; ++i) REQUIRE(commit_next(*writer, 3).has_value());
    }
    // Of where the journal ends now, all of it known durable.
    void take_snapshot() {
        REQUIRE(writer->write_watermark(at(1)).has_value());
        // From the snapshot before: what lies further back may be gone.
        auto reader = Reader::open(*live, place);
        REQUIRE(reader.has_value());
        for (;;) {
            const auto batch = reader->next();
            REQUIRE(batch.has_value());
            if (!*batch) break;
            if (!(*batch)->commands.empty()) place = reader->position();
        }
        REQUIRE(place.has_value());
        SnapshotHeader header;
        header.venue_id = kTestVenue;
        header.sequence = place->sequence.value;
        header.epoch = place->epoch;
        header.batch = place->batch;
        header.segment = place->segment;
        header.offset = place->offset;
        header.batch_time = place->time.value;
        header.batch_hash = place->hash;
        const std::vector<std::byte> image(100'000, std::byte{7});
        REQUIRE(write_snapshot(*snapshots, header, [&](ByteSink& sink) { sink.put(image); }).has_value());
        snapshot_segment = place->segment;
    }
    void retire(bool with_archive) {
        const Holder holder{.name = "snapshot", .segment = snapshot_segment};
        const auto retired =
            retire_segments(*live, with_archive ? archive.get() : nullptr, {&holder, 1}, {.keep_segments = 1});
        REQUIRE(retired.has_value());
        REQUIRE_FALSE(retired->removed.empty());
    }
    [[nodiscard]] BackupReport make(bool incremental) const {
        return make_backup({.data = data,
                            .destination = backup,
                            .archive = {},
                            .config = {},
                            .vault = {},
                            .incremental = incremental});
    }
    // The restored folder's journal ends where the manifest says; the number of its files with this beginning.
    [[nodiscard]] std::size_t restored(std::uint64_t sequence, const char* beginning) const {
        const std::string to = temporary.path() + "/restored";
        fs::remove_all(to);
        const Manifest manifest = restore_backup(backup, to);
        CHECK(manifest.sequence == sequence);
        CHECK(walk_journal(to).sequence == sequence);
        return static_cast<std::size_t>(std::ranges::count_if(
            manifest.files, [&](const BackupFile& file) { return file.path.starts_with(beginning); }));
    }

    TemporaryFolder temporary;
    std::string data;
    std::string backup;
    std::unique_ptr<DiskStorage> live;
    std::unique_ptr<DiskStorage> archive;
    std::unique_ptr<DiskStorage> snapshots;
    std::unique_ptr<Writer> writer;
    std::optional<Position> place;  // of the last snapshot
    std::uint64_t snapshot_segment = 0;
};

}  // namespace

TEST_CASE_FIXTURE(Source, "backup: up to what the journal knows as durable by itself, at every length") {
    write(1);
    // Nothing knows the first batch as durable yet.
    CHECK(durable_end(data + "/journal/" + segment_name(seq(1))) == kSegmentHeaderSize);
    for (std::uint64_t batches = 2; batches < 40; ++batches) {
        write(1);
        fs::remove_all(backup);
        // One less than was committed: only the next batch, or a new segment, knows it.
        const auto report = make(false);
        const std::uint64_t committed = 3 * batches;
        const bool new_segment = list_segments(data + "/journal").back() == segment_name(seq(committed + 1));
        CHECK(report.manifest.sequence == (new_segment ? committed : committed - 3));
    }
    REQUIRE(writer->write_watermark(at(1)).has_value());
    fs::remove_all(backup);
    CHECK(make(false).manifest.sequence == writer->durable().value);
    CHECK(restored(writer->durable().value, "journal/") > 1);
}

TEST_CASE_FIXTURE(Source, "backup: segments that went to the archive stay in the backup as they were") {
    write(30);
    const std::uint64_t first = make(false).manifest.sequence;
    const std::size_t segments = list_segments(data + "/journal").size();
    REQUIRE(segments > 3);
    CHECK(restored(first, "journal/") == segments);
    take_snapshot();
    retire(true);
    CHECK(list_segments(data + "/journal").size() < segments);
    write(20);
    REQUIRE(writer->write_watermark(at(1)).has_value());
    const auto second = make(true);
    CHECK(second.manifest.sequence == 150);
    CHECK(restored(150, "journal/") >= segments);
    CHECK(restored(150, "archive/") == 0);
    CHECK(restored(150, "snapshots/") == 1);
}

TEST_CASE_FIXTURE(Source, "backup: a first one takes the archive with it") {
    write(30);
    take_snapshot();
    retire(true);
    write(10);
    REQUIRE(writer->write_watermark(at(1)).has_value());
    const std::size_t archived = list_archived(data + "/archive").size();
    REQUIRE(archived > 0);
    static_cast<void>(make(false));
    CHECK(restored(120, "archive/") == archived);
    // Whoever packs away what the backup has already changes nothing in it.
    write(30);
    take_snapshot();
    retire(true);
    REQUIRE(writer->write_watermark(at(1)).has_value());
    static_cast<void>(make(true));
    CHECK(restored(210, "archive/") >= archived);
    CHECK(check_backup(backup).sequence == 210);
    // An archive that was moved elsewhere is not missed.
    fs::remove_all(data + "/archive");
    static_cast<void>(make(true));
    CHECK(restored(210, "archive/") >= archived);
}

TEST_CASE_FIXTURE(Source, "backup: without the oldest segments it begins with a snapshot") {
    write(30);
    take_snapshot();
    retire(false);
    write(10);
    REQUIRE(writer->write_watermark(at(1)).has_value());
    static_cast<void>(make(false));
    CHECK(restored(120, "snapshots/") == 1);
    // A snapshot that is gone goes from the backup too, behind a newer one.
    take_snapshot();
    fs::remove(data + "/snapshots/" + snapshot_name(seq(90)));
    static_cast<void>(make(true));
    CHECK(restored(120, "snapshots/") == 1);
    CHECK(list_snapshot_files(backup + "/snapshots") == std::vector{snapshot_name(seq(120))});
}

TEST_CASE_FIXTURE(Source, "backup: a journal that was exchanged or rolled back does not get over the good copy") {
    write(30);
    REQUIRE(writer->write_watermark(at(1)).has_value());
    const auto report = make(false);
    const auto refuse = [&] {
        CHECK_THROWS_AS(static_cast<void>(make(true)), std::runtime_error);
        CHECK(check_backup(backup).sequence == report.manifest.sequence);
    };
    // A byte of a finished segment.
    const std::string segment = list_segments(data + "/journal")[1];
    const auto flip = [&] {
        auto file = live->open(std::string_view{segment});
        REQUIRE(file.has_value());
        std::byte byte{};
        REQUIRE(live->read(segment, 5000, {&byte, 1}).has_value());
        byte ^= std::byte{1};
        REQUIRE((*file)->write(5000, {&byte, 1}).has_value());
    };
    flip();
    refuse();
    flip();
    static_cast<void>(make(true));
    // The last segment is gone: an intact journal, but an older one.
    const std::string last = list_segments(data + "/journal").back();
    fs::rename(data + "/journal/" + last, data + "/away");
    refuse();
    fs::rename(data + "/away", data + "/journal/" + last);
    static_cast<void>(make(true));
}

}  // namespace dcx::app
