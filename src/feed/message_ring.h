// MessageRing: the last messages of one stream as whole frames, in one ring of bytes that all its readers share: each
// is a number (of the message it reads next), whether he is a round behind or comes back after half a minute. The
// messages form a chain (each names the one before it) and are numbered from 0 on without gaps. The ring grows up to
// its bound (or one message, if that is longer) and then forgets the oldest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "model/types.h"
#include "net/output_pieces.h"

namespace dcx::feed {

// The place of one message in its variant's chain.
struct ChainLink {
    std::uint64_t prev{};
    std::uint64_t seq{};
    Time time{};
};

class MessageRing {
  public:
    explicit MessageRing(std::size_t bytes_max) : bytes_max_{bytes_max} {}

    void add(const ChainLink& link, std::span<const std::byte> frame);
    // Forgets all and gives the memory back; the numbers go on.
    void clear();

    // Of the oldest that is kept, and of the one to come.
    [[nodiscard]] std::uint64_t first() const { return end_ - count_; }
    [[nodiscard]] std::uint64_t end() const { return end_; }
    // Everything from this number on is here (perhaps nothing, for the end).
    [[nodiscard]] bool has(std::uint64_t number) const { return number >= first() && number <= end_; }
    [[nodiscard]] const ChainLink& link(std::uint64_t number) const { return at(number).link; }

    // Every message behind the one with this seq is here, and that one is known.
    [[nodiscard]] bool knows(std::uint64_t seq) const;
    // The number of the first of them. Only when knows(seq).
    [[nodiscard]] std::uint64_t number_after(std::uint64_t seq) const;

    // ---- reading; only from numbers that has() tells
    [[nodiscard]] std::size_t bytes_from(std::uint64_t number) const { return position_ - position_of(number); }
    // The frames from this number on. False: there was no room for all.
    bool gather(std::uint64_t number, net::OutputPieces& pieces) const;
    // One frame whole, appended to `out`.
    void copy(std::uint64_t number, std::vector<std::byte>& out) const;
    // Where a reader stands who has read so many bytes from this number on: the number of the next message, and what is
    // missing of the one before it.
    [[nodiscard]] std::uint64_t advance(std::uint64_t number, std::size_t bytes, net::OutputPieces& rest) const;

    [[nodiscard]] std::size_t memory() const { return capacity_ + index_.size() * sizeof(Message); }

  private:
    struct Message {
        ChainLink link;
        std::uint64_t begin{};  // its position: bytes since the first message ever
    };

    [[nodiscard]] const Message& at(std::uint64_t number) const { return index_[number & (index_.size() - 1)]; }
    [[nodiscard]] std::uint64_t position_of(std::uint64_t number) const {
        return number == end_ ? position_ : at(number).begin;
    }
    [[nodiscard]] std::size_t kept() const { return position_ - position_of(first()); }
    void make_room(std::size_t size);
    void grow_index();
    // The bytes [from, to) in at most two parts. False: there was no room for all.
    bool add_pieces(std::uint64_t from, std::uint64_t to, net::OutputPieces& pieces) const;
    // The first kept message that is not before this seq; the end when there is none.
    [[nodiscard]] std::uint64_t lower_bound(std::uint64_t seq) const;

    std::size_t bytes_max_;
    std::size_t capacity_ = 0;  // a power of two, as the index's size is
    std::unique_ptr<std::byte[]> bytes_;
    std::vector<Message> index_;
    std::uint64_t count_ = 0;
    std::uint64_t end_ = 0;
    std::uint64_t position_ = 0;  // behind the last message
};

}  // namespace dcx::feed
