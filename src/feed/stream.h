// Stream: the encoded messages of one variant in one format, and who gets them. Each message is encoded once; those of
// one round are handed to each subscriber together, because touching a connection costs more than the bytes. Slow
// readers are set aside here (books and tickers: until they have drained; trades: for good), so none delays another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "feed/byte_buffer.h"
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

// What streams share with their publisher.
struct StreamContext {
    FeedCounters counters;
    std::vector<Subscription*> lagging;    // wait until they have drained
    std::vector<class Stream*> unflushed;  // hold messages of this round
};

class Stream {
  public:
    Stream(StreamContext& context, Channel channel, std::size_t replay_bytes)
        : context_{context}, channel_{channel}, replay_{replay_bytes} {}

    // Nothing may be unflushed when subscribers come, go or get snapshots.
    void add(Subscription& subscription);
    void remove(Subscription& subscription, std::int64_t now_ns);
    // Messages must be made: somebody listens, or left not long ago and may come back for what he missed.
    [[nodiscard]] bool in_use() const { return !subscribers_.empty() || lingers_; }
    // Ends the wait for readers who left before `since_ns`.
    void expire(std::int64_t since_ns);

    // An update, to all live subscribers by the next flush().
    void publish(const ChainLink& link, std::span<const std::byte> frame);
    void flush();

    [[nodiscard]] bool can_resume(std::uint64_t seq, std::uint64_t last_seq) const {
        return in_use() && (seq == last_seq || replay_.knows(seq));
    }
    // The missed messages; from then on the subscription is live. Only when can_resume().
    void resume(Subscription& subscription, std::uint64_t seq, std::uint64_t last_seq);
    // Subscribers that wait for a snapshot.
    template <class Visit>
    void each_waiting(Visit&& visit) {
        for (Subscription* subscription : subscribers_)
            if (subscription->state == Subscription::State::waiting) visit(*subscription);
    }
    // A snapshot to one that waits for it.
    void give_snapshot(Subscription& subscription, std::span<const std::byte> frame);

  private:
    // A round's bytes before they are handed on all the same: no more than a part of what a reader may be behind.
    static constexpr std::size_t kRoundBytes = 32 * 1024;

    [[nodiscard]] bool offer(Subscription& subscription, const FrameBatch& batch);
    void fall_behind(Subscription& subscription, std::uint64_t skipped);

    StreamContext& context_;
    Channel channel_;
    bool lingers_ = false;
    std::int64_t empty_since_ns_ = 0;
    std::vector<Subscription*> subscribers_;
    ReplayBuffer replay_;
    ByteBuffer round_;
    std::uint64_t round_count_ = 0;
    Time round_time_{};  // of its first message
};

}  // namespace dcx::feed
