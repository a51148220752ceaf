// RecordedBook: the orders of one market as a recording tells them, each queue in its order. It believes nothing: what
// does not fit is refused with the reason and changes nothing, so that whoever is given what was accepted (FeedBook,
// whose checks end the program) is safe. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <unordered_map>

#include "model/types.h"

namespace dcx::feed {

struct RecordedOrder {
    OrderId id{};
    Side side{};
    Price price{};
    Quantity leaves{};
    friend bool operator==(const RecordedOrder&, const RecordedOrder&) = default;
};

class RecordedBook {
  public:
    RecordedBook() = default;
    RecordedBook(RecordedBook&&) = default;
    RecordedBook& operator=(RecordedBook&&) = default;

    // Each returns what is wrong, or nullptr.
    // At the end of its level's queue.
    [[nodiscard]] const char* add(const RecordedOrder& order);
    // The order keeps its place.
    [[nodiscard]] const char* change(OrderId id, Quantity leaves);
    // The first order of the best level of this side is traded by so much.
    [[nodiscard]] const char* execute(Side side, Quantity quantity);
    [[nodiscard]] const char* remove(OrderId id);

    [[nodiscard]] const RecordedOrder* find(OrderId id) const;
    // nullptr when the side is empty.
    [[nodiscard]] const RecordedOrder* first(Side side) const;
    [[nodiscard]] std::size_t size() const { return index_.size(); }
    [[nodiscard]] std::size_t count(Side side) const;
    // Best price first, by queue.
    template <class Visit>
    void each(Side side, Visit&& visit) const {
        for (const auto& [rank, level] : sides_[place(side)])
            for (const RecordedOrder& order : level.queue) visit(order);
    }
    // CRC-32C of the best 10 levels, as the feed tells it.
    [[nodiscard]] std::uint32_t checksum() const;
    [[nodiscard]] RecordedBook clone() const;
    friend bool operator==(const RecordedBook& a, const RecordedBook& b) { return a.sides_ == b.sides_; }

  private:
    struct Level {
        std::list<RecordedOrder> queue;
        Quantity total{};
        friend bool operator==(const Level&, const Level&) = default;
    };
    using Levels = std::map<std::int64_t, Level>;  // by rank: the smaller is the better price
    [[nodiscard]] static std::size_t place(Side side) { return side == Side::buy ? 0 : 1; }
    void take(std::list<RecordedOrder>::iterator order, Quantity quantity);

    std::array<Levels, 2> sides_;
    std::unordered_map<std::uint64_t, std::list<RecordedOrder>::iterator> index_;
};

}  // namespace dcx::feed
