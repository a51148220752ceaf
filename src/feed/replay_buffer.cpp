#include "feed/replay_buffer.h"

#include <algorithm>
#include <cstring>

namespace dcx::feed {

void ReplayBuffer::clear() {
    messages_.clear();
    end_ = 0;
}

// Where a frame of this size goes. Messages that stand there are forgotten.
std::size_t ReplayBuffer::place(std::size_t size) {
    if (end_ + size > bytes_.size() && bytes_.size() < bytes_max_)
        bytes_.resize(std::min(bytes_max_, std::max(2 * bytes_.size(), end_ + size)));
    const bool wraps = end_ + size > bytes_.size();
    const std::size_t at = wraps ? 0 : end_;
    // When the ring wraps, what an earlier lap left between the last frame and the ring's end is the oldest.
    while (!messages_.empty() && wraps && messages_.front().offset >= end_) messages_.pop_front();
    while (!messages_.empty() && messages_.front().offset >= at && messages_.front().offset < at + size)
        messages_.pop_front();
    return at;
}

void ReplayBuffer::add(std::uint64_t prev, std::uint64_t seq, std::span<const std::byte> frame) {
    if (frame.size() > bytes_max_) {
        clear();
        return;
    }
    const std::size_t at = place(frame.size());
    std::memcpy(bytes_.data() + at, frame.data(), frame.size());
    messages_.push_back({.prev = prev, .seq = seq, .offset = at, .size = frame.size()});
    end_ = at + frame.size();
}

bool ReplayBuffer::knows(std::uint64_t seq) const {
    if (messages_.empty() || seq < messages_.front().prev) return false;
    if (seq == messages_.front().prev) return true;
    const auto found = std::lower_bound(messages_.begin(), messages_.end(), seq,
                                        [](const Message& message, std::uint64_t s) { return message.seq < s; });
    return found != messages_.end() && found->seq == seq;
}

}  // namespace dcx::feed
