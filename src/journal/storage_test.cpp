// What Storage promises, held by both storages; then what only one of them can show.
#include "journal/storage.h"

#include <doctest/doctest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <fstream>

#include "base/skip_test.h"
#include "journal/disk_file.h"
#include "journal/disk_storage.h"
#include "journal/journal_test.h"
#include "journal/memory_storage.h"
#include "journal/write_all.h"

namespace dcx::journal {
namespace {

std::vector<std::byte> some_bytes(std::size_t size, std::uint64_t seed) {
    Random random{seed};
    std::vector<std::byte> bytes(size);
    for (std::byte& b : bytes) b = static_cast<std::byte>(1 + random.below(255));
    return bytes;
}

bool equal(std::span<const std::byte> a, std::span<const std::byte> b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

std::vector<std::byte> front(std::vector<std::byte> bytes, std::size_t size) {
    bytes.resize(size);
    return bytes;
}

// Two views of the same disk, as two processes have them.
struct OnDisk {
    TemporaryFolder folder;
    std::unique_ptr<Storage> view() {
        auto storage = DiskStorage::open(folder.path() + "/a/journal");
        REQUIRE(storage);
        return std::move(*storage);
    }
};
struct OnDiskDirectly {
    TemporaryFolder folder;
    std::unique_ptr<Storage> view() {
        auto storage = DiskStorage::open(folder.path() + "/a/journal", {.sync = SyncMode::direct});
        REQUIRE(storage);
        return std::move(*storage);
    }
};
// Not every file system takes direct writes.
bool takes_direct_writes() {
    OnDiskDirectly place;
    return place.view()->create("a", kDirectBlock).has_value();
}
struct InMemory {
    MemoryDisk disk;
    std::unique_ptr<Storage> view() { return std::make_unique<MemoryStorage>(disk); }
};

}  // namespace

TEST_CASE_TEMPLATE("files are made, written, read, renamed and removed", Place, InMemory, OnDisk) {
    Place place;
    const auto storage = place.view();
    CHECK(storage->list()->empty());
    const auto file = storage->create("a", 8192);
    REQUIRE(file);
    CHECK(storage->size("a") == 8192u);

    REQUIRE((*file)->zero_ahead(0, 8192));
    CHECK(storage->size("a") == 8192u);

    const auto bytes = some_bytes(1000, 1);
    REQUIRE((*file)->write(5000, bytes));
    (*file)->start_sync(5000, bytes.size());
    REQUIRE((*file)->sync());
    const auto mapping = storage->map("a");
    REQUIRE(mapping);
    const auto mapped = (*mapping)->bytes();
    REQUIRE(mapped.size() == 8192);
    CHECK(equal(mapped.subspan(5000, 1000), bytes));
    CHECK(equal(mapped.first(5000), std::vector<std::byte>(5000)));
    CHECK(equal(mapped.subspan(6000), std::vector<std::byte>(2192)));

    // A map shows what is written later.
    REQUIRE((*file)->write(0, bytes));
    CHECK(equal(mapped.first(1000), bytes));

    std::vector<std::byte> out(3000);
    CHECK(storage->read("a", 5000, std::span{out}.first(1000)) == 1000u);
    CHECK(equal(std::span{out}.first(1000), bytes));
    CHECK(storage->read("a", 7000, out) == 1192u);
    CHECK(storage->read("a", 9000, out) == 0u);

    REQUIRE(storage->rename("a", "b"));
    REQUIRE(storage->sync_folder());
    CHECK(storage->list() == std::vector<std::string>{"b"});
    const auto again = storage->open("b");
    REQUIRE(again);
    REQUIRE((*again)->write(8191, std::span{bytes}.first(1)));
    CHECK(mapped[8191] == bytes[0]);
    REQUIRE(storage->remove("b"));
    CHECK(storage->list()->empty());
}

TEST_CASE_TEMPLATE("errors are values with the file's name and the errno", Place, InMemory, OnDisk) {
    Place place;
    const auto storage = place.view();
    REQUIRE(storage->create("a", 4096));
    REQUIRE(storage->create("b", 4096));
    const auto check_failed = [](const auto& result, int code) {
        REQUIRE_FALSE(result);
        CHECK(result.error().code == code);
        CHECK(result.error().message.find(std::generic_category().message(code)) != std::string::npos);
    };
    std::vector<std::byte> out(1);
    check_failed(storage->create("a", 4096), EEXIST);
    check_failed(storage->open("none"), ENOENT);
    check_failed(storage->map("none"), ENOENT);
    check_failed(storage->size("none"), ENOENT);
    check_failed(storage->read("none", 0, out), ENOENT);
    check_failed(storage->remove("none"), ENOENT);
    check_failed(storage->rename("none", "c"), ENOENT);
    check_failed(storage->rename("a", "b"), EEXIST);
    CHECK(storage->list() == std::vector<std::string>{"a", "b"});
}

TEST_CASE_TEMPLATE("only one writer at a time", Place, InMemory, OnDisk) {
    Place place;
    auto first = place.view();
    const auto second = place.view();
    REQUIRE(first->lock());
    CHECK(first->lock());  // again is nothing
    const auto refused = second->lock();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == EWOULDBLOCK);
    CHECK(refused.error().message.find("in use by another process") != std::string::npos);
    first.reset();
    CHECK(second->lock());
}

TEST_CASE("disk: direct writes at any place leave what stands beside them, and are there for every reader") {
    if (!takes_direct_writes()) return skip_test("the temporary folder takes no direct writes");
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        CAPTURE(seed);
        OnDiskDirectly place;
        Random random{seed};
        constexpr std::uint64_t size = std::uint64_t{3} << 20;
        std::vector<std::byte> model(size);
        const auto storage = place.view();
        auto file = storage->create("a", size);
        REQUIRE(file);
        const auto mapping = storage->map("a");
        REQUIRE(mapping);
        std::uint64_t offset = 0;
        for (int write = 0; write < 60; ++write) {
            if (random.chance(10)) file = storage->open("a");
            // As a journal writes, mostly: one behind the other in steps of 128 bytes.
            if (random.chance(20)) offset = random.below(size - 1);
            const std::uint64_t most = random.chance(20) ? std::uint64_t{1} << 20 : 6000;
            const std::uint64_t count = std::min(size - offset, 1 + random.below(most));
            const auto bytes = some_bytes(count, random.next());
            REQUIRE((*file)->write(offset, bytes));
            std::copy(bytes.begin(), bytes.end(), model.begin() + static_cast<std::ptrdiff_t>(offset));
            offset = (offset + count + 127) / 128 * 128;
            if (offset >= size) offset = 0;
            if (!random.chance(20)) continue;
            REQUIRE((*file)->sync());
            std::vector<std::byte> read(size);
            REQUIRE(storage->read("a", 0, read) == size);
            CHECK(equal(read, model));
            CHECK(equal((*mapping)->bytes(), model));
        }
        REQUIRE((*file)->zero_ahead(kDirectBlock, 2 * kDirectBlock));
        std::fill_n(model.begin() + kDirectBlock, 2 * kDirectBlock, std::byte{0});
        CHECK(equal((*place.view()->map("a"))->bytes(), model));
    }
}

TEST_CASE("disk: a file that is no multiple of the direct block is written all the same") {
    if (!takes_direct_writes()) return skip_test("the temporary folder takes no direct writes");
    OnDiskDirectly place;
    const auto storage = place.view();
    const auto bytes = some_bytes(777, 1);
    const auto file = storage->create("a", bytes.size());
    REQUIRE(file);
    REQUIRE((*file)->write(0, bytes));
    REQUIRE((*file)->sync());
    CHECK(equal((*storage->map("a"))->bytes(), bytes));
}

TEST_CASE("disk: another process is refused and told whose the journal is, a killed owner leaves no lock") {
    OnDisk place;
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const auto storage = DiskStorage::open(place.folder.path() + "/a/journal");
        const char answer = storage && (*storage)->lock() ? 'y' : 'n';
        (void)!::write(ready[1], &answer, 1);
        ::pause();
        ::_exit(0);
    }
    char answer = 0;
    REQUIRE(::read(ready[0], &answer, 1) == 1);
    CHECK(answer == 'y');
    const auto storage = place.view();
    const auto refused = storage->lock();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("pid " + std::to_string(child)) != std::string::npos);
    REQUIRE(::kill(child, SIGKILL) == 0);
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    CHECK(storage->lock());
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST_CASE("disk: folder and files belong to their owner alone, space is really allocated") {
    OnDisk place;
    const auto storage = place.view();
    REQUIRE(storage->create("a", std::uint64_t{1} << 20));
    struct stat status{};
    const std::string folder = place.folder.path() + "/a/journal";
    REQUIRE(::stat(folder.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0700);
    REQUIRE(::stat((folder + "/a").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    CHECK(status.st_blocks * 512 >= (1 << 20));
}

TEST_CASE("disk: a file system that takes no more is an error, and a file that could not be filled is gone") {
    OnDisk place;
    const auto storage = place.view();
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit limited = before;
    limited.rlim_cur = 100'000;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limited) == 0);
    const auto refused = storage->create("a", 1 << 20);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    std::signal(SIGXFSZ, handler);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == EFBIG);
    CHECK(storage->list()->empty());
}

TEST_CASE("disk: a folder that cannot be is refused with its name") {
    TemporaryFolder folder;
    std::ofstream{folder.path() + "/file"} << "x";
    const auto refused = DiskStorage::open(folder.path() + "/file/journal");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ENOTDIR);
    CHECK(refused.error().message.find("/file/journal") != std::string::npos);
    CHECK_FALSE(DiskStorage::open(std::string{}));
}

TEST_CASE("write_all goes on after signals and short writes, and stops at the first error") {
    const auto bytes = some_bytes(1000, 2);
    std::vector<std::byte> disk(1100);
    int calls = 0;
    const auto short_writes = [&](std::span<const std::byte> part, std::uint64_t offset) -> ssize_t {
        if (++calls % 3 == 0) return errno = EINTR, -1;
        const std::size_t count = std::min<std::size_t>(part.size(), 7);
        std::memcpy(disk.data() + offset, part.data(), count);
        return static_cast<ssize_t>(count);
    };
    CHECK(write_all(short_writes, 100, bytes) == 0);
    CHECK(equal(std::span{disk}.subspan(100), bytes));

    calls = 0;
    const auto fails = [&](std::span<const std::byte> part, std::uint64_t) -> ssize_t {
        if (++calls == 2) return errno = EIO, -1;
        return static_cast<ssize_t>(part.size() / 2);
    };
    CHECK(write_all(fails, 0, bytes) == EIO);
    CHECK(calls == 2);
    CHECK(write_all([](auto, auto) -> ssize_t { return 0; }, 0, bytes) == ENOSPC);
    CHECK(write_all([](auto, auto) -> ssize_t { return errno = EIO, -1; }, 0, {}) == 0);
}

TEST_CASE("memory: a crash keeps what was synced and a random part of whole sectors of the rest") {
    std::size_t kept = 0;
    std::size_t lost = 0;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        MemoryDisk disk;
        {
            MemoryStorage storage{disk};
            const auto file = storage.create("a", 8192);
            REQUIRE(storage.sync_folder());
            REQUIRE((*file)->write(100, some_bytes(3000, 3)));
            REQUIRE((*file)->sync());
            REQUIRE((*file)->write(3100, some_bytes(4000, 4)));
        }
        disk.crash(seed);
        const auto after = disk.get("a");
        REQUIRE(after.size() == 8192);
        CHECK(equal(std::span{after}.first(100), std::vector<std::byte>(100)));
        CHECK(equal(std::span{after}.subspan(100, 3000), some_bytes(3000, 3)));
        CHECK(equal(std::span{after}.subspan(7100), std::vector<std::byte>(1092)));
        for (std::size_t i = 3100; i < 7100; ++i) ++(after[i] == std::byte{0} ? lost : kept);
    }
    CHECK(kept > 100'000);
    CHECK(lost > 100'000);
}

TEST_CASE("memory: unsynced names may vanish in a crash, one by one") {
    std::map<std::vector<std::string>, int> seen;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        MemoryDisk disk;
        {
            MemoryStorage storage{disk};
            REQUIRE(storage.create("a", 512));
            REQUIRE(storage.sync_folder());
            REQUIRE(storage.rename("a", "b"));
            REQUIRE(storage.create("c", 512));
        }
        disk.crash(seed);
        ++seen[disk.names()];
    }
    CHECK(seen.size() == 4);
    CHECK(seen.contains({"a"}));
    CHECK(seen.contains({"b", "c"}));
}

TEST_CASE(
    "memory: after a failed sync the bytes look written, a later sync does not save them, writing them again does") {
    int lost = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        MemoryDisk disk;
        const auto bytes = some_bytes(100, 5);
        {
            MemoryStorage storage{disk};
            const auto file = storage.create("a", 512);
            REQUIRE(storage.sync_folder());
            REQUIRE((*file)->write(0, bytes));
            disk.plant({.operation = Operation::sync, .code = EIO});
            const auto failed = (*file)->sync();
            REQUIRE_FALSE(failed);
            CHECK(failed.error().code == EIO);
            CHECK((*file)->sync());
            CHECK(equal(front(disk.get("a"), 100), bytes));
            if (seed % 2 == 1) {
                REQUIRE((*file)->write(0, bytes));
                REQUIRE((*file)->sync());
            }
        }
        disk.crash(seed);
        const bool there = equal(front(disk.get("a"), 100), bytes);
        if (seed % 2 == 1) CHECK(there);
        lost += there ? 0 : 1;
    }
    CHECK(lost > 10);
}

TEST_CASE("memory: planted faults strike once, in their turn, and a short write leaves its front") {
    MemoryDisk disk;
    MemoryStorage storage{disk};
    const auto file = storage.create("a", 512);
    disk.plant({.operation = Operation::write, .after = 1, .code = ENOSPC, .short_bytes = 3});
    disk.plant({.operation = Operation::create, .code = ENOSPC});
    disk.plant({.operation = Operation::read, .code = EIO});
    disk.plant({.operation = Operation::rename, .code = EIO});
    disk.plant({.operation = Operation::sync_folder, .code = EIO});
    const auto bytes = some_bytes(10, 6);
    CHECK((*file)->write(0, bytes));
    const auto failed = (*file)->write(100, bytes);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == ENOSPC);
    const auto now = disk.get("a");
    CHECK(equal(std::span{now}.subspan(100, 3), std::span{bytes}.first(3)));
    CHECK(now[103] == std::byte{0});
    CHECK((*file)->write(100, bytes));
    CHECK_FALSE(storage.create("b", 512));
    CHECK(storage.create("b", 512));
    CHECK_FALSE(storage.map("a"));
    CHECK(storage.map("a"));
    CHECK_FALSE(storage.rename("a", "c"));
    CHECK_FALSE(storage.sync_folder());
    CHECK(storage.sync_folder());
    CHECK(disk.count(Operation::write) == 3);
}

}  // namespace dcx::journal
