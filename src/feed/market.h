// Market: everything the feed knows of one instrument, made from events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "feed/candles.h"
#include "feed/channel.h"
#include "feed/decimal_format.h"
#include "feed/feed_book.h"
#include "feed/message_heads.h"
#include "feed/ticker_window.h"
#include "feed/trade.h"
#include "model/event.h"

namespace dcx::feed {

// The last trades, oldest first.
class RecentTrades {
  public:
    void add(const Trade& trade) {
        if (trades_.size() == kTradesInSnapshot) trades_.pop_front();
        trades_.push_back(trade);
    }
    // When it is still there.
    void remove(TradeId id) {
        std::erase_if(trades_, [&](const Trade& trade) { return trade.id == id; });
    }
    [[nodiscard]] std::size_t size() const { return trades_.size(); }
    [[nodiscard]] const Trade& operator[](std::size_t place) const { return trades_[place]; }
    void list(std::vector<Trade>& out) const { out.assign(trades_.begin(), trades_.end()); }

  private:
    std::deque<Trade> trades_;
};

// The best of both sides; a price of 0 means that the side is empty.
struct Bbo {
    Price bid{};
    Quantity bid_quantity{};
    Price ask{};
    Quantity ask_quantity{};
    friend bool operator==(const Bbo&, const Bbo&) = default;
};

// Constant size; prices of 0 mean that there is none.
struct Ticker {
    Price last{};
    TickerWindow::Totals day{};
    Price bid{};
    Quantity bid_quantity{};
    Price ask{};
    Quantity ask_quantity{};
    friend bool operator==(const Ticker&, const Ticker&) = default;
};

class Market {
  public:
    Market(const InstrumentListed& listing, std::string base, std::string quote);

    [[nodiscard]] InstrumentId id() const { return id_; }
    [[nodiscard]] const std::string& symbol() const { return symbol_; }
    [[nodiscard]] const std::string& base() const { return base_; }
    [[nodiscard]] const std::string& quote() const { return quote_; }
    [[nodiscard]] const std::string& tick_size() const { return tick_size_; }
    [[nodiscard]] const std::string& lot_size() const { return lot_size_; }
    [[nodiscard]] Phase phase() const { return phase_; }
    [[nodiscard]] const MessageHeads& heads() const { return heads_; }
    [[nodiscard]] const DecimalFormat& price_format() const { return price_format_; }
    [[nodiscard]] const DecimalFormat& quantity_format() const { return quantity_format_; }
    // Of sums of lots, and of ticks times lots.
    [[nodiscard]] const DecimalFormat& volume_format() const { return volume_format_; }
    [[nodiscard]] const DecimalFormat& notional_format() const { return notional_format_; }

    void set_phase(Phase phase) { phase_ = phase; }
    [[nodiscard]] FeedBook& book() { return book_; }
    [[nodiscard]] const FeedBook& book() const { return book_; }
    void add_trade(const Trade& trade);
    // Takes it back; book and last trade stay.
    void bust_trade(const Trade& trade, Time now);
    // The newest, busted since or not; of one before the start only the price is known, which is 0 when there was none.
    [[nodiscard]] const Trade& last_trade() const { return last_trade_; }
    // Those that stand, and those that were taken back (in the order of that).
    [[nodiscard]] const RecentTrades& trades() const { return trades_; }
    [[nodiscard]] const RecentTrades& busted() const { return busted_; }
    [[nodiscard]] Bbo bbo() const;
    [[nodiscard]] Candles& candles() { return candles_; }
    // The ticker at this log time, which never goes back.
    [[nodiscard]] Ticker ticker(Time now);

  private:
    InstrumentId id_;
    std::string symbol_;
    std::string base_;
    std::string quote_;
    std::string tick_size_;
    std::string lot_size_;
    MessageHeads heads_;
    DecimalFormat price_format_;
    DecimalFormat quantity_format_;
    DecimalFormat volume_format_;
    DecimalFormat notional_format_;
    Phase phase_;
    Trade last_trade_;
    FeedBook book_;
    RecentTrades trades_;
    RecentTrades busted_;
    TickerWindow window_;
    Candles candles_;
};

}  // namespace dcx::feed
