// Stream: the encoded messages of one variant in one format, and who gets them. Each message is encoded once; slow
// readers are set aside here (books and tickers: until they have drained; trades: for good), so none delays another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "feed/channel.h"
#include "feed/feed_counters.h"
#include "feed/replay_buffer.h"
#include "feed/subscription.h"

namespace dcx::feed {

// The place of one message in its variant's chain.
struct ChainLink {
    std::uint64_t prev{};
    std::uint64_t seq{};
    Time time{};
};

class Stream {
  public:
    Stream(Channel channel, std::size_t replay_bytes) : channel_(channel), replay_(replay_bytes) {}

    void add(Subscription& subscription);
    void remove(Subscription& subscription, std::int64_t now_ns);
    // Messages must be made: somebody listens, or left not long ago and may come back for what he missed.
    [[nodiscard]] bool in_use() const { return !subscribers_.empty() || lingers_; }
    // Ends the wait for readers who left before `since_ns`.
    void expire(std::int64_t since_ns);

    // An update, to all live subscribers. Those that fall behind by it are appended to `lagging`.
    void publish(const ChainLink& link, std::span<const std::byte> frame, FeedCounters& counters,
                 std::vector<Subscription*>& lagging);

    [[nodiscard]] bool can_resume(std::uint64_t seq, std::uint64_t last_seq) const {
        return in_use() && (seq == last_seq || replay_.knows(seq));
    }
    // The missed messages; from then on the subscription is live. Only when can_resume().
    void resume(Subscription& subscription, std::uint64_t seq, std::uint64_t last_seq, FeedCounters& counters,
                std::vector<Subscription*>& lagging);
    // Subscribers that wait for a snapshot.
    template <class Visit>
    void each_waiting(Visit&& visit) {
        for (Subscription* subscription : subscribers_)
            if (subscription->state == Subscription::State::waiting) visit(*subscription);
    }
    // A snapshot to one that waits for it.
    void give_snapshot(Subscription& subscription, std::span<const std::byte> frame, Time time, FeedCounters& counters,
                       std::vector<Subscription*>& lagging);

  private:
    bool offer(Subscription& subscription, std::span<const std::byte> frame, Time time, FeedCounters& counters);
    void fall_behind(Subscription& subscription, FeedCounters& counters, std::vector<Subscription*>& lagging);

    Channel channel_;
    bool lingers_ = false;
    std::int64_t empty_since_ns_ = 0;
    std::vector<Subscription*> subscribers_;
    ReplayBuffer replay_;
};

}  // namespace dcx::feed
