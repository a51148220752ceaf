// DepthView: the best `depth` levels of a book as one variant's subscribers know them. It keeps no copy: together with
// the changes since the last publication, the price of the last visible level then says all. Levels that leave the
// window are told as removed, levels that come into it as they are, so a reader always holds exactly the window.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "feed/feed_book.h"

namespace dcx::feed {

struct LevelUpdate {
    Price price{};
    Quantity quantity{};  // 0: the level is gone
    std::uint32_t orders{};
};

struct BookUpdate {
    std::vector<LevelUpdate> bids;
    std::vector<LevelUpdate> asks;

    [[nodiscard]] bool empty() const { return bids.empty() && asks.empty(); }
    void clear() {
        bids.clear();
        asks.clear();
    }
};

class DepthView {
  public:
    explicit DepthView(std::size_t depth) : depth_(depth) {}

    // What is visible in the book now is what the subscribers know.
    void reset(const FeedBook& book);
    // Appends what differs between the window at the last reset or advance and the window now. `changes` are the book's
    // since then.
    void advance(const FeedBook& book, const LevelChanges& changes, BookUpdate& update);
    // The whole window as it is now.
    void list(const FeedBook& book, BookUpdate& window) const;

  private:
    [[nodiscard]] std::int64_t boundary(const LevelLadder& ladder) const;
    void advance_side(const LevelLadder& ladder, const LevelChanges& changes, std::int64_t& last,
                      std::vector<LevelUpdate>& updates) const;

    std::size_t depth_;
    // Rank of the last visible level; kWorstRank when every level is visible.
    std::int64_t last_bid_ = kWorstRank;
    std::int64_t last_ask_ = kWorstRank;
};

}  // namespace dcx::feed
