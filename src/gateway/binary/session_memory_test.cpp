// What one idle session costs a gateway in user memory: bytes of the heap, not time. The clients and the engine behind
// it, whose memory is not counted, are on a reactor of their own and between the counts.
#include <doctest/doctest.h>
#include <malloc.h>
#include <sys/resource.h>

#include <memory>
#include <vector>

#include "gateway/binary/gateway_rig.h"

using namespace dcx;
using namespace dcx::gateway;
using namespace dcx::gateway::gateway_test;

namespace {

// Of the venue's operator guide: a session that is there and says nothing.
constexpr std::size_t kMost = 1024;
constexpr std::uint32_t kWarm = 200;  // what pools and tables take once is not a session's
constexpr std::uint32_t kSessions = 2'000;

// The sanitizers bring a heap of their own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kCountable = false;
#else
constexpr bool kCountable = true;
#endif

std::size_t heap() {
    const auto info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
}

class Crowd {
  public:
    Crowd() {
        engine_.begin();
        engine_.open_account();
        engine_.list_market();
        key_ = engine_.add_key(kSeed, AccountId{6u}, kPermitRead | kPermitTrade);
        REQUIRE(gateway_.start().has_value());
        while (!gateway_.ready()) round();
    }
    // One more session, established; then it is silent.
    void log_in() {
        auto client = std::make_unique<WireClient>(clients_reactor_, gateway_.port());
        until([&] { return client->challenged; });
        client->send_negotiate(kSeed, key_, clients_.size() + 1);
        until([&] { return !client->received.empty(); });
        client->received.clear();
        client->send(Establish{.heartbeat_ms = 60'000});
        until([&] { return !client->received.empty(); });
        CHECK(client->received.front().header.template_id == kTemplateEstablished);
        clients_.push_back(std::move(client));
    }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    [[nodiscard]] std::uint64_t open() const { return gateway_.metrics().sessions_open.get(); }

  private:
    template <class Condition>
    void until(const Condition& condition) {
        for (int i = 0; i < 20'000 && !condition(); ++i) {
            round();
            if (i > 50) clients_reactor_.poll(1);
        }
        REQUIRE(condition());
    }
    void round() {
        clients_reactor_.poll(0);
        const std::size_t before = heap();
        reactor_.poll(0);
        bytes_ += heap() - before;
        engine_.run();
        const std::size_t again = heap();
        gateway_.poll();
        bytes_ += heap() - again;
    }

    HeapMemory memory_;
    platform::Doorbell bell_;
    ring::Channel<Submission> channel_{256, memory_, bell_};
    ManualClock clock_;
    net::Reactor reactor_{net::Reactor::Options{.clock = &clock_}};
    net::Reactor clients_reactor_{net::Reactor::Options{.clock = &clock_}};
    ScriptedEngine engine_{channel_};
    Gateway gateway_{{.reactor = reactor_, .clock = clock_, .commands = channel_, .events = engine_}, {}};
    KeyId key_;
    std::vector<std::unique_ptr<WireClient>> clients_;
    std::size_t bytes_ = 0;  // modulo 2^64: what is given back counts too
};

}  // namespace

TEST_CASE("session memory: an idle one costs at most a kilobyte") {
    if (!kCountable) return;
    rlimit files{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &files) == 0);
    files.rlim_cur = files.rlim_max;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &files) == 0);
    REQUIRE(files.rlim_cur > 2 * (kSessions + kWarm) + 100);

    Crowd crowd;
    for (std::uint32_t i = 0; i < kWarm; ++i) crowd.log_in();
    const std::size_t before = crowd.bytes();
    for (std::uint32_t i = 0; i < kSessions; ++i) crowd.log_in();
    CHECK(crowd.open() == kWarm + kSessions);
    const std::size_t each = (crowd.bytes() - before) / kSessions;
    INFO("bytes a session: ", each);
    CHECK(each <= kMost);
    CHECK(each > sizeof(Session));
}
