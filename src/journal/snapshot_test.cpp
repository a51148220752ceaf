#include "journal/snapshot.h"

#include <doctest/doctest.h>

#include <cerrno>

#include "journal/disk_storage.h"
#include "journal/journal_test.h"

namespace dcx::journal {
namespace {

// Some of its blocks are zero, and it ends inside one.
std::vector<std::byte> test_image(std::uint64_t seed) {
    Random random{seed};
    std::vector<std::byte> image(5 * kSnapshotBlock + 1 + random.below(3 * kSnapshotBlock));
    for (std::size_t block = 0; block * kSnapshotBlock < image.size(); ++block) {
        if (random.chance(30)) continue;
        const std::size_t begin = block * kSnapshotBlock;
        const std::size_t end = std::min(begin + kSnapshotBlock, image.size());
        for (std::size_t i = begin; i < end; i += 1 + random.below(64)) image[i] = std::byte(1 + random.below(255));
    }
    return image;
}

SnapshotHeader facts(std::uint64_t sequence) {
    SnapshotHeader header;
    header.engine_version = 7;
    header.venue_id = kTestVenue;
    header.layout = 11;
    header.sequence = sequence;
    header.batch = 3;
    header.segment = 2;
    header.offset = kSegmentHeaderSize + 512;
    header.state_hash.fill(std::byte{9});
    return header;
}

Result<SnapshotHeader> write(Storage& storage, std::uint64_t sequence, const std::vector<std::byte>& image) {
    Random random{sequence};
    return write_snapshot(storage, facts(sequence), [&](ByteSink& sink) {
        // In pieces of any size, other ones each time.
        for (std::span<const std::byte> left = image; !left.empty();) {
            const std::size_t part = std::min<std::size_t>(left.size(), random.below(2 * kSnapshotBlock));
            sink.put(left.first(part));
            left = left.subspan(part);
        }
    });
}

std::expected<std::vector<std::byte>, SnapshotError> read(Storage& storage, std::uint64_t sequence) {
    auto snapshot = Snapshot::open(storage, snapshot_name(seq(sequence)));
    if (!snapshot) return std::unexpected(snapshot.error());
    std::vector<std::byte> image(snapshot->header().image_size);
    Random random{sequence + 1};
    for (std::size_t at_byte = 0; at_byte < image.size();) {
        const std::size_t part = std::min<std::size_t>(image.size() - at_byte, random.below(3 * kSnapshotBlock));
        REQUIRE(snapshot->get(std::span(image).subspan(at_byte, part)));
        at_byte += part;
    }
    std::byte more{};
    CHECK_FALSE(snapshot->get({&more, 1}));
    return image;
}

}  // namespace

TEST_CASE("snapshot: gives back what it was given, and says where the journal goes on") {
    const TemporaryFolder folder;
    auto disk = DiskStorage::open(folder.path());
    REQUIRE(disk.has_value());
    MemoryDisk memory_disk;
    MemoryStorage memory(memory_disk);
    for (Storage* storage : std::initializer_list<Storage*>{disk->get(), &memory}) {
        for (std::uint64_t i = 1; i <= 20; ++i) {
            const auto image = test_image(i);
            const auto written = write(*storage, i, image);
            REQUIRE(written.has_value());
            CHECK(written->image_size == image.size());
            CHECK(written->stored > 0);
            const auto again = read(*storage, i);
            REQUIRE(again.has_value());
            CHECK(*again == image);
        }
        const auto snapshot = Snapshot::open(*storage, snapshot_name(seq(7)));
        REQUIRE(snapshot.has_value());
        const Position place = snapshot->position();
        CHECK(place.sequence == seq(7));
        CHECK(place.segment == 2);
        CHECK(place.offset == kSegmentHeaderSize + 512);
        CHECK(place.batch == 3);
        const auto names = list_snapshots(*storage);
        REQUIRE(names.has_value());
        REQUIRE(names->size() == 20);
        CHECK(names->front() == snapshot_name(seq(20)));
        CHECK(names->back() == snapshot_name(seq(1)));
    }
}

TEST_CASE("snapshot: one of the same place is replaced, what a crash left is cleared away, empty images are images") {
    MemoryDisk disk;
    MemoryStorage storage(disk);
    disk.put(kSnapshotBeside, std::vector<std::byte>(77));
    REQUIRE(write(storage, 1, {}).has_value());
    CHECK(read(storage, 1)->empty());
    REQUIRE(write(storage, 1, test_image(3)).has_value());
    CHECK(*read(storage, 1) == test_image(3));
    CHECK(disk.names() == std::vector<std::string>{snapshot_name(seq(1))});
}

TEST_CASE("snapshot: any changed bit, any cut and any other name is noticed") {
    MemoryDisk disk;
    MemoryStorage storage(disk);
    REQUIRE(write(storage, 5, test_image(5)).has_value());
    const std::string name = snapshot_name(seq(5));
    const auto bytes = disk.get(name);
    Random random{1};
    const auto refused = [&](const std::vector<std::byte>& damaged) {
        disk.put(name, damaged);
        const auto snapshot = Snapshot::open(storage, name);
        return !snapshot && snapshot.error().kind == SnapshotErrorKind::damaged &&
               snapshot.error().message.find(name) != std::string::npos;
    };
    const auto flipped = [&](std::size_t byte) {
        auto damaged = bytes;
        damaged[byte] ^= std::byte(1u << random.below(8));
        return damaged;
    };
    // The format's own two numbers apart: a higher format is another refusal.
    for (std::size_t i = 0; i < sizeof(SnapshotHeader); ++i)
        if (i < 8 || i >= 12) CHECK(refused(flipped(i)));
    for (int i = 0; i < 1'000; ++i)
        CHECK(refused(flipped(sizeof(SnapshotHeader) + random.below(bytes.size() - sizeof(SnapshotHeader)))));
    for (int i = 0; i < 100; ++i) {
        auto cut = bytes;
        cut.resize(random.below(bytes.size()));
        CHECK(refused(cut));
    }
    auto longer = bytes;
    longer.resize(bytes.size() + 1);
    CHECK(refused(longer));
    disk.put(name, bytes);
    CHECK(Snapshot::open(storage, name).has_value());
    disk.put(snapshot_name(seq(6)), bytes);
    CHECK_FALSE(Snapshot::open(storage, snapshot_name(seq(6))).has_value());
    auto newer = bytes;
    newer[8] = std::byte{200};
    disk.put(name, newer);
    const auto refusal = Snapshot::open(storage, name);
    REQUIRE_FALSE(refusal.has_value());
    CHECK(refusal.error().kind == SnapshotErrorKind::newer_format);
}

TEST_CASE(
    "snapshot: whatever fails and whenever the power goes, those before it stay, and a new one is whole or not there") {
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
        MemoryDisk disk;
        Random random{seed};
        {
            MemoryStorage storage(disk);
            REQUIRE(write(storage, 1, test_image(1)).has_value());
            static constexpr Operation operations[] = {Operation::write,  Operation::sync,   Operation::sync_folder,
                                                       Operation::create, Operation::rename, Operation::read};
            disk.plant({.operation = operations[random.below(std::size(operations))],
                        .after = random.below(4),
                        .code = random.chance(50) ? EIO : ENOSPC,
                        .short_bytes = random.below(1000)});
            static_cast<void>(write(storage, 2, test_image(2)));
        }
        disk.crash(seed);
        MemoryStorage storage(disk);
        CHECK(*read(storage, 1) == test_image(1));
        const auto names = list_snapshots(storage);
        REQUIRE(names.has_value());
        if (names->size() == 2) CHECK(*read(storage, 2) == test_image(2));
        REQUIRE(write(storage, 2, test_image(2)).has_value());
        CHECK(*read(storage, 2) == test_image(2));
    }
}

}  // namespace dcx::journal
