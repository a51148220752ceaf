// A reader beside a writer: at every moment it gives a prefix of what is durable, in order, and nothing else, whatever
// happens to the end of the journal meanwhile.
#include "journal/tail.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "journal/disk_storage.h"
#include "journal/journal_test.h"

namespace dcx::journal {
namespace {

using Kind = RecoveryErrorKind;

// What a tail has given so far; each command must be the next one, as it was committed.
struct Follower {
    explicit Follower(Storage& storage, const std::optional<Position>& from = {}) : tail(open(storage, from)) {}
    static Tail open(Storage& storage, const std::optional<Position>& from) {
        auto opened = Tail::open(storage, from);
        REQUIRE_MESSAGE(opened, opened.error().message);
        return std::move(*opened);
    }
    // All that there is now.
    template <class Next>
    void drain(const Next& next) {
        while (true) {
            const auto batch = next();
            REQUIRE_MESSAGE(batch, batch.error().message);
            if (!*batch) return;
            given.insert(given.end(), (*batch)->commands.begin(), (*batch)->commands.end());
        }
    }
    void drain_to(Sequence durable) {
        drain([&] { return tail.next(durable); });
    }
    void drain_by_watermark() {
        drain([&] { return tail.next(); });
    }

    Tail tail;
    std::vector<Command> given;
};

// The error of a tail that meets damage, having given everything before.
RecoveryError error_of(const std::vector<Command>& given, const std::expected<std::optional<Batch>, RecoveryError>& met,
                       std::size_t before) {
    CHECK(given.size() == before);
    REQUIRE_FALSE(met);
    return met.error();
}

// One life of a writer, stepped beside the tails.
struct Life {
    Writer& writer;
    Random& random;
    std::vector<Command>& committed;
    std::uint64_t number;

    // False: a fault has struck.
    bool step() {
        if (random.chance(25)) return writer.write_watermark(at(1)).has_value();
        const auto commands = test_commands(Sequence{committed.size() + 1}, 1 + random.below(14), number);
        REQUIRE(writer.append(commands) == commands.size());
        if (!writer.commit(at(1))) return false;
        committed.insert(committed.end(), commands.begin(), commands.end());
        return true;
    }
};

// Recovers, whatever of the last life's faults has not struck yet; each strikes once.
std::unique_ptr<Writer> begin_life(Storage& storage, std::vector<Command>& committed) {
    for (int attempt = 0; attempt < 3; ++attempt) {
        const auto recovered = recover_all(storage);
        if (!recovered.result) continue;
        // A batch whose commit failed may have been kept.
        committed = recovered.commands;
        auto writer = Writer::open(storage, *recovered.result, small_options());
        if (writer) return std::move(*writer);
    }
    FAIL("no life begins");
    return nullptr;
}

// Several lives with kills in between, a tail of each kind stepping beside; a third one begins anew where another
// stood.
void run_lives(std::uint64_t seed) {
    CAPTURE(seed);
    MemoryDisk disk;
    Random random{seed};
    MemoryStorage follower_storage{disk};
    Follower told{follower_storage};
    Follower watching{follower_storage};
    std::vector<Command> committed;
    for (std::uint64_t number = 1; number <= 4; ++number) {
        MemoryStorage storage{disk};
        const auto writer = begin_life(storage, committed);
        Life life{*writer, random, committed, number};
        if (random.chance(60))
            disk.plant({.operation = random.chance(70) ? Operation::write : Operation::sync,
                        .after = random.below(30),
                        .code = EIO,
                        .short_bytes = static_cast<std::size_t>(random.below(2000))});
        bool alive = true;
        for (std::uint64_t steps = 5 + random.below(40); steps > 0 && alive; --steps) {
            alive = life.step();
            if (random.chance(40)) told.drain_to(writer->durable());
            if (random.chance(40)) watching.drain_by_watermark();
            if (random.chance(10) && told.tail.position().segment != 0) {
                Follower resumed{follower_storage, told.tail.position()};
                resumed.given = told.given;
                resumed.drain_to(writer->durable());
                CHECK(same_bytes(resumed.given, std::span{committed}.first(writer->durable().value)));
            }
            CHECK(watching.given.size() <= writer->durable().value);
        }
        told.drain_to(writer->durable());
        CHECK(same_bytes(told.given, std::span{committed}.first(writer->durable().value)));
        for (int looks = 0; looks < 3; ++looks) watching.drain_by_watermark();
        CHECK(same_bytes(watching.given, std::span{committed}.first(watching.given.size())));
    }
    MemoryStorage storage{disk};
    bool ended = false;
    for (int attempt = 0; attempt < 5 && !ended; ++attempt) {
        const auto writer = begin_life(storage, committed);
        ended = commit_next(*writer, 1, 77) && writer->write_watermark(at(1));
        told.drain_to(writer->durable());
        watching.drain_by_watermark();
        if (!ended) continue;
        CHECK(told.given.size() == writer->durable().value);
        CHECK(same_bytes(told.given, watching.given));
    }
    CHECK(ended);
}

constexpr std::uint64_t kWritten = 78;

// Batches of 1 to 12 commands over several segments, a watermark at the end.
void write_long_journal(MemoryDisk& disk) {
    MemoryStorage storage{disk};
    const auto writer = open_writer(storage);
    for (std::size_t size = 1; size <= 12; ++size) REQUIRE(commit_next(*writer, size));
    REQUIRE(writer->write_watermark(at(9)));
    REQUIRE(writer->durable().value == kWritten);
}

struct Place {
    std::string segment;
    std::uint64_t offset;
    std::uint64_t size;
    std::size_t before;  // commands in earlier batches
};
std::vector<Place> places_of(const MemoryDisk& disk) {
    std::vector<Place> places;
    std::size_t before = 0;
    for (const std::string& name : disk.names()) {
        if (!name.ends_with(kSegmentSuffix)) continue;
        for (const Extent& extent : batch_extents(disk.get(name))) {
            places.push_back({name, extent.offset, extent.size, before});
            before += extent.count;
        }
    }
    return places;
}

}  // namespace

TEST_CASE("tails beside random lives of a writer: told by it, or by the watermarks alone") {
    // More, from another place, for a soak: DCX_JOURNAL_SEEDS=first:count.
    std::uint64_t first = 1;
    std::uint64_t count = 400;
    if (const char* told = std::getenv("DCX_JOURNAL_SEEDS"))
        REQUIRE(std::sscanf(told, "%" SCNu64 ":%" SCNu64, &first, &count) == 2);
    for (std::uint64_t seed = first; seed < first + count; ++seed) run_lives(seed);
}

TEST_CASE("a tail gives no more than it is told, and by watermarks one batch less than there is") {
    MemoryDisk disk;
    MemoryStorage storage{disk};
    const auto writer = open_writer(storage);
    Follower told{storage};
    Follower watching{storage};
    REQUIRE(commit_next(*writer, 3));
    REQUIRE(commit_next(*writer, 4));
    told.drain_to(seq(2));  // not the end of a batch
    CHECK(told.given.empty());
    told.drain_to(seq(3));
    CHECK(told.given.size() == 3);
    watching.drain_by_watermark();
    CHECK(watching.given.size() == 3);
    REQUIRE(writer->write_watermark(at(1)));
    watching.drain_by_watermark();
    CHECK(watching.given.size() == 7);
    told.drain_to(seq(7));
    CHECK(same_bytes(told.given, watching.given));
}

TEST_CASE("a tail waits for a journal that has not begun") {
    MemoryDisk disk;
    MemoryStorage storage{disk};
    Follower told{storage};
    Follower watching{storage};
    told.drain_to(seq(0));
    watching.drain_by_watermark();
    CHECK(told.tail.position().segment == 0);
    CHECK(told.tail.venue_id() == VenueId{});
    const auto writer = open_writer(storage);
    REQUIRE(commit_next(*writer, 2));
    REQUIRE(writer->write_watermark(at(1)));
    told.drain_to(seq(2));
    watching.drain_by_watermark();
    CHECK(told.given.size() == 2);
    CHECK(watching.given.size() == 2);
    CHECK(told.tail.venue_id() == kTestVenue);
}

TEST_CASE("half-written bytes are not yet a batch, and what replaces them is") {
    MemoryDisk disk;
    MemoryStorage follower_storage{disk};
    Follower watching{follower_storage};
    const std::string name = segment_name(seq(1));
    {
        MemoryStorage storage{disk};
        const auto writer = open_writer(storage);
        REQUIRE(commit_next(*writer, 2, 1));
        watching.drain_by_watermark();
        // Header and a part of the payload: the header shows that the batch before is durable.
        disk.plant({.operation = Operation::write, .after = 0, .code = EIO, .short_bytes = 300});
        REQUIRE_FALSE(commit_next(*writer, 5, 1));
    }
    for (int looks = 0; looks < 100; ++looks) watching.drain_by_watermark();
    CHECK(same_bytes(watching.given, test_commands(seq(1), 2, 1)));
    MemoryStorage storage{disk};
    const auto writer = open_writer(storage);
    for (int looks = 0; looks < 100; ++looks) watching.drain_by_watermark();
    REQUIRE(commit_next(*writer, 1, 2));
    REQUIRE(commit_next(*writer, 1, 2));
    watching.drain_by_watermark();
    REQUIRE(watching.given.size() == 3);
    CHECK(same_bytes(std::span{watching.given}.last(1), test_commands(seq(3), 1, 2)));
}

TEST_CASE("damage of what is durable is named by a tail as by a reader") {
    MemoryDisk whole;
    write_long_journal(whole);
    const auto places = places_of(whole);
    REQUIRE(places.size() == 13);
    // The last two batches: the one with commands, and the one without, which nothing knows as durable.
    for (std::size_t i = 0; i + 1 < places.size(); ++i) {
        const Place& place = places[i];
        for (const bool erased : {false, true}) {
            CAPTURE(i);
            CAPTURE(erased);
            MemoryDisk disk;
            for (const std::string& name : whole.names()) disk.put(name, whole.get(name));
            auto bytes = disk.get(place.segment);
            if (erased)
                std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(place.offset), place.size, std::byte{0});
            else
                bytes[place.offset + i * 37 % place.size] ^= std::byte{4};
            disk.put(place.segment, bytes);
            MemoryStorage storage{disk};
            const auto check = [&](const RecoveryError& error) {
                CHECK_MESSAGE(error.kind == (erased ? Kind::missing_batch : Kind::damaged_batch), error.message);
                CHECK(error.segment == place.segment);
                CHECK(error.offset == place.offset);
            };
            Follower told{storage};
            told.drain_to(Sequence{place.before});
            check(error_of(told.given, told.tail.next(seq(kWritten)), place.before));
            // Again the same: an error moves nothing.
            check(error_of(told.given, told.tail.next(seq(kWritten)), place.before));

            Follower watching{storage};
            std::optional<RecoveryError> met;
            for (int looks = 0; looks < 300 && !met; ++looks) {
                const auto batch = watching.tail.next();
                if (!batch) met = batch.error();
                if (batch && *batch)
                    watching.given.insert(watching.given.end(), (*batch)->commands.begin(), (*batch)->commands.end());
            }
            REQUIRE(met);
            CHECK(watching.given.size() == place.before);
            check(*met);
        }
    }
}

TEST_CASE("a segment that belongs to another journal is refused when the tail comes to it") {
    MemoryDisk whole;
    write_long_journal(whole);
    const auto second = places_of(whole).back().segment;
    auto bytes = whole.get(second);
    SegmentHeader header;
    std::memcpy(static_cast<void*>(&header), bytes.data(), sizeof header);
    Kind expected = Kind::foreign_segment;
    SUBCASE("another venue's") { header.venue_id[0] ^= std::byte{1}; }
    SUBCASE("another chain") {
        header.previous[0] ^= std::byte{1};
        expected = Kind::broken_chain;
    }
    seal(header);
    std::memcpy(bytes.data(), &header, sizeof header);
    MemoryStorage storage{whole};
    whole.erase(second);
    Follower told{storage};
    Follower watching{storage};
    const auto before = Sequence{parse_segment_name(second)->value - 1};
    told.drain_to(before);
    watching.drain_by_watermark();
    whole.put(second, bytes);
    const auto first = told.tail.next(seq(kWritten));
    REQUIRE_FALSE(first);
    CHECK(first.error().kind == expected);
    CHECK(first.error().segment == second);
    std::expected<std::optional<Batch>, RecoveryError> met = std::nullopt;
    for (int looks = 0; looks < 5 && met; ++looks) met = watching.tail.next();
    REQUIRE_FALSE(met);
    CHECK(met.error().kind == expected);
}

TEST_CASE("a disk error is told and the tail goes on when it has passed") {
    MemoryDisk disk;
    write_long_journal(disk);
    MemoryStorage storage{disk};
    Follower told{storage};
    for (std::uint64_t after = 0; told.given.size() < kWritten; ++after) {
        REQUIRE(after < 1000);
        disk.plant({.operation = Operation::read, .after = after % 8, .code = EIO});
        while (true) {
            const auto batch = told.tail.next(seq(kWritten));
            if (!batch) {
                CHECK(batch.error().kind == Kind::storage_failed);
                CHECK(batch.error().code == EIO);
                break;
            }
            if (!*batch) break;
            told.given.insert(told.given.end(), (*batch)->commands.begin(), (*batch)->commands.end());
        }
    }
    CHECK(same_bytes(told.given, test_commands(seq(1), kWritten)));
}

TEST_CASE("disk: tails in threads beside a writer that rolls through many segments") {
    TemporaryFolder folder;
    constexpr std::uint64_t last = 6000;
    std::atomic<std::uint64_t> durable = 0;
    const auto follow = [&](bool by_watermark) {
        const auto storage = DiskStorage::open(folder.path());
        DCX_CHECK(storage.has_value());
        auto tail = Tail::open(**storage);
        DCX_CHECK(tail.has_value());
        std::vector<Command> given;
        while (given.size() < last) {
            const auto batch =
                by_watermark ? tail->next() : tail->next(Sequence{durable.load(std::memory_order_acquire)});
            DCX_CHECK(batch.has_value());
            if (*batch)
                given.insert(given.end(), (*batch)->commands.begin(), (*batch)->commands.end());
            else
                std::this_thread::yield();
        }
        return given;
    };
    std::vector<Command> told;
    std::vector<Command> watching;
    {
        const auto storage = DiskStorage::open(folder.path());
        REQUIRE(storage);
        auto options = small_options();
        options.segment_size = 65536;
        options.background = true;
        const auto writer = open_writer(**storage, options);
        const std::jthread first{[&] { told = follow(false); }};
        const std::jthread second{[&] { watching = follow(true); }};
        Random random{3};
        while (writer->durable().value < last) {
            const std::uint64_t count = std::min<std::uint64_t>(1 + random.below(300), last - writer->durable().value);
            REQUIRE(commit_next(*writer, count));
            durable.store(writer->durable().value, std::memory_order_release);
        }
        REQUIRE(writer->write_watermark(at(1)));
        REQUIRE(commit_next(*writer, 1));  // after it the empty batch is known durable, too
    }
    CHECK(same_bytes(told, test_commands(seq(1), last)));
    CHECK(same_bytes(watching, test_commands(seq(1), last)));
}

}  // namespace dcx::journal
