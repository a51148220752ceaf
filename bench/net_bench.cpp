// What net adds to a bare socket: frames of 88 bytes in, 232 out, between two spinning threads of one process. One
// thread calls through a bare socket; the other answers in turn through a bare socket, a TcpConnection over io_uring,
// and one over epoll, a block of round trips each, so that whatever else the machine does hits all three alike. The
// counters are what to read: p50 of a whole round trip in microseconds, and how many times the bare one's.
#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "net/reactor.h"
#include "net/tcp.h"
#include "platform/cpu.h"

namespace {

using namespace dcx;

constexpr std::size_t frame_in = 88;
constexpr std::size_t frame_out = 232;

// One end of a connection over the loopback, non-blocking.
class BareSocket {
  public:
    explicit BareSocket(int fd) : fd_(fd) {
        const int on = 1;
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    explicit BareSocket(std::uint16_t port) : BareSocket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) std::abort();
    }
    ~BareSocket() { ::close(fd_); }
    BareSocket(const BareSocket&) = delete;
    BareSocket& operator=(const BareSocket&) = delete;

    void send(std::span<const std::byte> bytes) const {
        while (!bytes.empty()) {
            const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (n > 0) bytes = bytes.subspan(static_cast<std::size_t>(n));
        }
    }
    // 0: there was nothing.
    std::size_t receive(std::span<std::byte> out) const {
        const auto n = ::recv(fd_, out.data(), out.size(), MSG_DONTWAIT);
        return n > 0 ? static_cast<std::size_t>(n) : 0;
    }

  private:
    int fd_;
};

class Answerer {
  public:
    virtual ~Answerer() = default;
    [[nodiscard]] virtual std::uint16_t port() const = 0;
    virtual void round() = 0;
};

class BareAnswerer final : public Answerer {
  public:
    BareAnswerer() {
        auto listening = net::listen_on(net::linux_kernel(), {}, {.backlog = 1});
        if (!listening) std::abort();
        listening_ = std::move(*listening);
        port_ = net::linux_kernel().local_port(listening_.fd()).value_or(0);
    }
    [[nodiscard]] std::uint16_t port() const override { return port_; }
    void round() override {
        if (!socket_) {
            const int fd = net::linux_kernel().accept(listening_.fd());
            if (fd >= 0) socket_.emplace(fd);
            return;
        }
        const std::size_t n = socket_->receive(std::span{in_}.subspan(rest_));
        if (n == 0) return;
        const std::size_t frames = (rest_ + n) / frame_in;
        rest_ = (rest_ + n) % frame_in;
        if (frames > 0) socket_->send(std::span{out_}.first(frames * frame_out));
    }

  private:
    net::Socket listening_;
    std::uint16_t port_ = 0;
    std::optional<BareSocket> socket_;
    std::size_t rest_ = 0;
    std::vector<std::byte> in_ = std::vector<std::byte>(256 * 1024);
    std::vector<std::byte> out_ = std::vector<std::byte>(256 * 1024 / frame_in * frame_out + frame_out);
};

class NetAnswerer final : public Answerer, public net::TcpConnection::Owner {
  public:
    explicit NetAnswerer(net::BackendChoice backend)
        : reactor_({.backend = backend}), listener_(reactor_, {}, [this](net::Socket socket) {
              connection_ = std::make_unique<net::TcpConnection>(reactor_, std::move(socket), net::TcpOptions{}, *this);
          }) {
        if (!listener_.start()) std::abort();
    }
    [[nodiscard]] std::uint16_t port() const override { return listener_.port(); }
    void round() override { reactor_.poll(0); }

  private:
    std::size_t on_data(net::TcpConnection& from, std::span<std::byte> bytes) override {
        static constexpr std::byte answer[frame_out]{};
        std::size_t taken = 0;
        for (; bytes.size() - taken >= frame_in; taken += frame_in)
            if (!from.send(answer)) std::abort();
        return taken;
    }
    void on_closed(net::TcpConnection&, const net::Closed&) override {}

    net::Reactor reactor_;
    net::TcpListener listener_;
    std::unique_ptr<net::TcpConnection> connection_;
};

std::int64_t thread_cpu_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

class CrowdAnswerer final : public net::TcpConnection::Owner {
  public:
    CrowdAnswerer(net::BackendChoice backend, std::size_t connections)
        : reactor_({.backend = backend}), listener_(reactor_, {}, [this](net::Socket socket) {
              connections_.push_back(
                  std::make_unique<net::TcpConnection>(reactor_, std::move(socket), net::TcpOptions{}, *this));
          }) {
        if (!listener_.start()) std::abort();
        for (std::size_t i = 0; i < connections; ++i) {
            callers_.push_back(std::make_unique<BareSocket>(listener_.port()));
            while (connections_.size() <= i) reactor_.poll(0);
        }
    }
    // Of this thread, for the answers alone.
    std::int64_t answer_all() {
        static constexpr std::byte question[frame_in]{};
        for (auto& caller : callers_) caller->send(question);
        answered_ = 0;
        const std::int64_t begun = thread_cpu_ns();
        while (answered_ < callers_.size()) reactor_.poll(0);
        const std::int64_t took = thread_cpu_ns() - begun;
        std::byte answer[2 * frame_out];
        for (auto& caller : callers_)
            while (caller->receive(answer) == 0) reactor_.poll(0);
        return took;
    }
    std::size_t on_data(net::TcpConnection& from, std::span<std::byte> bytes) override {
        static constexpr std::byte answer[frame_out]{};
        if (!from.send(answer)) std::abort();
        ++answered_;
        return bytes.size();
    }
    void on_closed(net::TcpConnection&, const net::Closed&) override {}

  private:
    net::Reactor reactor_;
    std::vector<std::unique_ptr<net::TcpConnection>> connections_;
    net::TcpListener listener_;
    std::vector<std::unique_ptr<BareSocket>> callers_;
    std::size_t answered_ = 0;
};

double microseconds(std::vector<std::int64_t>& times, double part) {
    const auto at = times.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(times.size() - 1));
    std::nth_element(times.begin(), at, times.end());
    return static_cast<double>(*at) / 1000;
}

void round_trip(benchmark::State& state) {
    constexpr std::size_t kinds = 3;
    constexpr std::array<const char*, kinds> names{"bare", "io_uring", "epoll"};
    const auto batch = static_cast<std::size_t>(state.range(0));
    const std::size_t block = batch == 1 ? 500 : 100;
    std::atomic<std::size_t> turn{0};
    std::atomic<bool> ready{false};
    std::array<std::uint16_t, kinds> ports{};
    std::jthread server([&](const std::stop_token& stop) {
        std::array<std::unique_ptr<Answerer>, kinds> answerers{
            std::make_unique<BareAnswerer>(), std::make_unique<NetAnswerer>(net::BackendChoice::automatic),
            std::make_unique<NetAnswerer>(net::BackendChoice::epoll)};
        for (std::size_t i = 0; i < kinds; ++i) ports[i] = answerers[i]->port();
        ready.store(true, std::memory_order_release);
        while (!stop.stop_requested()) answerers[turn.load(std::memory_order_relaxed)]->round();
    });
    while (!ready.load(std::memory_order_acquire)) std::this_thread::yield();
    std::array<std::unique_ptr<BareSocket>, kinds> callers;
    for (std::size_t i = 0; i < kinds; ++i) callers[i] = std::make_unique<BareSocket>(ports[i]);

    const std::vector<std::byte> request(batch * frame_in);
    std::vector<std::byte> answer(batch * frame_out);
    std::array<std::vector<std::int64_t>, kinds> times;
    const auto call = [&](std::size_t kind, bool counted) {
        const auto begun = std::chrono::steady_clock::now();
        callers[kind]->send(request);
        for (std::size_t got = 0; got < answer.size();) got += callers[kind]->receive(std::span{answer}.subspan(got));
        const auto took = std::chrono::steady_clock::now() - begun;
        if (counted) times[kind].push_back(std::chrono::duration_cast<std::chrono::nanoseconds>(took).count());
    };
    for (auto _ : state) {
        for (std::size_t kind = 0; kind < kinds; ++kind) {
            turn.store(kind, std::memory_order_relaxed);
            // The first ones warm what the other kinds have taken from the caches.
            for (std::size_t i = 0; i < block; ++i) call(kind, i >= block / 10);
        }
    }
    server.request_stop();
    server.join();
    const double bare = microseconds(times[0], 0.5);
    for (std::size_t kind = 0; kind < kinds; ++kind) {
        const double p50 = microseconds(times[kind], 0.5);
        state.counters[std::string{names[kind]} + "_p50"] = p50;
        state.counters[std::string{names[kind]} + "_p99"] = microseconds(times[kind], 0.99);
        state.counters[std::string{names[kind]} + "_k/s"] = 1000 * static_cast<double>(batch) / p50;
        if (kind > 0) state.counters[std::string{names[kind]} + "_by_bare"] = p50 / bare;
    }
}
// The three ways to hand a block to the kernel, CPU of the sending thread: why there is no zero-copy send in net.
void hand_over(benchmark::State& state) {
    constexpr std::array<const char*, 3> names{"send", "io_uring_send", "send_zc"};
    const auto size = static_cast<std::size_t>(state.range(0));
    auto listening = net::listen_on(net::linux_kernel(), {}, {.backlog = 1});
    if (!listening) std::abort();
    const BareSocket reader(net::linux_kernel().local_port(listening->fd()).value_or(0));
    const int fd = ::accept(listening->fd(), nullptr, nullptr);
    std::jthread draining([&](const std::stop_token& stop) {
        std::vector<std::byte> memory(1024 * 1024);
        while (!stop.stop_requested())
            if (reader.receive(memory) == 0) std::this_thread::yield();
    });
    io_uring ring;
    if (io_uring_queue_init(8, &ring, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN) != 0) std::abort();
    std::vector<std::byte> block(size);
    const iovec registered{block.data(), block.size()};
    if (io_uring_register_buffers(&ring, &registered, 1) != 0) std::abort();
    const auto by_ring = [&](bool zero_copy, std::size_t from) {
        io_uring_sqe* operation = io_uring_get_sqe(&ring);
        if (zero_copy)
            io_uring_prep_send_zc_fixed(operation, fd, block.data() + from, size - from, 0, 0, 0);
        else
            io_uring_prep_send(operation, fd, block.data() + from, size - from, 0);
        io_uring_submit_and_wait(&ring, 1);
        std::size_t taken = 0;
        // Without a copy, a second completion tells when the memory is free again.
        for (bool more = true; more;) {
            io_uring_cqe* completion = nullptr;
            if (io_uring_wait_cqe(&ring, &completion) != 0) std::abort();
            if ((completion->flags & IORING_CQE_F_NOTIF) == 0) taken = static_cast<std::size_t>(completion->res);
            more = (completion->flags & IORING_CQE_F_MORE) != 0;
            io_uring_cqe_seen(&ring, completion);
        }
        return taken;
    };
    std::array<std::vector<std::int64_t>, 3> times;
    for (auto _ : state) {
        for (std::size_t kind = 0; kind < times.size(); ++kind) {
            const std::int64_t begun = thread_cpu_ns();
            for (std::size_t sent = 0; sent < size;)
                sent += kind == 0 ? static_cast<std::size_t>(::send(fd, block.data() + sent, size - sent, 0))
                                  : by_ring(kind == 2, sent);
            times[kind].push_back(thread_cpu_ns() - begun);
        }
    }
    for (std::size_t kind = 0; kind < times.size(); ++kind)
        state.counters[std::string{names[kind]} + "_cpu_us"] = microseconds(times[kind], 0.5);
    draining.request_stop();
    draining.join();
    io_uring_queue_exit(&ring);
    ::close(fd);
}
BENCHMARK(hand_over)->Arg(232)->Arg(4096)->Arg(16384)->Arg(65536)->Arg(262144)->Iterations(300);

// Many connections with one frame each, answered in as few rounds as it takes: what the answering thread spends, in
// microseconds of its CPU a frame, so that what else the machine does hardly counts.
void many_connections(benchmark::State& state) {
    constexpr std::array<const char*, 2> names{"io_uring", "epoll"};
    const auto connections = static_cast<std::size_t>(state.range(0));
    std::array<std::unique_ptr<CrowdAnswerer>, 2> crowds{
        std::make_unique<CrowdAnswerer>(net::BackendChoice::automatic, connections),
        std::make_unique<CrowdAnswerer>(net::BackendChoice::epoll, connections)};
    std::array<std::vector<std::int64_t>, 2> times;
    for (auto _ : state) {
        for (std::size_t kind = 0; kind < 2; ++kind) {
            for (int i = 0; i < 50; ++i) times[kind].push_back(crowds[kind]->answer_all());
        }
    }
    std::array<double, 2> a_frame{};
    for (std::size_t kind = 0; kind < 2; ++kind) {
        a_frame[kind] = microseconds(times[kind], 0.5) / static_cast<double>(connections);
        state.counters[std::string{names[kind]} + "_cpu_us"] = a_frame[kind];
    }
    state.counters["io_uring_by_epoll"] = a_frame[0] / a_frame[1];
}
BENCHMARK(many_connections)->Arg(1)->Arg(16)->Arg(256)->Iterations(20)->Unit(benchmark::kMillisecond);
BENCHMARK(round_trip)->Arg(1)->Arg(16)->Arg(256)->Iterations(20)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
