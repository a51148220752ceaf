// FeedWork: the feed as a pollable that other threads can ask and stop: the feed itself belongs to one thread.
#pragma once

#include <atomic>

#include "feed/feed_server.h"
#include "net/http.h"
#include "platform/pollable.h"

namespace dcx::app {

class FeedWork final : public platform::Pollable {
  public:
    FeedWork(feed::FeedServer& feed, net::HttpServer& http) : feed_(feed), http_(http) {}

    bool poll() override {
        if (stop_wanted_.load(std::memory_order_acquire) && !stopping_) {
            stopping_ = true;
            feed_.shut_down("the venue is shutting down");
            http_.stop();
        }
        const bool worked = feed_.poll();
        if (feed_.ready()) ready_.store(true, std::memory_order_release);
        if (stopping_ && feed_.clients() == 0) stopped_.store(true, std::memory_order_release);
        return worked;
    }
    int max_sleep_ms() override { return feed_.max_sleep_ms(); }

    // ---- any thread
    [[nodiscard]] bool ready() const { return ready_.load(std::memory_order_acquire); }
    void request_stop() { stop_wanted_.store(true, std::memory_order_release); }
    [[nodiscard]] bool stopped() const { return stopped_.load(std::memory_order_acquire); }

  private:
    feed::FeedServer& feed_;
    net::HttpServer& http_;
    bool stopping_ = false;
    std::atomic<bool> ready_{false};
    std::atomic<bool> stop_wanted_{false};
    std::atomic<bool> stopped_{false};
};

}  // namespace dcx::app
