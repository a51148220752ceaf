#include "feed/stream.h"

#include "base/check.h"

namespace dcx::feed {

using State = Subscription::State;

void Stream::add(Subscription& subscription) {
    DCX_CHECK(subscription.state == State::detached);
    subscription.place = subscribers_.size();
    subscription.state = State::waiting;
    subscribers_.push_back(&subscription);
}

void Stream::remove(Subscription& subscription, std::int64_t now_ns) {
    DCX_CHECK(subscription.place < subscribers_.size() && subscribers_[subscription.place] == &subscription);
    Subscription* const moved = subscribers_.back();
    subscribers_[subscription.place] = moved;
    moved->place = subscription.place;
    subscribers_.pop_back();
    subscription.state = State::detached;
    if (subscribers_.empty()) {
        lingers_ = true;
        empty_since_ns_ = now_ns;
    }
}

void Stream::expire(std::int64_t since_ns) {
    if (!subscribers_.empty()) {
        lingers_ = false;
        return;
    }
    if (!lingers_ || empty_since_ns_ > since_ns) return;
    lingers_ = false;
    // From here on messages are missing, so that nothing before can be resumed.
    replay_.clear();
}

bool Stream::offer(Subscription& subscription, std::span<const std::byte> frame, Time time, FeedCounters& counters) {
    if (!subscription.sink.offer(channel_, frame, time)) [[unlikely]]
        return false;
    ChannelCounters& channel = counters.of(channel_);
    ++channel.delivered;
    channel.delivered_bytes += frame.size();
    return true;
}

void Stream::fall_behind(Subscription& subscription, FeedCounters& counters, std::vector<Subscription*>& lagging) {
    if (channel_ == Channel::trades) {
        // A trade that was left out can't be made good by a newer state.
        subscription.state = State::ended;
        ++counters.of(channel_).drops;
        subscription.sink.overrun();
        return;
    }
    subscription.state = State::lagging;
    ++subscription.skipped;
    lagging.push_back(&subscription);
}

void Stream::publish(const ChainLink& link, std::span<const std::byte> frame, FeedCounters& counters,
                     std::vector<Subscription*>& lagging) {
    replay_.add(link.prev, link.seq, link.time, frame);
    for (Subscription* subscription : subscribers_) {
        if (subscription->state == State::live) [[likely]] {
            if (!offer(*subscription, frame, link.time, counters)) fall_behind(*subscription, counters, lagging);
        } else if (subscription->skipped > 0) {
            ++subscription->skipped;
        }
    }
}

void Stream::resume(Subscription& subscription, std::uint64_t seq, std::uint64_t last_seq, FeedCounters& counters,
                    std::vector<Subscription*>& lagging) {
    DCX_CHECK(subscription.state == State::waiting);
    subscription.state = State::live;
    if (seq == last_seq) return;
    replay_.each_after(seq, [&](const ReplayBuffer::Message& message, std::span<const std::byte> frame) {
        if (subscription.state != State::live)
            ++subscription.skipped;
        else if (!offer(subscription, frame, message.time, counters))
            fall_behind(subscription, counters, lagging);
    });
}

void Stream::give_snapshot(Subscription& subscription, std::span<const std::byte> frame, Time time,
                           FeedCounters& counters, std::vector<Subscription*>& lagging) {
    DCX_CHECK(subscription.state == State::waiting);
    if (!offer(subscription, frame, time, counters)) {
        // Nothing is lost by waiting longer, whatever the channel.
        subscription.state = State::lagging;
        lagging.push_back(&subscription);
        return;
    }
    subscription.state = State::live;
    if (subscription.skipped == 0) return;
    ++counters.of(channel_).conflations;
    counters.of(channel_).skipped += subscription.skipped;
    subscription.sink.conflated(subscription.skipped);
    subscription.skipped = 0;
}

}  // namespace dcx::feed
