#include "feed_book/followed_core.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace dcx::feed_book {

namespace {

constexpr std::size_t kAllLevels = 1'000'000;
constexpr std::int64_t kMs = 1'000'000;
// Longer than the slowest rate.
constexpr std::int64_t kPauseNs = 101 * kMs;

bool same(const feed::LevelLadder& ladder, const std::vector<core::DepthLevel>& expected) {
    if (ladder.size() != expected.size()) return false;
    for (std::size_t place = 0; place < expected.size(); ++place) {
        const feed::Level& level = ladder[place];
        if (level.price != expected[place].price || level.quantity != expected[place].quantity ||
            level.orders != expected[place].orders)
            return false;
    }
    return true;
}

}  // namespace

FollowedCore::FollowedCore(const Options& options)
    : options_(options), random_(options.seed), core_(memory_), buffer_(64) {
    start_feed();
}

FollowedCore::Sides FollowedCore::of_core(InstrumentId market) const {
    return {.bids = core_.depth(market, Side::buy, kAllLevels), .asks = core_.depth(market, Side::sell, kAllLevels)};
}

// From what the core tells a fresh reader.
void FollowedCore::start_feed() {
    met_ = met();
    readers_.clear();
    publisher_ = std::make_unique<feed::Publisher>(feed::Publisher::Options{.replay_bytes = 64 * 1024});
    plain_ = {};
    EventBuffer told(64);
    core::RestoreCursor cursor;
    for (bool complete = false; !complete;) {
        told.clear();
        complete = core_.restore(cursor, told.writer(), 64);
        for (const Event& event : told.events()) follow(event);
    }
    if (!publisher_->ready()) FAIL("the feed does not start");
    publisher_->tick(now_ns_);
    subscribe_to_new_markets();
}

void FollowedCore::follow(const Event& event) {
    publisher_->apply(event);
    if (!options_.by_event) return;
    const auto market = plain_.apply(event);
    if (!market) return;
    ++met_.book_events;
    const Sides expected{.bids = plain_.levels(*market, Side::buy), .asks = plain_.levels(*market, Side::sell)};
    check_levels(*publisher_->markets()[market->value - 1], expected);
}

std::span<const Event> FollowedCore::apply(const Command& command) {
    buffer_.clear();
    const bool started = core_.started();
    core_.apply(command, buffer_.writer());
    if (!started && core_.started()) {
        // The buffer holds what one command can make, which genesis has fixed.
        const std::vector<Event> events(buffer_.events().begin(), buffer_.events().end());
        buffer_ = EventBuffer(core_.max_events_per_command());
        for (const Event& event : events) buffer_.writer().append() = event;
    }
    for (const Event& event : buffer_.events()) follow(event);
    ++commands_;
    publisher_->flush();
    subscribe_to_new_markets();
    if (!options_.by_command) return buffer_.events();
    check_command();
    if (options_.restarts && random_.below(2'000) == 0) {
        ++met_.restarts;
        start_feed();
        check_command();
    }
    return buffer_.events();
}

void FollowedCore::check_levels(const feed::Market& market, const Sides& expected) {
    const feed::FeedBook& book = market.book();
    if (!same(book.bids(), expected.bids) || !same(book.asks(), expected.asks))
        FAIL("the book of " << market.symbol() << " differs after command " << commands_);
    for (const std::size_t depth : {1u, 5u, 10u})
        if (book.checksum(depth) != plain_checksum(expected.bids, expected.asks, depth))
            FAIL("the checksum of " << market.symbol() << " at depth " << depth << " differs after command "
                                    << commands_);
    met_.levels_max = std::max({met_.levels_max, expected.bids.size(), expected.asks.size()});
}

void FollowedCore::check_orders(const feed::Market& market) {
    const feed::FeedBook& book = market.book();
    for (const Side side : {Side::buy, Side::sell}) {
        std::vector<EventBook::Order> orders;
        for (std::size_t place = 0; place < book.side(side).size(); ++place) {
            std::uint32_t hint = feed::kNoNode;
            book.each_order_after(book.side(side)[place], 0, hint, [&](const feed::FeedBook::Resting& order) {
                orders.push_back({.id = order.id, .leaves = order.leaves});
                return true;
            });
        }
        if (orders != plain_.orders(market.id(), side))
            FAIL("the orders of " << market.symbol() << " differ after command " << commands_);
    }
}

void FollowedCore::check_command() {
    // Conflated windows stand at the present right after a tick at which they were due.
    const bool pause = random_.chance(5);
    if (pause) publisher_->tick(now_ns_ += kPauseNs);
    std::size_t orders = 0;
    for (const feed::Market* market : publisher_->markets()) {
        const Sides expected = of_core(market->id());
        check_levels(*market, expected);
        if (options_.by_event) check_orders(*market);
        orders += market->book().order_count();
        check_readers(*market, expected, pause);
    }
    if (orders != core_.open_orders()) FAIL("the counts of orders differ after command " << commands_);
    if (random_.chance(10)) disturb_readers();
}

void FollowedCore::check_readers(const feed::Market& market, const Sides& expected, bool paused) {
    const MarketReaders& readers = readers_[market.id().value - 1];
    const auto is_now = [&](const ChannelReader& reader) { return reader.there() && (paused || !reader.conflates()); };
    const auto require = [&](bool good, const char* what) {
        if (!good) FAIL(what << " of " << market.symbol() << " differ after command " << commands_);
    };
    for (const auto& window : readers.windows)
        if (is_now(*window)) require(window->equals(expected.bids, expected.asks), "a window's levels");
    for (const auto& bbo : readers.bbos)
        if (is_now(*bbo)) require(bbo->equals(expected.bids, expected.asks), "the best prices");
    for (const auto& orders : readers.orders) {
        if (!is_now(*orders)) continue;
        require(orders->levels(Side::buy) == expected.bids, "the levels of all bids");
        require(orders->levels(Side::sell) == expected.asks, "the levels of all asks");
        if (!options_.by_event) continue;
        for (const Side side : {Side::buy, Side::sell})
            require(orders->orders(side) == plain_.orders(market.id(), side), "the queues");
    }
}

void FollowedCore::subscribe_to_new_markets() {
    while (readers_.size() < publisher_->markets().size()) subscribe_to(*publisher_->markets()[readers_.size()]);
}

void FollowedCore::subscribe_to(const feed::Market& market) {
    MarketReaders& readers = readers_.emplace_back();
    const auto format = [&] { return random_.chance(50) ? feed::Format::json : feed::Format::msgpack; };
    const auto add = [&](auto& of, auto reader) {
        readers.all.push_back(reader.get());
        of.push_back(std::move(reader));
    };
    const auto window = [&](std::uint32_t depth, std::uint32_t rate_ms) {
        add(readers.windows, std::make_unique<WindowReader>(*publisher_, market, depth, rate_ms, format()));
    };
    for (const std::uint32_t depth : feed::kDepths) window(depth, 0);
    for (const std::uint32_t rate_ms : {20u, 100u}) {
        window(feed::kDepths[random_.below(feed::kDepths.size())], rate_ms);
        window(1, rate_ms);
    }
    for (const std::uint32_t rate_ms : feed::kRatesMs)
        add(readers.bbos, std::make_unique<BboReader>(*publisher_, market, rate_ms, format()));
    // Books of the deep run are told in parts, of which each is only a beginning.
    if (options_.by_event) add(readers.orders, std::make_unique<OrdersReader>(*publisher_, market, format()));
}

// One leaves, comes back, or both at once. Everything was flushed, and nothing is pending for those who do not
// conflate.
void FollowedCore::disturb_readers() {
    if (readers_.empty()) return;
    auto& readers = readers_[random_.below(readers_.size())].all;
    ChannelReader& reader = *readers[random_.below(readers.size())];
    if (reader.there() && random_.chance(50))
        reader.leave();
    else
        reader.come_back(random_.chance(70));
}

void FollowedCore::Met::add(const Met& other) {
    book_events += other.book_events;
    messages += other.messages;
    resumes += other.resumes;
    restarts += other.restarts;
    levels_max = std::max(levels_max, other.levels_max);
}

FollowedCore::Met FollowedCore::met() const {
    Met met = met_;
    for (const auto& readers : readers_)
        for (const ChannelReader* reader : readers.all) {
            met.messages += reader->messages();
            met.resumes += reader->resumes();
        }
    return met;
}

}  // namespace dcx::feed_book
