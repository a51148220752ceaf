// MarketPicture: one market as the JSON feed tells it: book, last trades, ticker. The book is kept from a snapshot and
// the updates behind it; each update must follow the one before it (prev, seq) and each message's checksum must be that
// of the book it makes, else the book is forgotten until the next snapshot and the caller asks for one. Any text may
// come in: apply() does not throw. One thread; bounded by the subscribed depth and kTradesKept.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dcx::client {
struct MirrorBook;
}

namespace dcx::app {

inline constexpr std::size_t kPictureDepth = 10;
inline constexpr std::size_t kTradesKept = 100;

struct PictureLevel {
    std::int64_t price{};     // in ticks
    std::int64_t quantity{};  // in lots
    std::uint32_t orders{};
};
struct PictureTrade {
    std::uint64_t id{};
    std::string price;
    std::string quantity;
    std::string side;  // of the taker
    std::int64_t time{};
    bool busted = false;  // taken back
};
// Texts as the feed writes them; empty where there is none.
struct PictureTicker {
    std::string last, open, high, low, volume, quote_volume;
    std::uint64_t trades{};
    std::int64_t time{};
};

enum class Applied : std::uint8_t {
    nothing,  // heartbeat, answer to a request
    welcome,  // the market is known: subscribe now
    unknown_market,
    book,
    trades,
    ticker,
    gap,     // gap_channel() must be asked for again
    notice,  // error() has the text
    failed,  // the feed refused something or speaks another language; error() says what
};

class MarketPicture {
  public:
    explicit MarketPicture(std::string symbol) : symbol_(std::move(symbol)) {}

    Applied apply(std::string_view message);
    // A state of the book mirror instead of messages. A new last trade is a new trade; none is the first time.
    void show(const client::MirrorBook& book, std::uint64_t epoch);
    // The connection is gone: what it told is as old as it is, and the next one begins with snapshots.
    void disconnected();

    // A request about one channel of the market; type: "subscribe" or "unsubscribe".
    [[nodiscard]] std::string request(std::string_view type, std::string_view channel) const;

    [[nodiscard]] const std::string& symbol() const { return symbol_; }
    [[nodiscard]] const std::vector<std::string>& known_markets() const { return known_markets_; }
    [[nodiscard]] const std::string& phase() const { return phase_; }
    [[nodiscard]] const std::string& base() const { return base_; }
    [[nodiscard]] const std::string& quote() const { return quote_; }

    // Best first.
    [[nodiscard]] std::vector<PictureLevel> bids() const { return levels(bids_); }
    [[nodiscard]] std::vector<PictureLevel> asks() const { return levels(asks_); }
    [[nodiscard]] std::string price_text(std::int64_t ticks) const { return unit_text(ticks, tick_); }
    [[nodiscard]] std::string quantity_text(std::int64_t lots) const { return unit_text(lots, lot_); }
    // Newest first.
    [[nodiscard]] const std::deque<PictureTrade>& trades() const { return trades_; }
    // How many trades the last message brought, at the front of trades(); 0 when it was a snapshot.
    [[nodiscard]] std::size_t new_trades() const { return new_trades_; }
    // Those that the last message told to be busted; none when it was a snapshot. In trades() they are marked.
    [[nodiscard]] const std::vector<PictureTrade>& new_busts() const { return new_busts_; }
    [[nodiscard]] const std::optional<PictureTicker>& ticker() const { return ticker_; }

    [[nodiscard]] std::uint64_t seq() const { return chains_[0].seq; }
    [[nodiscard]] std::uint64_t epoch() const { return chains_[0].epoch; }
    [[nodiscard]] std::int64_t time() const { return time_; }  // log time of the last data message, ns since 1970
    [[nodiscard]] bool has_book() const { return chains_[0].whole; }
    [[nodiscard]] std::uint64_t gaps() const { return gaps_; }

    [[nodiscard]] std::string_view gap_channel() const { return gap_channel_; }
    [[nodiscard]] const std::string& error() const { return error_; }

  private:
    // Nothing of the JSON library in this header: it is costly to compile.
    class Reader;
    friend class Reader;

    struct Unit {
        std::int64_t mantissa = 1;
        unsigned scale = 0;
    };
    struct Chain {
        std::uint64_t epoch{};
        std::uint64_t seq{};
        bool whole = false;  // a snapshot and every message since
    };
    using Book = std::map<std::int64_t, PictureLevel>;  // by price, asks ascending, bids by minus price

    [[nodiscard]] static std::vector<PictureLevel> levels(const Book& side);
    [[nodiscard]] static std::string unit_text(std::int64_t units, const Unit& unit);
    [[nodiscard]] std::uint32_t checksum() const;

    std::string symbol_;
    std::vector<std::string> known_markets_;
    std::string phase_, base_, quote_;
    Unit tick_, lot_;
    std::array<Chain, 3> chains_;  // orderbook, trades, ticker
    Book bids_, asks_;
    std::deque<PictureTrade> trades_;
    std::size_t new_trades_ = 0;
    std::vector<PictureTrade> new_busts_;
    std::optional<PictureTicker> ticker_;
    std::int64_t time_ = 0;
    std::uint64_t gaps_ = 0;
    std::string_view gap_channel_;
    std::string error_;
};

}  // namespace dcx::app
