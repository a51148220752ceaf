// The client that comes back by itself, against a real venue and a network that breaks.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "client/blocking_trading_client.h"
#include "order_entry/chaos_proxy.h"
#include "order_entry/small_market.h"
#include "order_entry/trading_agent.h"

using namespace dcx;
using namespace dcx::client;
using namespace dcx::order_entry_test;

namespace {

TradingOptions trading(const ClientKey& key, const net::Endpoint& endpoint) {
    TradingOptions options;
    options.login = {.endpoint = endpoint, .key = key, .client_session = 3, .heartbeat_ms = 1000};
    options.max_age_ns = 0;
    options.min_wait_ns = 1'000'000;
    options.max_wait_ns = 50'000'000;
    options.next_report = 1;
    return options;
}

template <class Condition>
void poll_until(net::Reactor& reactor, const Condition& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (!condition()) {
        REQUIRE(std::chrono::steady_clock::now() < end);
        reactor.poll(1);
    }
}

// Until everybody has been told everything: a fill of a resting order is told behind the answer to its taker, but
// before the answer to what comes after that.
void settle(net::Reactor& reactor, const std::vector<std::unique_ptr<TradingAgent>>& agents) {
    for (int i = 0; i < 2; ++i) {
        poll_until(reactor, [&] { return std::ranges::all_of(agents, [](const auto& a) { return a->settled(); }); });
        for (const auto& agent : agents) agent->ask_for_nothing();
    }
    poll_until(reactor, [&] { return std::ranges::all_of(agents, [](const auto& a) { return a->settled(); }); });
}

void settle(net::Reactor& reactor, TradingAgent& agent) {
    for (int i = 0; i < 2; ++i) {
        poll_until(reactor, [&] { return agent.settled(); });
        agent.ask_for_nothing();
    }
    poll_until(reactor, [&] { return agent.settled(); });
}

std::unique_ptr<BlockingTradingClient> expect_client(SmallMarket& market, const net::Endpoint& endpoint) {
    TradingOptions options = trading(market.traders[0], endpoint);
    auto connected = BlockingTradingClient::connect(options, 30'000);
    REQUIRE_MESSAGE(connected.has_value(), connected.error().text);
    return std::move(*connected);
}

struct TemporaryFolder {
    std::string name = (std::filesystem::temp_directory_path() / "dcx-client-XXXXXX").string();
    TemporaryFolder() { REQUIRE(::mkdtemp(name.data()) != nullptr); }
    ~TemporaryFolder() { std::filesystem::remove_all(name); }
    [[nodiscard]] std::string path(const std::string& file) const { return name + "/" + file; }
};

std::uint64_t rounds() {
    const char* const text = std::getenv("DCX_ROUNDS");
    return text != nullptr ? std::strtoull(text, nullptr, 10) : 3;
}

}  // namespace

TEST_CASE("trading client: cuts, stalls and half frames cost no report and double no order") {
    for (std::uint64_t seed = 1; seed <= rounds(); ++seed) {
        CAPTURE(seed);
        SmallMarket market{2};
        ChaosProxy proxy(market.venue.endpoint(), seed);
        net::Reactor reactor;
        std::vector<std::unique_ptr<TradingAgent>> agents;
        for (const ClientKey& key : market.traders) {
            TradingOptions options = trading(key, proxy.endpoint());
            options.seed = seed;
            // Half of them would rather not have their commands arrive late.
            if (seed % 2 == 0) options.max_age_ns = 20'000'000;
            agents.push_back(std::make_unique<TradingAgent>(reactor, options, seed + agents.size()));
        }
        Random random(seed);
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
        while (proxy.cuts() < 40 && std::chrono::steady_clock::now() < end) {
            for (auto& agent : agents) {
                // Those of a session that is away for long may be many, but not all that there are in this test.
                if (agent->client->unanswered() > 300) continue;
                for (std::uint64_t i = random.below(6); i > 0; --i) agent->act();
            }
            reactor.poll(random.chance(20) ? 2 : 0);
        }
        proxy.calm();
        settle(reactor, agents);
        std::size_t connections = 0;
        for (std::size_t i = 0; i < agents.size(); ++i) {
            CHECK_FALSE(agents[i]->closed);
            CHECK(agents[i]->lost == 0);
            CHECK(agents[i]->unknown == 0);
            if (seed % 2 == 1) CHECK(agents[i]->unsent == 0);
            agents[i]->compare(market, market.traders[i].account);
            connections += agents[i]->client->connections();
        }
        CHECK(proxy.cuts() >= 40);
        MESSAGE("seed " << seed << ": " << agents[0]->given.size() + agents[1]->given.size() << " commands, "
                        << agents[0]->unsent + agents[1]->unsent << " not sent, " << agents[0]->fills << " fills, "
                        << proxy.connections() << " connections tried, " << connections << " sessions, " << proxy.cuts()
                        << " cuts, " << proxy.stalls() << " stalls");
    }
}

TEST_CASE("trading client: what the throttle refuses is sent again at its pace, each once") {
    SmallMarket market{1, {.messages = {.per_second = 2'000, .burst = 50}}};
    net::Reactor reactor;
    TradingAgent agent(reactor, trading(market.traders[0], market.venue.endpoint()), 5);
    poll_until(reactor, [&] { return agent.settled(); });
    for (int i = 0; i < 900; ++i) agent.act();
    settle(reactor, agent);
    CHECK(agent.throttled > 0);
    CHECK(agent.given.size() >= 900);
    CHECK(agent.unsent + agent.unknown == 0);
    CHECK(agent.client->connections() == 1);
    agent.compare(market, market.traders[0].account);
}

TEST_CASE("trading client: a process that dies with its commands under way resumes from its file") {
    const TemporaryFolder folder;
    for (std::uint64_t seed = 1; seed <= rounds(); ++seed) {
        CAPTURE(seed);
        SmallMarket market{1};
        ChaosProxy proxy(market.venue.endpoint(), seed);
        net::Reactor reactor;
        TradingOptions options = trading(market.traders[0], proxy.endpoint());
        options.next_report = 0;
        options.state_file = folder.path("session" + std::to_string(seed));
        auto agent = std::make_unique<TradingAgent>(reactor, options, seed);
        Random random(seed);
        for (int life = 0; life < 12; ++life) {
            for (auto ms = random.below(40); ms > 0; --ms) {
                for (std::uint64_t i = random.below(30); i > 0; --i) agent->act();
                reactor.poll(1);
            }
            if (life == 11) break;
            // The client is gone between two of its calls, as if the process had been; what its owner knew is kept.
            agent->die();
            agent->live(reactor, options);
        }
        proxy.calm();
        settle(reactor, *agent);
        CHECK_FALSE(agent->closed);
        CHECK(agent->lost == 0);
        agent->compare(market, market.traders[0].account);
        MESSAGE("seed " << seed << ": " << agent->given.size() << " commands, " << agent->unsent << " not sent, "
                        << proxy.cuts() << " cuts");
    }
}

TEST_CASE("trading client: the state file belongs to one session and one process") {
    const TemporaryFolder folder;
    SmallMarket market{2};
    net::Reactor reactor;
    TradingOptions options = trading(market.traders[0], market.venue.endpoint());
    options.state_file = folder.path("session");
    TradingAgent first(reactor, options, 1);
    poll_until(reactor, [&] { return first.settled(); });
    TradingAgent second(reactor, options, 2);
    poll_until(reactor, [&] { return second.closed; });
    CHECK(second.why.find("another process has this session") != std::string::npos);
    first.client->finish();
    poll_until(reactor, [&] { return first.closed; });
    options.login.key = market.traders[1];
    TradingAgent third(reactor, options, 3);
    poll_until(reactor, [&] { return third.closed; });
    CHECK(third.why.find("it is of session 3 of key") != std::string::npos);
}

TEST_CASE("trading client: what makes it give up, and what it waits for") {
    SmallMarket market{2};
    net::Reactor reactor;
    TradingOptions options = trading(market.traders[0], market.venue.endpoint());
    SUBCASE("a wrong key") {
        options.login.key.seed[5] ^= std::byte{1};
        TradingAgent agent(reactor, options, 1);
        poll_until(reactor, [&] { return agent.closed; });
        CHECK(agent.why == "authentication_failed");
        CHECK_FALSE(agent.client->place(limit_order(Side::buy, 1, 1)));
    }
    SUBCASE("an address where nobody is, within its patience") {
        options.login.endpoint.port = 1;
        options.give_up_ns = 50'000'000;
        TradingAgent agent(reactor, options, 1);
        poll_until(reactor, [&] { return agent.closed; });
        CHECK(agent.why.starts_with("no session could be had for too long, at last "));
    }
    SUBCASE("another program that used the session while it was away") {
        TradingAgent agent(reactor, options, 1);
        poll_until(reactor, [&] { return agent.settled(); });
        agent.act();
        poll_until(reactor, [&] { return agent.settled(); });
        options.min_wait_ns = 1;
        agent.client->disconnect();
        // It may be the first to be back: then it has the session, and the other one is refused.
        auto other = BlockingClient::connect(market.venue.login(market.traders[0], 3));
        if (!other) return;
        for (int i = 0; i < 3; ++i) (void)(*other)->place(limit_order(Side::buy, 1, 1));
        (*other).reset();
        poll_until(reactor, [&] { return agent.closed; });
        CHECK(agent.why == "another program has used this session in between");
    }
    SUBCASE("a session that another connection has") {
        auto other = market.venue.connect(market.traders[0], 3);
        TradingAgent agent(reactor, options, 1);
        const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{100};
        while (std::chrono::steady_clock::now() < end) reactor.poll(1);
        CHECK_FALSE(agent.closed);
        other.reset();
        poll_until(reactor, [&] { return agent.settled(); });
    }
}

TEST_CASE("trading client: commands while it is away") {
    SmallMarket market{1};
    net::Reactor reactor;
    TradingOptions options = trading(market.traders[0], market.venue.endpoint());
    options.min_wait_ns = 100'000'000;
    options.max_wait_ns = 200'000'000;
    SUBCASE("wait for the next connection") {}
    SUBCASE("are told as not sent when they are too old") { options.max_age_ns = 2'000'000; }
    SUBCASE("are not taken when nothing is to be sent again") { options.resend = false; }
    TradingAgent agent(reactor, options, 1);
    poll_until(reactor, [&] { return agent.settled(); });
    agent.client->disconnect();
    poll_until(reactor, [&] { return agent.client->state() == TradingState::waiting; });
    agent.act();
    CHECK(agent.given.size() == (options.resend ? 1 : 0));
    poll_until(reactor, [&] { return agent.settled(); });
    settle(reactor, agent);
    CHECK(agent.client->connections() == 2);
    CHECK(agent.unsent == (options.max_age_ns != 0 ? 1 : 0));
    agent.compare(market, market.traders[0].account);
}

TEST_CASE("trading client: the end is in order, whenever it is asked for") {
    SmallMarket market{1};
    net::Reactor reactor;
    TradingAgent agent(reactor, trading(market.traders[0], market.venue.endpoint()), 1);
    SUBCASE("before there is a session") { agent.client->finish(); }
    SUBCASE("with commands under way, which are answered first") {
        poll_until(reactor, [&] { return agent.settled(); });
        for (int i = 0; i < 100; ++i) agent.act();
        agent.client->finish();
        poll_until(reactor, [&] { return agent.closed; });
        CHECK(agent.why == "finished");
        CHECK(agent.unsent + agent.unknown == 0);
        agent.compare(market, market.traders[0].account);
    }
    SUBCASE("while it waits to connect") {
        poll_until(reactor, [&] { return agent.settled(); });
        agent.client->disconnect();
        poll_until(reactor, [&] { return agent.client->state() == TradingState::waiting; });
        agent.act();
        agent.client->finish();
        poll_until(reactor, [&] { return agent.closed; });
        CHECK(agent.unsent == 1);
    }
    poll_until(reactor, [&] { return agent.closed; });
    CHECK(agent.client->state() == TradingState::closed);
}

TEST_CASE("trading client: a notice of the operator is told") {
    SmallMarket market{1};
    auto trader = expect_client(market, market.venue.endpoint());
    Notice notice{.kind = NoticeKind::maintenance};
    std::ranges::copy(std::string_view{"soon"}, notice.text.begin());
    REQUIRE(market.venue.notice(notice));
    std::vector<Notice> heard;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (heard.empty() && std::chrono::steady_clock::now() < end) {
        trader->poll(5);
        heard = trader->take_notices();
    }
    REQUIRE(heard.size() == 1);
    CHECK(heard[0].kind == NoticeKind::maintenance);
}

TEST_CASE("blocking trading client: each call is answered over lost connections") {
    for (std::uint64_t seed = 1; seed <= rounds(); ++seed) {
        CAPTURE(seed);
        SmallMarket market{1};
        ChaosProxy proxy(market.venue.endpoint(), seed);
        auto trader = expect_client(market, proxy.endpoint());
        std::map<OrderId, std::int64_t> open;
        Random random(seed);
        for (int i = 0; proxy.cuts() < 15 && i < 20'000; ++i) {
            const auto order = limit_order(Side::buy, 1 + random.between(0, 50), 10 + i);
            const ExecutionReport placed = expect(trader->place(order));
            CHECK(placed.order_qty == order.quantity);
            CHECK(open.emplace(placed.order_id, placed.leaves_qty.value).second);
            if (random.chance(40)) {
                const OrderId victim = open.begin()->first;
                CHECK(expect(trader->cancel({.order_id = victim})).order_id == victim);
                open.erase(victim);
            }
            if (random.chance(10)) CHECK(expect(trader->status(placed.cl_ord_id)).order_id == placed.order_id);
            if (random.chance(10)) {
                std::map<OrderId, std::int64_t> told;
                for (const auto& report : expect(trader->open_orders()))
                    told[report.order_id] = report.leaves_qty.value;
                CHECK(told == open);
            }
        }
        CHECK(proxy.cuts() >= 15);
        const auto refused = trader->cancel({.order_id = OrderId{std::uint64_t{1} << 62}});
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().reason == RejectReason::unknown_order);
        CHECK_FALSE(trader->has_execution());
        CHECK(trader->lost().empty());
        CHECK(expect(trader->listings()).instruments.size() == 1);
        CHECK(expect(trader->balances()).size() == 2);
        const auto canceled = expect(trader->mass_cancel({}));
        CHECK(canceled.canceled == open.size());
        CHECK(expect(trader->open_orders()).empty());
        proxy.calm();
        CHECK(trader->finish());
    }
}

TEST_CASE("blocking trading client: a call that finds no venue takes its command back") {
    SmallMarket market{1};
    auto trader = expect_client(market, market.venue.endpoint());
    market.op.reset();
    market.venue.stop();
    trader->set_wait_ms(100);
    const auto placed = trader->place(limit_order(Side::buy, 10, 10));
    REQUIRE_FALSE(placed.has_value());
    CHECK(placed.error().kind == ClientError::Kind::not_sent);
    market.venue.start();
    market.connect();
    trader->client().set_endpoint(market.venue.endpoint());
    trader->set_wait_ms(20'000);
    CHECK(expect(trader->place(limit_order(Side::buy, 10, 11))).order_qty == Quantity{std::int64_t{11}});
    CHECK(market.open_orders(market.traders[0].account).size() == 1);
}

TEST_CASE("trading client: restarts of the venue, also while it is away") {
    for (std::uint64_t seed = 1; seed <= rounds(); ++seed) {
        CAPTURE(seed);
        SmallMarket market{2};
        ChaosProxy proxy(market.venue.endpoint(), seed);
        net::Reactor reactor;
        std::vector<std::unique_ptr<TradingAgent>> agents;
        for (const ClientKey& key : market.traders)
            agents.push_back(
                std::make_unique<TradingAgent>(reactor, trading(key, proxy.endpoint()), seed + agents.size()));
        Random random(seed);
        for (int restart = 0; restart < 6; ++restart) {
            for (auto ms = 20 + random.below(150); ms > 0; --ms) {
                for (auto& agent : agents)
                    if (agent->client->unanswered() < 300)
                        for (std::uint64_t i = random.below(4); i > 0; --i) agent->act();
                reactor.poll(1);
            }
            market.op.reset();
            market.venue.stop();
            if (random.chance(50)) market.venue.take_snapshot();
            for (auto& agent : agents) agent->act();
            reactor.poll(1);
            market.venue.start();
            market.connect();
            proxy.set_venue(market.venue.endpoint());
        }
        proxy.calm();
        settle(reactor, agents);
        for (std::size_t i = 0; i < agents.size(); ++i) {
            CHECK_FALSE(agents[i]->closed);
            CHECK(agents[i]->lost == 0);
            CHECK(agents[i]->unsent + agents[i]->unknown == 0);
            agents[i]->compare(market, market.traders[i].account);
        }
        MESSAGE("seed " << seed << ": " << agents[0]->given.size() + agents[1]->given.size() << " commands, "
                        << agents[0]->client->connections() << " sessions, " << proxy.cuts() << " cuts");
    }
}

TEST_CASE("trading client: the same over shared memory") {
    SmallMarket market{1};
    net::Reactor reactor;
    TradingOptions options = trading(market.traders[0], market.venue.endpoint());
    options.login.shm = market.venue.shm();
    TradingAgent agent(reactor, options, 3);
    Random random(3);
    poll_until(reactor, [&] { return agent.settled(); });
    for (int round = 0; round < 300; ++round) {
        for (std::uint64_t i = random.below(8); i > 0; --i) agent.act();
        if (random.chance(8)) agent.client->disconnect();
        reactor.poll(1);
    }
    settle(reactor, agent);
    CHECK_FALSE(agent.closed);
    CHECK(agent.client->connections() > 5);
    CHECK(agent.lost == 0);
    agent.compare(market, market.traders[0].account);
}
