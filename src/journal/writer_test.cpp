#include "journal/writer.h"

#include <doctest/doctest.h>

#include <cerrno>

#include "journal/disk_storage.h"
#include "journal/journal_test.h"

namespace dcx::journal {
namespace {

// Commits of every size, over several segments and two lives; returns the commands.
std::vector<Command> fill(const auto& view, const WriterOptions& options) {
    std::vector<Command> all;
    for (std::uint64_t life = 0; life < 2; ++life) {
        const auto storage = view();
        const auto writer = open_writer(*storage, options);
        CHECK(writer->epoch() == life + 1);
        for (std::size_t size = 1; size <= 31; ++size) {
            const auto commands = test_commands(Sequence{all.size() + 1}, size, life);
            REQUIRE(writer->append(commands) == size);
            CHECK(writer->pending() == size);
            CHECK(writer->commit(at(5)) == Sequence{all.size() + size});
            all.insert(all.end(), commands.begin(), commands.end());
            if (size % 3 == 0) REQUIRE(writer->write_watermark(at(6)));
        }
        CHECK(writer->durable().value == all.size());
    }
    return all;
}

}  // namespace

TEST_CASE("what is committed is read again, byte for byte, over segments and starts") {
    for (const bool background : {false, true}) {
        MemoryDisk disk;
        auto options = small_options();
        options.background = background;
        const auto all = fill([&] { return std::make_unique<MemoryStorage>(disk); }, options);
        MemoryStorage storage{disk};
        const auto recovered = recover_all(storage);
        REQUIRE(recovered.result);
        CHECK(same_bytes(recovered.commands, all));
        const Recovery& recovery = *recovered.result;
        CHECK(recovery.end.sequence.value == all.size());
        CHECK(recovery.end.epoch == 2);
        CHECK(recovery.end.segment > 20);
        CHECK(recovery.engine_version == 7);
        CHECK(recovery.venue_id == kTestVenue);
        CHECK_FALSE(recovery.tail);
        CHECK(recovered.batches == recovery.end.batch);
    }
}

TEST_CASE("the same on a real disk, synced and written directly, each continuing the other's journal") {
    TemporaryFolder folder;
    bool direct = false;
    {
        const auto storage = DiskStorage::open(folder.path(), {.sync = SyncMode::direct});
        REQUIRE(storage);
        direct = (*storage)->create("probe", 4096).has_value();
    }
    int views = 0;
    const auto view = [&] {
        const bool directly = direct && views++ % 2 == 0;
        return std::move(
            *DiskStorage::open(folder.path(), {.sync = directly ? SyncMode::direct : SyncMode::fdatasync}));
    };
    auto options = small_options();
    options.background = true;
    const auto all = fill(view, options);
    const auto storage = view();
    const auto recovered = recover_all(*storage);
    REQUIRE(recovered.result);
    CHECK(same_bytes(recovered.commands, all));
}

TEST_CASE("an empty folder is an empty journal, which the first writer begins with its venue") {
    MemoryDisk disk;
    MemoryStorage storage{disk};
    const auto recovery = recover(storage);
    REQUIRE(recovery);
    CHECK(recovery->empty());
    const auto writer = Writer::open(storage, *recovery, small_options());
    REQUIRE(writer);
    CHECK((*writer)->epoch() == 1);
    CHECK((*writer)->durable() == Sequence{});
    CHECK((*writer)->last_hash() == chain_seed(kTestVenue));
    CHECK(disk.names() == std::vector<std::string>{segment_name(seq(1))});
}

TEST_CASE("append takes what fits, in any pieces, and commit without commands does nothing") {
    MemoryDisk disk;
    MemoryStorage storage{disk};
    auto options = small_options();
    options.max_batch_commands = 10;
    const auto writer = open_writer(storage, options);
    const auto commands = test_commands(seq(1), 14);
    CHECK(writer->append(std::span{commands}.first(4)) == 4);
    CHECK(writer->append(std::span{commands}.subspan(4)) == 6);
    CHECK(writer->room() == 0);
    CHECK(writer->append(std::span{commands}.subspan(10)) == 0);
    CHECK(writer->durable() == Sequence{});
    CHECK(writer->commit(at(1)) == seq(10));
    CHECK(writer->room() == 10);
    CHECK(writer->append(std::span{commands}.subspan(10)) == 4);
    CHECK(writer->commit(at(2)) == seq(14));
    const auto writes = disk.count(Operation::write);
    CHECK(writer->commit(at(3)) == seq(14));
    CHECK(writer->append({}) == 0);
    CHECK(writer->commit(at(3)) == seq(14));
    CHECK(disk.count(Operation::write) == writes);
}

TEST_CASE("a batch is never larger than a segment holds") {
    MemoryDisk disk;
    MemoryStorage storage{disk};
    const auto writer = open_writer(storage);
    CHECK(writer->room() == 31);
    REQUIRE(commit_next(*writer, 31));
    REQUIRE(commit_next(*writer, 31));
    CHECK(disk.names().size() == 2);
}

TEST_CASE("one write and one sync a batch") {
    MemoryDisk disk;
    MemoryStorage storage{disk};
    const auto writer = open_writer(storage);
    const auto writes = disk.count(Operation::write);
    const auto syncs = disk.count(Operation::sync);
    for (int i = 0; i < 5; ++i) REQUIRE(commit_next(*writer, 3));
    CHECK(disk.count(Operation::write) == writes + 5);
    CHECK(disk.count(Operation::sync) == syncs + 5);
    CHECK(writer->counters().batches == 5);
    CHECK(writer->counters().bytes == 5 * 4 * kBlockSize);
}

TEST_CASE("the watermark is written once after a commit, never between commands, and needs no room") {
    MemoryDisk disk;
    MemoryStorage storage{disk};
    const auto writer = open_writer(storage);
    CHECK(writer->write_watermark(at(1)) == Sequence{});
    CHECK(writer->counters().watermarks == 0);
    REQUIRE(commit_next(*writer, 2));
    CHECK(writer->write_watermark(at(1)) == seq(2));
    CHECK(writer->write_watermark(at(1)) == seq(2));
    CHECK(writer->counters().watermarks == 1);
    REQUIRE(writer->append(test_commands(seq(3), 1)) == 1);
    CHECK(writer->write_watermark(at(1)) == seq(2));
    CHECK(writer->pending() == 1);
    REQUIRE(writer->commit(at(1)));
    // 3 + 1 + 2 blocks are used of 32. A full segment's watermark is the header of the next one.
    REQUIRE(commit_next(*writer, 25));
    CHECK(writer->write_watermark(at(2)) == seq(28));
    CHECK(writer->counters().segments == 2);
    CHECK(writer->counters().watermarks == 1);
    REQUIRE(commit_next(*writer, 1));
    const auto recovered = recover_all(storage);
    REQUIRE(recovered.result);
    CHECK(recovered.commands.size() == 29);
}

TEST_CASE("a journal that is only opened again and again does not grow") {
    MemoryDisk disk;
    for (int i = 0; i < 5; ++i) {
        MemoryStorage storage{disk};
        const auto writer = open_writer(storage);
        if (i == 0) REQUIRE(commit_next(*writer, 1));
        REQUIRE(writer->write_watermark(at(1)));
    }
    CHECK(batch_extents(disk.get(segment_name(seq(1)))).size() == 2);
}

TEST_CASE("after any failure the writer is dead, and what it acknowledged is there") {
    struct Case {
        Fault fault;
        bool kept;  // the failed batch's bytes were written completely, so a kill (not a crash) leaves them
    };
    const Case cases[] = {
        {{.operation = Operation::write, .code = EIO}, false},
        {{.operation = Operation::write, .code = ENOSPC, .short_bytes = 100}, false},
        {{.operation = Operation::write, .code = ENOSPC, .short_bytes = 200}, false},
        {{.operation = Operation::write, .code = EIO, .short_bytes = 100'000}, true},
        {{.operation = Operation::sync, .code = EIO}, true},
    };
    for (const Case& c : cases) {
        MemoryDisk disk;
        {
            MemoryStorage storage{disk};
            const auto writer = open_writer(storage);
            REQUIRE(commit_next(*writer, 3));
            disk.plant(c.fault);
            const auto failed = commit_next(*writer, 4);
            REQUIRE_FALSE(failed);
            CHECK(failed.error().code == c.fault.code);
            CHECK(writer->dead());
            CHECK(writer->durable() == seq(3));
            const auto operations = disk.count(Operation::write) + disk.count(Operation::sync);
            CHECK_FALSE(writer->commit(at(9)));
            CHECK_FALSE(writer->write_watermark(at(9)));
            CHECK(writer->commit(at(9)).error().code == c.fault.code);
            CHECK(disk.count(Operation::write) + disk.count(Operation::sync) == operations);
        }
        MemoryStorage storage{disk};
        const auto recovered = recover_all(storage);
        REQUIRE(recovered.result);
        CHECK(recovered.commands.size() == (c.kept ? 7 : 3));
    }
}

TEST_CASE("a roll that fails at any of its steps kills the writer and loses nothing") {
    const Fault faults[] = {{.operation = Operation::create, .code = ENOSPC},
                            {.operation = Operation::write, .code = EIO},
                            {.operation = Operation::sync, .code = EIO},
                            {.operation = Operation::rename, .code = EIO},
                            {.operation = Operation::sync_folder, .code = EIO}};
    for (const Fault& fault : faults) {
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            MemoryDisk disk;
            {
                MemoryStorage storage{disk};
                const auto writer = open_writer(storage);
                REQUIRE(commit_next(*writer, 31));
                disk.plant(fault);
                const auto failed = commit_next(*writer, 5);
                REQUIRE_FALSE(failed);
                CHECK(failed.error().code == fault.code);
                CHECK(writer->dead());
                CHECK_FALSE(writer->commit(Time{}));
            }
            if (seed > 0) disk.crash(seed);
            {
                MemoryStorage storage{disk};
                const auto writer = open_writer(storage);
                CHECK(writer->durable() == seq(31));
                REQUIRE(commit_next(*writer, 5));
            }
            disk.crash(seed);
            MemoryStorage storage{disk};
            const auto recovered = recover_all(storage);
            REQUIRE(recovered.result);
            CHECK(recovered.commands.size() == 36);
        }
    }
}

TEST_CASE("a spare that cannot be made ahead does not disturb the segment in use") {
    MemoryDisk disk;
    MemoryStorage storage{disk};
    auto options = small_options();
    options.background = true;
    // Ahead, and once more when it is needed.
    disk.plant({.operation = Operation::create, .after = 1, .code = ENOSPC});
    disk.plant({.operation = Operation::create, .after = 1, .code = ENOSPC});
    const auto writer = open_writer(storage, options);
    for (int i = 0; i < 8; ++i) REQUIRE(commit_next(*writer, 3));
    const auto failed = commit_next(*writer, 3);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == ENOSPC);
    CHECK(writer->durable() == seq(24));
}

TEST_CASE("nonsense options are refused") {
    MemoryDisk disk;
    MemoryStorage storage{disk};
    const auto recovery = recover(storage);
    REQUIRE(recovery);
    for (const std::uint64_t size :
         {std::uint64_t{0}, std::uint64_t{4096}, std::uint64_t{8193}, std::uint64_t{1} << 40}) {
        auto options = small_options();
        options.segment_size = size;
        CHECK_FALSE(Writer::open(storage, *recovery, options));
    }
    auto options = small_options();
    options.max_batch_commands = 0;
    CHECK_FALSE(Writer::open(storage, *recovery, options));
    CHECK(disk.names().empty());
}

}  // namespace dcx::journal
