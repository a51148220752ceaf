// FeedWork: the feed as a pollable that other threads can ask and stop: the feed itself belongs to one thread.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include "feed/feed_server.h"
#include "net/http.h"
#include "platform/doorbell.h"
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
        give_metrics();
        if (feed_.ready()) ready_.store(true, std::memory_order_release);
        if (stopping_ && feed_.clients() == 0) stopped_.store(true, std::memory_order_release);
        return worked;
    }
    int max_sleep_ms() override { return feed_.max_sleep_ms(); }

    // ---- any thread
    [[nodiscard]] bool ready() const { return ready_.load(std::memory_order_acquire); }
    void request_stop() { stop_wanted_.store(true, std::memory_order_release); }
    [[nodiscard]] bool stopped() const { return stopped_.load(std::memory_order_acquire); }

    // The feed's metrics as of now, made by its own thread; nothing when it does not answer in time. One thread asks.
    [[nodiscard]] std::optional<std::string> metrics(platform::Doorbell& bell, std::chrono::milliseconds limit) {
        // One that came too late for the last question is not fresh; what was asked then is answered first.
        if (given_.load(std::memory_order_acquire) == wanted_.load(std::memory_order_relaxed))
            wanted_.fetch_add(1, std::memory_order_release);
        bell.ring();
        const auto end = std::chrono::steady_clock::now() + limit;
        // Acquire, with the release in give_metrics(): the text is whole.
        while (given_.load(std::memory_order_acquire) != wanted_.load(std::memory_order_relaxed)) {
            if (std::chrono::steady_clock::now() > end) return std::nullopt;
            std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
        return text_;
    }

  private:
    void give_metrics() {
        const unsigned wanted = wanted_.load(std::memory_order_acquire);
        if (given_.load(std::memory_order_relaxed) == wanted) [[likely]]
            return;
        text_.clear();
        feed_.append_metrics(text_);
        given_.store(wanted, std::memory_order_release);
    }

    feed::FeedServer& feed_;
    net::HttpServer& http_;
    bool stopping_ = false;
    std::atomic<bool> ready_{false};
    std::atomic<bool> stop_wanted_{false};
    std::atomic<bool> stopped_{false};
    std::string text_;  // the feed thread's while wanted_ is ahead of given_, else the asking one's
    std::atomic<unsigned> wanted_{0};
    std::atomic<unsigned> given_{0};
};

}  // namespace dcx::app
