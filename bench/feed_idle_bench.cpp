// What a connection costs that only stands there: memory of the feed's process for 18,000 of them, without and with a
// subscription, the clients being other processes. Checked: all of them are let in.
#include <malloc.h>
#include <sys/resource.h>

#include <cstdio>

#include "feed_beast.h"
#include "feed_lane.h"

namespace {

using namespace dcx;
using namespace dcx::bench;

// Of the process's descriptors, some are for other things.
constexpr std::size_t kConnections = 18'000;
constexpr std::size_t kOtherDescriptors = 1'000;
constexpr std::size_t kClientsAProcess = 9'000;
constexpr std::size_t kBeastConnections = 2'000;

struct Memory {
    std::int64_t heap = 0;
    std::int64_t resident = 0;

    static Memory now() {
        const struct mallinfo2 info = ::mallinfo2();
        Memory memory{.heap = static_cast<std::int64_t>(info.uordblks + info.hblkhd)};
        if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
            long pages = 0;
            if (std::fscanf(file, "%*d %ld", &pages) == 1) memory.resident = pages * ::sysconf(_SC_PAGESIZE);
            (void)std::fclose(file);
        }
        return memory;
    }
};

std::size_t raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    limit.rlim_cur = limit.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
    return static_cast<std::size_t>(limit.rlim_cur);
}

// A process whose connections come from an address of their own, say hello and stay.
class Standing {
  public:
    Standing(std::uint16_t port, std::size_t count, std::uint32_t host, const std::string& hello) : child_(::fork()) {
        if (child_ < 0) throw std::runtime_error("no process for the clients");
        if (child_ != 0) return;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        try {
            for (std::size_t i = 0; i < count; ++i) write_all(connect_to(port, host), hello);
        } catch (const std::exception&) {
            ::_exit(1);
        }
        for (;;) ::pause();
    }
    ~Standing() {
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
    }
    Standing(const Standing&) = delete;
    Standing& operator=(const Standing&) = delete;
    [[nodiscard]] bool gone() const { return ::waitpid(child_, nullptr, WNOHANG) == child_; }

  private:
    pid_t child_;
};

// What each of `count` connections adds to this process.
template <class In>
Memory of_each(std::uint16_t port, std::size_t count, const std::string& hello, In&& in) {
    const Memory before = Memory::now();
    std::vector<std::unique_ptr<Standing>> clients;
    for (std::size_t from = 0; from < count; from += kClientsAProcess)
        clients.push_back(std::make_unique<Standing>(port, std::min(kClientsAProcess, count - from),
                                                     static_cast<std::uint32_t>(2 + clients.size()), hello));
    const std::int64_t begin = monotonic_ns();
    while (in() < count) {
        if (monotonic_ns() - begin > 60'000'000'000 || std::ranges::any_of(clients, [](auto& c) { return c->gone(); }))
            throw std::runtime_error("not all were let in");
        pause_us(1'000);
    }
    pause_us(500'000);
    const Memory after = Memory::now();
    const auto each = static_cast<std::int64_t>(count);
    return {.heap = (after.heap - before.heap) / each, .resident = (after.resident - before.resident) / each};
}

// `range(0)`: subscriptions of each.
void idle_connections(benchmark::State& state) {
    static const FeedTape tape = FeedTape::record(16);
    const std::size_t limit = raise_descriptor_limit();
    const std::size_t count = std::min(kConnections, limit - std::min(limit, kOtherDescriptors));
    measured(state, [&] {
        const std::string hello =
            hello_text("msgpack", state.range(0) > 0 ? subscribe_request("msgpack", "ticker") : "");
        FeedSender ours{tape, {.connections = count}};
        const std::int64_t begin = monotonic_ns();
        const Memory each = of_each(ours.port(), count, hello, [&] {
            return state.range(0) > 0 ? ours.subscribers(feed::Channel::ticker) : ours.clients();
        });
        state.SetIterationTime(static_cast<double>(monotonic_ns() - begin) * 1e-9);
        const auto beast = make_beast_sender(tape, kBeastConnections);
        const Memory theirs =
            of_each(beast->port(), kBeastConnections, hello_to("ticker"), [&] { return beast->subscribers(); });
        state.counters["connections"] = static_cast<double>(count);
        state.counters["size"] = static_cast<double>(each.heap);
        state.counters["resident"] = static_cast<double>(each.resident);
        state.counters["bound_size"] = 1024;
        state.counters["beast_size"] = static_cast<double>(theirs.heap);
    });
}
BENCHMARK(idle_connections)->Arg(0)->Arg(1)->UseManualTime()->Iterations(1);

}  // namespace
