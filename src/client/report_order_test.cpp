#include "client/report_order.h"

#include <doctest/doctest.h>

#include <set>
#include <vector>

#include "base/random.h"

using namespace dcx;
using namespace dcx::client;

namespace {

// One number after the other, whatever comes.
struct Listener {
    explicit Listener(std::size_t limit) : order(limit) {}
    ReportOrder order;
    std::vector<std::uint64_t> told;

    void hear(std::uint64_t sequence) {
        if (!order.comes(sequence, [&] { return copy_of(ExecutionReport{}, sequence); })) return;
        told.push_back(sequence);
        while (const auto held = order.take_held()) told.push_back(held->sequence);
    }
};
using Numbers = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("report order: new ones wait until what was missed has been told") {
    Listener listener(100);
    REQUIRE(listener.order.resume(5));
    CHECK_FALSE(listener.order.gap());
    listener.hear(5);
    listener.hear(6);
    REQUIRE(listener.order.resume(10));
    REQUIRE(listener.order.gap());
    CHECK(listener.order.gap()->from == 7);
    CHECK(listener.order.gap()->count() == 3);
    for (const std::uint64_t sequence : {10u, 7u, 11u, 8u, 7u, 10u}) listener.hear(sequence);
    CHECK(listener.told == Numbers{5, 6, 7, 8});
    listener.hear(9);
    CHECK(listener.told == Numbers{5, 6, 7, 8, 9, 10, 11});
    CHECK_FALSE(listener.order.gap());
}

TEST_CASE("report order: a venue that counts less than it did") {
    Listener listener(100);
    CHECK_FALSE(listener.order.resume(0));
    REQUIRE(listener.order.resume(5));
    listener.hear(5);
    CHECK_FALSE(listener.order.resume(5));
    CHECK(listener.order.resume(6));
}

TEST_CASE("report order: what can't be held is asked for again") {
    Listener listener(2);
    listener.order.start(1);
    REQUIRE(listener.order.resume(3));
    for (const std::uint64_t sequence : {3u, 4u, 5u, 6u}) listener.hear(sequence);
    CHECK(listener.order.gap()->end == 6);  // 3, 4 and 5 were let go
    for (std::uint64_t sequence = 1; sequence <= 5; ++sequence) listener.hear(sequence);
    CHECK(listener.told == Numbers{1, 2, 3, 4, 5, 6});
}

TEST_CASE("report order: a gap that nobody can fill is passed over") {
    Listener listener(10);
    listener.order.start(1);
    REQUIRE(listener.order.resume(4));
    listener.hear(4);
    listener.order.give_up_gap();
    while (const auto held = listener.order.take_held()) listener.told.push_back(held->sequence);
    CHECK(listener.told == Numbers{4});
    listener.hear(5);
    CHECK(listener.told == Numbers{4, 5});
}

TEST_CASE("report order: any mixture of lost connections, new and repeated reports tells each once and in order") {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        Random random(seed);
        Listener listener(random.below(20));
        listener.order.start(1);
        std::uint64_t venue_next = 1;
        for (int i = 0; i < 400; ++i) {
            switch (random.below(4)) {
                case 0:
                    venue_next += random.below(8);  // nobody listened
                    REQUIRE(listener.order.resume(venue_next));
                    break;
                case 1: listener.hear(random.below(venue_next)); break;  // not asked for, perhaps none
                case 2: {
                    const auto gap = listener.order.gap();
                    for (auto n = gap ? random.below(gap->count() + 1) : 0; n > 0; --n)
                        listener.hear(listener.order.next());
                    break;
                }
                default: listener.hear(venue_next++); break;
            }
            venue_next = std::max(venue_next, listener.order.next());
        }
        while (const auto gap = listener.order.gap()) listener.hear(gap->from);
        for (std::size_t i = 0; i < listener.told.size(); ++i) REQUIRE(listener.told[i] == i + 1);
        CHECK(listener.told.size() + 1 == listener.order.next());
    }
}
