#include "feed/publisher.h"

#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "base/random.h"
#include "feed/test_publisher.h"

using namespace dcx;
using namespace dcx::feed;
using namespace dcx::feed::testing;

TEST_CASE("nothing before the restore is complete, then all of it") {
    Feed feed;
    feed.venue.restore_assets();
    feed.venue.restore_instrument(InstrumentId{1u}, "DEC/USD");
    feed.venue.restore_order(Side::buy, 100, 5);
    feed.take_all();
    CHECK_FALSE(feed.publisher.ready());
    feed.venue.complete_restore(7);
    feed.take_all();
    CHECK(feed.publisher.ready());
    CHECK(feed.publisher.epoch() == 7);
    CHECK(feed.publisher.sequence() == 100);
    const auto reader = feed.subscribe(book_of(20));
    const Json snapshot = reader->sink.take();
    CHECK(snapshot["type"] == "snapshot");
    CHECK(snapshot["epoch"] == 7);
    CHECK(snapshot["seq"] == 100);
    CHECK(snapshot["data"]["bids"] == Json::parse(R"([["0.0100","0.0005",1]])"));
    CHECK(feed.publisher.take_changed().empty());
}

TEST_CASE("readers of every variant keep the venue's book, whenever they come and go") {
    Feed feed;
    feed.venue.start();
    feed.take_all();
    Random random{21};
    struct Follower {
        std::unique_ptr<Reader> reader;
        ReaderBook book;
        bool conflates;
    };
    std::vector<Follower> followers;
    for (int step = 0; step < 3000; ++step) {
        feed.venue.random_command(random);
        // Sometimes only a part of a command's events is there.
        if (random.chance(20) && feed.next + 1 < feed.venue.events.size()) {
            feed.publisher.apply(feed.venue.events[feed.next++]);
            feed.tick(random.between(0, 30));
        }
        if (random.chance(5)) {
            const std::uint32_t depth = kDepths[random.below(kDepths.size())];
            const std::uint32_t rate = kRatesMs[random.below(kRatesMs.size())];
            auto reader = feed.subscribe(book_of(depth, rate), random.chance(50) ? Format::json : Format::msgpack);
            followers.push_back({std::move(reader), ReaderBook{depth}, rate > 0});
        }
        if (random.chance(4) && !followers.empty())
            followers.erase(followers.begin() + static_cast<std::ptrdiff_t>(random.below(followers.size())));
        for (; feed.next < feed.venue.events.size(); ++feed.next) feed.publisher.apply(feed.venue.events[feed.next]);
        const bool flush = random.chance(20);
        feed.tick(flush ? 100 : random.between(0, 5));
        for (Follower& follower : followers) {
            for (const Json& message : follower.reader->sink.messages) follower.book.apply(message);
            follower.reader->sink.messages.clear();
            if (follower.conflates && !flush) continue;
            REQUIRE(follower.book.snapshots() == 1);
            REQUIRE(follower.book.equals(feed.venue.book()));
        }
    }
    CHECK(followers.size() > 5);
}

TEST_CASE("a conflated rate publishes at most once a period, with all changes in one message") {
    Feed feed;
    feed.venue.start();
    feed.take_all();
    const auto reader = feed.subscribe(book_of(20, 100));
    CHECK(reader->sink.take()["type"] == "snapshot");
    feed.venue.place(Side::buy, 100, 5);
    feed.take_all();
    CHECK(reader->sink.take()["seq"] == 101);  // after silence the first change goes at once
    feed.venue.place(Side::buy, 101, 5);
    feed.venue.place(Side::buy, 102, 5);
    feed.take_all();
    feed.tick(99);
    CHECK(reader->sink.messages.empty());
    // Who comes meanwhile waits for the point where all stand together.
    const auto late = feed.subscribe(book_of(20, 100));
    const auto other_depth = feed.subscribe(book_of(1, 100));
    CHECK(late->sink.messages.empty());
    CHECK(feed.publisher.next_due_ns() == feed.now_ns + kMs);
    feed.tick(1);
    const Json update = reader->sink.take();
    CHECK(update["prev"] == 101);
    CHECK(update["seq"] == 103);
    CHECK(update["data"]["bids"].size() == 2);
    CHECK(late->sink.take()["seq"] == 103);
    CHECK(other_depth->sink.take()["data"]["bids"].size() == 1);
    CHECK(feed.publisher.next_due_ns() == Publisher::kNever);
}

TEST_CASE("messages wait for others as long as they may, or until there are many, a snapshot does not wait") {
    Feed feed{.venue = {}, .publisher = Publisher{{.flush_ns = 3 * kMs}}};
    feed.venue.start();
    feed.take_all();
    feed.tick(10);
    const auto reader = feed.subscribe(book_of(20));
    CHECK(reader->sink.take()["type"] == "snapshot");
    CHECK(feed.publisher.flush_due_ns() == Publisher::kNever);
    feed.venue.place(Side::buy, 100, 1);
    feed.take_all();
    feed.tick(2);
    feed.venue.place(Side::buy, 101, 1);
    feed.take_all();
    CHECK(reader->sink.messages.empty());
    // From the first one on.
    CHECK(feed.publisher.next_due_ns() == feed.now_ns + kMs);
    // Who comes meanwhile begins behind them.
    const auto late = feed.subscribe(book_of(20));
    const Json snapshot = late->sink.take();
    CHECK(snapshot["seq"] == feed.venue.sequence());
    feed.tick(1);
    CHECK(reader->sink.messages.size() == 2);
    CHECK(late->sink.messages.empty());
    CHECK(feed.publisher.next_due_ns() == Publisher::kNever);
    feed.venue.place(Side::buy, 102, 1);
    feed.take_all();
    feed.tick(3);
    CHECK(late->sink.take()["prev"] == snapshot["seq"]);
    // Many go out at once.
    reader->sink.messages.clear();
    for (int i = 0; i < 500; ++i) feed.venue.place(Side::buy, 103 + i, 1);
    feed.take_all();
    CHECK(reader->sink.messages.size() > 100);
    CHECK(reader->sink.messages.size() < 500);
    feed.tick(3);
    CHECK(reader->sink.messages.size() == 500);
}

TEST_CASE("trades: the last hundred, then those of each command in one message") {
    Feed feed;
    feed.venue.start();
    for (int i = 0; i < 120; ++i) {
        feed.venue.place(Side::sell, 100, 1);
        feed.venue.place(Side::buy, 100, 1);
    }
    feed.take_all();
    const auto reader = feed.subscribe(kTrades);
    const Json snapshot = reader->sink.take();
    CHECK(snapshot["data"]["trades"].size() == 100);
    CHECK(snapshot["data"]["trades"][0]["id"] == 21);
    feed.venue.place(Side::sell, 100, 1);
    feed.venue.place(Side::sell, 101, 1);
    feed.venue.place(Side::buy, 102, 3);
    feed.take_all();
    const Json update = reader->sink.take();
    CHECK(update["type"] == "update");
    CHECK(update["prev"] == snapshot["seq"]);
    CHECK(update["seq"] == feed.venue.sequence());
    REQUIRE(update["data"]["trades"].size() == 2);
    CHECK(update["data"]["trades"][1]["price"] == "0.0101");
    CHECK(update["data"]["trades"][1]["side"] == "buy");
}

TEST_CASE("the ticker goes at most every 100 ms, and only when it changed") {
    Feed feed;
    feed.venue.start();
    feed.take_all();
    const auto reader = feed.subscribe(kTicker, Format::msgpack);
    CHECK(reader->sink.take()["data"]["last"].is_null());
    feed.venue.place(Side::sell, 100, 2);
    feed.take_all();
    CHECK(reader->sink.take()["data"]["ask"] == 100);
    feed.venue.place(Side::buy, 100, 1);
    feed.take_all();
    CHECK(reader->sink.messages.empty());
    feed.tick(100);
    const Json update = reader->sink.take();
    CHECK(update["data"]["last"] == 100);
    CHECK(update["data"]["volume"] == 1);
    CHECK(update["data"]["ask_quantity"] == 1);
    feed.venue.single(CheckpointLogged{});
    feed.take_all();
    feed.tick(100);
    CHECK(reader->sink.messages.empty());
    // A day later the trade has left the window.
    feed.venue.now_ns += 24 * 3'600'000 * kMs;
    feed.venue.single(CheckpointLogged{});
    feed.take_all();
    feed.tick(100);
    CHECK(reader->sink.take()["data"]["volume"] == 0);
}

TEST_CASE("a slow reader of books gets one snapshot when it has drained, nobody else notices") {
    Feed feed;
    feed.venue.start();
    feed.take_all();
    const auto slow = feed.subscribe(book_of(20));
    const auto fast = feed.subscribe(book_of(20));
    slow->sink.messages.clear();
    fast->sink.messages.clear();
    slow->sink.full = true;
    for (int i = 1; i <= 5; ++i) {
        feed.venue.place(Side::buy, 100 + i, 1);
        feed.take_all();
    }
    CHECK(fast->sink.messages.size() == 5);
    CHECK(slow->sink.messages.empty());
    CHECK(feed.publisher.next_due_ns() == Publisher::kNever);
    slow->sink.full = false;
    CHECK(feed.publisher.next_due_ns() <= feed.now_ns);
    feed.tick();
    const Json snapshot = slow->sink.take();
    CHECK(snapshot["type"] == "snapshot");
    CHECK(snapshot["skipped"] == 5);
    CHECK(snapshot["seq"] == feed.venue.sequence());
    CHECK(slow->sink.conflations == std::vector<std::uint64_t>{5});
    feed.venue.place(Side::buy, 110, 1);
    feed.take_all();
    CHECK(slow->sink.take()["prev"] == snapshot["seq"]);
    CHECK(feed.publisher.counters().of(Channel::orderbook).conflations == 1);
    CHECK(feed.publisher.counters().of(Channel::orderbook).skipped == 5);
}

TEST_CASE("a slow reader of trades is told and left out") {
    Feed feed;
    feed.venue.start();
    feed.take_all();
    const auto slow = feed.subscribe(kTrades);
    const auto fast = feed.subscribe(kTrades);
    slow->sink.full = true;
    for (int i = 0; i < 2; ++i) {
        CHECK_FALSE(slow->sink.overran);
        feed.venue.place(Side::sell, 100, 1);
        feed.venue.place(Side::buy, 100, 1);
        feed.take_all();
    }
    CHECK(slow->sink.overran);
    CHECK(slow->sink.messages.size() == 1);
    CHECK(fast->sink.messages.size() == 3);
    CHECK(feed.publisher.counters().of(Channel::trades).drops == 1);
    // A first snapshot may wait for a reader that is behind: it has lost nothing yet.
    auto late = std::make_unique<Reader>(feed.publisher, Format::json, kTrades);
    late->sink.full = true;
    feed.publisher.attach(late->subscription, std::nullopt);
    CHECK_FALSE(late->sink.overran);
    late->sink.full = false;
    feed.tick();
    CHECK(late->sink.take()["type"] == "snapshot");
}

TEST_CASE("resuming: the missed messages, as long as they are kept") {
    Feed feed;
    feed.venue.start();
    feed.take_all();
    ReaderBook book{20};
    auto reader = feed.subscribe(book_of(20), Format::msgpack);
    feed.venue.place(Side::buy, 100, 5);
    feed.take_all();
    for (const Json& message : reader->sink.messages) book.apply(message);
    const std::uint64_t last = book.seq();
    reader.reset();
    for (int i = 0; i < 10; ++i) feed.venue.place(Side::buy, 90 + i, 1);
    feed.take_all();

    const auto again = std::make_unique<Reader>(feed.publisher, Format::msgpack, book_of(20));
    const auto elsewhere = std::make_unique<Reader>(feed.publisher, Format::json, book_of(20));
    CHECK_FALSE(feed.publisher.can_resume(elsewhere->subscription, {1, last}));
    CHECK_FALSE(feed.publisher.can_resume(again->subscription, {2, last}));
    CHECK_FALSE(feed.publisher.can_resume(again->subscription, {1, last - 5}));
    REQUIRE(feed.publisher.can_resume(again->subscription, {1, last}));
    feed.publisher.attach(again->subscription, ResumePoint{1, last});
    CHECK(again->sink.messages.size() == 10);
    for (const Json& message : again->sink.messages) book.apply(message);
    again->sink.messages.clear();
    CHECK(book.equals(feed.venue.book()));
    CHECK(book.snapshots() == 1);
    feed.venue.place(Side::buy, 101, 5);
    feed.take_all();
    book.apply(again->sink.take());
    CHECK(book.equals(feed.venue.book()));
}

TEST_CASE("what nobody came back for is forgotten") {
    Feed feed;
    feed.venue.start();
    feed.take_all();
    auto reader = feed.subscribe(book_of(5, 20));
    const std::uint64_t last = reader->sink.take()["seq"];
    reader.reset();
    feed.tick(900);
    const auto again = std::make_unique<Reader>(feed.publisher, Format::json, book_of(5, 20));
    CHECK(feed.publisher.can_resume(again->subscription, {1, last}));
    feed.tick(2000);
    CHECK_FALSE(feed.publisher.can_resume(again->subscription, {1, last}));
    const std::uint64_t encoded = feed.publisher.counters().of(Channel::orderbook).encoded;
    feed.venue.place(Side::buy, 100, 1);
    feed.take_all();
    feed.tick(100);
    CHECK(feed.publisher.counters().of(Channel::orderbook).encoded == encoded);
}

TEST_CASE("one encoding serves all subscribers of a variant and format") {
    Feed feed;
    feed.venue.start();
    feed.take_all();
    std::vector<std::unique_ptr<Reader>> readers;
    readers.reserve(10);
    for (int i = 0; i < 10; ++i) readers.push_back(feed.subscribe(book_of(20), i < 5 ? Format::json : Format::msgpack));
    const ChannelCounters before = feed.publisher.counters().of(Channel::orderbook);
    feed.venue.place(Side::buy, 100, 1);
    feed.take_all();
    const ChannelCounters& after = feed.publisher.counters().of(Channel::orderbook);
    CHECK(after.encoded == before.encoded + 2);
    CHECK(after.delivered == before.delivered + 10);
    CHECK(after.subscriptions == 10);
}

TEST_CASE("markets listed or halted while running are told") {
    Feed feed;
    feed.venue.start();
    feed.take_all();
    feed.venue.single(TestVenue::listing(InstrumentId{2u}, "BTC/USD"));
    feed.take_all();
    auto changed = feed.publisher.take_changed();
    REQUIRE(changed.size() == 1);
    CHECK(changed[0]->symbol() == "BTC/USD");
    CHECK(feed.publisher.find("BTC/USD") == changed[0]);
    feed.venue.single(PhaseChanged{.instrument = InstrumentId{}, .phase = Phase::halted, .zero = {}});
    feed.take_all();
    CHECK(feed.publisher.take_changed().size() == 2);
    CHECK(feed.publisher.find("DEC/USD")->phase() == Phase::halted);
    feed.venue.place(Side::buy, 50, 1, {.instrument = InstrumentId{2u}});
    feed.take_all();
    CHECK(feed.publisher.find("BTC/USD")->book().bids().size() == 1);
    CHECK(feed.publisher.find("DEC/USD")->book().bids().empty());
}

TEST_CASE("a mass cancel over markets is one message in each") {
    Feed feed;
    feed.venue.start();
    feed.venue.single(TestVenue::listing(InstrumentId{2u}, "BTC/USD"));
    const AccountId account{7u};
    for (std::int64_t price = 50; price < 53; ++price)
        for (const InstrumentId market : {InstrumentId{1u}, InstrumentId{2u}})
            feed.venue.place(Side::buy, price, 1, {.account = account, .instrument = market});
    feed.venue.place(Side::buy, 51, 1);
    feed.take_all();
    Reader dec{feed.publisher, Format::json, book_of(20)};
    Reader btc{feed.publisher, Format::json, book_of(20), "BTC/USD"};
    for (Reader* reader : {&dec, &btc}) {
        feed.publisher.attach(reader->subscription, std::nullopt);
        CHECK(reader->sink.take()["data"]["bids"].size() == 3);
    }
    feed.venue.mass_cancel(account);
    feed.take_all();
    const Json left = dec.sink.take();
    CHECK(left["data"]["bids"] ==
          Json::parse(R"([["0.0052","0.0000",0],["0.0051","0.0001",1],["0.0050","0.0000",0]])"));
    CHECK(btc.sink.take()["data"]["bids"].size() == 3);
    CHECK(feed.publisher.find("BTC/USD")->book().order_count() == 0);
}

TEST_CASE("a tick in which orders expire is one message, and makes none where nothing did") {
    Feed feed;
    feed.venue.start();
    std::vector<OrderId> orders;
    for (std::int64_t price = 50; price < 53; ++price) orders.push_back(feed.venue.place(Side::buy, price, 1));
    feed.take_all();
    const auto reader = feed.subscribe(book_of(20));
    CHECK(reader->sink.take()["data"]["bids"].size() == 3);
    feed.venue.expire(std::span{orders}.first(2));
    feed.take_all();
    CHECK(reader->sink.take()["data"]["bids"] == Json::parse(R"([["0.0051","0.0000",0],["0.0050","0.0000",0]])"));
    feed.venue.expire({});
    feed.take_all();
    CHECK(reader->sink.messages.empty());
    CHECK(feed.publisher.sequence() == feed.venue.sequence());
}

TEST_CASE("a new epoch stands in the messages from then on") {
    Feed feed;
    feed.venue.start();
    feed.take_all();
    const auto reader = feed.subscribe(book_of(20));
    CHECK(reader->sink.take()["epoch"] == 1);
    feed.venue.single(EpochStarted{.epoch = 2});
    feed.venue.place(Side::buy, 100, 1);
    feed.take_all();
    CHECK(reader->sink.take()["epoch"] == 2);
}
