// Quarantined commands: recorded by a new segment's header, known to every reader before the first command.
#include <doctest/doctest.h>

#include <cerrno>

#include "journal/journal_test.h"
#include "journal/tail.h"

namespace dcx::journal {
namespace {

using Kind = RecoveryErrorKind;
using Quarantine = std::vector<QuarantinedCommand>;

QuarantinedCommand quarantine(std::uint64_t sequence) {
    return {.sequence = sequence, .hash = command_hash(test_command(seq(sequence)))};
}

WriterOptions with(Quarantine quarantined) {
    auto options = small_options();
    options.quarantined = std::move(quarantined);
    return options;
}

Quarantine known(std::span<const QuarantinedCommand> quarantined) { return {quarantined.begin(), quarantined.end()}; }

// What a recovery says before the first batch and after the last one.
Quarantine recovered(Storage& storage) {
    std::optional<Quarantine> told;
    const auto recovery = recover(storage, {.visit = [&](const Batch&) { REQUIRE(told); },
                                            .quarantined =
                                                [&](std::span<const QuarantinedCommand> list) {
                                                    REQUIRE_FALSE(told);
                                                    told = known(list);
                                                }});
    REQUIRE_MESSAGE(recovery, recovery.error().message);
    REQUIRE(told);
    CHECK(*told == recovery->quarantined);
    return *told;
}

std::size_t segments_on(const MemoryDisk& disk) {
    std::size_t count = 0;
    for (const std::string& name : disk.names())
        if (parse_segment_name(name)) ++count;
    return count;
}

}  // namespace

TEST_CASE("a quarantined command begins a segment, once, and every later segment repeats it") {
    MemoryDisk disk;
    MemoryStorage storage{disk};
    REQUIRE(commit_next(*open_writer(storage), 5));
    CHECK(recovered(storage).empty());
    {
        const auto writer = open_writer(storage, with({quarantine(3)}));
        CHECK(writer->counters().segments == 1);
        CHECK(known(writer->quarantined()) == Quarantine{quarantine(3)});
        REQUIRE(commit_next(*writer, 2));
    }
    CHECK(recovered(storage) == Quarantine{quarantine(3)});
    // Known already, named again or not: no new segment.
    CHECK(open_writer(storage, with({quarantine(3)}))->counters().segments == 0);
    CHECK(open_writer(storage)->counters().segments == 0);
    {
        const auto writer = open_writer(storage, with({quarantine(6), quarantine(1), quarantine(3)}));
        CHECK(writer->counters().segments == 1);
        while (writer->counters().segments < 4) REQUIRE(commit_next(*writer, 9));
    }
    const Quarantine all{quarantine(1), quarantine(3), quarantine(6)};
    CHECK(recovered(storage) == all);
    // From a snapshot, the older segments gone.
    const auto recovery = recover(storage);
    REQUIRE(recovery);
    for (const std::string& name : disk.names())
        if (name != recovery->end.segment_name) disk.erase(name);
    const auto reader = Reader::open(storage, recovery->end);
    REQUIRE(reader);
    CHECK(known(reader->quarantined()) == all);
    const auto tail = Tail::open(storage, recovery->end);
    REQUIRE(tail);
    CHECK(known(tail->quarantined()) == all);
}

TEST_CASE("a running tail learns of a new quarantine with the segment that records it") {
    MemoryDisk disk;
    MemoryStorage storage{disk};
    REQUIRE(commit_next(*open_writer(storage), 5));
    auto tail = Tail::open(storage);
    REQUIRE(tail);
    CHECK(tail->quarantined().empty());
    const auto writer = open_writer(storage, with({quarantine(4)}));
    REQUIRE(commit_next(*writer, 2));
    CHECK(*tail->next(seq(7)));
    CHECK(tail->quarantined().empty());
    CHECK(*tail->next(seq(7)));
    CHECK(known(tail->quarantined()) == Quarantine{quarantine(4)});
    CHECK(tail->position().sequence == seq(7));
}

TEST_CASE("a second quarantine before any new command takes the place of the empty segment") {
    MemoryDisk disk;
    {
        MemoryStorage storage{disk};
        REQUIRE(commit_next(*open_writer(storage), 5));
        open_writer(storage, with({quarantine(2)}));
        CHECK(segments_on(disk) == 2);
        const auto writer = open_writer(storage, with({quarantine(5)}));
        CHECK(segments_on(disk) == 2);
        REQUIRE(commit_next(*writer, 3));
    }
    disk.crash(1);
    MemoryStorage storage{disk};
    CHECK(recovered(storage) == Quarantine{quarantine(2), quarantine(5)});
    CHECK(same_bytes(recover_all(storage).commands, test_commands(seq(1), 8)));
}

TEST_CASE(
    "power lost at any moment of a quarantine: no command is lost, and what was recorded once it had begun stays") {
    // Each operation that beginning the two segments takes fails once, then the power goes.
    constexpr Operation operations[] = {Operation::create, Operation::write, Operation::sync, Operation::rename,
                                        Operation::sync_folder};
    for (const Operation operation : operations) {
        for (std::uint64_t after = 0; after < 6; ++after) {
            for (std::uint64_t seed = 0; seed < 12; ++seed) {
                MemoryDisk disk;
                bool recorded = false;
                {
                    MemoryStorage storage{disk};
                    REQUIRE(commit_next(*open_writer(storage), 5));
                    disk.plant({.operation = operation, .after = after, .code = EIO, .short_bytes = 200});
                    for (const std::uint64_t sequence : {2u, 5u}) {
                        const auto recovery = recover(storage);
                        if (!recovery) break;
                        // The second one takes the place of the first one's segment.
                        recorded = false;
                        const auto writer = Writer::open(storage, *recovery, with({quarantine(sequence)}));
                        if (!writer) break;
                        recorded = true;
                    }
                }
                disk.crash(seed);
                MemoryStorage storage{disk};
                const auto again = recover_all(storage);
                REQUIRE_MESSAGE(again.result, again.result.error().message);
                CHECK(same_bytes(again.commands, test_commands(seq(1), 5)));
                if (recorded) CHECK(!again.result->quarantined.empty());
                const auto writer = Writer::open(storage, *again.result, with({quarantine(2), quarantine(5)}));
                REQUIRE(writer);
                REQUIRE(commit_next(**writer, 4));
                CHECK(recovered(storage) == Quarantine{quarantine(2), quarantine(5)});
            }
        }
    }
}

TEST_CASE("what cannot be quarantined is refused and changes nothing") {
    MemoryDisk disk;
    MemoryStorage storage{disk};
    {
        const auto writer = open_writer(storage);
        for (int i = 0; i < 10; ++i) REQUIRE(commit_next(*writer, 5));
    }
    open_writer(storage, with({quarantine(2)}));
    const Files before = files_of(disk);
    const auto recovery = recover(storage);
    REQUIRE(recovery);
    const auto refused = [&](Quarantine list) {
        const auto writer = Writer::open(storage, *recovery, with(std::move(list)));
        REQUIRE_FALSE(writer);
        CHECK(files_of(disk) == before);
        return writer.error().message;
    };
    CHECK(refused({quarantine(51)}).find("cannot quarantine command 51") != std::string::npos);
    CHECK(refused({quarantine(0)}).find("none of this sequence") != std::string::npos);
    CHECK(refused({{.sequence = 2, .hash = {}}}).find("another hash") != std::string::npos);
    Quarantine many;
    for (std::uint64_t i = 1; i <= kMaxQuarantined + 1; ++i) many.push_back(quarantine(i));
    CHECK(refused(many).find("no more") != std::string::npos);
}

TEST_CASE("an epoch page that no writer writes is refused") {
    MemoryDisk disk;
    MemoryStorage storage{disk};
    REQUIRE(commit_next(*open_writer(storage), 5));
    REQUIRE(commit_next(*open_writer(storage, with({quarantine(2), quarantine(4)})), 1));
    const std::string name = segment_name(seq(6));
    const auto whole = disk.get(name);
    const auto check = [&](auto change, bool sealed) {
        auto bytes = whole;
        EpochPage page;
        std::memcpy(static_cast<void*>(&page), bytes.data() + sizeof(SegmentHeader), sizeof page);
        change(page);
        if (sealed) seal(page);
        std::memcpy(bytes.data() + sizeof(SegmentHeader), &page, sizeof page);
        disk.put(name, bytes);
        const auto refused = Reader::open(storage);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().kind == Kind::damaged_segment_header);
        CHECK(refused.error().segment == name);
        CHECK(refused.error().offset == 0);
    };
    check([](EpochPage& page) { page.quarantined[0].hash[0] ^= std::byte{1}; }, false);
    check([](EpochPage& page) { page.count = 1; }, true);
    check([](EpochPage& page) { page.count = 33; }, true);
    check([](EpochPage& page) { page.segment = 1; }, true);
    check([](EpochPage& page) { page.quarantined[0].sequence = 4; }, true);
    check([](EpochPage& page) { page.quarantined[1].sequence = 6; }, true);
    check([](EpochPage& page) { page.zero[0] = std::byte{1}; }, true);
    auto bytes = whole;
    bytes[kSegmentHeaderSize - 1] = std::byte{1};
    disk.put(name, bytes);
    CHECK_FALSE(Reader::open(storage));
}

TEST_CASE("a later segment that forgets a quarantined command is refused") {
    MemoryDisk disk;
    MemoryStorage storage{disk};
    REQUIRE(commit_next(*open_writer(storage), 5));
    {
        const auto writer = open_writer(storage, with({quarantine(2)}));
        while (writer->counters().segments < 2) REQUIRE(commit_next(*writer, 9));
    }
    const std::string last = recover(storage)->end.segment_name;
    auto bytes = disk.get(last);
    EpochPage page{.segment = 3};
    seal(page);
    std::memcpy(bytes.data() + sizeof(SegmentHeader), &page, sizeof page);
    disk.put(last, bytes);
    const auto refused = Reader::open(storage);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == Kind::broken_chain);
    CHECK(refused.error().segment == last);
}

}  // namespace dcx::journal
