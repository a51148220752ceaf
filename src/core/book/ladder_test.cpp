// The ladder beside a std::map of keys: markets that stand, wander, jump and spread, with frames for all and for few.
#include "core/book/ladder.h"

#include <doctest/doctest.h>

#include <map>
#include <memory>

#include "base/random.h"

using namespace dcx;
using namespace dcx::core;

namespace {

constexpr std::int64_t kWindow = std::int64_t{Ladder::kFrames} * 64;

struct Pair {
    explicit Pair(std::uint32_t max_levels = 1u << 16) : store(memory, max_levels) {}

    HeapMemory memory;
    LevelStore store;
    std::unique_ptr<Ladder> ladder = std::make_unique<Ladder>();
    std::map<PriceKey, std::uint32_t> levels;  // key -> what was written into the level
    std::uint32_t written = 0;

    void toggle(PriceKey key) {
        if (const auto found = levels.find(key); found != levels.end()) {
            REQUIRE(ladder->at(store, key).head == found->second);
            ladder->at(store, key) = {.key = key, .open = {}};
            ladder->close(store, key);
            levels.erase(found);
        } else {
            Level& level = ladder->open(store, key);
            REQUIRE(level.key == key);
            REQUIRE(level.orders == 0);
            level.head = ++written;
            level.orders = 1;
            levels.emplace(key, written);
            REQUIRE(&ladder->open(store, key) == &level);
        }
        REQUIRE(ladder->best() == (levels.empty() ? kNoKey : levels.begin()->first));
        REQUIRE(store.in_use == levels.size());
    }
    void compare() const {
        PriceKey key = ladder->best();
        for (const auto& [expected, head] : levels) {
            REQUIRE(key == expected);
            REQUIRE(ladder->find(store, key) != nullptr);
            REQUIRE(ladder->find(store, key)->head == head);
            key = ladder->next(store, key);
        }
        REQUIRE(key == kNoKey);
    }
    void empty() {
        while (!levels.empty()) toggle(levels.rbegin()->first);
        compare();
        CHECK(store.frames.free_count() == LevelStore::frames_for(store.max_levels));
        CHECK(store.far_levels.free_count() == store.max_levels);
        CHECK(store.far_nodes.free_count() == store.max_levels);
    }
};

// Levels around a centre that moves: most are near, some far, and now and then the market jumps.
struct Market {
    std::int64_t centre;
    std::int64_t width;      // of what is near
    std::int64_t far_width;  // of what is not
    std::int64_t step;       // the centre's, each time
    std::int64_t jump;       // once in 1,000 times
    std::size_t levels;      // about as many at a time
};

void run(std::uint64_t seed, Market market, Pair pair = Pair()) {
    Random random(seed);
    std::size_t in_window = 0;
    std::size_t seen = 0;
    for (int i = 0; i < 30'000; ++i) {
        market.centre += random.between(-market.step, market.step);
        if (market.jump > 0 && random.below(1000) == 0) market.centre += random.between(-market.jump, market.jump);
        const std::int64_t width = random.chance(10) ? market.far_width : market.width;
        const PriceKey key = market.centre + random.between(0, width);
        if (pair.levels.size() < market.levels || random.chance(30)) {
            if (!pair.levels.contains(key)) pair.toggle(key);
        }
        while (pair.levels.size() > market.levels || (pair.levels.size() > 1 && random.chance(45))) {
            // The best is traded away, the others are canceled.
            const auto victim = random.chance(40) ? pair.levels.begin()
                                                  : pair.levels.lower_bound(market.centre + random.between(0, width));
            pair.toggle((victim == pair.levels.end() ? pair.levels.begin() : victim)->first);
        }
        if (i % 256 == 0) pair.compare();
        in_window += pair.ladder->window_levels();
        seen += pair.levels.size();
    }
    MESSAGE("levels in the window: " << 100 * in_window / seen << " %");
    pair.empty();
}

}  // namespace

TEST_CASE("ladder: a market that stands, wanders, jumps or spreads, best, next and find as in a sorted map") {
    run(1, {.centre = 30'000, .width = 300, .far_width = 5'000, .step = 0, .jump = 0, .levels = 200});
    run(2, {.centre = -30'000, .width = 300, .far_width = 50'000, .step = 3, .jump = 0, .levels = 200});
    run(3, {.centre = 1'000'000, .width = 3'000, .far_width = 300'000, .step = 500, .jump = 0, .levels = 500});
    run(4, {.centre = -9'000'000, .width = 3'000, .far_width = 300'000, .step = 50, .jump = 1'000'000, .levels = 500});
    run(5, {.centre = 1,
            .width = std::int64_t{1} << 40,
            .far_width = std::int64_t{1} << 60,
            .step = 0,
            .jump = 0,
            .levels = 3'000});
    run(6, {.centre = -kMaxPrice,
            .width = 400,
            .far_width = std::int64_t{1} << 50,
            .step = 2,
            .jump = 0,
            .levels = 1'000});
}

TEST_CASE("ladder: the same with fewer frames than the market needs") {
    run(7, {.centre = 500'000, .width = 20'000, .far_width = 400'000, .step = 100, .jump = 200'000, .levels = 900},
        Pair(1'000));
    run(8, {.centre = -500'000, .width = 60'000, .far_width = 400'000, .step = 1, .jump = 0, .levels = 200}, Pair(200));
}

TEST_CASE("ladder: both ends of the legal range, and both sides of the window") {
    Pair pair;
    for (const PriceKey key : {PriceKey{1}, kMaxPrice, -kMaxPrice, PriceKey{-1}, kWindow, kWindow - 1, -kWindow,
                               kMaxPrice - 1, PriceKey{63}, PriceKey{64}, PriceKey{-64}, PriceKey{-65}}) {
        pair.toggle(key);
        pair.compare();
    }
    pair.empty();
}

TEST_CASE("ladder: a level has its place whatever lies in the way of the window") {
    Pair pair;
    // A full window, then a price far better than it: the window goes there step by step, and nothing is lost.
    for (PriceKey key = 10'000'000; key < 10'000'000 + 4'000; key += 2) pair.toggle(key);
    for (PriceKey key = 5'000'000; key < 5'000'000 + 400; key += 4) pair.toggle(key);
    pair.compare();
    CHECK(pair.ladder->window_levels() >= 90);
    // The better ones go: the window comes back, and takes in what is used.
    for (PriceKey key = 5'000'000; key < 5'000'000 + 400; key += 4) pair.toggle(key);
    for (PriceKey key = 10'000'001; key < 10'000'000 + 400; key += 2) pair.toggle(key);
    pair.compare();
    CHECK(pair.ladder->window_levels() >= 400);
    pair.empty();
}

TEST_CASE("ladder: the next key from a price that is not there") {
    Pair pair;
    for (const PriceKey key : {-300'000, 100, 5'000, 30'000'000}) pair.toggle(key);
    CHECK(pair.ladder->next(pair.store, -400'000) == -300'000);
    CHECK(pair.ladder->next(pair.store, -299'999) == 100);
    CHECK(pair.ladder->next(pair.store, 101) == 5'000);
    CHECK(pair.ladder->next(pair.store, 5'001) == 30'000'000);
    CHECK(pair.ladder->next(pair.store, 30'000'000) == kNoKey);
    CHECK(pair.ladder->find(pair.store, 101) == nullptr);
    CHECK(pair.ladder->find(pair.store, 30'000'001) == nullptr);
}
