// The feed: what it costs to encode a message once, to follow the events, and to hand one message to one of many
// connections, beside a raw send() of the same bytes in the same batches.
//
// Fan-out figures are CPU of the sending thread per delivered message; the readers are a process of their own. Fixed
// numbers of iterations keep each below a few seconds.
#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "feed/feed_server.h"
#include "feed/market_messages.h"
#include "feed/test_venue.h"
#include "net/http.h"
#include "net/reactor.h"
#include "platform/system_clock.h"

namespace {

using namespace dcx;
using namespace dcx::feed;
using feed::testing::TestSource;
using feed::testing::TestVenue;

// ---- encoding

void encode_delta(benchmark::State& state, Format format) {
    const auto levels = static_cast<std::size_t>(state.range(0));
    const Market market{TestVenue::listing(InstrumentId{1u}, "DEC/USD"), "DEC", "USD"};
    BookUpdate update;
    for (std::size_t i = 0; i < levels; ++i) {
        auto& side = i % 2 == 0 ? update.bids : update.asks;
        side.push_back({Price{12'345'678 + static_cast<std::int64_t>(i)}, Quantity{98'765l}, 7});
    }
    Envelope envelope{.market = market,
                      .snapshot = false,
                      .epoch = 3,
                      .prev = 123'456'789,
                      .seq = 123'456'790,
                      .time = Time{1'700'000'000'123'456'789},
                      .skipped = 0};
    FrameBuffer out;
    std::size_t bytes = 0;
    for (auto _ : state) {
        envelope.prev = envelope.seq++;
        const auto frame = encode_book(out, format, envelope, update, 0xDEADBEEF);
        bytes = frame.size();
        benchmark::DoNotOptimize(frame.data());
    }
    state.SetItemsProcessed(state.iterations());
    state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK_CAPTURE(encode_delta, msgpack, Format::msgpack)->Arg(1)->Arg(2)->Arg(10);
BENCHMARK_CAPTURE(encode_delta, json, Format::json)->Arg(1)->Arg(2)->Arg(10);

// ---- following the events

struct CountingSink final : FrameSink {
    bool offer(const FrameBatch& batch) override {
        bytes += batch.bytes.size();
        return true;
    }
    bool drained() const override { return true; }
    void overrun() override {}
    void conflated(std::uint64_t) override {}
    std::uint64_t bytes = 0;
};

// Random commands applied to book and one variant of depth `range(0)` (0: nobody listens); time per command.
void follow_events(benchmark::State& state) {
    TestVenue venue;
    venue.start();
    const std::size_t restored = venue.events.size();
    Random random{1};
    constexpr std::size_t commands = 20'000;
    for (std::size_t i = 0; i < commands; ++i) venue.random_command(random);
    const auto depth = static_cast<std::uint32_t>(state.range(0));
    std::uint64_t bytes = 0;
    for (auto _ : state) {
        state.PauseTiming();
        auto publisher = std::make_unique<Publisher>(Publisher::Options{});
        for (std::size_t i = 0; i < restored; ++i) publisher->apply(venue.events[i]);
        CountingSink sink;
        Subscription subscription{sink, *publisher->find("DEC/USD"), {Channel::orderbook, depth, 0}, Format::msgpack};
        if (depth > 0) publisher->attach(subscription, std::nullopt);
        state.ResumeTiming();
        for (std::size_t i = restored; i < venue.events.size(); ++i) publisher->apply(venue.events[i]);
        publisher->flush();
        state.PauseTiming();
        bytes = sink.bytes;
        publisher->detach(subscription);
        publisher.reset();
        state.ResumeTiming();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(commands));
    state.counters["bytes_per_command"] = static_cast<double>(bytes) / commands;
}
BENCHMARK(follow_events)->Arg(0)->Arg(1)->Arg(20)->Arg(5000)->Unit(benchmark::kMillisecond);

// ---- fan-out

void fail(const char* what) {
    std::perror(what);
    std::exit(1);
}

std::int64_t thread_cpu_ns() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

// A process that connects so many sockets, sends each `hello`, and reads whatever comes until it is killed.
class Readers {
  public:
    Readers(std::uint16_t port, std::size_t count, const std::string& hello) {
        pid_ = fork();
        if (pid_ < 0) fail("fork");
        if (pid_ == 0) read_for_ever(port, count, hello);
    }
    ~Readers() {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    Readers(const Readers&) = delete;
    Readers& operator=(const Readers&) = delete;

  private:
    [[noreturn]] static void read_for_ever(std::uint16_t port, std::size_t count, const std::string& hello) {
        const int poller = epoll_create1(0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        for (std::size_t i = 0; i < count; ++i) {
            const int fd = socket(AF_INET, SOCK_STREAM, 0);
            if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("connect");
            if (write(fd, hello.data(), hello.size()) != static_cast<ssize_t>(hello.size())) fail("write");
            epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
            epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
        }
        std::vector<char> buffer(1 << 20);
        epoll_event events[256];
        for (;;) {
            const int ready = epoll_wait(poller, events, 256, -1);
            for (int i = 0; i < ready; ++i)
                if (recv(events[i].data.fd, buffer.data(), buffer.size(), 0) <= 0) _exit(0);
        }
    }
    pid_t pid_ = -1;
};

std::string upgrade_and_subscribe() {
    const std::string request = R"({"type":"subscribe","channel":"orderbook","symbol":"DEC/USD"})";
    std::string hello =
        "GET /v1/feed HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    hello += "\x81";
    hello.push_back(static_cast<char>(0x80u | request.size()));
    hello.append(4, '\0');
    return hello + request;
}

// One command changes one level of the book, so each makes one message of about 180 bytes of JSON.
void add_commands(TestVenue& venue, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) venue.place(Side::buy, 10'000, 1);
}

// `range(0)` connections, `range(1)` messages a round.
void fan_out_feed(benchmark::State& state) {
    const auto connections = static_cast<std::size_t>(state.range(0));
    const auto batch = static_cast<std::size_t>(state.range(1));
    platform::SystemClock clock;
    TestVenue venue;
    venue.now_ns = clock.wall_ns();
    venue.start();
    TestSource source{venue};
    net::Reactor reactor;
    net::HttpServer::Options http_options;
    http_options.listener.max_connections = connections + 16;
    net::HttpServer http{reactor, http_options};
    FeedServer server{http, source, clock, {}};
    if (!http.start()) fail("listen");
    server.poll();
    const Readers readers{http.port(), connections, upgrade_and_subscribe()};
    const auto& counters = server.publisher().counters().of(Channel::orderbook);
    while (counters.delivered < connections) {
        server.poll();
        reactor.poll(1);
    }
    const std::uint64_t before = counters.delivered;
    for (auto _ : state) {
        add_commands(venue, batch);
        const std::int64_t begin = thread_cpu_ns();
        while (server.poll()) {
        }
        reactor.poll(0);
        const std::int64_t spent = thread_cpu_ns() - begin;
        state.SetIterationTime(static_cast<double>(spent) * 1e-9 / static_cast<double>(batch * connections));
        usleep(2000);  // paced: the readers catch up
    }
    state.counters["delivered"] = static_cast<double>(counters.delivered - before);
    state.counters["conflations"] = static_cast<double>(counters.conflations);
    state.counters["message_bytes"] =
        static_cast<double>(counters.delivered_bytes) / static_cast<double>(counters.delivered);
    http.stop();
}

// The same with send() from one buffer that holds the round's messages already.
void fan_out_raw(benchmark::State& state) {
    const auto connections = static_cast<std::size_t>(state.range(0));
    const auto batch = static_cast<std::size_t>(state.range(1));
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener, 512) != 0) fail("listen");
    getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    const Readers readers{ntohs(address.sin_port), connections, "x"};
    std::vector<int> sockets;
    for (std::size_t i = 0; i < connections; ++i) sockets.push_back(accept(listener, nullptr, nullptr));
    const std::string round(batch * static_cast<std::size_t>(state.range(2)), 'x');
    std::uint64_t refused = 0;
    for (auto _ : state) {
        const std::int64_t begin = thread_cpu_ns();
        for (const int fd : sockets)
            if (send(fd, round.data(), round.size(), MSG_DONTWAIT | MSG_NOSIGNAL) != static_cast<ssize_t>(round.size()))
                ++refused;
        const std::int64_t spent = thread_cpu_ns() - begin;
        state.SetIterationTime(static_cast<double>(spent) * 1e-9 / static_cast<double>(batch * connections));
        usleep(2000);
    }
    state.counters["refused"] = static_cast<double>(refused);
    for (const int fd : sockets) close(fd);
    close(listener);
}

BENCHMARK(fan_out_feed)->Args({1000, 1})->Args({1000, 16})->Args({1000, 64})->UseManualTime()->Iterations(60);
BENCHMARK(fan_out_raw)
    ->Args({1000, 1, 193})
    ->Args({1000, 16, 193})
    ->Args({1000, 64, 193})
    ->UseManualTime()
    ->Iterations(60);

}  // namespace
