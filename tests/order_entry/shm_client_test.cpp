// The C++ client over shared memory: woken by the reactor and spinning, what it says when it cannot come in, and both
// ends of its life.
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "client/transport.h"
#include "order_entry/live_venue.h"

using namespace dcx;
using namespace dcx::client;
using namespace dcx::order_entry_test;

namespace {

// Asks for what there is to trade, again and again, and counts the answers.
class Asker final : public OrderEntryClient::Owner {
  public:
    Asker(net::Reactor& reactor, const ClientOptions& options) : client(reactor, options, *this) {}

    std::uint64_t answers = 0;
    std::uint64_t wanted = 0;
    std::optional<std::string> why{};
    TerminateCode code{};
    OrderEntryClient client;

  private:
    void on_ready(OrderEntryClient&) override { ask(); }
    void on_query_done(OrderEntryClient&, const QueryDone&) override {
        ++answers;
        ask();
    }
    void on_closed(OrderEntryClient&, const ClientClosed& closed) override {
        why = closed.text;
        code = closed.code;
    }
    void ask() {
        if (answers < wanted) CHECK(client.query_listings(answers + 1));
    }
};

template <class Round, class Condition>
void until(const Round& round, const Condition& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (!condition()) {
        REQUIRE(std::chrono::steady_clock::now() < end);
        round();
    }
}

ClientOptions options_for(const LiveVenue& venue) {
    ClientOptions options;
    options.shm = venue.shm();
    options.key = kOperatorKey;
    return options;
}

}  // namespace

TEST_CASE("shared memory client: spinning, and woken by its reactor") {
    LiveVenue venue;
    ClientOptions options = options_for(venue);
    SUBCASE("spinning") { options.spinning = true; }
    SUBCASE("woken") { options.spinning = false; }
    net::Reactor reactor;
    {
        Asker asker(reactor, options);
        asker.wanted = 500;
        int rounds = 0;
        until(
            [&] {
                if (options.spinning) asker.client.poll();
                // The end and timers come from the reactor, so it has its turn now and then.
                if (!options.spinning || ++rounds % 64 == 0 || !asker.client.ready())
                    reactor.poll(options.spinning ? 0 : 100);
                asker.client.flush();
            },
            [&] { return asker.answers == asker.wanted; });
        CHECK_FALSE(asker.why.has_value());
        // Ended in order, and heard by the other side as well.
        asker.client.finish();
        until([&] { reactor.poll(10); }, [&] { return asker.why.has_value(); });
        CHECK(asker.code == TerminateCode::finished);
    }
    until([] {}, [&] { return venue.metrics().shm_open.get() == 0; });
}

TEST_CASE("shared memory client: what it says when it cannot come in") {
    net::Reactor reactor;
    const auto why = [&](const ClientOptions& options) {
        Asker asker(reactor, options);
        until([&] { reactor.poll(10); }, [&] { return asker.why.has_value(); });
        return *asker.why;
    };
    ClientOptions options;
    options.key = kOperatorKey;
    options.shm = "/tmp/there is no such socket";
    CHECK(why(options).find("No such file") != std::string::npos);
    options.shm = std::string(300, 'x');
    CHECK(why(options).find("can't be so long") != std::string::npos);
    {
        LiveVenue venue(gateway::GatewayOptions{.max_connections = 1});
        options.shm = venue.shm();
        Asker first(reactor, options);
        until([&] { reactor.poll(10); }, [&] { return first.client.ready(); });
        Asker second(reactor, options);
        until([&] { reactor.poll(10); }, [&] { return second.why.has_value(); });
        CHECK(second.code == TerminateCode::too_many_connections);
    }
    // The venue is gone, and its file with it.
    CHECK_FALSE(why(options).empty());
}

TEST_CASE("shared memory client: the venue stops, and the client hears why, then comes back to the next one") {
    LiveVenue venue;
    net::Reactor reactor;
    auto asker = std::make_unique<Asker>(reactor, options_for(venue));
    asker->wanted = 3;
    until([&] { reactor.poll(10); }, [&] { return asker->answers == 3; });
    venue.stop();
    until([&] { reactor.poll(10); }, [&] { return asker->why.has_value(); });
    CHECK(asker->code == TerminateCode::shutdown);
    venue.start();
    asker = std::make_unique<Asker>(reactor, options_for(venue));
    asker->wanted = 3;
    until([&] { reactor.poll(10); }, [&] { return asker->answers == 3; });
}

TEST_CASE("venue addresses: TCP and shared memory") {
    CHECK(parse_venue_address("127.0.0.1:7001")->endpoint.port == 7001);
    CHECK(parse_venue_address("[::1]:7001")->endpoint.address == "::1");
    CHECK(parse_venue_address("shm:/run/dcx/order-entry.sock")->shm == "/run/dcx/order-entry.sock");
    CHECK(parse_venue_address("shm:/run/x")->text() == "shm:/run/x");
    for (const char* wrong : {"", "shm:", "7001", ":7001", "localhost:", "localhost:70000", "localhost:7x"})
        CHECK_FALSE(parse_venue_address(wrong).has_value());
}
