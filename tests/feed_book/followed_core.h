// FollowedCore: a core and the feed that follows it, with readers of many windows of every market. After every event
// the feed's books equal plain ones, after every command the core's, and so do all windows, checksums and tickers; from
// time to time a feed that starts now takes the place of the one that is there. Each difference ends the test.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/memory.h"
#include "base/random.h"
#include "core/core.h"
#include "feed/publisher.h"
#include "feed_book/event_book.h"
#include "feed_book/orders_reader.h"
#include "feed_book/window_reader.h"
#include "model/event_writer.h"

namespace dcx::feed_book {

class FollowedCore {
  public:
    struct Options {
        std::uint64_t seed = 1;
        bool restarts = true;  // of the feed
        bool by_event =
            true;  // compares after every event with the plain book, whose steps take as long as it is large
        bool by_command = true;  // compares after every command with the core
    };
    explicit FollowedCore(const Options& options);

    void look_at_every_command() { options_.by_command = true; }
    // The command's events.
    std::span<const Event> apply(const Command& command);

    [[nodiscard]] const core::Core& core() const { return core_; }
    // What the run met.
    struct Met {
        std::uint64_t book_events = 0;
        std::uint64_t messages = 0;
        std::uint64_t resumes = 0;
        std::uint64_t restarts = 0;
        std::size_t levels_max = 0;

        void add(const Met& other);
    };
    [[nodiscard]] Met met() const;

  private:
    struct Sides {
        std::vector<core::DepthLevel> bids;
        std::vector<core::DepthLevel> asks;
    };
    struct MarketReaders {
        std::vector<std::unique_ptr<WindowReader>> windows;
        std::vector<std::unique_ptr<OrdersReader>> orders;
        std::vector<std::unique_ptr<BboReader>> bbos;
        std::vector<ChannelReader*> all;
    };
    void start_feed();
    void follow(const Event& event);
    void check_levels(const feed::Market& market, const Sides& expected);
    void check_orders(const feed::Market& market);
    void check_readers(const feed::Market& market, const Sides& expected, bool paused);
    void subscribe_to(const feed::Market& market);
    void check_command();
    void subscribe_to_new_markets();
    void disturb_readers();
    [[nodiscard]] Sides of_core(InstrumentId market) const;

    Options options_;
    Random random_;
    HeapMemory memory_;
    core::Core core_;
    EventBuffer buffer_;
    EventBook plain_;
    std::unique_ptr<feed::Publisher> publisher_;
    std::vector<MarketReaders> readers_;  // by market
    std::int64_t now_ns_ = 1'000'000'000'000;
    std::uint64_t commands_ = 0;
    Met met_;
};

}  // namespace dcx::feed_book
