#include "feed/replay_buffer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "base/random.h"

using namespace dcx;
using namespace dcx::feed;

namespace {

std::vector<std::byte> frame_of(std::uint64_t seq, std::size_t size) {
    return std::vector<std::byte>(size, static_cast<std::byte>(seq & 0xFF));
}

}  // namespace

TEST_CASE("what is remembered comes back whole and in order, what is forgotten is not claimed") {
    constexpr std::size_t bound = 4096;
    ReplayBuffer buffer{bound};
    Random random{11};
    std::vector<std::uint64_t> seqs{1000};
    std::vector<std::size_t> sizes{0};
    for (int step = 0; step < 5000; ++step) {
        const std::uint64_t seq = seqs.back() + 1 + random.below(3);
        // Mostly small; sometimes nearly as large as the bound, which forgets all before.
        const std::size_t size = random.chance(2) ? 3000 + random.below(bound - 3000) : 1 + random.below(200);
        buffer.add(seqs.back(), seq, frame_of(seq, size));
        seqs.push_back(seq);
        sizes.push_back(size);

        const std::size_t back = 1 + random.below(std::min<std::size_t>(seqs.size() - 1, 60));
        const std::size_t from = seqs.size() - 1 - back;
        if (!buffer.knows(seqs[from])) {
            // Only honest when the bytes since then could not all be kept.
            std::size_t bytes = 0;
            for (std::size_t i = from + 1; i < seqs.size(); ++i) bytes += sizes[i];
            REQUIRE(bytes + 4000 > bound);
            continue;
        }
        std::size_t expected = from + 1;
        buffer.each_after(seqs[from], [&](const ReplayBuffer::Message& message, std::span<const std::byte> frame) {
            REQUIRE(message.prev == seqs[expected - 1]);
            REQUIRE(message.seq == seqs[expected]);
            REQUIRE(std::ranges::equal(frame, frame_of(message.seq, sizes[expected])));
            ++expected;
        });
        REQUIRE(expected == seqs.size());
        REQUIRE_FALSE(buffer.knows(seqs.back() + 1));
        REQUIRE_FALSE(buffer.knows(999));
    }
    CHECK(buffer.size() > 10);
}

TEST_CASE("a sequence between two messages is not one of the chain") {
    ReplayBuffer buffer{1024};
    buffer.add(10, 15, frame_of(15, 10));
    buffer.add(15, 20, frame_of(20, 10));
    CHECK(buffer.knows(10));
    CHECK(buffer.knows(15));
    CHECK_FALSE(buffer.knows(12));
    CHECK_FALSE(buffer.knows(17));
    buffer.add(20, 25, frame_of(25, 2000));  // larger than all of it
    CHECK_FALSE(buffer.knows(15));
    CHECK(buffer.size() == 0);
}
