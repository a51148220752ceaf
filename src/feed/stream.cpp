#include "feed/stream.h"

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace dcx::feed {

using State = Subscription::State;

Stream::~Stream() { std::erase(context_.unflushed, this); }

void Stream::add(Subscription& subscription) {
    DCX_CHECK(subscription.state == State::detached);
    subscription.place = static_cast<std::uint32_t>(subscribers_.size());
    subscription.state = State::waiting;
    subscription.stream = this;
    subscribers_.push_back(&subscription);
}

void Stream::remove(Subscription& subscription, std::int64_t now_ns) {
    DCX_CHECK(subscription.place < subscribers_.size() && subscribers_[subscription.place] == &subscription);
    Subscription* const moved = subscribers_.back();
    subscribers_[subscription.place] = moved;
    moved->place = subscription.place;
    subscribers_.pop_back();
    subscription.state = State::detached;
    subscription.stream = nullptr;
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
    ring_.clear();
}

// ---- writing

void Stream::publish(const ChainLink& link, std::span<const std::byte> frame) {
    if (told_ == ring_.end()) {
        context_.unflushed.push_back(this);
    } else if (ring_.has(told_) && ring_.bytes_from(told_) + frame.size() > kRoundBytes) {
        // Nobody is to be lapped by what he was not even told of.
        tell_readers(true);
    }
    ring_.add(link, frame);
}

bool Stream::too_far_behind(const Subscription& subscription, std::uint64_t round) const {
    if (!ring_.has(subscription.next)) return true;
    // What came in this round he could not have read.
    if (subscription.next >= round) return false;
    const std::size_t this_round = ring_.has(round) ? ring_.bytes_from(round) : 0;
    return ring_.bytes_from(subscription.next) - this_round > context_.behind_bytes;
}

void Stream::tell_readers(bool now) {
    if (told_ == ring_.end()) return;
    const std::uint64_t round = told_;
    told_ = ring_.end();
    for (Subscription* subscription : subscribers_) {
        if (subscription->state != State::live) continue;
        if (too_far_behind(*subscription, round)) [[unlikely]] {
            fall_behind(*subscription);
            continue;
        }
        // Nobody is to fall behind only because the connections' round is late.
        const bool far = ring_.bytes_from(subscription->next) > context_.behind_bytes / 2;
        subscription->sink.wake(*subscription, now || far);
    }
}

void Stream::fall_behind(Subscription& subscription) {
    if (!is_conflatable(channel_)) {
        // What was left out can't be made good by a newer state.
        subscription.state = State::ended;
        ++context_.counters.of(channel_).drops;
        subscription.sink.overrun();
        return;
    }
    subscription.state = State::lagging;
    subscription.behind = true;
    context_.lagging.push_back(&subscription);
}

// ---- readers

void Stream::resume(Subscription& subscription, std::uint64_t seq, std::uint64_t last_seq) {
    DCX_CHECK(subscription.state == State::waiting);
    subscription.state = State::live;
    subscription.seq = seq;
    subscription.next = seq == last_seq ? ring_.end() : ring_.number_after(seq);
    subscription.news = ring_.end();
    if (subscription.next != ring_.end()) subscription.sink.wake(subscription, false);
}

void Stream::give_snapshot(Subscription& subscription, std::span<const std::byte> frame, std::uint64_t seq, bool more) {
    DCX_CHECK(subscription.state == State::waiting || subscription.state == State::receiving);
    // Nothing is lost by waiting longer, whatever the channel.
    if (!subscription.sink.offer(frame)) return give_up_snapshot(subscription);
    ChannelCounters& channel = context_.counters.of(channel_);
    ++channel.delivered;
    channel.delivered_bytes += frame.size();
    subscription.state = more ? State::receiving : State::live;
    subscription.next = subscription.news = ring_.end();
    subscription.seq = more ? 0 : seq;
    if (!subscription.behind) return;
    subscription.behind = false;
    ++channel.conflations;
    channel.skipped += subscription.skipped;
    subscription.sink.conflated(subscription.skipped);
    subscription.skipped = 0;
}

void Stream::give_up_snapshot(Subscription& subscription) {
    subscription.state = State::lagging;
    context_.lagging.push_back(&subscription);
}

Stream::Taken Stream::take(Subscription& subscription, std::size_t bytes, net::OutputPieces& rest) {
    const std::uint64_t begin = subscription.next;
    const std::uint64_t end = ring_.advance(begin, bytes, rest);
    if (begin == end) return {};
    subscription.next = end;
    subscription.seq = ring_.link(end - 1).seq;
    ChannelCounters& channel = context_.counters.of(channel_);
    channel.delivered += end - begin;
    channel.delivered_bytes += bytes + rest.bytes();
    Taken taken{.messages = end - begin, .news = 0, .time = {}};
    const std::uint64_t news = std::max(begin, subscription.news);
    if (news < end) {
        taken.news = end - news;
        taken.time = ring_.link(news).time;
    }
    return taken;
}

Stream::Taken Stream::take_all(Subscription& subscription, std::vector<std::byte>& bytes) {
    net::OutputPieces pieces{std::numeric_limits<std::size_t>::max()};
    gather(subscription, pieces);
    bytes.clear();
    for (std::size_t i = 0; i < pieces.count(); ++i) bytes.insert(bytes.end(), pieces[i].begin(), pieces[i].end());
    net::OutputPieces rest;
    return bytes.empty() ? Taken{} : take(subscription, bytes.size(), rest);
}

}  // namespace dcx::feed
