#include "feed/candles.h"

#include <doctest/doctest.h>

#include <map>
#include <vector>

#include "base/random.h"
#include "feed/test_publisher.h"

using namespace dcx;
using namespace dcx::feed;
using namespace dcx::feed::testing;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

VariantKey candles_of(std::uint32_t interval_s) { return {.channel = Channel::candles, .interval_s = interval_s}; }

struct Plain {
    std::int64_t open, high, low, close, volume;
    friend bool operator==(const Plain&, const Plain&) = default;
};

// From all trades that stand, every time anew.
std::map<std::int64_t, Plain> naive(const std::vector<TestVenue::Made>& trades, std::int64_t interval_ns) {
    std::map<std::int64_t, Plain> candles;
    for (const TestVenue::Made& made : trades) {
        if (made.busted) continue;
        const std::int64_t price = made.trade.price.value;
        const std::int64_t start = made.time.value / interval_ns * interval_ns;
        auto [at, fresh] = candles.try_emplace(start, Plain{price, price, price, price, 0});
        Plain& candle = at->second;
        candle.high = std::max(candle.high, price);
        candle.low = std::min(candle.low, price);
        candle.close = price;
        candle.volume += made.trade.quantity.value;
    }
    return candles;
}

// Keeps the candles of one subscription the way a client would.
class ReaderCandles {
  public:
    void apply(const Json& message) {
        const auto prev = message.at("prev").get<std::uint64_t>();
        if (message.at("type") == "snapshot") {
            REQUIRE(prev == 0);
            candles.clear();
        } else {
            REQUIRE(prev == seq);
            REQUIRE_FALSE(message.at("data").at("candles").empty());
        }
        seq = message.at("seq").get<std::uint64_t>();
        REQUIRE(seq >= prev);
        std::int64_t last = -1;
        for (const Json& candle : message.at("data").at("candles")) {
            const auto start = candle.at("start").get<std::int64_t>();
            REQUIRE(start > last);
            last = start;
            // Final once, final for ever.
            REQUIRE((candle.at("final") || !is_final[start]));
            is_final[start] = candle.at("final");
            if (candle.at("open").is_null()) {
                REQUIRE(units_of(candle.at("volume")) == 0);
                candles.erase(start);  // it may never have been told
                continue;
            }
            candles[start] = {units_of(candle.at("open")), units_of(candle.at("high")), units_of(candle.at("low")),
                              units_of(candle.at("close")), units_of(candle.at("volume"))};
        }
    }
    std::map<std::int64_t, Plain> candles;
    std::map<std::int64_t, bool> is_final;
    std::uint64_t seq = 0;
};

void take(Reader& reader, ReaderCandles& candles) {
    for (const Json& message : reader.sink.messages) candles.apply(message);
    reader.sink.messages.clear();
}

// Trades at the prices and quantities given.
void trade(Feed& feed, std::int64_t price, std::int64_t quantity) {
    feed.venue.place(Side::sell, price, quantity);
    feed.venue.place(Side::buy, price, quantity);
    feed.take_all();
}

}  // namespace

TEST_CASE("candles: readers of every interval hold what all trades that stand make, busts included") {
    for (const std::uint64_t seed : {1u, 2u}) {
        CAPTURE(seed);
        Feed feed;
        feed.venue.start();
        feed.take_all();
        Random random{seed};
        struct Follower {
            std::uint32_t interval_s;
            std::unique_ptr<Reader> reader;
            ReaderCandles candles;
        };
        std::vector<Follower> followers;
        for (const std::uint32_t interval_s : kIntervals)
            followers.push_back(
                {interval_s,
                 feed.subscribe(candles_of(interval_s), random.chance(50) ? Format::json : Format::msgpack),
                 {}});
        std::uint64_t busts = 0;
        for (int step = 0; step < 3000; ++step) {
            if (random.chance(85)) {
                feed.venue.place(random.chance(50) ? Side::buy : Side::sell, random.between(95, 105),
                                 random.between(1, 20), {.ioc = random.chance(50)});
            } else if (const auto& trades = feed.venue.trades(); !trades.empty()) {
                const auto& made = trades[trades.size() - 1 - random.below(std::min<std::size_t>(200, trades.size()))];
                if (!made.busted && made.time.value > feed.venue.now_ns - 890 * kSecond) {
                    feed.venue.bust(made.trade.trade_id);
                    ++busts;
                }
            }
            // Fast times and slow ones; a day now and then.
            feed.venue.now_ns += random.chance(2)    ? random.between(0, 3600) * kSecond
                                 : random.chance(50) ? random.between(0, 5) * kSecond
                                                     : random.between(0, 1000);
            for (; feed.next < feed.venue.events.size(); ++feed.next)
                feed.publisher.apply(feed.venue.events[feed.next]);
            feed.tick(random.chance(50) ? 100 : 1);
            if (random.chance(3)) {
                Follower& follower = followers[random.below(followers.size())];
                follower.reader.reset();
                follower.reader = feed.subscribe(candles_of(follower.interval_s));
            }
            if (!random.chance(10)) continue;
            feed.tick(100);
            for (Follower& follower : followers) {
                take(*follower.reader, follower.candles);
                const std::int64_t interval_ns = follower.interval_s * kSecond;
                auto expected = naive(feed.venue.trades(), interval_ns);
                auto held = follower.candles.candles;
                // A snapshot has the last 500, and older ones are not corrected.
                if (expected.size() > kCandlesKept / 2) {
                    const std::int64_t from = std::prev(expected.end(), kCandlesKept / 2)->first;
                    expected.erase(expected.begin(), expected.lower_bound(from));
                    held.erase(held.begin(), held.lower_bound(from));
                }
                REQUIRE(held == expected);
                for (const auto& [start, candle] : held)
                    REQUIRE(follower.candles.is_final[start] == (start + interval_ns <= feed.publisher.time().value));
            }
        }
        CHECK(busts > 100);
        CHECK(followers[0].candles.is_final.size() > kCandlesKept / 2);
        CHECK(followers[6].candles.candles.size() > 1);
    }
}

TEST_CASE("candles: told at most every 100 ms, the end of an interval by the log's time") {
    Feed feed;
    feed.venue.now_ns = 1'700'000'000 * kSecond;  // the 20th second of a minute
    feed.venue.start();
    feed.take_all();
    const auto reader = feed.subscribe(candles_of(60));
    CHECK(reader->sink.take()["data"] == Json::parse(R"({"interval":"1m","candles":[]})"));
    trade(feed, 100, 5);
    const Json first = reader->sink.take();
    CHECK(first["data"] == Json::parse(R"({"interval":"1m","candles":[{"start":1699999980000000000,"open":"0.0100",
        "high":"0.0100","low":"0.0100","close":"0.0100","volume":"0.0005","final":false}]})"));
    CHECK(first["seq"] == feed.venue.sequence());
    trade(feed, 102, 1);
    trade(feed, 99, 1);
    CHECK(reader->sink.messages.empty());
    // Who comes meanwhile waits for the point where all stand together.
    const auto late = feed.subscribe(candles_of(60));
    CHECK(late->sink.messages.empty());
    feed.tick(100);
    const Json second = reader->sink.take();
    CHECK(second["prev"] == first["seq"]);
    CHECK(second["data"]["candles"][0]["volume"] == "0.0007");
    CHECK(late->sink.take()["data"] == second["data"]);
    // A command of any market that is later than the end closes it.
    feed.venue.now_ns = 1'700'000'040 * kSecond;
    feed.venue.single(CheckpointLogged{});
    feed.take_all();
    feed.tick(100);
    const Json third = reader->sink.take();
    CHECK(third["data"]["candles"][0]["final"] == true);
    CHECK(third["seq"] == feed.venue.sequence());
    late->sink.messages.clear();
    // In one message: the one that ends by a trade of the next interval, and that.
    trade(feed, 103, 1);
    feed.tick(100);
    CHECK(reader->sink.take()["data"]["candles"].size() == 1);
    feed.venue.now_ns += 60 * kSecond;
    trade(feed, 104, 1);
    feed.tick(100);
    const Json both = reader->sink.take();
    REQUIRE(both["data"]["candles"].size() == 2);
    CHECK(both["data"]["candles"][0]["final"] == true);
    CHECK(both["data"]["candles"][1]["final"] == false);
    CHECK(both["data"]["candles"][1]["open"] == "0.0104");
}

TEST_CASE("candles: in a silent venue the wall clock ends an interval, a second late") {
    Feed feed;
    feed.venue.now_ns = 1'700'000'000 * kSecond;
    feed.venue.start();
    trade(feed, 100, 5);
    const auto reader = feed.subscribe(candles_of(1));
    const Json snapshot = reader->sink.take();
    CHECK(snapshot["data"]["candles"][0]["final"] == false);
    const std::int64_t end = 1'700'000'001 * kSecond;
    const auto tick = [&](std::int64_t wall_ns) { feed.publisher.tick(feed.now_ns += kMs, wall_ns); };
    tick(end + Publisher::kLateNs - 1);
    CHECK(reader->sink.messages.empty());
    tick(end + Publisher::kLateNs);
    const Json closed = reader->sink.take();
    CHECK(closed["data"]["candles"][0]["final"] == true);
    // Nothing happened, so the sequence is the same.
    CHECK(closed["prev"] == snapshot["seq"]);
    CHECK(closed["seq"] == snapshot["seq"]);
    Reader again{feed.publisher, Format::json, candles_of(1)};
    CHECK_FALSE(feed.publisher.can_resume(again.subscription, {1, snapshot["seq"].get<std::uint64_t>()}));
    for (int i = 0; i < 5; ++i) tick(end + Publisher::kLateNs + i * kSecond);
    CHECK(reader->sink.messages.empty());
    // A trade that belongs to it all the same corrects it, and it stays final.
    feed.venue.now_ns = end - 1'000'000;
    trade(feed, 101, 1);
    feed.tick(100);
    const Json corrected = reader->sink.take();
    CHECK(corrected["data"]["candles"][0]["final"] == true);
    CHECK(corrected["data"]["candles"][0]["close"] == "0.0101");
    CHECK(corrected["prev"] == closed["seq"]);
    CHECK(corrected["seq"] > closed["seq"]);
    CHECK(feed.publisher.can_resume(again.subscription, {1, corrected["seq"].get<std::uint64_t>()}));
    CHECK(feed.publisher.can_resume(again.subscription, {1, closed["seq"].get<std::uint64_t>()}));
    // The clock goes back: nothing becomes open again.
    tick(end);
    tick(end + Publisher::kLateNs);
    CHECK(reader->sink.messages.empty());
}

TEST_CASE("candles: the last 500, without those that are gone, older ones are not corrected") {
    Feed feed;
    feed.venue.start();
    for (int i = 0; i < 600; ++i) {
        trade(feed, 100 + i % 7, 1);
        feed.venue.now_ns += kSecond;
    }
    const auto reader = feed.subscribe(candles_of(1));
    CHECK(reader->sink.take()["data"]["candles"].size() == kCandlesKept);
    const auto minutes = feed.subscribe(candles_of(60));
    CHECK(minutes->sink.take()["data"]["candles"].size() >= 10);
    // All of its trades taken back: told once, then not there.
    feed.venue.bust(TradeId{600ul});
    feed.take_all();
    feed.tick(100);
    const Json gone = reader->sink.take();
    CHECK(gone["data"]["candles"][0]["open"].is_null());
    CHECK(gone["data"]["candles"][0]["volume"] == "0.0000");
    CHECK(minutes->sink.take()["data"]["candles"][0]["open"].is_string());
    const auto late = feed.subscribe(candles_of(1));
    CHECK(late->sink.take()["data"]["candles"].size() == kCandlesKept - 1);
    // The minute is kept, the second is not.
    feed.venue.bust(TradeId{50ul});
    feed.take_all();
    feed.tick(100);
    CHECK(reader->sink.messages.empty());
    CHECK(minutes->sink.take()["data"]["candles"].size() == 1);
}

TEST_CASE("candles: a trade from before the feed's start changes nothing when it is taken back") {
    Feed feed;
    feed.venue.restore_assets();
    feed.venue.restore_instrument(InstrumentId{1u}, "DEC/USD");
    feed.venue.complete_restore();
    feed.take_all();
    const auto reader = feed.subscribe(candles_of(60));
    reader->sink.messages.clear();
    const TradeExecuted old{.trade_id = TradeId{1ul},
                            .price = ticks(100),
                            .quantity = lots(5),
                            .instrument = InstrumentId{1u},
                            .taker_side = Side::buy,
                            .zero = {}};
    feed.venue.bust(old, Time{feed.venue.now_ns - kSecond});
    feed.take_all();
    feed.tick(100);
    CHECK(reader->sink.messages.empty());
}

TEST_CASE("candles: prices whose trades are no longer kept stay, until none is left") {
    Candles candles;
    KeptTrades kept;
    std::uint64_t id = 0;
    const auto add = [&](std::int64_t price, std::int64_t time) {
        const Trade trade{TradeId{++id}, ticks(price), lots(2), Side::buy, Time{time}};
        candles.add(trade);
        kept.add(trade);
        return trade;
    };
    const auto take_back = [&](const Trade& trade) {
        (void)kept.remove(trade.id);
        candles.take_back(trade, kept);
    };
    const Trade high = add(500, 30 * kSecond);
    for (std::size_t i = 0; i < KeptTrades::kKeptTrades; ++i) add(100, 31 * kSecond);
    take_back(high);
    const CandleSeries& minutes = candles.series(1);
    std::vector<Candle> list;
    minutes.list(0, list);
    REQUIRE(list.size() == 1);
    CHECK(list[0].high == ticks(500));
    CHECK(list[0].volume == 2 * KeptTrades::kKeptTrades);
    // The second of its own has lost its only trade; hours are made of what is known.
    list.clear();
    candles.series(0).list(0, list);
    REQUIRE(list.size() == 2);
    CHECK(list[0].volume == 0);
    CHECK(list[0].high == Price{});
    CHECK(list[1].high == ticks(100));
}
