// FeedWork: one feed thread's work as a pollable that other threads can ask and stop: feed and pages belong to one
// thread.
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
    // Without a feed the pages are all.
    FeedWork(feed::FeedServer* feed, net::HttpServer& http) : feed_(feed), http_(http) {}

    bool poll() override {
        if (stop_wanted_.load(std::memory_order_acquire) && !stopping_) {
            stopping_ = true;
            if (feed_ != nullptr) feed_->shut_down("the venue is shutting down");
            http_.stop();
        }
        const bool worked = feed_ != nullptr && feed_->poll();
        give_metrics();
        if (feed_ == nullptr || feed_->ready()) ready_.store(true, std::memory_order_release);
        if (stopping_ && (feed_ == nullptr || feed_->clients() == 0)) stopped_.store(true, std::memory_order_release);
        return worked;
    }
    int max_sleep_ms() override { return feed_ != nullptr ? feed_->max_sleep_ms() : Pollable::max_sleep_ms(); }

    // ---- any thread
    [[nodiscard]] bool ready() const { return ready_.load(std::memory_order_acquire); }
    void request_stop() { stop_wanted_.store(true, std::memory_order_release); }
    [[nodiscard]] bool stopped() const { return stopped_.load(std::memory_order_acquire); }

    // The feed's metrics as of now, made by its own thread; nothing when it does not answer until `end`. One thread
    // asks.
    [[nodiscard]] std::optional<std::string> metrics(platform::Doorbell& bell,
                                                     std::chrono::steady_clock::time_point end) {
        // One that came too late for the last question is not fresh; what was asked then is answered first.
        if (given_.load(std::memory_order_acquire) == wanted_.load(std::memory_order_relaxed))
            wanted_.fetch_add(1, std::memory_order_release);
        bell.ring();
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
        if (feed_ != nullptr) feed_->append_metrics(text_);
        given_.store(wanted, std::memory_order_release);
    }

    feed::FeedServer* feed_;
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
