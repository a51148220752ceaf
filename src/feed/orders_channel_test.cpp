// The channels `orders` and `bbo` against the naive venue.
#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "base/random.h"
#include "feed/test_orders.h"
#include "feed/test_publisher.h"

using namespace dcx;
using namespace dcx::feed;
using namespace dcx::feed::testing;

namespace {

constexpr VariantKey kOrders{.channel = Channel::orders};
constexpr VariantKey bbo_at(std::uint32_t rate_ms) { return {.channel = Channel::bbo, .rate_ms = rate_ms}; }

Feed feed_of_parts(std::size_t orders) {
    return {.venue = {},
            .publisher = Publisher{{.replay_bytes = 64 * 1024, .linger_ns = 1'000 * kMs, .orders_in_part = orders}}};
}

void take(Reader& reader, ReaderOrders& orders) {
    for (const Json& message : reader.sink.messages) orders.apply(message);
    reader.sink.messages.clear();
}

}  // namespace

TEST_CASE("orders: readers hold every queue of the venue's book, whenever they come and go") {
    Feed feed;
    feed.venue.start();
    feed.take_all();
    Random random{77};
    struct Follower {
        std::unique_ptr<Reader> reader;
        ReaderOrders orders;
    };
    std::vector<Follower> followers;
    for (int step = 0; step < 1500; ++step) {
        feed.venue.random_command(random);
        if (random.chance(20) && feed.next + 1 < feed.venue.events.size()) {
            feed.publisher.apply(feed.venue.events[feed.next++]);
            feed.tick(random.between(0, 30));
        }
        if (random.chance(5))
            followers.push_back({feed.subscribe(kOrders, random.chance(50) ? Format::json : Format::msgpack), {}});
        if (random.chance(4) && !followers.empty())
            followers.erase(followers.begin() + static_cast<std::ptrdiff_t>(random.below(followers.size())));
        feed.take_all();
        for (Follower& follower : followers) {
            take(*follower.reader, follower.orders);
            REQUIRE(follower.orders.snapshots() == 1);
            REQUIRE(follower.orders.equals(feed.venue.book()));
        }
    }
    CHECK(followers.size() > 5);
}

TEST_CASE("orders: a snapshot in small parts while the book changes ends with the whole book") {
    for (const std::uint64_t seed : {1u, 2u, 3u, 4u}) {
        CAPTURE(seed);
        Feed feed = feed_of_parts(4);
        feed.venue.start();
        Random random{seed};
        for (int step = 0; step < 400; ++step) feed.venue.random_command(random);
        feed.take_all();
        std::size_t most_parts = 0;
        for (int round = 0; round < 20; ++round) {
            std::vector<std::unique_ptr<Reader>> readers;
            std::vector<ReaderOrders> orders(3);
            for (int i = 0; i < 3; ++i)
                readers.push_back(feed.subscribe(kOrders, i == 0 ? Format::json : Format::msgpack));
            const auto look = [&] {
                for (std::size_t i = 0; i < readers.size(); ++i) {
                    take(*readers[i], orders[i]);
                    REQUIRE(orders[i].begins(feed.venue.book()));
                    if (orders[i].whole()) REQUIRE(orders[i].equals(feed.venue.book()));
                }
            };
            look();
            for (int step = 0; step < 200; ++step) {
                for (std::uint64_t commands = random.below(3); commands > 0; --commands)
                    feed.venue.random_command(random);
                // Between parts the readers hold what they were told, as it was then.
                for (; feed.next < feed.venue.events.size(); ++feed.next)
                    feed.publisher.apply(feed.venue.events[feed.next]);
                CHECK((orders[0].whole() || feed.publisher.next_due_ns() <= feed.now_ns));
                feed.tick(1);
                look();
            }
            for (const ReaderOrders& one : orders) {
                REQUIRE(one.whole());
                REQUIRE(one.snapshots() == 1);
                most_parts = std::max(most_parts, one.parts());
            }
        }
        CHECK(most_parts > 10);
    }
}

TEST_CASE("orders: one level of many orders is told in parts too") {
    Feed feed = feed_of_parts(10);
    feed.venue.start();
    std::vector<OrderId> ids;
    for (int i = 0; i < 95; ++i) ids.push_back(feed.venue.place(Side::sell, 100, 5));
    feed.take_all();
    const auto reader = feed.subscribe(kOrders);
    ReaderOrders orders;
    const auto look = [&] {
        feed.take_all();
        take(*reader, orders);
        REQUIRE(orders.begins(feed.venue.book()));
    };
    look();
    CHECK_FALSE(orders.whole());
    feed.venue.cancel(ids[9]);                // the last one told
    feed.venue.cancel(ids[10]);               // the next
    feed.venue.amend(ids[2], 100, 6);         // to the end of the queue
    feed.venue.amend(ids[50], 100, 1);        // in its place
    feed.venue.place(Side::buy, 100, 5 * 8);  // what was told, nearly
    feed.venue.place(Side::buy, 99, 1);       // on the side that is told already
    look();
    feed.venue.place(Side::buy, 100, 5 * 30);  // more than was told
    look();
    for (int i = 0; i < 30 && !orders.whole(); ++i) look();
    CHECK(orders.equals(feed.venue.book()));
    CHECK(orders.snapshots() == 1);
}

TEST_CASE("orders: who does not take his parts gets a new snapshot later, and delays nobody for long") {
    Feed feed = feed_of_parts(4);
    feed.venue.start();
    for (int i = 0; i < 100; ++i) feed.venue.place(Side::buy, 1'000 + i, 1);
    feed.take_all();
    const auto slow = feed.subscribe(kOrders);
    const auto fast = feed.subscribe(kOrders);
    const auto other = feed.subscribe(kOrders, Format::msgpack);
    // The first began alone; the others wait for their turn.
    CHECK(slow->sink.messages.size() == 1);
    CHECK(fast->sink.messages.empty());
    CHECK(slow->subscription.seq == 0);
    slow->sink.full = true;
    for (int i = 0; i < 50; ++i) feed.tick(1);
    // He is alone in his snapshot: it waits for him.
    CHECK(fast->sink.messages.empty());
    CHECK(feed.publisher.next_due_ns() == Publisher::kNever);
    slow->sink.full = false;
    for (int i = 0; i < 25; ++i) feed.tick(1);
    ReaderOrders slow_orders;
    take(*slow, slow_orders);
    CHECK(slow_orders.whole());
    CHECK(fast->sink.messages.size() > 1);
    // Two of one snapshot, of which one stops reading: the other goes on.
    fast->sink.full = true;
    for (int i = 0; i < 60; ++i) feed.tick(1);
    ReaderOrders other_orders;
    take(*other, other_orders);
    CHECK(other_orders.whole());
    CHECK(other_orders.equals(feed.venue.book()));
    fast->sink.full = false;
    for (int i = 0; i < 60; ++i) feed.tick(1);
    ReaderOrders fast_orders;
    take(*fast, fast_orders);
    CHECK(fast_orders.whole());
    CHECK(fast_orders.snapshots() == 2);
    CHECK(fast_orders.equals(feed.venue.book()));
    // All leave in the middle, others come.
    auto gone = feed.subscribe(kOrders);
    gone.reset();
    feed.tick(1);
    const auto late = feed.subscribe(kOrders);
    for (int i = 0; i < 60; ++i) feed.tick(1);
    ReaderOrders late_orders;
    take(*late, late_orders);
    CHECK(late_orders.whole());
}

TEST_CASE("orders: changes that pile up between parts end the snapshot of him who does not read") {
    Feed feed = feed_of_parts(4);
    feed.venue.start();
    for (int i = 0; i < 50; ++i) feed.venue.place(Side::buy, 1'000 + i, 1);
    feed.take_all();
    const auto slow = feed.subscribe(kOrders);
    slow->sink.full = true;
    for (int i = 0; i < 10'100; ++i) feed.venue.cancel(feed.venue.place(Side::buy, 2'000, 1));
    feed.take_all();
    const auto other = feed.subscribe(kOrders);
    for (int i = 0; i < 30; ++i) feed.tick(1);
    ReaderOrders orders;
    take(*other, orders);
    CHECK(orders.whole());
    slow->sink.messages.clear();
    slow->sink.full = false;
    for (int i = 0; i < 30; ++i) feed.tick(1);
    ReaderOrders again;
    take(*slow, again);
    CHECK(again.whole());
    CHECK(again.equals(feed.venue.book()));
}

TEST_CASE("orders: a command is one message, an amend that loses its place is a delete and an add") {
    Feed feed;
    feed.venue.start();
    const OrderId first = feed.venue.place(Side::sell, 100, 5);
    feed.venue.place(Side::sell, 100, 7);
    feed.take_all();
    const auto reader = feed.subscribe(kOrders);
    CHECK(reader->sink.take()["data"]["asks"] == Json::parse(R"([[1,"0.0100","0.0005"],[2,"0.0100","0.0007"]])"));
    feed.venue.amend(first, 100, 3);
    feed.take_all();
    CHECK(reader->sink.take()["data"]["changes"] ==
          Json::parse(R"([{"action":"change","order_id":1,"side":"sell","price":"0.0100","quantity":"0.0003"}])"));
    feed.venue.amend(first, 101, 3);
    feed.take_all();
    CHECK(reader->sink.take()["data"]["changes"] ==
          Json::parse(R"([{"action":"delete","order_id":1,"side":"sell","price":"0.0100","quantity":"0.0003"},
                          {"action":"add","order_id":1,"side":"sell","price":"0.0101","quantity":"0.0003"}])"));
    feed.venue.place(Side::buy, 101, 9);
    feed.take_all();
    CHECK(reader->sink.take()["data"]["changes"] == Json::parse(R"([
        {"action":"execute","order_id":2,"side":"sell","price":"0.0100","quantity":"0.0007","trade_id":1},
        {"action":"execute","order_id":1,"side":"sell","price":"0.0101","quantity":"0.0002","trade_id":2}])"));
    feed.venue.place(Side::buy, 102, 2);
    feed.take_all();
    CHECK(reader->sink.take()["data"]["changes"] == Json::parse(R"([
        {"action":"execute","order_id":1,"side":"sell","price":"0.0101","quantity":"0.0001","trade_id":3},
        {"action":"add","order_id":4,"side":"buy","price":"0.0102","quantity":"0.0001"}])"));
    // Not what never rested.
    feed.venue.place(Side::sell, 200, 2, {.ioc = true});
    feed.take_all();
    CHECK(reader->sink.messages.empty());
}

TEST_CASE("orders: resuming, and slow readers") {
    Feed feed;
    feed.venue.start();
    feed.take_all();
    ReaderOrders orders;
    auto reader = feed.subscribe(kOrders);
    for (int i = 0; i < 5; ++i) feed.venue.place(Side::buy, 100 + i, 1);
    feed.take_all();
    take(*reader, orders);
    reader.reset();
    for (int i = 0; i < 5; ++i) feed.venue.place(Side::buy, 100 + i, 1);
    feed.take_all();
    Reader again{feed.publisher, Format::json, kOrders};
    REQUIRE(feed.publisher.can_resume(again.subscription, {1, orders.seq()}));
    feed.publisher.attach(again.subscription, ResumePoint{1, orders.seq()});
    take(again, orders);
    CHECK(orders.equals(feed.venue.book()));
    CHECK(orders.snapshots() == 1);
    again.sink.full = true;
    feed.venue.place(Side::buy, 100, 1);
    // Behind is who has not taken what he was told of before.
    feed.take_all();
    feed.venue.place(Side::buy, 100, 1);
    feed.take_all();
    again.sink.full = false;
    feed.tick();
    const Json snapshot = again.sink.take();
    CHECK(snapshot["skipped"] == 2);
    orders.apply(snapshot);
    CHECK(orders.equals(feed.venue.book()));
}

TEST_CASE("bbo: what the venue's best is, at each change or at its rate") {
    Feed feed;
    feed.venue.start();
    feed.take_all();
    Random random{5};
    const auto best = [&] {
        Json data{{"bid", nullptr}, {"bid_quantity", nullptr}, {"ask", nullptr}, {"ask_quantity", nullptr}};
        const auto bids = feed.venue.book().lines(Side::buy, 1);
        const auto asks = feed.venue.book().lines(Side::sell, 1);
        if (!bids.empty()) {
            data["bid"] = bids[0].price;
            data["bid_quantity"] = bids[0].quantity;
        }
        if (!asks.empty()) {
            data["ask"] = asks[0].price;
            data["ask_quantity"] = asks[0].quantity;
        }
        return data;
    };
    const auto reader = feed.subscribe(bbo_at(0), Format::msgpack);
    const auto slow = feed.subscribe(bbo_at(100), Format::msgpack);
    Json known = reader->sink.take();
    CHECK(known["data"] == best());
    Json known_slow = slow->sink.take();
    std::uint64_t told = 0;
    std::uint64_t told_slow = 0;
    for (int step = 0; step < 1500; ++step) {
        feed.venue.random_command(random);
        for (; feed.next < feed.venue.events.size(); ++feed.next) feed.publisher.apply(feed.venue.events[feed.next]);
        const bool flush = step % 7 == 0;
        feed.tick(flush ? 100 : random.between(0, 20));
        REQUIRE(reader->sink.messages.size() <= 1);
        for (const Json& message : reader->sink.messages) {
            REQUIRE(message["prev"] == known["seq"]);
            REQUIRE(message["data"] != known["data"]);
            known = message;
            ++told;
        }
        reader->sink.messages.clear();
        REQUIRE(known["data"] == best());
        REQUIRE(slow->sink.messages.size() <= 1);
        for (const Json& message : slow->sink.messages) {
            REQUIRE(message["prev"] == known_slow["seq"]);
            REQUIRE(message["data"] != known_slow["data"]);
            known_slow = message;
            ++told_slow;
        }
        slow->sink.messages.clear();
        if (flush) REQUIRE(known_slow["data"] == best());
    }
    CHECK(told > told_slow);
    CHECK(told_slow > 100);
}

TEST_CASE("bbo: a late reader of a conflated rate gets what the others know") {
    Feed feed;
    feed.venue.start();
    feed.venue.place(Side::buy, 100, 5);
    feed.take_all();
    const auto reader = feed.subscribe(bbo_at(100));
    CHECK(reader->sink.take()["data"] ==
          Json::parse(R"({"bid":"0.0100","bid_quantity":"0.0005","ask":null,"ask_quantity":null})"));
    feed.venue.place(Side::buy, 101, 5);
    feed.take_all();
    reader->sink.messages.clear();
    feed.venue.place(Side::buy, 102, 5);
    feed.take_all();
    const auto late = feed.subscribe(bbo_at(100));
    const Json snapshot = late->sink.take();
    CHECK(snapshot["data"]["bid"] == "0.0101");
    feed.tick(100);
    CHECK(reader->sink.messages == late->sink.messages);
    CHECK(late->sink.take()["prev"] == snapshot["seq"]);
    // Back where it was: nothing to tell.
    const OrderId order = feed.venue.place(Side::buy, 103, 5);
    feed.venue.cancel(order);
    feed.take_all();
    feed.tick(100);
    CHECK(late->sink.messages.empty());
}
