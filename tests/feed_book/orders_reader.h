// OrdersReader: every resting order (L3), replayed as docs/protocols/feed.md says, with checks of what each action
// claims; and BboReader: the best of both sides.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "core/core.h"
#include "feed_book/channel_reader.h"
#include "feed_book/event_book.h"

namespace dcx::feed_book {

class OrdersReader final : public ChannelReader {
  public:
    OrdersReader(feed::Publisher& publisher, const feed::Market& market, feed::Format format);
    ~OrdersReader() override { leave(); }

    // Best price first, in queue order; and the levels that follow from it.
    [[nodiscard]] std::vector<EventBook::Order> orders(Side side) const;
    [[nodiscard]] std::vector<core::DepthLevel> levels(Side side) const;

  private:
    using Queue = std::vector<EventBook::Order>;
    // By rank: the smaller is the better price.
    using Queues = std::map<std::int64_t, Queue>;

    void take(const PlainValue& data, bool snapshot) override;
    void take_change(const PlainValue& change);
    void take_orders(const PlainValue& told, Side side);
    Queues& queues(Side side) { return side == Side::buy ? bids_ : asks_; }
    [[nodiscard]] const Queues& queues(Side side) const { return side == Side::buy ? bids_ : asks_; }

    Queues bids_;
    Queues asks_;
};

class BboReader final : public ChannelReader {
  public:
    BboReader(feed::Publisher& publisher, const feed::Market& market, std::uint32_t rate_ms, feed::Format format);
    ~BboReader() override { leave(); }

    // Of books whose sides are these, best first.
    [[nodiscard]] bool equals(std::span<const core::DepthLevel> bids, std::span<const core::DepthLevel> asks) const;

  private:
    void take(const PlainValue& data, bool snapshot) override;

    // Without a number of orders; empty or one.
    std::vector<core::DepthLevel> bid_;
    std::vector<core::DepthLevel> ask_;
};

}  // namespace dcx::feed_book
