// Segments that go, and archives that stand for them: at every moment archive and live folder together have every
// record.
#include "journal/retention.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>

#include "journal/disk_storage.h"
#include "journal/journal_test.h"
#include "journal/tail.h"

namespace dcx::journal {
namespace {

using Kind = RecoveryErrorKind;

// Several segments of small batches; returns how many commands.
std::uint64_t write_journal(MemoryDisk& disk, std::uint64_t segments) {
    MemoryStorage storage{disk};
    const auto writer = open_writer(storage);
    for (std::size_t size = 1; writer->counters().segments < segments; size = size % 12 + 1)
        REQUIRE(commit_next(*writer, size));
    return writer->durable().value;
}

std::vector<Segment> catalog(Storage& storage) {
    auto segments = read_catalog(storage);
    REQUIRE_MESSAGE(segments, segments.error().message);
    return std::move(*segments);
}

std::vector<Command> read_all(Storage& storage) {
    std::vector<Command> commands;
    auto reader = Reader::open(storage);
    REQUIRE_MESSAGE(reader, reader.error().message);
    while (true) {
        const auto batch = reader->next();
        REQUIRE_MESSAGE(batch, batch.error().message);
        if (!*batch) return commands;
        commands.insert(commands.end(), (*batch)->commands.begin(), (*batch)->commands.end());
    }
}

std::vector<std::uint64_t> numbers(const RetentionPlan& plan, const std::vector<Segment>& segments) {
    std::vector<std::uint64_t> found;
    for (const std::string& name : plan.removable)
        found.push_back(std::find_if(segments.begin(), segments.end(), [&](const Segment& segment) {
                            return segment.name == name;
                        })->header.segment);
    return found;
}

struct Folders {
    MemoryDisk live_disk;
    MemoryDisk archive_disk;
    MemoryStorage live{live_disk};
    MemoryStorage archive{archive_disk};
};

}  // namespace

TEST_CASE("what may go lies before every holder and is not among the newest") {
    MemoryDisk disk;
    MemoryStorage storage{disk};
    write_journal(disk, 6);
    const auto segments = catalog(storage);
    const auto planned = [&](std::vector<Holder> holders, RetentionOptions options) {
        const auto plan = plan_retention(segments, holders, options);
        CHECK_FALSE(plan.alarm);
        return numbers(plan, segments);
    };
    using List = std::vector<std::uint64_t>;
    CHECK(planned({{"snapshot", 4}, {"auditor", 5}}, {.keep_segments = 1}) == List{1, 2, 3});
    CHECK(planned({{"snapshot", 6}}, {.keep_segments = 1}) == List{1, 2, 3, 4, 5});
    CHECK(planned({{"snapshot", 6}}, {.keep_segments = 0}) == List{1, 2, 3, 4, 5});
    CHECK(planned({{"snapshot", 6}}, {.keep_segments = 4}) == List{1, 2});
    CHECK(planned({{"snapshot", 1}, {"auditor", 6}}, {.keep_segments = 1}).empty());
    CHECK(planned({{"auditor", 0}}, {.keep_segments = 1}).empty());
    CHECK(planned({}, {.keep_segments = 1}).empty());
    CHECK(planned({{"snapshot", 6}}, {.keep_segments = 100}).empty());
}

TEST_CASE("a holder that lags too far is an alarm, and nothing goes") {
    Folders folders;
    const std::uint64_t commands = write_journal(folders.live_disk, 6);
    const std::vector<Holder> holders{{"snapshot", 6}, {"auditor", 2}};
    const auto retired =
        retire_segments(folders.live, &folders.archive, holders, {.keep_segments = 1, .max_lag_segments = 3});
    REQUIRE(retired);
    CHECK(retired->removed.empty());
    REQUIRE(retired->alarm);
    CHECK(retired->alarm->find("auditor stands in segment 2, 4 behind the newest, and 3 are allowed") == 0);
    CHECK(read_all(folders.live).size() == commands);
    const auto allowed =
        retire_segments(folders.live, &folders.archive, holders, {.keep_segments = 1, .max_lag_segments = 4});
    REQUIRE(allowed);
    CHECK_FALSE(allowed->alarm);
    CHECK(allowed->removed.size() == 1);
}

TEST_CASE("archive and live folder together are the whole journal, to readers, tails and recovery") {
    Folders folders;
    const std::uint64_t commands = write_journal(folders.live_disk, 6);
    const auto all = test_commands(seq(1), commands);
    const std::vector<Holder> holders{{"snapshot", 5}};
    const auto retired = retire_segments(folders.live, &folders.archive, holders, {.keep_segments = 1});
    REQUIRE_MESSAGE(retired, retired.error().message);
    CHECK(retired->removed.size() == 4);
    CHECK(retired->bytes == 4 * kSmallSegment);
    CHECK(retired->packed_bytes > 0);
    CHECK(catalog(folders.live).front().header.segment == 5);

    ArchiveView whole{folders.live, folders.archive};
    CHECK(catalog(whole).size() == 6);
    CHECK(same_bytes(read_all(whole), all));
    auto tail = Tail::open(whole);
    REQUIRE(tail);
    std::vector<Command> given;
    while (given.size() < commands) {
        const auto batch = tail->next(Sequence{commands});
        REQUIRE_MESSAGE(batch, batch.error().message);
        REQUIRE(*batch);
        given.insert(given.end(), (*batch)->commands.begin(), (*batch)->commands.end());
    }
    CHECK(same_bytes(given, all));
    // A writer goes on behind it.
    REQUIRE(commit_next(*open_writer(whole), 3));
    CHECK(read_all(whole).size() == commands + 3);
}

TEST_CASE("power lost at every step of archiving and deleting: nothing is lost, and the next attempt ends it") {
    constexpr Operation operations[] = {Operation::create, Operation::write,       Operation::sync,
                                        Operation::rename, Operation::sync_folder, Operation::read};
    for (const Operation operation : operations) {
        for (const bool in_archive : {false, true}) {
            for (std::uint64_t after = 0; after < 8; ++after) {
                CAPTURE(after);
                Folders folders;
                const std::uint64_t commands = write_journal(folders.live_disk, 4);
                const std::vector<Holder> holders{{"snapshot", 4}};
                (in_archive ? folders.archive_disk : folders.live_disk)
                    .plant({.operation = operation, .after = after, .code = EIO, .short_bytes = 100});
                const auto retired = retire_segments(folders.live, &folders.archive, holders, {.keep_segments = 1});
                if (!retired) CHECK(retired.error().code == EIO);
                for (const std::uint64_t seed : {after, after + 100}) {
                    folders.live_disk.crash(seed);
                    folders.archive_disk.crash(seed + 1);
                    ArchiveView whole{folders.live, folders.archive};
                    CHECK(same_bytes(read_all(whole), test_commands(seq(1), commands)));
                }
                const auto again = retire_segments(folders.live, &folders.archive, holders, {.keep_segments = 1});
                REQUIRE_MESSAGE(again, again.error().message);
                CHECK(catalog(folders.live).size() == 1);
                folders.live_disk.crash(1);
                folders.archive_disk.crash(2);
                ArchiveView whole{folders.live, folders.archive};
                CHECK(same_bytes(read_all(whole), test_commands(seq(1), commands)));
                CHECK(folders.archive_disk.names().size() == 3);
            }
        }
    }
}

TEST_CASE("a damaged original is neither archived nor deleted") {
    Folders folders;
    write_journal(folders.live_disk, 3);
    const auto segments = catalog(folders.live);
    auto bytes = folders.live_disk.get(segments[0].name);
    const Extent hit = batch_extents(bytes)[2];
    bytes[hit.offset + 200] ^= std::byte{1};
    folders.live_disk.put(segments[0].name, bytes);
    const std::vector<Holder> holders{{"snapshot", 3}};
    const auto refused = retire_segments(folders.live, &folders.archive, holders, {.keep_segments = 1});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == Kind::damaged_batch);
    CHECK(refused.error().segment == segments[0].name);
    CHECK(refused.error().offset == hit.offset);
    CHECK(catalog(folders.live).size() == 3);
    CHECK(folders.archive_disk.names().empty());
}

TEST_CASE("an archive with other bytes than the original, or damaged, keeps the original") {
    Folders folders;
    write_journal(folders.live_disk, 3);
    const auto segments = catalog(folders.live);
    REQUIRE(archive_segment(folders.live, folders.archive, segments[0], segments[1]));
    REQUIRE(archive_segment(folders.live, folders.archive, segments[1], segments[2]));
    const std::string first = archive_name(segments[0].name);
    Kind expected = Kind::storage_failed;
    SUBCASE("another segment's") {
        folders.archive_disk.put(first, folders.archive_disk.get(archive_name(segments[1].name)));
        expected = Kind::damaged_batch;
    }
    SUBCASE("a bit flipped") {
        auto packed = folders.archive_disk.get(first);
        packed[packed.size() / 2] ^= std::byte{1};
        folders.archive_disk.put(first, packed);
    }
    SUBCASE("cut short") {
        auto packed = folders.archive_disk.get(first);
        packed.resize(packed.size() - 5);
        folders.archive_disk.put(first, packed);
    }
    SUBCASE("empty") { folders.archive_disk.put(first, {}); }
    const std::vector<Holder> holders{{"snapshot", 3}};
    const auto refused = retire_segments(folders.live, &folders.archive, holders, {.keep_segments = 1});
    REQUIRE_FALSE(refused);
    CHECK_MESSAGE((refused.error().kind == expected || refused.error().kind == Kind::missing_batch),
                  refused.error().message);
    CHECK(catalog(folders.live).size() == 3);
    // Whoever needs it from the archive is told.
    folders.live_disk.erase(segments[0].name);
    ArchiveView whole{folders.live, folders.archive};
    auto reader = Reader::open(whole);
    bool met = !reader;
    while (!met) {
        const auto batch = reader->next();
        met = !batch;
        if (batch) REQUIRE(*batch);
    }
    CHECK(met);
}

TEST_CASE("disk: archived while a writer goes on") {
    TemporaryFolder folder;
    TemporaryFolder archive_folder;
    const auto live = DiskStorage::open(folder.path());
    const auto archive = DiskStorage::open(archive_folder.path());
    REQUIRE(live);
    REQUIRE(archive);
    const auto writer = open_writer(**live);
    for (int round = 0; round < 30; ++round) {
        for (int i = 0; i < 5; ++i) REQUIRE(commit_next(*writer, 7));
        const std::vector<Holder> holders{{"snapshot", catalog(**live).back().header.segment}};
        const auto retired = retire_segments(**live, archive->get(), holders, {.keep_segments = 2});
        REQUIRE_MESSAGE(retired, retired.error().message);
        CHECK(catalog(**live).size() <= 2);
    }
    ArchiveView whole{**live, **archive};
    CHECK(same_bytes(read_all(whole), test_commands(seq(1), writer->durable().value)));
    CHECK(catalog(whole).size() > 20);
}

}  // namespace dcx::journal
