#include "journal/copy.h"

#include <doctest/doctest.h>

#include "journal/journal_test.h"

namespace dcx::journal {

TEST_CASE("copy: the beginning of a journal up to any command is a journal with exactly those") {
    MemoryDisk disk;
    std::vector<Command> all;
    {
        MemoryStorage storage(disk);
        const auto recovery = recover(storage);
        REQUIRE(recovery.has_value());
        auto writer = Writer::open(storage, *recovery, small_options());
        REQUIRE(writer.has_value());
        Random random{4};
        while (all.size() < 150) {
            const auto more = test_commands(seq(all.size() + 1), 1 + random.below(9));
            REQUIRE((*writer)->append(more) == more.size());
            REQUIRE((*writer)->commit(at(5)).has_value());
            all.insert(all.end(), more.begin(), more.end());
        }
    }
    MemoryStorage storage(disk);
    const auto original = recover_all(storage);
    for (std::uint64_t last = 1; last <= all.size(); ++last) {
        MemoryDisk copy_disk;
        MemoryStorage copy(copy_disk);
        const auto copied = copy_journal(storage, copy, seq(last));
        REQUIRE_MESSAGE(copied.has_value(), copied.error().message);
        const auto found = recover_all(copy);
        REQUIRE_MESSAGE(found.result.has_value(), found.result.error().message);
        CHECK(same_bytes(found.commands, std::span(all).first(last)));
        CHECK(found.result->venue_id == kTestVenue);
        // And it can be continued.
        auto writer = Writer::open(copy, *found.result, small_options());
        REQUIRE(writer.has_value());
        const auto more = test_commands(seq(last + 1), 3);
        REQUIRE((*writer)->append(more) == 3);
        CHECK((*writer)->commit(at(6)).has_value());
    }
    MemoryDisk copy_disk;
    MemoryStorage copy(copy_disk);
    const auto beyond = copy_journal(storage, copy, seq(all.size() + 1));
    REQUIRE_FALSE(beyond.has_value());
    CHECK(beyond.error().message.find(std::to_string(all.size())) != std::string::npos);
}

TEST_CASE("copy: a journal that is damaged before the cut is refused with its place") {
    MemoryDisk disk;
    {
        MemoryStorage storage(disk);
        auto writer = Writer::open(storage, *recover(storage), small_options());
        REQUIRE(writer.has_value());
        for (std::uint64_t i = 0; i < 3; ++i) {
            REQUIRE((*writer)->append(test_commands(seq(1 + 2 * i), 2)) == 2);
            REQUIRE((*writer)->commit(at(5)).has_value());
        }
    }
    auto bytes = disk.get(segment_name(seq(1)));
    bytes[kSegmentHeaderSize + 200] ^= std::byte{1};
    disk.put(segment_name(seq(1)), bytes);
    MemoryStorage storage(disk);
    MemoryDisk copy_disk;
    MemoryStorage copy(copy_disk);
    const auto copied = copy_journal(storage, copy, seq(4));
    REQUIRE_FALSE(copied.has_value());
    CHECK(copied.error().offset == kSegmentHeaderSize);
    CHECK(copy_disk.names().empty());
}

}  // namespace dcx::journal
