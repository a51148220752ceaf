#include "feed/message_ring.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "base/random.h"

using namespace dcx;
using namespace dcx::feed;

namespace {

constexpr std::size_t kNoBound = std::numeric_limits<std::size_t>::max();

std::vector<std::byte> frame_of(std::uint64_t number, std::size_t size) {
    return std::vector<std::byte>(size, static_cast<std::byte>(number % 251));
}

std::vector<std::byte> joined(const net::OutputPieces& pieces) {
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i < pieces.count(); ++i) bytes.insert(bytes.end(), pieces[i].begin(), pieces[i].end());
    return bytes;
}

// All that was ever added.
struct Twin {
    void add(MessageRing& ring, std::uint64_t seq, std::size_t size) {
        ring.add({.prev = seqs.back(), .seq = seq, .time = Time{static_cast<std::int64_t>(seq)}},
                 frame_of(sizes.size(), size));
        seqs.push_back(seq);
        sizes.push_back(size);
    }
    [[nodiscard]] std::vector<std::byte> from(std::size_t number) const {
        std::vector<std::byte> bytes;
        for (std::size_t i = number; i < sizes.size(); ++i) bytes.insert(bytes.end(), sizes[i], frame_of(i, 1)[0]);
        return bytes;
    }
    std::vector<std::uint64_t> seqs{1000};
    std::vector<std::size_t> sizes;
};

}  // namespace

TEST_CASE("what is kept comes back whole and in order, what is forgotten is not claimed") {
    constexpr std::size_t bound = 5000;
    MessageRing ring{bound};
    Random random{11};
    Twin twin;
    for (int step = 0; step < 5000; ++step) {
        const std::uint64_t seq = twin.seqs.back() + 1 + random.below(3);
        // Mostly small; sometimes nearly as large as the bound, or larger than all of it.
        twin.add(ring, seq, random.chance(2) ? 3000 + random.below(4000) : 1 + random.below(200));
        REQUIRE(ring.end() == twin.sizes.size());

        const std::size_t number = twin.sizes.size() - random.below(std::min<std::size_t>(twin.sizes.size(), 60) + 1);
        const auto expected = twin.from(number);
        REQUIRE(ring.has(number) == (number >= ring.first()));
        // Only honest when the bytes since then could not all be kept; the last one always is.
        if (!ring.has(number)) {
            REQUIRE(expected.size() > bound);
            continue;
        }
        REQUIRE((expected.size() <= bound || number + 1 == twin.sizes.size()));
        REQUIRE(ring.bytes_from(number) == expected.size());
        net::OutputPieces pieces{kNoBound};
        REQUIRE(ring.gather(number, pieces));
        REQUIRE(std::ranges::equal(joined(pieces), expected));
        // The sequence of the message before leads here, those between two messages nowhere.
        REQUIRE(ring.knows(twin.seqs[number]));
        if (number == twin.sizes.size()) continue;
        REQUIRE(ring.number_after(twin.seqs[number]) == number);
        REQUIRE(ring.link(number).prev == twin.seqs[number]);
        REQUIRE(ring.link(number).seq == twin.seqs[number + 1]);
        if (twin.seqs[number + 1] > twin.seqs[number] + 1) REQUIRE_FALSE(ring.knows(twin.seqs[number] + 1));
        REQUIRE_FALSE(ring.knows(twin.seqs.back() + 1));
        REQUIRE_FALSE(ring.knows(999));
    }
    CHECK(ring.memory() < 4 * bound);
    ring.clear();
    CHECK(ring.memory() == 0);
    CHECK(ring.end() == 5000);
    CHECK(ring.has(5000));
    CHECK_FALSE(ring.has(4999));
    CHECK_FALSE(ring.knows(twin.seqs.back()));
    twin.add(ring, 1'000'000, 7);
    CHECK(ring.bytes_from(5000) == 7);
}

TEST_CASE("a reader who takes any number of bytes stands behind the message that he has begun") {
    MessageRing ring{200};
    Random random{3};
    Twin twin;
    for (std::uint64_t i = 0; i < 400; ++i) twin.add(ring, 2000 + i, 1 + random.below(40));
    const std::uint64_t number = ring.first();
    const auto all = twin.from(number);
    std::size_t begin = 0;  // of the message that the next byte belongs to
    std::uint64_t at = number;
    for (std::size_t bytes = 0; bytes <= all.size(); ++bytes) {
        if (at < twin.sizes.size() && bytes == begin + twin.sizes[at]) begin += twin.sizes[at++];
        net::OutputPieces rest{kNoBound};
        const std::uint64_t next = ring.advance(number, bytes, rest);
        if (bytes == begin) {
            CHECK(next == at);
            CHECK(rest.empty());
            continue;
        }
        CHECK(next == at + 1);
        CHECK(joined(rest) == frame_of(at, begin + twin.sizes[at] - bytes));
    }
    CHECK(at == twin.sizes.size());
}

TEST_CASE("a small write gets what it has room for") {
    MessageRing ring{1000};
    Twin twin;
    for (std::uint64_t i = 0; i < 50; ++i) twin.add(ring, 2000 + i, 100);
    for (std::size_t room = 1; room < 1000; room += 7) {
        net::OutputPieces pieces{room};
        CHECK_FALSE(ring.gather(ring.first(), pieces));
        CHECK(pieces.full());
        const auto expected = twin.from(ring.first());
        CHECK(std::ranges::equal(joined(pieces), std::span{expected}.first(room)));
    }
}
