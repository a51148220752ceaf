// ReplayBuffer: the last messages of one stream, so that a reader who was away can go on where he stopped. The messages
// form a chain (each names the one before it), kept as whole frames in one ring of bytes that grows up to its bound and
// then forgets the oldest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

namespace dcx::feed {

class ReplayBuffer {
  public:
    struct Message {
        std::uint64_t prev{};
        std::uint64_t seq{};
        std::size_t offset{};
        std::size_t size{};
    };

    explicit ReplayBuffer(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    void add(std::uint64_t prev, std::uint64_t seq, std::span<const std::byte> frame);
    void clear();
    // Every message behind the one with this seq is here, and there is one.
    [[nodiscard]] bool knows(std::uint64_t seq) const;
    // Calls visit(message, frame) for each message behind `seq`, oldest first. Only when knows(seq).
    template <class Visit>
    void each_after(std::uint64_t seq, Visit&& visit) const {
        for (const Message& message : messages_)
            if (message.seq > seq) visit(message, frame_of(message));
    }
    [[nodiscard]] std::size_t size() const { return messages_.size(); }

  private:
    [[nodiscard]] std::span<const std::byte> frame_of(const Message& message) const {
        return std::span{bytes_}.subspan(message.offset, message.size);
    }
    [[nodiscard]] std::size_t place(std::size_t size);

    std::size_t bytes_max_;
    std::vector<std::byte> bytes_;
    std::deque<Message> messages_;  // oldest first; their frames stand in this order in the ring
    std::size_t end_ = 0;           // where the next frame goes, unless the ring wraps
};

}  // namespace dcx::feed
