#include "feed/message_ring.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace dcx::feed {

namespace {

constexpr std::size_t kFirstBytes = 4096;
constexpr std::size_t kFirstMessages = 32;

}  // namespace

void MessageRing::clear() {
    count_ = 0;
    capacity_ = 0;
    bytes_.reset();
    index_ = {};
}

// Forgets what is beyond the bound, and grows as long as it is not reached.
void MessageRing::make_room(std::size_t size) {
    while (count_ > 0 && kept() + size > bytes_max_) --count_;
    const std::size_t wanted = kept() + size;
    if (wanted <= capacity_) return;
    const std::size_t capacity = std::bit_ceil(std::max(wanted, kFirstBytes));
    auto bytes = std::make_unique_for_overwrite<std::byte[]>(capacity);
    net::OutputPieces old{capacity};
    add_pieces(position_of(first()), position_, old);
    std::uint64_t to = position_of(first());
    for (std::size_t i = 0; i < old.count(); ++i)
        for (std::span<const std::byte> from = old[i]; !from.empty();) {
            const std::size_t at = to & (capacity - 1);
            const std::size_t part = std::min(from.size(), capacity - at);
            std::memcpy(bytes.get() + at, from.data(), part);
            from = from.subspan(part);
            to += part;
        }
    bytes_ = std::move(bytes);
    capacity_ = capacity;
}

void MessageRing::grow_index() {
    std::vector<Message> larger(std::max(kFirstMessages, 2 * index_.size()));
    for (std::uint64_t number = first(); number != end_; ++number) larger[number & (larger.size() - 1)] = at(number);
    index_ = std::move(larger);
}

void MessageRing::add(const ChainLink& link, std::span<const std::byte> frame) {
    make_room(frame.size());
    if (count_ == index_.size()) grow_index();
    const std::size_t at = position_ & (capacity_ - 1);
    const std::size_t part = std::min(frame.size(), capacity_ - at);
    std::memcpy(bytes_.get() + at, frame.data(), part);
    if (part < frame.size()) std::memcpy(bytes_.get(), frame.data() + part, frame.size() - part);
    index_[end_ & (index_.size() - 1)] = {.link = link, .begin = position_};
    position_ += frame.size();
    ++end_;
    ++count_;
}

std::uint64_t MessageRing::lower_bound(std::uint64_t seq) const {
    std::uint64_t low = first();
    std::uint64_t high = end_;
    while (low != high) {
        const std::uint64_t middle = low + (high - low) / 2;
        if (at(middle).link.seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool MessageRing::knows(std::uint64_t seq) const {
    if (count_ == 0) return false;
    if (seq == at(first()).link.prev) return true;
    const std::uint64_t found = lower_bound(seq);
    return found != end_ && at(found).link.seq == seq;
}

std::uint64_t MessageRing::number_after(std::uint64_t seq) const {
    DCX_CHECK(knows(seq));
    return lower_bound(seq + 1);
}

bool MessageRing::add_pieces(std::uint64_t from, std::uint64_t to, net::OutputPieces& pieces) const {
    if (from == to) return true;
    const std::size_t size = to - from;
    const std::size_t at = from & (capacity_ - 1);
    const std::size_t part = std::min(size, capacity_ - at);
    return pieces.add({bytes_.get() + at, part}) && pieces.add({bytes_.get(), size - part});
}

bool MessageRing::gather(std::uint64_t number, net::OutputPieces& pieces) const {
    DCX_CHECK(has(number));
    return add_pieces(position_of(number), position_, pieces);
}

void MessageRing::copy(std::uint64_t number, std::vector<std::byte>& out) const {
    DCX_CHECK(has(number) && number != end_);
    const std::uint64_t end = position_of(number + 1);
    for (std::uint64_t from = position_of(number); from != end;) {
        const std::size_t at = from & (capacity_ - 1);
        const std::size_t part = std::min<std::size_t>(end - from, capacity_ - at);
        out.insert(out.end(), bytes_.get() + at, bytes_.get() + at + part);
        from += part;
    }
}

std::uint64_t MessageRing::advance(std::uint64_t number, std::size_t bytes, net::OutputPieces& rest) const {
    DCX_CHECK(has(number) && bytes <= bytes_from(number));
    const std::uint64_t position = position_of(number) + bytes;
    if (position == position_) [[likely]]
        return end_;
    // The first that begins there or behind.
    std::uint64_t low = number;
    std::uint64_t high = end_;
    while (low != high) {
        const std::uint64_t middle = low + (high - low) / 2;
        if (at(middle).begin < position)
            low = middle + 1;
        else
            high = middle;
    }
    add_pieces(position, position_of(low), rest);
    return low;
}

}  // namespace dcx::feed
