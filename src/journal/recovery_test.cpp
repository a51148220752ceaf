// Damage that recovery must judge: every byte of a tail, every bit of what was durable, segments gone, copied, foreign.
#include "journal/recovery.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <map>

#include "journal/journal_test.h"

namespace dcx::journal {
namespace {

using Kind = RecoveryErrorKind;

const std::string kFirst = segment_name(seq(1));

// A disk with these files.
struct Damaged {
    explicit Damaged(const Files& files) {
        for (const auto& [name, bytes] : files) disk.put(name, bytes);
    }
    MemoryDisk disk;
    MemoryStorage storage{disk};
};

// One segment: batches of 1, 2, 3, 4 commands without any watermark batch.
Files four_batches() {
    MemoryDisk disk;
    MemoryStorage storage{disk};
    const auto writer = open_writer(storage);
    for (std::size_t size = 1; size <= 4; ++size) REQUIRE(commit_next(*writer, size));
    return files_of(disk);
}

// Several segments, watermarks in between and at the end.
Files long_journal(std::uint64_t life = 0, const VenueId& venue = kTestVenue) {
    MemoryDisk disk;
    MemoryStorage storage{disk};
    auto options = small_options();
    options.venue_id = venue;
    const auto writer = open_writer(storage, options);
    for (std::size_t size = 1; size <= 12; ++size) {
        REQUIRE(commit_next(*writer, size, life));
        if (size % 4 == 0) REQUIRE(writer->write_watermark(at(9)));
    }
    return files_of(disk);
}

void check_refused(const Files& files, Kind kind, const std::string& segment, std::uint64_t offset) {
    Damaged damaged{files};
    const auto refused = recover(damaged.storage);
    REQUIRE_FALSE(refused);
    const RecoveryError& error = refused.error();
    CHECK_MESSAGE(error.kind == kind, error.message);
    CHECK(error.segment == segment);
    CHECK_MESSAGE(error.offset == offset, error.message);
    CHECK(error.message.find(to_string(kind)) != std::string::npos);
    CHECK(error.message.find(segment) != std::string::npos);
    CHECK(error.message.find(std::to_string(offset)) != std::string::npos);
    // Refusing changes nothing.
    CHECK(files_of(damaged.disk) == files);
}

// Recovers, goes on with other commands, crashes, and finds exactly that.
void check_goes_on(Damaged& damaged, const std::vector<Command>& kept) {
    std::vector<Command> expected = kept;
    {
        MemoryStorage storage{damaged.disk};
        const auto writer = open_writer(storage);
        REQUIRE(writer->durable().value == kept.size());
        const auto more = test_commands(Sequence{kept.size() + 1}, 2, 99);
        REQUIRE(writer->append(more) == 2);
        REQUIRE(writer->commit(at(1)));
        expected.insert(expected.end(), more.begin(), more.end());
    }
    damaged.disk.crash(kept.size());
    MemoryStorage storage{damaged.disk};
    const auto again = recover_all(storage);
    REQUIRE(again.result);
    CHECK(same_bytes(again.commands, expected));
    CHECK_FALSE(again.result->tail);
}

// The first `count` batches of four_batches() must be found, the rest was cut.
void check_cut(const Files& files, std::size_t count, std::size_t damaged_from) {
    const std::size_t sequences[] = {0, 1, 3, 6, 10};
    Damaged damaged{files};
    std::vector<Command> kept;
    {
        MemoryStorage storage{damaged.disk};
        const auto recovered = recover_all(storage);
        REQUIRE_MESSAGE(recovered.result, recovered.result.error().message);
        const Recovery& recovery = *recovered.result;
        CHECK(recovered.batches == count);
        CHECK(same_bytes(recovered.commands, test_commands(seq(1), sequences[count])));
        REQUIRE(recovery.tail.has_value() == (recovery.end.offset < damaged_from));
        if (recovery.tail) {
            CHECK(recovery.tail->segment == kFirst);
            CHECK(recovery.tail->offset == recovery.end.offset);
            CHECK(recovery.tail->first.value == sequences[count] + 1);
            const bool header_whole = damaged_from >= recovery.end.offset + kBlockSize;
            if (header_whole) CHECK(recovery.tail->last.value >= sequences[count + 1]);
        }
        kept = recovered.commands;
    }
    check_goes_on(damaged, kept);
}

}  // namespace

TEST_CASE("cut at every byte of the last two batches: zeros from there on") {
    const Files whole = four_batches();
    const auto extents = batch_extents(whole.at(kFirst));
    REQUIRE(extents.size() == 4);
    for (std::uint64_t at = extents[2].offset; at <= extents[3].offset + extents[3].size; ++at) {
        Files files = whole;
        auto& bytes = files[kFirst];
        std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end(), std::byte{0});
        // Bytes that were zero anyway are not missed.
        const std::size_t count = bytes == whole.at(kFirst) ? 4 : at < extents[3].offset ? 2 : 3;
        std::uint64_t end = bytes.size();
        while (bytes[end - 1] == std::byte{0}) --end;
        check_cut(files, count == 2 && at >= extents[3].offset ? 3 : count, end);
    }
}

TEST_CASE("cut at every byte of the last two batches: garbage from there on") {
    const Files whole = four_batches();
    const auto extents = batch_extents(whole.at(kFirst));
    const std::uint64_t end = extents[3].offset + extents[3].size;
    for (std::uint64_t at = extents[2].offset; at <= end; ++at) {
        Files files = whole;
        auto& bytes = files[kFirst];
        Random random{at};
        for (std::uint64_t i = at; i < end + 700; ++i) bytes[i] ^= static_cast<std::byte>(1 + random.below(255));
        Damaged damaged{files};
        const auto recovered = recover_all(damaged.storage);
        REQUIRE_MESSAGE(recovered.result, recovered.result.error().message);
        const std::size_t count = at < extents[3].offset ? 2 : at < end ? 3 : 4;
        CHECK(recovered.batches == count);
        REQUIRE(recovered.result->tail);
        CHECK(recovered.result->tail->offset == recovered.result->end.offset);
        CHECK(recovered.result->tail->offset + recovered.result->tail->size >= end + 512);
        CHECK(recovered.result->tail->first == Sequence{recovered.commands.size() + 1});
    }
}

TEST_CASE("a journal goes on after its torn tail, and none of the tail comes back") {
    const Files whole = four_batches();
    const auto extents = batch_extents(whole.at(kFirst));
    Files files = whole;
    files[kFirst][extents[3].offset + kBlockSize] ^= std::byte{1};
    Damaged damaged{files};
    {
        MemoryStorage view{damaged.disk};
        const auto recovery = recover(view);
        REQUIRE(recovery);
        REQUIRE(recovery->tail);
        CHECK(recovery->tail->first == seq(7));
        CHECK(recovery->tail->last == seq(10));
        CHECK(recovery->tail->size == extents[3].size);
    }
    check_goes_on(damaged, test_commands(seq(1), 6));
}

TEST_CASE("any bit that flips in what is known durable is refused and named") {
    const Files whole = long_journal();
    REQUIRE(whole.size() >= 4);
    for (const auto& [name, bytes] : whole) {
        const bool last = name == whole.rbegin()->first;
        auto extents = batch_extents(bytes);
        if (last) {
            // The watermark batch itself is not known durable.
            REQUIRE(extents.back().count == 0);
            extents.pop_back();
        }
        const std::uint64_t used = extents.back().offset + extents.back().size;
        const std::uint64_t checked = last ? used : bytes.size();
        Random random{used};
        for (std::uint64_t at = 0; at < checked;
             at += at < sizeof(SegmentHeader) || at >= kSegmentHeaderSize ? 1 : 97) {
            Files files = whole;
            files[name][at] ^= static_cast<std::byte>(1u << random.below(8));
            Damaged damaged{files};
            const auto refused = recover(damaged.storage);
            REQUIRE_FALSE(refused);
            CHECK(refused.error().segment == name);
            std::uint64_t offset = at < kSegmentHeaderSize ? 0 : used;
            for (const Extent& extent : extents)
                if (at >= extent.offset && at < extent.offset + extent.size) offset = extent.offset;
            CHECK_MESSAGE(refused.error().offset == offset, at << ": " << refused.error().message);
            if (at >= kSegmentHeaderSize) CHECK(refused.error().kind == Kind::damaged_batch);
        }
    }
}

TEST_CASE("a damaged watermark batch at the very end costs nothing but the watermark") {
    const Files whole = long_journal();
    const auto& [name, bytes] = *whole.rbegin();
    const Extent watermark = batch_extents(bytes).back();
    Files files = whole;
    files[name][watermark.offset + 40] ^= std::byte{4};
    Damaged damaged{files};
    const auto recovered = recover_all(damaged.storage);
    REQUIRE(recovered.result);
    CHECK(recovered.commands.size() == 78);
    REQUIRE(recovered.result->tail);
    CHECK(recovered.result->tail->offset == watermark.offset);
    CHECK(recovered.result->tail->size == kBlockSize);
}

TEST_CASE("a batch lost as if it had never been written is missed when anything later remembers it") {
    const Files whole = long_journal();
    const auto& [name, bytes] = *whole.rbegin();
    const auto extents = batch_extents(bytes);
    REQUIRE(extents.size() >= 2);
    Files files = whole;
    const auto erase = [&files](const std::string& segment, const Extent& extent) {
        std::fill_n(files[segment].begin() + static_cast<std::ptrdiff_t>(extent.offset), extent.size, std::byte{0});
    };
    SUBCASE("by the watermark behind it") {
        const Extent lost = extents[extents.size() - 2];
        erase(name, lost);
        check_refused(files, Kind::missing_batch, name, lost.offset);
    }
    SUBCASE("by the next segment's header") {
        const auto before = std::prev(whole.end(), 2);
        const Extent lost = batch_extents(before->second).back();
        erase(before->first, lost);
        check_refused(files, Kind::missing_batch, before->first, lost.offset);
    }
}

TEST_CASE("segments that are missing, copied, renamed, cut or another venue's are refused") {
    const Files whole = long_journal();
    std::vector<std::string> names;
    for (const auto& [name, bytes] : whole) names.push_back(name);
    Files files = whole;

    SUBCASE("missing in the middle") {
        files.erase(names[1]);
        check_refused(files, Kind::missing_segment, names[2], 0);
    }
    SUBCASE("missing at the beginning") {
        files.erase(names[0]);
        check_refused(files, Kind::missing_segment, names[1], 0);
    }
    SUBCASE("copied to a name that sorts in between") {
        const auto other = segment_name(Sequence{parse_segment_name(names[1])->value + 1});
        files[other] = whole.at(names[1]);
        check_refused(files, Kind::misnamed_segment, other, 0);
    }
    SUBCASE("two exchanged") {
        std::swap(files[names[1]], files[names[2]]);
        check_refused(files, Kind::misnamed_segment, names[1], 0);
    }
    SUBCASE("the same number twice") {
        const auto other = segment_name(Sequence{parse_segment_name(names[1])->value + 1});
        auto copy = whole.at(names[1]);
        SegmentHeader header;
        std::memcpy(static_cast<void*>(&header), copy.data(), sizeof header);
        header.first_sequence += 1;
        seal(header);
        std::memcpy(copy.data(), &header, sizeof header);
        files[other] = copy;
        check_refused(files, Kind::misnamed_segment, other, 0);
    }
    SUBCASE("another venue's") {
        const Files foreign = long_journal(0, VenueId{std::byte{1}});
        files[names[1]] = foreign.at(names[1]);
        check_refused(files, Kind::foreign_segment, names[1], 0);
    }
    SUBCASE("of another journal of the same venue") {
        const Files other = long_journal(1);
        files[names[1]] = other.at(names[1]);
        check_refused(files, Kind::broken_chain, names[1], 0);
    }
    SUBCASE("cut short") {
        files[names.back()].resize(5000);
        check_refused(files, Kind::wrong_segment_size, names.back(), 5000);
    }
    SUBCASE("cut inside its header") {
        files[names[1]].resize(100);
        check_refused(files, Kind::wrong_segment_size, names[1], 100);
    }
    SUBCASE("empty") {
        files[names.back()].clear();
        check_refused(files, Kind::wrong_segment_size, names.back(), 0);
    }
    SUBCASE("grown") {
        files[names[0]].resize(kSmallSegment + 10);
        check_refused(files, Kind::wrong_segment_size, names[0], kSmallSegment);
    }
    SUBCASE("a name that is nearly one") {
        files["copy of " + names[0]] = whole.at(names[0]);
        check_refused(files, Kind::unknown_file, "copy of " + names[0], 0);
    }
    SUBCASE("other files do not matter") {
        files["LOCK"] = {};
        files["notes.txt"] = std::vector<std::byte>(10);
        Damaged damaged{files};
        CHECK(recover(damaged.storage));
        CHECK(damaged.disk.names().size() == files.size());
    }
}

TEST_CASE("what a later version wrote is refused as such") {
    Files files = long_journal();
    SUBCASE("a segment") {
        SegmentHeader header;
        std::memcpy(static_cast<void*>(&header), files[kFirst].data(), sizeof header);
        header.format = kSegmentFormat + 1;
        std::memcpy(files[kFirst].data(), &header, sizeof header);  // its checksum may be another one
        check_refused(files, Kind::newer_format, kFirst, 0);
    }
    SUBCASE("a batch") {
        const auto extent = batch_extents(files[kFirst])[1];
        BatchHeader header;
        std::memcpy(static_cast<void*>(&header), files[kFirst].data() + extent.offset, sizeof header);
        header.format = kBatchFormat + 1;
        seal(header);
        std::memcpy(files[kFirst].data() + extent.offset, &header, sizeof header);
        check_refused(files, Kind::newer_format, kFirst, extent.offset);
    }
}

TEST_CASE("stale bytes are not taken: whole batches of another place, segment or life") {
    const Files whole = four_batches();
    const auto extents = batch_extents(whole.at(kFirst));
    const std::uint64_t end = extents[3].offset + extents[3].size;
    const auto put = [&](Files& files, std::span<const std::byte> from, const Extent& extent) {
        std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(extent.offset), extent.size,
                    files[kFirst].begin() + static_cast<std::ptrdiff_t>(end));
    };
    SUBCASE("of another place in the same segment") {
        Files files = whole;
        put(files, whole.at(kFirst), extents[2]);
        Damaged damaged{files};
        const auto recovered = recover_all(damaged.storage);
        REQUIRE(recovered.result);
        CHECK(recovered.batches == 4);
        CHECK(recovered.result->tail->size == extents[2].size);
    }
    SUBCASE("of another segment, at the same offset") {
        const Files other = long_journal();
        const auto& second = std::next(other.begin())->second;
        for (const Extent& extent : batch_extents(second)) {
            Files files = whole;
            put(files, second, extent);
            Damaged damaged{files};
            const auto recovered = recover_all(damaged.storage);
            REQUIRE(recovered.result);
            CHECK(recovered.batches == 4);
        }
    }
    SUBCASE("of another life, at their very place: nothing but a writer puts them there, so it is refused") {
        MemoryDisk disk;
        MemoryStorage storage{disk};
        const auto writer = open_writer(storage);
        for (std::size_t size = 1; size <= 5; ++size) REQUIRE(commit_next(*writer, size, 1));
        Files files = whole;
        const Extent fifth = batch_extents(disk.get(kFirst))[4];
        REQUIRE(fifth.offset == end);
        put(files, disk.get(kFirst), fifth);
        check_refused(files, Kind::broken_chain, kFirst, end);
    }
}

TEST_CASE("an intact batch that contradicts the ones before it is refused") {
    const Files whole = four_batches();
    const auto extent = batch_extents(whole.at(kFirst)).back();
    const auto check = [&](auto change, Kind kind) {
        Files files = whole;
        auto& bytes = files[kFirst];
        BatchHeader header;
        std::memcpy(static_cast<void*>(&header), bytes.data() + extent.offset, sizeof header);
        change(header);
        seal(header);
        std::memcpy(bytes.data() + extent.offset, &header, sizeof header);
        check_refused(files, kind, kFirst, extent.offset);
    };
    check([](BatchHeader& h) { h.number += 1; }, Kind::broken_chain);
    check([](BatchHeader& h) { h.first_sequence += 1; }, Kind::broken_chain);
    check([](BatchHeader& h) { h.epoch = 0; }, Kind::broken_chain);
    check([](BatchHeader& h) { h.previous[0] ^= std::byte{1}; }, Kind::broken_chain);
    check(
        [](BatchHeader& h) {
            h.durable_batch = 4;
            h.number = 4;
        },
        Kind::broken_chain);
    check([](BatchHeader& h) { h.durable_batch = 1; }, Kind::broken_chain);
    check([](BatchHeader& h) { h.durable_sequence = 7; }, Kind::broken_chain);
    check([](BatchHeader& h) { h.durable_sequence = 0; }, Kind::broken_chain);
    check([](BatchHeader& h) { h.flags = 1; }, Kind::broken_chain);
    check([](BatchHeader& h) { h.zero[3] = std::byte{1}; }, Kind::broken_chain);
    check([](BatchHeader& h) { h.count = 0xFFFFFFFF; }, Kind::broken_chain);
}

TEST_CASE("disk errors while recovering are told, change nothing, and the next start can succeed") {
    const Files whole = four_batches();
    Files torn = whole;
    const auto extents = batch_extents(whole.at(kFirst));
    torn[kFirst][extents[3].offset + 200] ^= std::byte{1};
    torn[std::string{kSpareName}] = std::vector<std::byte>(4096);
    const std::pair<Operation, std::uint64_t> operations[] = {
        {Operation::read, 2}, {Operation::write, 2}, {Operation::sync, 1}, {Operation::sync_folder, 1}};
    for (const auto& [operation, count] : operations) {
        for (std::uint64_t after = 0; after < count; ++after) {
            for (std::uint64_t seed = 0; seed < 10; ++seed) {
                Damaged damaged{torn};
                damaged.disk.plant({.operation = operation, .after = after, .code = EIO});
                {
                    MemoryStorage storage{damaged.disk};
                    const auto failed = recover(storage);
                    REQUIRE_FALSE(failed);
                    CHECK(failed.error().kind == Kind::storage_failed);
                    CHECK(failed.error().code == EIO);
                }
                if (seed > 0) damaged.disk.crash(seed);
                check_goes_on(damaged, test_commands(seq(1), 6));
                CHECK(damaged.disk.get(kSpareName).empty());
            }
        }
    }
}

TEST_CASE("a second recovery of a journal in use is refused before anything is touched") {
    MemoryDisk disk;
    MemoryStorage first{disk};
    const auto writer = open_writer(first);
    REQUIRE(commit_next(*writer, 3));
    MemoryStorage second{disk};
    const auto refused = recover(second);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == Kind::storage_failed);
    CHECK(refused.error().code == EWOULDBLOCK);
    // Reading needs no lock.
    auto reader = Reader::open(second);
    REQUIRE(reader);
    const auto batch = reader->next();
    REQUIRE(batch);
    REQUIRE(*batch);
    CHECK(same_bytes((*batch)->commands, test_commands(seq(1), 3)));
    CHECK_FALSE(*reader->next());
    CHECK(reader->position().sequence == seq(3));
}

}  // namespace dcx::journal
