// A market recorded from its feed and told again: books, trades and sequences are those of the market.
#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <vector>

#include "feed/publisher.h"
#include "feed/recording_source.h"
#include "feed/test_recording.h"

namespace dcx::feed::testing {
namespace {

constexpr InstrumentId kSecond{2u};

std::vector<std::uint32_t> checksums(const Publisher& publisher) {
    std::vector<std::uint32_t> result;
    for (const Market* market : publisher.markets()) result.push_back(market->book().checksum(10));
    return result;
}

// The books of every command.
std::map<std::uint64_t, std::vector<std::uint32_t>> books_of(const TestVenue& venue) {
    Publisher publisher{{}};
    std::map<std::uint64_t, std::vector<std::uint32_t>> books;
    for (const Event& event : venue.events) {
        publisher.apply(event);
        if (publisher.ready() &&
            (event.header.flags != kRestored || event.header.kind == EventKind::restore_completed) &&
            (event.header.flags & (kLastOfCommand | kRestored)) != 0)
            books[publisher.sequence()] = checksums(publisher);
    }
    return books;
}

std::vector<TradeId> ids(const RecentTrades& trades, TradeId after) {
    std::vector<TradeId> result;
    for (std::size_t i = 0; i < trades.size(); ++i)
        if (trades[i].id > after) result.push_back(trades[i].id);
    return result;
}

struct Replayed {
    ManualClock clock;
    std::unique_ptr<RecordingSource> source;
    Publisher publisher{{}};

    explicit Replayed(std::span<const std::byte> file, const RecordingSource::Options& options = {.speed = 0}) {
        auto opened = RecordingSource::open(file, clock, options);
        REQUIRE_MESSAGE(opened.has_value(), opened.error().message);
        source = std::move(*opened);
    }
    // What is due; each() after each whole command.
    template <class Each>
    void take(Each&& each) {
        while (true) {
            const auto events = source->peek(7);
            if (events.empty()) return;
            for (const Event& event : events) {
                publisher.apply(event);
                if ((event.header.flags & kLastOfCommand) != 0) each();
            }
            source->release(events.size());
        }
    }
    void take() {
        take([] {});
    }
};

void trade(TestServer& server, Random& random, int commands) {
    for (int i = 0; i < commands; ++i)
        server.venue.random_command(random, random.chance(50) ? TestVenue::kInstrument : kSecond);
}

std::unique_ptr<TestServer> two_markets() {
    auto server = std::make_unique<TestServer>();
    server->venue.restore_assets();
    server->venue.restore_instrument(TestVenue::kInstrument, "DEC/USD");
    server->venue.restore_instrument(kSecond, "BTC/USD");
    server->venue.restore_order(Side::buy, 9'990, 50);
    server->venue.complete_restore();
    server->drain();
    return server;
}

}  // namespace

TEST_CASE("a recorded market is told again, command by command") {
    for (const std::uint64_t seed : {1u, 2u, 3u}) {
        CAPTURE(seed);
        Random random{seed};
        const auto server = two_markets();
        Recorder recorder{*server, {.block = 2'000, .keyframe = 4'000}};
        trade(*server, random, 50);
        recorder.connect();
        recorder.settle();
        const TradeId before{server->venue.last_trade()};
        for (int round = 0; round < 20; ++round) {
            trade(*server, random, 100);
            server->drain();
            recorder.pump();
            if (round % 5 == 4) {
                // What is missed meanwhile comes again.
                recorder.disconnect();
                trade(*server, random, 30);
                server->drain();
                recorder.connect();
            }
            if (round % 2 == 0) recorder.settle();
        }
        recorder.settle();
        CHECK(recorder.recorder().counts().gaps == 0);
        CHECK(recorder.recorder().counts().resumed == 16);
        recorder.recorder().writer().close();
        const auto file = recorder.recorder().writer().take();

        const auto books = books_of(server->venue);
        Replayed replayed{file};
        replayed.take();
        CHECK(replayed.publisher.ready());
        CHECK(checksums(replayed.publisher) == books.at(replayed.publisher.sequence()));
        replayed.source->start();
        std::size_t commands = 0;
        replayed.take([&] {
            ++commands;
            REQUIRE(checksums(replayed.publisher) == books.at(replayed.publisher.sequence()));
        });
        CHECK(commands > 1'500);
        CHECK(replayed.source->ended());
        CHECK_FALSE(replayed.source->error().has_value());
        Publisher whole{{}};
        for (const Event& event : server->venue.events) whole.apply(event);
        for (std::size_t i = 0; i < 2; ++i) {
            const Market& market = *replayed.publisher.markets()[i];
            CHECK(ids(market.trades(), before) == ids(whole.markets()[i]->trades(), before));
            CHECK(ids(market.busted(), before) == ids(whole.markets()[i]->busted(), before));
            CHECK(market.book().order_count() == whole.markets()[i]->book().order_count());
        }
    }
}

TEST_CASE("what a recorder could not be given is a gap, and told as one") {
    Random random{5};
    FeedServer::Options options;
    options.publisher.replay_bytes = 2'000;
    auto server = std::make_unique<TestServer>(options);
    server->venue.start();
    server->drain();
    Recorder recorder{*server};
    recorder.connect();
    recorder.settle();
    const auto trade_one = [&](int count) {
        // One by one: more at once is more than such a small ring keeps, even for a reader who is there.
        for (int i = 0; i < count; ++i) {
            server->venue.random_command(random);
            server->drain();
        }
    };
    trade_one(100);
    recorder.settle();
    const std::uint64_t seen = recorder.recorder().writer().state().seq;
    recorder.disconnect();
    trade_one(500);
    recorder.connect();
    recorder.settle();
    CHECK(recorder.recorder().counts().gaps == 1);
    trade_one(100);
    recorder.settle();
    // Nothing happens while it is away: nothing is missing.
    recorder.disconnect();
    recorder.connect();
    recorder.settle();
    CHECK(recorder.recorder().counts().gaps == 1);
    recorder.recorder().writer().close();
    const auto file = recorder.recorder().writer().take();

    const auto books = books_of(server->venue);
    Replayed replayed{file};
    replayed.source->start();
    std::vector<std::string> notices;
    std::size_t jumps = 0;
    std::uint64_t last = 0;
    replayed.take([&] {
        const std::uint64_t sequence = replayed.publisher.sequence();
        if (last == seen && sequence > last + 300) ++jumps;
        last = sequence;
        CAPTURE(sequence);
        REQUIRE(checksums(replayed.publisher) == books.at(sequence));
        for (std::string& text : replayed.source->take_notices()) notices.push_back(std::move(text));
    });
    CHECK(jumps == 1);
    REQUIRE(notices.size() == 1);
    CHECK(notices[0].starts_with("not recorded: what was after sequence " + std::to_string(seen)));
}

TEST_CASE("a replay keeps the recorded pace, times its speed") {
    const auto file = every_record();
    Replayed replayed{file, {.speed = 0.5}};
    std::vector<std::uint64_t> told;
    const auto take = [&] { replayed.take([&] { told.push_back(replayed.publisher.sequence()); }); };
    take();
    CHECK(replayed.publisher.sequence() == 100);
    replayed.clock.advance(1'000'000);
    take();
    CHECK(told.empty());
    replayed.source->start();
    take();
    CHECK(told.empty());
    CHECK(replayed.source->idle_ns() == 20);
    replayed.clock.advance(20);
    take();
    CHECK(told == std::vector<std::uint64_t>{101, 105});
    CHECK(replayed.source->now().value == 1'010);
    CHECK(replayed.source->idle_ns() == 1'980);
    replayed.clock.advance(3'980);
    take();
    CHECK(told == std::vector<std::uint64_t>{101, 105, 106, 107, 110});
    CHECK(replayed.publisher.markets().size() == 2);
    CHECK_FALSE(replayed.source->ended());
    replayed.clock.advance(1'000'000);
    take();
    CHECK(told.back() == 141);
    CHECK(replayed.source->ended());
    CHECK(replayed.source->take_notices().size() == 2);
    // The epoch is that of the beginning.
    CHECK(replayed.publisher.epoch() == 1);
}

TEST_CASE("a replay begins at any time of the recording") {
    const auto file = every_record();
    Replayed replayed{file, {.speed = 0, .from = Time{std::int64_t{2'400}}}};
    replayed.take();
    CHECK(replayed.publisher.sequence() == 107);
    replayed.source->start();
    std::vector<std::uint64_t> told;
    replayed.take([&] { told.push_back(replayed.publisher.sequence()); });
    CHECK(told == std::vector<std::uint64_t>{110, 130, 131, 140, 141});
    ManualClock clock;
    const auto late = RecordingSource::open(file, clock, {.from = Time{std::int64_t{6'000}}});
    REQUIRE_FALSE(late.has_value());
    CHECK(late.error().message == "the recording ends before that time");
}

TEST_CASE("a replay of a torn recording tells what is there, and then what is wrong") {
    auto file = every_record(false);
    file.resize(file.size() - 3);
    Replayed replayed{file};
    replayed.source->start();
    replayed.take();
    CHECK(replayed.source->ended());
    REQUIRE(replayed.source->error().has_value());
    CHECK(replayed.source->error()->kind == RecordingErrorKind::cut);
    CHECK(replayed.publisher.sequence() > 130);
}

}  // namespace dcx::feed::testing
