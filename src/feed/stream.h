// Stream: the encoded messages of one variant in one format, and who gets them. Each message is encoded once into a
// ring, of which every reader is a cursor: nothing is copied for him, and one who reads nothing costs nothing. Once a
// flush the readers are told that there is something. Slow ones are set aside there (most channels: until they have
// drained, for a snapshot; trades and the like: for good), so none delays another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "feed/channel.h"
#include "feed/feed_counters.h"
#include "feed/message_ring.h"
#include "feed/subscription.h"
#include "net/output_pieces.h"

namespace dcx::feed {

// What streams share with their publisher.
struct StreamContext {
    FeedCounters counters;
    std::size_t replay_bytes{};            // of a stream
    std::size_t behind_bytes{};            // of a stream may wait for a reader, within the ring
    std::vector<Subscription*> lagging;    // wait until they have drained
    std::vector<class Stream*> unflushed;  // hold messages that their readers were not told of
};

class Stream {
  public:
    Stream(StreamContext& context, Channel channel)
        : context_{context}, channel_{channel}, ring_{context.replay_bytes} {}
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    void add(Subscription& subscription);
    void remove(Subscription& subscription, std::int64_t now_ns);
    // Messages must be made: somebody listens, or left not long ago and may come back for what he missed.
    [[nodiscard]] bool in_use() const { return !subscribers_.empty() || lingers_; }
    [[nodiscard]] bool has_subscribers() const { return !subscribers_.empty(); }
    // As if somebody had just left, who may come back.
    void linger(std::int64_t now_ns) {
        if (!subscribers_.empty()) return;
        lingers_ = true;
        empty_since_ns_ = now_ns;
    }
    void linger_anew(std::int64_t now_ns) {
        if (lingers_) linger(now_ns);
    }
    // Ends the wait for readers who left before `since_ns`.
    void expire(std::int64_t since_ns);

    // An update, for all live subscribers; they are told by the next flush().
    void publish(const ChainLink& link, std::span<const std::byte> frame);
    void flush() { tell_readers(false); }

    [[nodiscard]] bool can_resume(std::uint64_t seq, std::uint64_t last_seq) const {
        return in_use() && (seq == last_seq || ring_.knows(seq));
    }
    // Live behind this message; the missed ones follow. Only when can_resume().
    void resume(Subscription& subscription, std::uint64_t seq, std::uint64_t last_seq);
    // Subscribers that wait for a snapshot.
    template <class Visit>
    void each_waiting(Visit&& visit) {
        for (Subscription* subscription : subscribers_) {
            if (subscription->state != Subscription::State::waiting) continue;
            if (subscription->behind) subscription->skipped = ring_.end() - subscription->next;
            visit(*subscription);
        }
    }
    // Subscribers that have got a part of a snapshot and not yet the last.
    template <class Visit>
    void each_receiving(Visit&& visit) {
        for (Subscription* subscription : subscribers_)
            if (subscription->state == Subscription::State::receiving) visit(*subscription);
    }
    // A snapshot, true after the last message (`seq`), to one that waits for it, or a part of it; with the last part he
    // is live. One that cannot take it waits for a new one.
    void give_snapshot(Subscription& subscription, std::span<const std::byte> frame, std::uint64_t seq,
                       bool more = false);
    // Takes a half given snapshot back: he waits for a new one.
    void give_up_snapshot(Subscription& subscription);

    // ---- reading, by the subscription's reader. Nothing is there for one that is not live, or has been lapped and
    // ---- will hear of it.
    [[nodiscard]] std::size_t waiting_bytes(const Subscription& subscription) const {
        return readable(subscription) ? ring_.bytes_from(subscription.next) : 0;
    }
    // False: there was no room for all.
    bool gather(const Subscription& subscription, net::OutputPieces& pieces) const {
        return !readable(subscription) || ring_.gather(subscription.next, pieces);
    }
    struct Taken {
        std::uint64_t messages{};
        std::uint64_t news{};  // of them, not counting those told again
        Time time{};           // of the oldest news
    };
    // He has taken so many bytes of what gather() gave; `rest` as in OutputSource::taken(), and counts as taken.
    Taken take(Subscription& subscription, std::size_t bytes, net::OutputPieces& rest);
    // All that is there, for readers in memory.
    Taken take_all(Subscription& subscription, std::vector<std::byte>& bytes);

  private:
    // More in one round goes out at once.
    static constexpr std::size_t kRoundBytes = 64 * 1024;

    [[nodiscard]] bool readable(const Subscription& subscription) const {
        return subscription.state == Subscription::State::live && ring_.has(subscription.next);
    }
    [[nodiscard]] bool too_far_behind(const Subscription& subscription, std::uint64_t round) const;
    void tell_readers(bool now);
    void fall_behind(Subscription& subscription);

    StreamContext& context_;
    Channel channel_;
    bool lingers_ = false;
    std::int64_t empty_since_ns_ = 0;
    std::vector<Subscription*> subscribers_;
    MessageRing ring_;
    std::uint64_t told_ = 0;  // the readers know of the messages before this number
};

}  // namespace dcx::feed
