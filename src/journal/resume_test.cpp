// Reading and recovering from the middle: behind a batch that a snapshot names.
#include "journal/resume.h"

#include <doctest/doctest.h>

#include "journal/journal_test.h"
#include "journal/tail.h"

namespace dcx::journal {
namespace {

using Kind = RecoveryErrorKind;

// Batches of 1 to 12 commands over several segments, and the position behind each, first the one before all.
struct Journal {
    Journal() {
        {
            const auto writer = open_writer(storage);
            for (std::size_t size = 1; size <= 12; ++size) {
                REQUIRE(commit_next(*writer, size));
                if (size % 4 == 0) REQUIRE(writer->write_watermark(at(9)));
            }
        }
        auto reader = Reader::open(storage);
        REQUIRE(reader);
        positions.push_back(reader->position());
        while (true) {
            const auto batch = reader->next();
            REQUIRE(batch);
            if (!*batch) break;
            positions.push_back(reader->position());
        }
    }
    [[nodiscard]] Position in_last_segment() const {
        for (const Position& position : positions)
            if (position.segment == positions.back().segment) return position;
        return {};
    }
    [[nodiscard]] Kind refused(const Position& from) {
        const auto reader = Reader::open(storage, from);
        REQUIRE_FALSE(reader);
        const auto tail = Tail::open(storage, from);
        REQUIRE_FALSE(tail);
        CHECK(tail.error().message == reader.error().message);
        const auto recovered = recover(storage, {.from = from});
        REQUIRE_FALSE(recovered);
        CHECK(recovered.error().message == reader.error().message);
        return reader.error().kind;
    }

    MemoryDisk disk;
    MemoryStorage storage{disk};
    std::vector<Position> positions;
};

constexpr std::uint64_t kCommitted = 78;

// Only what a snapshot keeps.
Position as_kept(const Position& position) {
    return {.segment = position.segment,
            .offset = position.offset,
            .batch = position.batch,
            .sequence = position.sequence,
            .epoch = position.epoch,
            .hash = position.hash,
            .time = position.time};
}

}  // namespace

TEST_CASE("from every batch on, a reader gives exactly what follows, and a recovery ends at the same place") {
    Journal journal;
    REQUIRE(journal.positions.size() == 16);
    const Position& end = journal.positions.back();
    for (const Position& from : journal.positions) {
        CAPTURE(from.batch);
        std::vector<Command> given;
        const auto recovered = recover(
            journal.storage,
            {.visit =
                 [&](const Batch& batch) { given.insert(given.end(), batch.commands.begin(), batch.commands.end()); },
             .from = as_kept(from)});
        REQUIRE_MESSAGE(recovered, recovered.error().message);
        CHECK(same_bytes(given, test_commands(Sequence{from.sequence.value + 1}, kCommitted - from.sequence.value)));
        CHECK(recovered->end.segment_name == end.segment_name);
        CHECK(recovered->end.offset == end.offset);
        CHECK(recovered->end.batch == end.batch);
        CHECK(recovered->end.hash == end.hash);
        CHECK(recovered->end.epoch == end.epoch);
        CHECK_FALSE(recovered->tail);
    }
}

TEST_CASE("the position in a new segment before its first batch is one to go on from") {
    Journal journal;
    Position from = journal.in_last_segment();
    auto& positions = journal.positions;
    const auto first = std::find_if(positions.begin(), positions.end(),
                                    [&](const Position& position) { return position.segment == from.segment; });
    Position before = *std::prev(first);
    before.segment = from.segment;
    before.offset = kSegmentHeaderSize;
    auto reader = Reader::open(journal.storage, as_kept(before));
    REQUIRE(reader);
    const auto batch = reader->next();
    REQUIRE(batch);
    REQUIRE(*batch);
    CHECK((*batch)->header->number == from.batch);
    before.hash[0] ^= std::byte{1};
    CHECK(journal.refused(as_kept(before)) == Kind::behind_snapshot);
}

TEST_CASE("segments before the snapshot's own may be gone, others not") {
    Journal journal;
    const Position from = journal.in_last_segment();
    std::vector<std::string> names;
    for (const std::string& name : journal.disk.names())
        if (name.ends_with(kSegmentSuffix)) names.push_back(name);
    REQUIRE(names.size() >= 3);
    REQUIRE(from.segment_name == names.back());
    SUBCASE("the oldest") {
        journal.disk.erase(names[0]);
        CHECK(Reader::open(journal.storage, from));
        CHECK(Tail::open(journal.storage, from));
        const auto without = Reader::open(journal.storage);
        REQUIRE_FALSE(without);
        CHECK(without.error().kind == Kind::missing_segment);
        CHECK(journal.refused(journal.positions[1]) == Kind::missing_segment);
        // A writer goes on, from the snapshot.
        {
            const auto recovery = recover(journal.storage, {.from = from});
            REQUIRE(recovery);
            CHECK(recovery->venue_id == kTestVenue);
            const auto writer = Writer::open(journal.storage, *recovery, small_options());
            REQUIRE(writer);
            REQUIRE(commit_next(**writer, 9));
        }
        const auto again = recover(journal.storage, {.from = from});
        REQUIRE(again);
        CHECK(again->end.sequence == seq(kCommitted + 9));
    }
    SUBCASE("all before") {
        for (std::size_t i = 0; i + 1 < names.size(); ++i) journal.disk.erase(names[i]);
        CHECK(recover(journal.storage, {.from = from}));
    }
    SUBCASE("one in the middle") {
        journal.disk.erase(names[names.size() - 2]);
        CHECK(journal.refused(from) == Kind::missing_segment);
    }
    SUBCASE("its own") {
        journal.disk.erase(names.back());
        CHECK(journal.refused(from) == Kind::behind_snapshot);
    }
    SUBCASE("every one") {
        for (const std::string& name : names) journal.disk.erase(name);
        CHECK(journal.refused(from) == Kind::behind_snapshot);
    }
}

TEST_CASE("a journal that ends before the snapshot, or is another one, is refused") {
    Journal journal;
    const Position from = journal.positions.back();
    const std::string name = from.segment_name;
    auto bytes = journal.disk.get(name);
    const Extent last = batch_extents(bytes).back();
    const auto at_offset = [&](std::uint64_t offset) { return bytes.begin() + static_cast<std::ptrdiff_t>(offset); };
    Position asked = from;
    SUBCASE("the last batch cut") { std::fill(at_offset(last.offset), bytes.end(), std::byte{0}); }
    SUBCASE("its header damaged") { bytes[last.offset + 50] ^= std::byte{1}; }
    SUBCASE("a longer life than this journal's") { asked.offset += kBlockSize; }
    SUBCASE("another hash") { asked.hash[5] ^= std::byte{1}; }
    SUBCASE("another number") { asked.batch += 1; }
    SUBCASE("an offset outside the segment") { asked.offset = from.segment_size + kBlockSize; }
    SUBCASE("an offset inside the header") { asked.offset = 128; }
    SUBCASE("an offset between blocks") { asked.offset += 1; }
    SUBCASE("a later segment") { asked.segment += 1; }
    journal.disk.put(name, bytes);
    CHECK(journal.refused(asked) == Kind::behind_snapshot);
}

TEST_CASE("the snapshot's last batch with damaged commands is refused") {
    Journal journal;
    // The last one with commands.
    const Position from = journal.positions[journal.positions.size() - 2];
    auto bytes = journal.disk.get(from.segment_name);
    bytes[from.offset - 1] ^= std::byte{1};
    journal.disk.put(from.segment_name, bytes);
    CHECK(journal.refused(from) == Kind::behind_snapshot);
}

TEST_CASE("damage before the snapshot is not met, damage behind it is") {
    Journal journal;
    const Position from = journal.positions[10];
    const Position before = journal.positions[8];
    auto bytes = journal.disk.get(before.segment_name);
    bytes[before.offset - 1] ^= std::byte{1};
    journal.disk.put(before.segment_name, bytes);
    CHECK(recover(journal.storage, {.from = from}));
    const Position behind = journal.positions[12];
    bytes = journal.disk.get(behind.segment_name);
    bytes[behind.offset - 1] ^= std::byte{1};
    journal.disk.put(behind.segment_name, bytes);
    const auto refused = recover(journal.storage, {.from = from});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == Kind::damaged_batch);
}

}  // namespace dcx::journal
