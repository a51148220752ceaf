// The feed against tests/e2e/feed_peer.py, a reader built on libraries that are not ours.
#include <doctest/doctest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <string>

#include "base/skip_test.h"
#include "feed/test_server.h"

extern char** environ;

using namespace dcx;
using namespace dcx::feed;
using namespace dcx::feed::testing;

namespace {

constexpr int kLibraryMissing = 77;

// The book of depth 20, the last trade and those taken back, as the script expects them.
std::string expectation(TestVenue& venue) {
    Json expected{{"bids", Json::array()},
                  {"asks", Json::array()},
                  {"last_trade", venue.last_trade()},
                  {"busted", Json::array()}};
    for (const TestVenue::Made& made : venue.trades())
        if (made.busted) expected["busted"].push_back(made.trade.trade_id.value);
    for (const Side side : {Side::buy, Side::sell})
        for (const NaiveBook::Line& line : venue.book().lines(side, 20))
            expected[side == Side::buy ? "bids" : "asks"].push_back({line.price, line.quantity, line.orders});
    return expected.dump();
}

// The script's exit code; its output goes to ours.
int run_peer(std::string python, std::string format) {
    TestServer server;
    server.venue.start();
    server.drain();
    std::string script = repository_root() + "/tests/e2e/feed_peer.py";
    std::string port = std::to_string(server.port());
    char* arguments[] = {python.data(), script.data(), port.data(), format.data(), nullptr};
    pid_t child = 0;
    if (::posix_spawnp(&child, python.c_str(), nullptr, nullptr, arguments, environ) != 0) return kLibraryMissing;
    Random random{5};
    int status = 0;
    std::uint64_t round = 0;
    const auto subscriptions = [&] { return server.feed->publisher().counters().of(Channel::ticker).subscriptions; };
    const bool ended = server.until([&] {
        // Events while somebody listens to all channels; when he has come back and seen enough, the end.
        const bool listens = subscriptions() > 0;
        const bool returned = server.feed->publisher().counters().connections_opened > 1;
        if (listens && round < 2000) {
            server.venue.random_command(random);
            server.venue.now_ns += 20'000'000;
            if (returned) ++round;
        } else if (listens && ++round % 100 == 0) {
            server.feed->notice("done", expectation(server.venue));
        }
        // Time for what is told by time.
        if (listens) server.clock.advance(1'000'000);
        return ::waitpid(child, &status, WNOHANG) == child;
    });
    if (!ended) {
        ::kill(child, SIGKILL);
        ::waitpid(child, &status, 0);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("a reader in Python follows, resumes and ends with the venue's book") {
    for (const std::string format : {"json", "msgpack"}) {
        CAPTURE(format);
        int code = run_peer("python3", format);
        // The one in the PATH may not be the one that Debian's libraries belong to.
        if (code == kLibraryMissing) code = run_peer("/usr/bin/python3", format);
        if (code == kLibraryMissing) return skip_test("python3-websockets or python3-msgpack is missing");
        CHECK(code == 0);
    }
}
