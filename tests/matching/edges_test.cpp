// The edges of the ABI, one message at a time.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "matching/adapter.h"

namespace dcx::bench {
namespace {

constexpr std::uint64_t kHugeId = UINT64_MAX;
constexpr std::int64_t kFar = std::int64_t{1} << 60;

// The reports shown since the last call as one word each, e.g. "ack#7@100x5 trade#7<8@100x5 canceled#8 no-cancel#9".
std::string told(Queue& queue) {
    engine_flush();
    std::string text;
    for (const AbiReport& r : queue.drain_all()) {
        constexpr const char* names[] = {"ack", "trade", "canceled", "modified", "no-cancel", "no-modify"};
        REQUIRE(r.type <= abi_modify_rejected);
        text += (text.empty() ? "" : " ") + std::string(names[r.type]) + "#";
        text += std::to_string(r.type == abi_traded ? r.maker_order_id : r.order_id);
        if (r.type == abi_traded) text += "<" + std::to_string(r.taker_order_id);
        if (r.type == abi_acknowledged || r.type == abi_traded || r.type == abi_modified)
            text += "@" + std::to_string(r.price) + "x" + std::to_string(r.quantity);
    }
    return text;
}

TEST_CASE("adapter edges: ids never issued, the least, the greatest, used again") {
    Queue queue(1024);
    Engine engine(queue);
    for (const std::uint64_t id : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 32, kHugeId}) {
        CAPTURE(id);
        const std::string name = "#" + std::to_string(id);
        engine.cancel(id);
        engine.modify(kBuy, id, 100, 1);
        CHECK(told(queue) == "no-cancel" + name + " no-modify" + name);
        // Twice: the id is free again after a cancel, and after a fill.
        for (int use = 0; use < 2; ++use) {
            engine.place(kSell, id, 100, 5);
            engine.cancel(id);
            engine.cancel(id);
            engine.place(kSell, id, 101, 5);
            engine.place(kBuy, 77, 101, 5);
            engine.cancel(id);
            engine.modify(kSell, id, 1, 1);
            CHECK(told(queue) == "ack" + name + "@100x5 canceled" + name + " no-cancel" + name + " ack" + name +
                                     "@101x5 ack#77@101x5 trade" + name + "<77@101x5 no-cancel" + name + " no-modify" +
                                     name);
        }
        CHECK(engine_query_best_bid() == INT64_MIN);
        CHECK(engine_query_best_ask() == INT64_MAX);
    }
}

TEST_CASE("adapter edges: ids that differ by one bit are different orders") {
    Queue queue(1024);
    Engine engine(queue);
    for (unsigned bit = 0; bit < 64; ++bit) engine.place(kBuy, std::uint64_t{1} << bit, bit, 1);
    engine.cancel(0);
    for (unsigned bit = 0; bit < 64; ++bit) engine.cancel((std::uint64_t{1} << bit) ^ kHugeId);
    engine_flush();
    CHECK(queue.drain_all().size() == 129);
    for (unsigned bit = 0; bit < 64; ++bit) {
        engine.cancel(std::uint64_t{1} << bit);
        CHECK(told(queue) == "canceled#" + std::to_string(std::uint64_t{1} << bit));
    }
    CHECK(engine_query_best_bid() == INT64_MIN);
}

TEST_CASE("adapter edges: an IOC order does not rest, and its id is free at once") {
    Queue queue(1024);
    Engine engine(queue);
    engine.place(kBuy, 1, 100, 5, true);
    CHECK(told(queue) == "ack#1@100x5 canceled#1");
    engine.place(kSell, 2, 100, 3);
    engine.place(kBuy, 1, 100, 5, true);
    engine.cancel(1);
    CHECK(told(queue) == "ack#2@100x3 ack#1@100x5 trade#2<1@100x3 canceled#1 no-cancel#1");
    CHECK(engine_query_best_bid() == INT64_MIN);
    CHECK(engine_query_best_ask() == INT64_MAX);
}

TEST_CASE("adapter edges: zero, negative and far prices") {
    Queue queue(1024);
    Engine engine(queue);
    for (const std::int64_t price : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{-5}, -kFar, kFar}) {
        CAPTURE(price);
        const std::string at = "@" + std::to_string(price) + "x";
        engine.place(kBuy, 1, price, 5);
        CHECK(engine_query_best_bid() == price);
        CHECK(engine_query_depth_at(price, kBuy) == 5);
        CHECK(engine_query_depth_at(price, kSell) == 0);
        CHECK(engine_query_depth_at(-price - 1, kBuy) == 0);
        engine.place(kSell, 2, price + 1, 4);
        CHECK(engine_query_best_ask() == price + 1);
        engine.place(kSell, 3, price, 6);  // one is left over
        CHECK(engine_query_best_ask() == price);
        CHECK(engine_query_best_bid() == INT64_MIN);
        engine.cancel(3);
        engine.cancel(2);
        CHECK(told(queue) == "ack#1" + at + "5 ack#2@" + std::to_string(price + 1) + "x4 ack#3" + at + "6 trade#1<3" +
                                 at + "5 canceled#3 canceled#2");
    }
}

TEST_CASE("adapter edges: depth is asked at any price, also the best one of an empty side") {
    Queue queue(1024);
    Engine engine(queue);
    for (const bool empty : {true, false}) {
        CAPTURE(empty);
        for (const std::int64_t price : {INT64_MIN, -2 * kFar, 2 * kFar, 4 * kFar, INT64_MAX}) {
            CAPTURE(price);
            CHECK(engine_query_depth_at(price, kBuy) == 0);
            CHECK(engine_query_depth_at(price, kSell) == 0);
        }
        engine.place(kBuy, 1, 1, 1);
        engine.place(kSell, 2, 2, 1);
    }
}

TEST_CASE("adapter edges: a sweep from the lowest price to the highest") {
    Queue queue(1024);
    Engine engine(queue);
    engine.place(kSell, 1, kFar, 1);
    engine.place(kSell, 2, 0, 1);
    engine.place(kSell, 3, -kFar, 1);
    CHECK(engine_query_best_ask() == -kFar);
    engine.place(kBuy, 4, kFar, 4);
    CHECK(engine_query_best_bid() == kFar);
    engine.modify(kBuy, 4, -kFar, 2);
    CHECK(engine_query_best_bid() == -kFar);
    engine.modify(kBuy, 4, kFar, 3);
    engine.place(kSell, 5, -kFar, 3);
    const std::string far = std::to_string(kFar);
    CHECK(told(queue) == "ack#1@" + far + "x1 ack#2@0x1 ack#3@-" + far + "x1 ack#4@" + far + "x4 trade#3<4@-" + far +
                             "x1 trade#2<4@0x1 trade#1<4@" + far + "x1 modified#4@-" + far + "x2 modified#4@" + far +
                             "x3 ack#5@-" + far + "x3 trade#4<5@" + far + "x3");
    CHECK(engine_query_best_bid() == INT64_MIN);
    CHECK(engine_query_best_ask() == INT64_MAX);
}

TEST_CASE("adapter edges: the greatest quantities, alone and together") {
    Queue queue(1024);
    Engine engine(queue);
    for (const std::uint64_t id : {1u, 2u, 3u}) engine.place(kBuy, id, 100, UINT32_MAX);
    CHECK(engine_query_depth_at(100, kBuy) == 3 * std::uint64_t{UINT32_MAX});
    engine.place(kSell, 4, 100, UINT32_MAX - 1);
    CHECK(engine_query_depth_at(100, kBuy) == 2 * std::uint64_t{UINT32_MAX} + 1);
    engine.modify(kBuy, 3, 99, UINT32_MAX);
    engine.place(kSell, 5, 99, UINT32_MAX);
    CHECK(told(queue) ==
          "ack#1@100x4294967295 ack#2@100x4294967295 ack#3@100x4294967295 ack#4@100x4294967294 "
          "trade#1<4@100x4294967294 modified#3@99x4294967295 ack#5@99x4294967295 trade#1<5@100x1 "
          "trade#2<5@100x4294967294");
    CHECK(engine_query_depth_at(100, kBuy) == 1);
    CHECK(engine_query_depth_at(99, kBuy) == UINT32_MAX);
}

TEST_CASE("adapter edges: the fields of reports") {
    Queue queue(1024);
    Engine engine(queue);
    engine.place(kSell, 7, -3, 5);
    engine.place(kBuy, 8, -2, 9);
    engine.modify(kBuy, 8, -4, 6);
    engine.cancel(8);
    engine.cancel(8);
    engine.modify(kBuy, 8, 1, 1);
    engine_flush();
    const auto reports = queue.drain_all();
    REQUIRE(reports.size() == 7);
    const auto& trade = reports[2];
    CHECK(trade.type == abi_traded);
    CHECK(trade.sequence == 1);  // the aggressor's
    CHECK(trade.price == -3);    // the maker's
    CHECK(trade.quantity == 5);
    CHECK(trade.maker_order_id == 7);
    CHECK(trade.taker_order_id == 8);
    const std::uint64_t sequences[] = {0, 1, 1, 2, 3, 4, 5};
    const std::uint8_t sides[] = {kSell, kBuy, 0, kBuy, kBuy, 0, 0};
    for (std::size_t i = 0; i < reports.size(); ++i) {
        CAPTURE(i);
        CHECK(reports[i].sequence == sequences[i]);
        CHECK(reports[i].side == sides[i]);
        if (i == 2) continue;
        CHECK(reports[i].order_id == (i == 0 ? 7 : 8));
        CHECK(reports[i].maker_order_id == 0);
        CHECK(reports[i].taker_order_id == 0);
    }
    CHECK(reports[4].price == -4);
}

TEST_CASE("adapter edges: a flush shows everything, the engine's and the transport's") {
    Queue queue(1024);
    Engine engine(queue);
    engine_flush();
    CHECK(queue.drain_all().empty());
    for (std::uint64_t id = 1; id <= 100; ++id) {
        engine.place(kBuy, id, 100, 1);
        if (id % 2 == 0)
            engine_flush();
        else
            queue.flush();
        const auto reports = queue.drain_all();
        REQUIRE(reports.size() == 1);
        CHECK(reports[0].order_id == id);
    }
}

TEST_CASE("adapter edges: a transport holds what was asked for, and gives no more than is wanted") {
    for (const std::uint32_t capacity : {1u, 2u, 3u, 5u, 100u, 1000u, 1023u, 1025u, 3000u}) {
        CAPTURE(capacity);
        Queue queue(capacity);
        Engine engine(queue);
        // Nobody drains meanwhile; twice and a bit more, so that the ring wraps.
        for (std::uint64_t round = 0; round < 3; ++round) {
            for (std::uint32_t i = 0; i < capacity; ++i) engine.cancel(round * capacity + i);
            engine_flush();
            std::uint64_t next = round * capacity;
            while (true) {
                const auto reports = queue.drain(7);
                if (reports.empty()) break;
                CHECK(reports.size() <= 7);
                for (const AbiReport& report : reports) CHECK(report.order_id == next++);
            }
            CHECK(next == (round + 1) * capacity);
        }
        CHECK(queue.drain(0).empty());
    }
}

TEST_CASE("adapter edges: after shutdown and init nothing is left of the orders before") {
    Queue queue(1000);
    for (int run = 0; run < 3; ++run) {
        Engine engine(queue);
        CHECK(engine_query_best_bid() == INT64_MIN);
        CHECK(engine_query_best_ask() == INT64_MAX);
        CHECK(engine_query_depth_at(100, kBuy) == 0);
        engine.cancel(1);
        engine.place(kBuy, 1, 100, 5);
        engine.place(kSell, 2, 101, 5);
        CHECK(told(queue) == "no-cancel#1 ack#1@100x5 ack#2@101x5");
    }
    Queue other(1);
    Engine engine(other);
    engine.place(kSell, 1, 100, 1);
    CHECK(told(other) == "ack#1@100x1");
    CHECK(queue.drain_all().empty());
}

// What the ABI has no answer for ends the process with a reason on stderr: the signal of a child that does this.
template <class Action>
int signal_of(Action action) {
    const pid_t child = ::fork();
    if (child == 0) {
        std::fclose(stderr);
        std::signal(SIGABRT, SIG_DFL);  // not the test framework's business
        action();
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST_CASE("adapter edges: beyond its capacities the engine stops, before them it does not") {
    struct Room {
        const char* orders;
        const char* levels;
    };
    const auto place = [](std::uint64_t orders, bool one_price, Room room) {
        return signal_of([=] {
            ::setenv("DCX_BENCH_ORDERS", room.orders, 1);
            ::setenv("DCX_BENCH_LEVELS", room.levels, 1);
            Queue queue(64);
            Engine engine(queue);
            for (std::uint64_t id = 1; id <= orders; ++id)
                engine.place(kBuy, id, one_price ? 0 : static_cast<std::int64_t>(id), 1);
        });
    };
    CHECK(place(4, true, {"4", "16"}) == 0);
    CHECK(place(5, true, {"4", "16"}) == SIGABRT);
    CHECK(place(3, false, {"16", "3"}) == 0);
    CHECK(place(4, true, {"16", "3"}) == 0);
    CHECK(place(4, false, {"16", "3"}) == SIGABRT);
    CHECK(place(0, false, {"16", "0"}) == SIGABRT);
    CHECK(place(0, false, {"many", "16"}) == SIGABRT);
}

}  // namespace
}  // namespace dcx::bench
