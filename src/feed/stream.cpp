#include "feed/stream.h"

#include "base/check.h"

namespace dcx::feed {

using State = Subscription::State;

void Stream::add(Subscription& subscription) {
    DCX_CHECK(subscription.state == State::detached && round_count_ == 0);
    subscription.place = subscribers_.size();
    subscription.state = State::waiting;
    subscribers_.push_back(&subscription);
}

void Stream::remove(Subscription& subscription, std::int64_t now_ns) {
    DCX_CHECK(subscription.place < subscribers_.size() && subscribers_[subscription.place] == &subscription);
    DCX_CHECK(round_count_ == 0);
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

bool Stream::offer(Subscription& subscription, const FrameBatch& batch) {
    if (!subscription.sink.offer(batch)) [[unlikely]]
        return false;
    ChannelCounters& channel = context_.counters.of(channel_);
    channel.delivered += batch.count;
    channel.delivered_bytes += batch.bytes.size();
    return true;
}

void Stream::fall_behind(Subscription& subscription, std::uint64_t skipped) {
    if (channel_ == Channel::trades) {
        // A trade that was left out can't be made good by a newer state.
        subscription.state = State::ended;
        ++context_.counters.of(channel_).drops;
        subscription.sink.overrun();
        return;
    }
    subscription.state = State::lagging;
    subscription.skipped += skipped;
    context_.lagging.push_back(&subscription);
}

void Stream::publish(const ChainLink& link, std::span<const std::byte> frame) {
    replay_.add(link.prev, link.seq, frame);
    if (subscribers_.empty()) return;
    if (round_.size() + frame.size() > kRoundBytes) flush();
    if (round_count_++ == 0) {
        round_time_ = link.time;
        context_.unflushed.push_back(this);
    }
    round_.append(frame);
}

void Stream::flush() {
    if (round_count_ == 0) return;
    const FrameBatch batch{.bytes = round_.bytes(), .count = round_count_, .time = round_time_};
    for (Subscription* subscription : subscribers_) {
        if (subscription->state == State::live) [[likely]] {
            if (!offer(*subscription, batch)) fall_behind(*subscription, batch.count);
        } else if (subscription->skipped > 0) {
            subscription->skipped += batch.count;
        }
    }
    round_.clear();
    round_count_ = 0;
}

void Stream::resume(Subscription& subscription, std::uint64_t seq, std::uint64_t last_seq) {
    DCX_CHECK(subscription.state == State::waiting && round_count_ == 0);
    subscription.state = State::live;
    if (seq == last_seq) return;
    replay_.each_after(seq, [&](const ReplayBuffer::Message&, std::span<const std::byte> frame) {
        if (subscription.state != State::live)
            ++subscription.skipped;
        else if (!offer(subscription, {.bytes = frame, .count = 1, .time = {}}))
            fall_behind(subscription, 1);
    });
}

void Stream::give_snapshot(Subscription& subscription, std::span<const std::byte> frame) {
    DCX_CHECK(subscription.state == State::waiting && round_count_ == 0);
    if (!offer(subscription, {.bytes = frame, .count = 1, .time = {}})) {
        // Nothing is lost by waiting longer, whatever the channel.
        subscription.state = State::lagging;
        context_.lagging.push_back(&subscription);
        return;
    }
    subscription.state = State::live;
    if (subscription.skipped == 0) return;
    ++context_.counters.of(channel_).conflations;
    context_.counters.of(channel_).skipped += subscription.skipped;
    subscription.sink.conflated(subscription.skipped);
    subscription.skipped = 0;
}

}  // namespace dcx::feed
