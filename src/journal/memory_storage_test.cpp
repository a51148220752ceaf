// The disk in memory: what each kind of trouble leaves, now and after a loss of power.
#include "journal/memory_storage.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <vector>

namespace dcx::journal {
namespace {

using Bytes = std::vector<std::byte>;

constexpr std::size_t kSize = 16 * 1024;

Bytes filled(std::size_t size, int value) { return Bytes(size, std::byte(value)); }

std::byte byte_of(const MemoryDisk& disk, std::size_t at) { return disk.get("file").at(at); }

// A durable file of zeros.
std::unique_ptr<File> make_file(MemoryStorage& storage) {
    auto file = storage.create("file", kSize);
    REQUIRE(file.has_value());
    REQUIRE(storage.sync_folder().has_value());
    return std::move(*file);
}

TEST_CASE("memory disk: a lost write is seen until the power goes") {
    MemoryDisk disk;
    MemoryStorage storage{disk};
    const auto file = make_file(storage);
    disk.plant({.operation = Operation::write, .trouble = Trouble::lost});
    CHECK(file->write(512, filled(512, 7)).has_value());
    CHECK(file->sync().has_value());
    CHECK(byte_of(disk, 512) == std::byte{7});
    disk.crash(1);
    CHECK(byte_of(disk, 512) == std::byte{0});
}

TEST_CASE("memory disk: a misdirected write is seen where it belongs until the power goes") {
    MemoryDisk disk;
    MemoryStorage storage{disk};
    const auto file = make_file(storage);
    disk.plant({.operation = Operation::write, .trouble = Trouble::misdirected, .elsewhere = 4096});
    CHECK(file->write(0, filled(512, 7)).has_value());
    CHECK(file->sync().has_value());
    CHECK(byte_of(disk, 0) == std::byte{7});
    CHECK(byte_of(disk, 4096) == std::byte{0});
    disk.crash(1);
    CHECK(byte_of(disk, 0) == std::byte{0});
    CHECK(byte_of(disk, 4096) == std::byte{7});
    // What would not fit lies at the end.
    disk.plant({.operation = Operation::write, .trouble = Trouble::misdirected, .elsewhere = kSize});
    CHECK(file->write(0, filled(512, 9)).has_value());
    CHECK(file->sync().has_value());
    disk.crash(1);
    CHECK(byte_of(disk, kSize - 1) == std::byte{9});
}

TEST_CASE("memory disk: a misdirected read gives another part, and a mapping another page, once") {
    MemoryDisk disk;
    MemoryStorage storage{disk};
    const auto file = make_file(storage);
    REQUIRE(file->write(4096, filled(4096, 5)).has_value());
    disk.plant({.operation = Operation::read, .trouble = Trouble::misdirected, .elsewhere = 4096});
    Bytes got(64);
    REQUIRE(storage.read("file", 0, got).has_value());
    CHECK(got.front() == std::byte{5});
    REQUIRE(storage.read("file", 0, got).has_value());
    CHECK(got.front() == std::byte{0});
    disk.plant({.operation = Operation::read, .trouble = Trouble::misdirected, .elsewhere = 4096});
    const auto wrong = storage.map("file");
    REQUIRE(wrong.has_value());
    CHECK((*wrong)->bytes()[4096] == std::byte{0});
    const auto right = storage.map("file");
    REQUIRE(right.has_value());
    CHECK((*right)->bytes()[4096] == std::byte{5});
}

TEST_CASE("memory disk: a write in pieces is whole") {
    MemoryDisk disk;
    MemoryStorage storage{disk};
    const auto file = make_file(storage);
    disk.plant({.operation = Operation::write, .trouble = Trouble::in_pieces});
    CHECK(file->write(100, filled(1001, 3)).has_value());
    CHECK(file->sync().has_value());
    disk.crash(1);
    CHECK(byte_of(disk, 99) == std::byte{0});
    CHECK(byte_of(disk, 100) == std::byte{3});
    CHECK(byte_of(disk, 1100) == std::byte{3});
    CHECK(byte_of(disk, 1101) == std::byte{0});
}

TEST_CASE("memory disk: a process that ended in an operation does nothing more, and its lock goes with it") {
    MemoryDisk disk;
    {
        MemoryStorage storage{disk};
        REQUIRE(storage.lock().has_value());
        const auto file = make_file(storage);
        disk.plant({.operation = Operation::write, .code = EIO, .short_bytes = 100, .trouble = Trouble::killed});
        CHECK_FALSE(file->write(0, filled(512, 7)).has_value());
        CHECK(disk.killed());
        CHECK_FALSE(file->write(512, filled(512, 7)).has_value());
        CHECK_FALSE(file->sync().has_value());
        CHECK_FALSE(storage.create("another", kSize).has_value());
        CHECK_FALSE(storage.list().has_value());
    }
    CHECK_FALSE(disk.killed());
    MemoryStorage next{disk};
    REQUIRE(next.lock().has_value());
    // A kill loses nothing that was written.
    CHECK(byte_of(disk, 99) == std::byte{7});
    CHECK(byte_of(disk, 100) == std::byte{0});
    CHECK(byte_of(disk, 512) == std::byte{0});
    CHECK(disk.names() == std::vector<std::string>{"file"});
}

TEST_CASE("memory disk: a copy has what is durable, and lives by itself") {
    MemoryDisk disk;
    MemoryStorage storage{disk};
    const auto file = make_file(storage);
    REQUIRE(file->write(0, filled(512, 1)).has_value());
    REQUIRE(file->sync().has_value());
    REQUIRE(file->write(0, filled(512, 2)).has_value());
    REQUIRE(storage.create("young", kSize).has_value());
    const auto copy = disk.copy();
    CHECK(copy->names() == std::vector<std::string>{"file"});
    CHECK(byte_of(*copy, 0) == std::byte{1});
    copy->put("file", filled(kSize, 9));
    CHECK(byte_of(disk, 0) == std::byte{2});
}

TEST_CASE("memory disk: with stale space a torn write can show another file's bytes, never outside its range") {
    bool shown = false;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        MemoryDisk disk;
        disk.put("a", filled(kSize, 4));
        MemoryStorage storage{disk};
        const auto file = make_file(storage);
        REQUIRE(file->write(1024, filled(4096, 1)).has_value());
        disk.crash(seed, true);
        const Bytes left = disk.get("file");
        for (std::size_t at = 0; at < left.size(); ++at) {
            const bool inside = at >= 1024 && at < 1024 + 4096;
            if (!inside) REQUIRE(left[at] == std::byte{0});
            shown |= left[at] == std::byte{4};
        }
    }
    CHECK(shown);
}

struct Counting final : DiskObserver {
    std::uint64_t seen = 0;
    std::size_t size = 0;
    std::optional<Fault> before(const Access& access) override {
        ++seen;
        size = access.bytes.size();
        if (access.operation == Operation::sync) return Fault{.operation = access.operation, .code = EIO};
        return std::nullopt;
    }
};

TEST_CASE("memory disk: an observer sees each operation first and can make it fail") {
    MemoryDisk disk;
    MemoryStorage storage{disk};
    const auto file = make_file(storage);
    Counting counting;
    disk.observe(&counting);
    CHECK(file->write(0, filled(512, 1)).has_value());
    CHECK(counting.size == 512);
    const auto synced = file->sync();
    REQUIRE_FALSE(synced.has_value());
    CHECK(synced.error().code == EIO);
    CHECK(counting.seen == 2);
    disk.observe(nullptr);
    CHECK(file->sync().has_value());
    CHECK(counting.seen == 2);
}

}  // namespace
}  // namespace dcx::journal
