#include "core/custody/payouts.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "base/random.h"

using namespace dcx;
using namespace dcx::core;

namespace {

ChainHash payout_hash(std::uint64_t number) {
    ChainHash hash{};
    // All of them begin alike: what is compared is all of it.
    for (int i = 0; i < 8; ++i) hash[static_cast<std::size_t>(24 + i)] = std::byte(number >> (8 * i));
    return hash;
}

}  // namespace

TEST_CASE("payouts: told in the order in which they were prepared, a hash never twice while it is remembered") {
    constexpr std::uint32_t open = 8;
    constexpr std::uint32_t remembered = 16;
    HeapMemory memory;
    Payouts payouts(memory, open, remembered);
    std::vector<std::uint64_t> expected;  // open ones, oldest first
    std::deque<std::uint64_t> closed;
    Random random(11);
    std::uint64_t next = 0;
    for (int step = 0; step < 5'000; ++step) {
        if (payouts.has_room() && random.chance(55)) {
            const ChainHash hash = payout_hash(++next);
            REQUIRE_FALSE(payouts.known(hash));
            payouts.add({.tx_hash = hash, .nonce = next});
            expected.push_back(next);
        } else if (!expected.empty()) {
            const auto at = static_cast<std::ptrdiff_t>(random.below(expected.size()));
            const std::uint64_t number = expected[static_cast<std::size_t>(at)];
            payouts.close(payouts.find(payout_hash(number)));
            expected.erase(expected.begin() + at);
            closed.push_back(number);
            if (closed.size() > remembered) {
                REQUIRE_FALSE(payouts.known(payout_hash(closed.front())));
                closed.pop_front();
            }
        }
        REQUIRE(payouts.count() == expected.size());
        REQUIRE(payouts.has_room() == (expected.size() < open));
        std::uint32_t slot = payouts.first();
        for (const std::uint64_t number : expected) {
            REQUIRE(payouts[slot].nonce == number);
            REQUIRE(payouts.find(payout_hash(number)) == slot);
            slot = payouts[slot].next;
        }
        REQUIRE(slot == 0);
        std::vector<ChainHash> told;
        payouts.for_each_closed([&](const ChainHash& hash) { told.push_back(hash); });
        REQUIRE(std::equal(told.begin(), told.end(), closed.begin(), closed.end(),
                           [](const ChainHash& hash, std::uint64_t number) { return hash == payout_hash(number); }));
        for (const std::uint64_t number : closed) REQUIRE(payouts.known(payout_hash(number)));
    }
    CHECK(next > 1'000);
}
