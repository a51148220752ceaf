// Who sends the messages of a FeedTape to a crowd, each on a thread of its own that sleeps when nothing is allowed: the
// feed itself, and a raw send() of the frames as they stand. feed_beast.h has a third.
#pragma once

#include <netinet/tcp.h>
#include <time.h>

#include <algorithm>
#include <memory>
#include <thread>

#include "feed_crowd.h"
#include "platform/doorbell.h"

namespace dcx::bench {

class FeedRunner {
  public:
    virtual ~FeedRunner() = default;
    [[nodiscard]] virtual std::uint16_t port() const = 0;
    // So many are there and wait for messages.
    [[nodiscard]] virtual std::size_t subscribers() const = 0;
    // The first `messages` of the tape may be sent.
    virtual void allow(std::uint64_t messages) = 0;
};

// Of all threads of this process but the caller's, those of the system that work for it too.
inline std::int64_t cpu_of_others_ns() {
    timespec all{};
    timespec own{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &all);
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &own);
    return (all.tv_sec - own.tv_sec) * 1'000'000'000 + all.tv_nsec - own.tv_nsec;
}

class FeedSender final : public FeedRunner {
  public:
    struct Options {
        std::size_t connections = 1'000;
        std::int64_t flush_ns = 500'000;  // the venue's default
        std::size_t output_bytes = feed::ClientLimits{}.output_bytes;
    };
    FeedSender(const FeedTape& tape, const Options& options)
        : tape_(tape),
          source_(tape.events),
          wakeup_(reactor_, [] {}),
          http_(reactor_, {.listener = {.backlog = 4'096, .max_connections = options.connections + 16}}),
          server_(http_, source_, clock_, feed_options(options)) {
        if (!wakeup_.open(bell_.fd()) || !http_.start()) throw std::runtime_error("the feed can't listen");
        source_.allow(tape.start);
        while (!source_.drained()) server_.poll();
        thread_ = std::thread{[this] { run(); }};
    }
    ~FeedSender() override {
        stop_.store(true);
        bell_.ring();
        thread_.join();
        http_.stop();
    }
    [[nodiscard]] std::uint16_t port() const override { return http_.port(); }
    [[nodiscard]] std::size_t subscribers() const override { return subscribers(feed::Channel::orderbook); }
    [[nodiscard]] std::size_t subscribers(feed::Channel channel) const {
        return subscribers_[feed::index_of(channel)].load();
    }
    [[nodiscard]] std::size_t clients() const { return clients_.load(); }
    void allow(std::uint64_t messages) override {
        source_.allow(messages == 0 ? tape_.start : tape_.event_ends[messages - 1]);
        bell_.ring();
    }
    // Messages whose events the feed has taken from its source.
    [[nodiscard]] std::uint64_t taken() const {
        const auto passed = std::ranges::upper_bound(tape_.event_ends, source_.taken());
        return static_cast<std::uint64_t>(passed - tape_.event_ends.begin());
    }

  private:
    static feed::FeedServer::Options feed_options(const Options& options) {
        feed::FeedServer::Options made;
        made.max_clients = options.connections + 16;
        made.limits.output_bytes = options.output_bytes;
        made.limits.requests_per_second = 1'000'000;
        made.flush_interval_ns = options.flush_ns;
        // Silence is not what is measured.
        made.heartbeat_ns = 3'600'000'000'000;
        return made;
    }
    void run() {
        while (!stop_.load(std::memory_order_relaxed)) {
            const bool worked = server_.poll();
            tell();
            if (worked) {
                reactor_.poll(0);
                continue;
            }
            bell_.announce();
            const int wait_ms =
                source_.drained() ? std::min(server_.max_sleep_ms(), 100) : std::min(server_.max_sleep_ms(), 1);
            reactor_.poll(wait_ms);
            bell_.retract();
        }
    }
    void tell() {
        for (const feed::Channel channel : feed::kChannels)
            subscribers_[feed::index_of(channel)].store(server_.publisher().counters().of(channel).subscriptions,
                                                        std::memory_order_relaxed);
        clients_.store(server_.clients(), std::memory_order_relaxed);
    }

    const FeedTape& tape_;
    PacedSource source_;
    platform::SystemClock clock_;
    platform::Doorbell bell_;
    net::Reactor reactor_;
    net::Wakeup wakeup_;
    net::HttpServer http_;
    feed::FeedServer server_;
    std::array<std::atomic<std::size_t>, feed::kChannels.size()> subscribers_{};
    std::atomic<std::size_t> clients_{0};
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

// Everything that is allowed goes to each socket in one send(); it waits for a reader that is behind.
class RawSender final : public FeedRunner {
  public:
    RawSender(const FeedTape& tape, std::size_t connections) : tape_(tape), connections_(connections) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address = loopback(0);
        socklen_t size = sizeof address;
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 4'096) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
            throw std::runtime_error("the raw sender can't listen");
        port_ = ntohs(address.sin_port);
        thread_ = std::thread{[this] { run(); }};
    }
    ~RawSender() override {
        stop_.store(true);
        bell_.ring();
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        for (const int fd : sockets_) ::close(fd);
        ::close(listener_);
    }
    [[nodiscard]] std::uint16_t port() const override { return port_; }
    [[nodiscard]] std::size_t subscribers() const override { return accepted_.load(); }
    void allow(std::uint64_t messages) override {
        allowed_.store(messages, std::memory_order_release);
        bell_.ring();
    }

  private:
    // As many as the feed takes from its source at once.
    static constexpr std::uint64_t kBatch = 256;

    void run() {
        while (sockets_.size() < connections_) {
            const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0) return;
            const int on = 1;
            ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            sockets_.push_back(fd);
            accepted_.store(sockets_.size());
        }
        std::uint64_t sent = 0;
        while (!stop_.load(std::memory_order_relaxed)) {
            const std::uint64_t end = std::min(allowed_.load(std::memory_order_acquire), sent + kBatch);
            if (end > sent) {
                const std::string_view frames = tape_.frames(sent, end);
                for (const int fd : sockets_)
                    if (::send(fd, frames.data(), frames.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(frames.size()))
                        return;
                sent = end;
                continue;
            }
            bell_.announce();
            if (allowed_.load(std::memory_order_acquire) == sent) bell_.sleep(100);
            bell_.retract();
        }
    }

    const FeedTape& tape_;
    std::size_t connections_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::vector<int> sockets_;
    platform::Doorbell bell_;
    std::atomic<std::size_t> accepted_{0};
    std::atomic<std::uint64_t> allowed_{0};
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

}  // namespace dcx::bench
