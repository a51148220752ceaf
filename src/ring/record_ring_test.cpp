#include "ring/record_ring.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "base/random.h"
#include "ring/lanes.h"
#include "ring/lossy_records.h"

using dcx::HeapMemory;
using dcx::Random;
using dcx::ring::LossyStatus;
using dcx::ring::Position;
using dcx::ring::RecordRing;

namespace {

using Bytes = std::vector<std::byte>;

// Record `number`: its size and every byte follow from the number.
Bytes record(std::uint64_t number, std::size_t longest) {
    Bytes bytes(Random(number).below(longest + 1));
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(number * 7 + i);
    return bytes;
}

bool same(std::span<const std::byte> seen, const Bytes& expected) { return std::ranges::equal(seen, expected); }

// Bounded by the number of tries without progress, far beyond what a crowded machine needs.
class Patience {
  public:
    bool wait() {
        std::this_thread::yield();
        return ++tries_ < 50'000'000;
    }
    void progress() { tries_ = 0; }

  private:
    std::uint64_t tries_ = 0;
};

}  // namespace

TEST_CASE("records of every size come out in order, in rings of every size") {
    for (const std::size_t capacity : {2uz, 4uz, 8uz, 64uz}) {
        CAPTURE(capacity);
        HeapMemory memory;
        RecordRing ring(capacity, memory);
        const std::size_t longest = ring.producer().longest();
        CHECK(longest == (capacity / 2 - 1) * 8);
        Random random(capacity);
        std::uint64_t written = 0, read = 0, wrong = 0;
        while (read < 3'000) {
            // Some are written before any is shown, some shown before any is read: all orders of the two.
            for (auto n = random.below(6); n > 0; --n) {
                const Bytes next = record(written, longest);
                const auto room = ring.producer().claim(next.size());
                if (!room) break;
                std::ranges::copy(next, room->begin());
                ring.producer().advance();
                ++written;
            }
            if (random.chance(70)) ring.producer().flush();
            for (auto n = random.below(6); n > 0; --n) {
                const auto seen = ring.consumer().next();
                if (!seen) break;
                wrong += same(*seen, record(read++, longest)) ? 0u : 1u;
            }
            if (random.chance(70)) ring.consumer().release();
        }
        CHECK(wrong == 0);
    }
}

TEST_CASE("a record is unseen until the flush, and a full ring takes none but shows what it has") {
    HeapMemory memory;
    RecordRing ring(8, memory);
    CHECK_FALSE(ring.consumer().next());
    for (int i = 0; i < 4; ++i) {
        const auto room = ring.producer().claim(8);
        REQUIRE(room);
        std::ranges::fill(*room, static_cast<std::byte>(i));
        ring.producer().advance();
        if (i < 3) CHECK_FALSE(ring.consumer().next());
    }
    CHECK_FALSE(ring.producer().claim(0));
    std::vector<std::span<const std::byte>> shown;
    while (const auto seen = ring.consumer().next()) shown.push_back(*seen);
    REQUIRE(shown.size() == 4);
    // All of them stand in place until the release.
    CHECK_FALSE(ring.producer().try_push({}));
    for (int i = 0; i < 4; ++i) CHECK(shown[static_cast<std::size_t>(i)][7] == static_cast<std::byte>(i));
    ring.consumer().release();
    CHECK(ring.producer().try_push(Bytes(24)));
    const auto last = ring.consumer().next();
    REQUIRE(last);
    CHECK(last->size() == 24);
}

TEST_CASE("two threads: every record arrives once, whole and in order") {
    constexpr std::uint64_t records = 200'000;
    HeapMemory memory;
    RecordRing ring(256, memory);
    constexpr std::size_t longest = 200;
    std::thread producer([&ring] {
        Patience patience;
        Random random(3);
        for (std::uint64_t next = 0; next < records;) {
            const Bytes bytes = record(next, longest);
            const auto room = ring.producer().claim(bytes.size());
            if (!room) {
                if (!patience.wait()) return;
                continue;
            }
            std::ranges::copy(bytes, room->begin());
            ring.producer().advance();
            patience.progress();
            if (++next == records || random.chance(20)) ring.producer().flush();
        }
    });
    Patience patience;
    std::uint64_t read = 0, wrong = 0;
    while (read < records) {
        bool some = false;
        while (const auto seen = ring.consumer().next()) {
            wrong += same(*seen, record(read++, longest)) ? 0u : 1u;
            some = true;
        }
        ring.consumer().release();
        if (some)
            patience.progress();
        else if (!patience.wait())
            break;
    }
    producer.join();
    CHECK(read == records);
    CHECK(wrong == 0);
}

TEST_CASE("a lapped reader of records goes on with the next record and knows how much it missed") {
    constexpr std::size_t capacity = 64;
    const auto words = std::make_unique<dcx::ring::LossyWords<>>();
    std::vector<dcx::ring::LossyWord<>> slots(capacity);
    dcx::ring::LossyRecordWriter<> writer(*words, slots);
    dcx::ring::LossyRecordReader<> reader(*words, slots);
    CHECK(writer.longest() == 31 * 8);
    CHECK(reader.next().status == LossyStatus::nothing);
    // In step, across many ends of the ring.
    for (std::uint64_t i = 0; i < 500; ++i) {
        writer.push(record(i, writer.longest()));
        const auto seen = reader.next();
        REQUIRE(seen.status == LossyStatus::messages);
        CHECK(same(seen.bytes, record(i, writer.longest())));
        CHECK(reader.next().status == LossyStatus::nothing);
    }
    Position missed = 0;
    for (std::uint64_t i = 0; i < 40; ++i) {
        missed += 1 + (record(i, 40).size() + 7) / 8;
        writer.push(record(i, 40));
    }
    const auto lapped = reader.next();
    REQUIRE(lapped.status == LossyStatus::lapped);
    CHECK(lapped.count == missed);
    CHECK(reader.next().status == LossyStatus::nothing);
    writer.push(record(7, 40));
    const auto next = reader.next();
    REQUIRE(next.status == LossyStatus::messages);
    CHECK(same(next.bytes, record(7, 40)));
}

TEST_CASE("readers beside a writer that never waits see whole records that only rise") {
    constexpr std::uint64_t records = 200'000;
    const auto words = std::make_unique<dcx::ring::LossyWords<>>();
    std::vector<dcx::ring::LossyWord<>> slots(256);
    struct Seen {
        std::uint64_t records = 0, laps = 0, wrong = 0, last = 0;
    };
    const auto follow = [&](Seen& seen, dcx::ring::LossyRecordReader<>& reader) {
        Patience patience;
        while (seen.last + 1 < records) {
            const auto next = reader.next();
            if (next.status == LossyStatus::nothing) {
                if (!patience.wait()) return;
                continue;
            }
            patience.progress();
            if (next.status == LossyStatus::lapped) {
                ++seen.laps;
                continue;
            }
            if (next.status == LossyStatus::broken || next.bytes.size() < 8) {
                ++seen.wrong;
                return;
            }
            std::uint64_t number;
            std::memcpy(&number, next.bytes.data(), 8);
            const bool good = number >= seen.last && same(next.bytes.subspan(8), record(number, 100));
            seen.wrong += good ? 0u : 1u;
            seen.last = number;
            ++seen.records;
        }
    };
    dcx::ring::LossyRecordWriter<> writer(*words, slots);
    dcx::ring::LossyRecordReader<> first(*words, slots), second(*words, slots);
    std::array<Seen, 2> seen;
    std::atomic<int> done{0};
    std::thread one([&] { follow(seen[0], first), ++done; });
    std::thread two([&] { follow(seen[1], second), ++done; });
    for (std::uint64_t i = 0; i < records; ++i) {
        const Bytes body = record(i, 100);
        Bytes bytes(8 + body.size());
        std::memcpy(bytes.data(), &i, 8);
        std::ranges::copy(body, bytes.begin() + 8);
        writer.write(bytes);
        if (i % 3 == 0 || i + 1 == records) writer.publish();
        if (i % 16 == 0) std::this_thread::yield();
    }
    // A reader that was lapped at the very end waits for one more: the last record is told until both have it.
    Bytes last(8 + record(records - 1, 100).size());
    const std::uint64_t number = records - 1;
    std::memcpy(last.data(), &number, 8);
    std::ranges::copy(record(number, 100), last.begin() + 8);
    for (Patience patience; done < 2 && patience.wait();) writer.push(last);
    one.join();
    two.join();
    for (const Seen& reader : seen) {
        CHECK(reader.wrong == 0);
        CHECK(reader.records > 0);
        CHECK(reader.last + 1 == records);
    }
}

TEST_CASE("lanes are visited in turn, beginning with another one each time, until there is no more room") {
    dcx::ring::Lanes<std::vector<int>> lanes;
    for (int i = 0; i < 3; ++i) lanes.add(std::size_t{1}, i);
    CHECK(lanes.size() == 3);
    std::vector<int> visited;
    const auto visit = [&](std::size_t room) {
        visited.clear();
        lanes.visit([&](const std::vector<int>& lane) {
            visited.push_back(lane[0]);
            return visited.size() < room;
        });
        return visited;
    };
    CHECK(visit(10) == std::vector{0, 1, 2});
    CHECK(visit(2) == std::vector{0, 1});
    CHECK(visit(2) == std::vector{2, 0});
    CHECK(visit(1) == std::vector{1});
    CHECK(visit(3) == std::vector{2, 0, 1});
}
