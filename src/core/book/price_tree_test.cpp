// The price tree beside a std::set of keys, over flows that make it grow, split and shrink.
#include "core/book/price_tree.h"

#include <doctest/doctest.h>

#include <set>

#include "base/random.h"

using namespace dcx;
using namespace dcx::core;

namespace {

constexpr std::uint32_t kNodes = 4096;

struct Pair {
    HeapMemory memory;
    NodePool nodes{memory, kNodes};
    PriceTree tree;
    std::set<PriceTree::Key> keys;

    void toggle(PriceTree::Key key) {
        if (keys.contains(key)) {
            tree.erase(nodes, key);
            keys.erase(key);
        } else {
            const std::uint32_t before = nodes.free_count();
            tree.insert(nodes, key).head = 1;
            CHECK(before - nodes.free_count() <= kMaxNodesPerOrder);
            keys.insert(key);
        }
    }
    void compare() {
        REQUIRE(tree.best() == (keys.empty() ? PriceTree::kNone : *keys.begin()));
        auto key = tree.best();
        for (const auto expected : keys) {
            REQUIRE(key == expected);
            REQUIRE(tree.find(nodes, key) != nullptr);
            key = tree.next(nodes, key);
        }
        REQUIRE(key == PriceTree::kNone);
    }
};

void run(std::uint64_t seed, PriceTree::Key centre, PriceTree::Key width) {
    Random random(seed);
    Pair pair;
    for (int i = 0; i < 3000; ++i) {
        // Mostly near, sometimes anywhere: the root has to grow for the far ones and to come back.
        const bool far = random.chance(5);
        const auto key =
            far ? random.below(PriceTree::Key{1} << (10 + random.below(53))) : centre + random.below(width);
        if (pair.keys.size() < 150 || pair.keys.contains(key))
            pair.toggle(key);
        else
            pair.toggle(*pair.keys.begin());
        if (i % 16 == 0) pair.compare();
    }
    while (!pair.keys.empty()) pair.toggle(*pair.keys.rbegin());
    pair.compare();
    CHECK(pair.nodes.free_count() == kNodes);
}

}  // namespace

TEST_CASE("price tree: best, next and find as in a sorted set, and every node comes back") {
    run(1, 30'000, 500);
    run(2, (PriceTree::Key{1} << 62) - 2'000, 2'000);
    run(3, 0, 60);
    run(4, 1, PriceTree::Key{1} << 40);
}

TEST_CASE("price tree: both ends of the legal range") {
    Pair pair;
    for (const PriceTree::Key key : {PriceTree::Key{0}, PriceTree::Key{1} << 62, PriceTree::Key{1},
                                     (PriceTree::Key{1} << 62) - 1, PriceTree::Key{63}, PriceTree::Key{64}}) {
        pair.toggle(key);
        pair.compare();
    }
    for (const PriceTree::Key key : {PriceTree::Key{1} << 62, PriceTree::Key{0}}) {
        pair.toggle(key);
        pair.compare();
    }
}

TEST_CASE("price tree: the next key from a price that is not there") {
    Pair pair;
    for (const PriceTree::Key key : {100u, 5000u, 300000u}) pair.toggle(key);
    CHECK(pair.tree.next(pair.nodes, 0) == 100);
    CHECK(pair.tree.next(pair.nodes, 101) == 5'000);
    CHECK(pair.tree.next(pair.nodes, 5'001) == 300'000);
    CHECK(pair.tree.next(pair.nodes, 300'001) == PriceTree::kNone);
    CHECK(pair.tree.next(pair.nodes, PriceTree::Key{1} << 61) == PriceTree::kNone);
}
