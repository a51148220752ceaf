// A TradingAgent as a program, for tests that kill what is around it: trades at 127.0.0.1:PORT until its standard input
// has a byte, then waits until all it has sent is answered and prints "quiet". Others may still fill its orders: only
// when all who trade are quiet is the input ended, and it prints what its account must be, and ends with 0 if every
// promise was kept. usage: dcx_trading_agent PORT KEY_FILE SEED
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <span>

#include "client/key_file.h"
#include "order_entry/trading_agent.h"

using namespace dcx;
using namespace dcx::order_entry_test;

namespace {

std::span<char*> arguments;

bool input_says_something() {
    pollfd input{.fd = 0, .events = POLLIN, .revents = 0};
    return ::poll(&input, 1, 0) > 0;
}

// A byte is there or the end.
void take_input() {
    char byte = 0;
    REQUIRE(::read(0, &byte, 1) >= 0);
}

// Goes on telling of fills meanwhile.
void wait_for_input(net::Reactor& reactor) {
    while (!input_says_something()) reactor.poll(1);
    take_input();
}

void settle(net::Reactor& reactor, TradingAgent& agent) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (!agent.settled() && !agent.closed) {
        REQUIRE(std::chrono::steady_clock::now() < end);
        reactor.poll(1);
    }
    REQUIRE_MESSAGE(!agent.closed, agent.why);
}

}  // namespace

TEST_CASE("trades until it is told to stop") {
    net::Reactor reactor;
    client::TradingOptions options;
    options.login.endpoint.port = static_cast<std::uint16_t>(std::atoi(arguments[1]));
    options.login.key = client::read_key_file(arguments[2]).value();
    options.login.client_session = 5;
    options.max_age_ns = 0;
    options.max_wait_ns = 50'000'000;
    options.next_report = 1;
    const std::uint64_t seed = std::strtoull(arguments[3], nullptr, 10);
    TradingAgent agent(reactor, options, seed);
    agent.lots = 10'000;
    agent.base = agent.quote = 10'000'000'000'000'000;
    Random random(seed);
    while (!input_says_something() && !agent.closed) {
        if (agent.client->unanswered() < 300)
            for (auto i = random.below(6); i > 0; --i) agent.act();
        reactor.poll(1);
    }
    take_input();
    settle(reactor, agent);
    std::puts("quiet");
    std::fflush(stdout);
    wait_for_input(reactor);
    // Behind the answers come the fills of orders that rested: twice.
    for (int i = 0; i < 2; ++i) {
        settle(reactor, agent);
        agent.ask_for_nothing();
    }
    settle(reactor, agent);
    CHECK(agent.lost == 0);
    for (const auto& [cl_ord_id, outcomes] : agent.given) CHECK(outcomes == 1);
    std::printf("{\"base\":%jd,\"quote\":%jd,\"commands\":%zu,\"fills\":%zu,\"sessions\":%ju,\"open\":{",
                std::intmax_t{agent.base}, std::intmax_t{agent.quote}, agent.given.size(), agent.fills,
                std::uintmax_t{agent.client->connections()});
    const char* comma = "";
    for (const auto& [order_id, leaves] : agent.open) {
        std::printf("%s\"%ju\":%jd", comma, std::uintmax_t{order_id.value}, std::intmax_t{leaves});
        comma = ",";
    }
    std::printf("}}\n");
}

int main(int argc, char** argv) {
    if (argc < 4) return std::fputs("usage: dcx_trading_agent PORT KEY_FILE SEED\n", stderr), 2;
    arguments = {argv, static_cast<std::size_t>(argc)};
    doctest::Context context;
    context.setOption("no-intro", true);
    context.setOption("out", "/dev/stderr");
    return context.run();
}
