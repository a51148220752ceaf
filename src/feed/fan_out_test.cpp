// One ring for all readers, over real sockets with small buffers: what each gets, in which order, and what they cost.
#include <doctest/doctest.h>
#include <malloc.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "feed/test_server.h"
#include "feed/test_slow_client.h"

using namespace dcx;
using namespace dcx::feed;
using namespace dcx::feed::testing;

namespace {

// The data messages of a channel, as they came.
std::vector<std::string> updates_of(const std::vector<std::string>& texts, const std::string& channel) {
    std::vector<std::string> result;
    for (const std::string& text : texts)
        if (text.starts_with(R"({"channel":")" + channel + R"(","type":"update")")) result.push_back(text);
    return result;
}

}  // namespace

TEST_CASE("readers who stall as they like get the same bytes as one who never does, whatever comes between") {
    FeedServer::Options options;
    options.limits.output_bytes = 64 * 1024 * 1024;
    options.publisher.replay_bytes = 64 * 1024 * 1024;
    options.limits.request_burst = 1'000'000;
    TestServer server{options};
    server.venue.start();
    server.drain();
    // The twin: a queue of its own, which is always empty again.
    const auto fast = TestClient::open(server, Format::json);
    const std::string book = R"({"type":"subscribe","channel":"orderbook","symbol":"DEC/USD","depth":100})";
    const std::string trades = R"({"type":"subscribe","channel":"trades","symbol":"DEC/USD"})";
    fast->send(Json::parse(book));
    fast->send(Json::parse(trades));
    fast->synchronise();
    std::vector<std::unique_ptr<SlowClient>> slow;
    for (int i = 0; i < 5; ++i) {
        slow.push_back(std::make_unique<SlowClient>(server, book));
        slow.back()->ask(trades);
        slow.back()->read_until([&] { return slow.back()->messages.size() == 5; });
    }
    Random random{17};
    for (int step = 0; step < 600; ++step) {
        for (std::uint64_t i = random.below(60); i > 0; --i) server.venue.random_command(random);
        server.drain();
        for (const auto& client : slow) {
            if (random.chance(20)) client->ask(R"({"type":"heartbeat"})");
            // Long pauses, in which the system's buffers fill, and some reading.
            if (random.chance(step % 200 < 150 ? 1 : 40)) client->read();
        }
    }
    for (const auto& client : slow) client->ask(R"({"type":"heartbeat","id":"last"})");
    fast->synchronise();
    for (const auto& client : slow) {
        std::map<std::string, std::uint64_t> seqs;
        std::size_t seen = 0;
        std::size_t beats = 0;
        bool asked = false;
        client->read_until([&] {
            for (; seen < client->messages.size(); ++seen) {
                const Json& message = client->messages[seen];
                if (message.contains("data")) seqs[message["channel"].get<std::string>()] = message["seq"];
                if (message["type"] != "heartbeat") continue;
                // However late it leaves, it tells what has been sent before it.
                for (const Json& channel : message["channels"])
                    REQUIRE(seqs.at(channel["channel"].get<std::string>()) == channel["seq"]);
                ++beats;
                asked = asked || message.contains("id");
            }
            return asked &&
                   updates_of(client->texts, "orderbook").size() >= updates_of(fast->texts, "orderbook").size() &&
                   updates_of(client->texts, "trades").size() >= updates_of(fast->texts, "trades").size();
        });
        CHECK(beats > 20);
        CHECK(updates_of(client->texts, "orderbook") == updates_of(fast->texts, "orderbook"));
        CHECK(updates_of(client->texts, "trades") == updates_of(fast->texts, "trades"));
    }
    CHECK(updates_of(fast->texts, "orderbook").size() > 5'000);
    CHECK(server.feed->publisher().counters().of(Channel::orderbook).conflations == 0);
}

TEST_CASE("readers who take nothing cost no memory beyond what all share") {
    FeedServer::Options options;
    options.limits.output_bytes = 512 * 1024;
    options.publisher.replay_bytes = 512 * 1024;
    TestServer server{options};
    server.venue.start();
    server.drain();
    std::vector<std::unique_ptr<SlowClient>> slow;
    for (int i = 0; i < 20; ++i)
        slow.push_back(std::make_unique<SlowClient>(
            server, R"({"type":"subscribe","channel":"orderbook","symbol":"DEC/USD","depth":100})"));
    const auto fast = TestClient::open(server, Format::json);
    fast->send({{"type", "subscribe"}, {"channel", "orderbook"}, {"symbol", "DEC/USD"}, {"depth", 100}});
    ReaderBook book{100};
    const auto follow = [&] {
        for (const Json& message : fast->messages)
            if (message.contains("data")) book.apply(message);
        fast->messages.clear();
        fast->texts.clear();
    };
    Random random{4};
    const auto& counters = server.feed->publisher().counters().of(Channel::orderbook);
    const auto publish = [&](std::uint64_t bytes) {
        for (const std::uint64_t until = counters.encoded_bytes + bytes; counters.encoded_bytes < until;) {
            for (int i = 0; i < 200; ++i) server.venue.random_command(random);
            server.drain();
            follow();
        }
    };
    // So that what the venue itself keeps does not grow meanwhile.
    server.venue.events.reserve(1'000'000);
    // The ring is full and the system's buffers are.
    publish(4 * 1024 * 1024);
    const auto before = static_cast<std::int64_t>(mallinfo2().uordblks);
    publish(5 * 1024 * 1024);
    const auto growth = static_cast<std::int64_t>(mallinfo2().uordblks) - before;
    CHECK(growth < 2 * 1024 * 1024);
    CHECK(server.venue.events.size() < 1'000'000);
    CHECK(book.equals(server.venue.book()));
    CHECK(book.snapshots() == 1);
    // They come back to the newest state.
    for (const auto& client : slow) {
        std::size_t seen = 0;
        ReaderBook slow_book{100};
        client->read_until([&] {
            for (; seen < client->messages.size(); ++seen)
                if (client->messages[seen].contains("data")) slow_book.apply(client->messages[seen]);
            return slow_book.equals(server.venue.book());
        });
        CHECK(slow_book.snapshots() == 2);
    }
}
