// FeedThreads: the threads that serve feed and pages, `feed.threads` of them, with nothing in common but a count: each
// has a reactor, a listener at the same port (the kernel spreads connections over them), a publisher with books of its
// own, and its own reader of the events. So each encodes again what the others encode: they are for many connections,
// not for many markets.
//
// Made and stopped by one owner; what is served runs on the workers that poll a thread's sleeper and work. Throws
// StartRefused.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/feed_work.h"
#include "app/reactor_sleeper.h"
#include "base/clock.h"
#include "feed/feed_server.h"
#include "model/event_source.h"
#include "net/backend.h"
#include "net/http.h"

namespace dcx::app {

// What the configuration says of `net`, and of one listener's certificate (null: plain).
[[nodiscard]] net::BackendChoice backend_of(const Config& config);
[[nodiscard]] std::shared_ptr<const net::TlsContext> certificate_of(const Config& config, bool wanted, bool allow_1_2);

class FeedThreads {
  public:
    // `shared`: the reactor that one thread runs for everything (layout single); null: a reactor each.
    FeedThreads(const Config& config, ReactorSleeper* shared);

    [[nodiscard]] std::size_t size() const { return threads_.size(); }
    [[nodiscard]] ReactorSleeper& sleeper(std::size_t thread) { return *threads_[thread].sleeper; }
    // Null: none.
    [[nodiscard]] feed::FeedServer* feed(std::size_t thread) { return threads_[thread].feed.get(); }
    [[nodiscard]] FeedWork& work(std::size_t thread) { return *threads_[thread].work; }

    // What one thread serves: its feed (no source: none, the pages alone), and its pages.
    struct Serving {
        EventSource* source = nullptr;
        EventSource* accounts = nullptr;  // of private channels; read ahead of the public sources of all threads
        feed::MirrorWriter* mirror = nullptr;
        bool holds = false;  // serves nobody until it is told to
        std::function<void(net::HttpServer&, const feed::FeedServer*)> pages;
    };
    // Makes them all and listens: the first where it is told, the others where the first is. Before the workers run.
    void serve(const net::Endpoint& endpoint, Clock& clock, const std::function<Serving(std::size_t)>& serving);
    // Connections, feeds and listeners end, before what they read from does. The workers have stopped.
    void destroy();

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] bool ready() const;
    void request_stop();
    [[nodiscard]] bool stopped() const;
    // Those of all threads as one text, from an admin's thread; nothing when one does not answer in time.
    [[nodiscard]] std::optional<std::string> metrics(std::chrono::milliseconds limit);

  private:
    [[nodiscard]] static std::string thread_metrics(const std::vector<std::string>& texts);
    [[nodiscard]] std::string address_metrics() const;
    void serve_one(std::size_t thread, const net::Endpoint& endpoint, Clock& clock, const Serving& serving);

    struct Thread {
        std::unique_ptr<ReactorSleeper> own;
        ReactorSleeper* sleeper = nullptr;
        std::unique_ptr<net::HttpServer> http;
        std::unique_ptr<feed::FeedServer> feed;
        std::unique_ptr<FeedWork> work;
    };

    const Config& config_;
    feed::FeedCrowd crowd_;
    std::shared_ptr<net::AddressLimits> addresses_;
    std::shared_ptr<const net::TlsContext> tls_;
    std::vector<Thread> threads_;
    std::uint16_t port_ = 0;
};

// One text of Prometheus lines out of several that have the same families: sums, but the least of what tells how far a
// thread is (dcx_feed_sequence, dcx_feed_ready), and the greatest of what ends in _max.
[[nodiscard]] std::string sum_of_metrics(const std::vector<std::string>& texts);

}  // namespace dcx::app
