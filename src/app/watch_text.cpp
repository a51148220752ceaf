#include "app/watch_text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

namespace dcx::app {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kBarWidth = 12;
constexpr std::size_t kPriceWidth = 12;
constexpr std::size_t kQuantityWidth = 16;
constexpr std::size_t kOrdersWidth = 5;
constexpr std::int64_t kNsPerMs = 1'000'000;

std::string right(std::string_view text, std::size_t width) {
    std::string result(text.size() < width ? width - text.size() : 0, ' ');
    return result.append(text);
}

std::string fixed(double value, int decimals) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", decimals, value);
    return text;
}

class Ladder {
  public:
    Ladder(const MarketPicture& picture, const PictureStatus& status, const PictureStyle& style)
        : p_(picture), status_(status), style_(style), bids_(picture.bids()), asks_(picture.asks()) {
        bids_.resize(std::min(bids_.size(), style.levels));
        asks_.resize(std::min(asks_.size(), style.levels));
        for (const auto* side : {&bids_, &asks_})
            for (const PictureLevel& level : *side) largest_ = std::max(largest_, level.quantity);
    }

    std::string draw() {
        heading();
        // The worst ask on top; where there are fewer, the best ones stay next to the spread.
        for (std::size_t row = style_.levels; row > 0; --row) level_row(asks_, row - 1, "31");
        line(paint(spread(), "1"));
        for (std::size_t row = 0; row < style_.levels; ++row) level_row(bids_, row, "32");
        line(paint(foot(), "2"));
        return std::move(out_);
    }

  private:
    [[nodiscard]] std::string paint(std::string text, std::string_view code) const {
        if (!style_.color || text.empty()) return text;
        return "\x1b[" + std::string(code) + "m" + text + "\x1b[0m";
    }
    void line(std::string_view text) {
        const std::size_t last = text.find_last_not_of(' ');
        out_.append(text.substr(0, last == text.npos ? 0 : last + 1));
        out_ += '\n';
    }

    void heading() {
        std::string first = p_.symbol();
        if (!p_.phase().empty()) first += "  " + p_.phase();
        std::string second = "24 h";
        if (const auto& ticker = p_.ticker(); ticker && !ticker->last.empty()) {
            first += "   last " + ticker->last + "   " + change(*ticker);
            second += "  low " + ticker->low + "   high " + ticker->high + "   volume " + ticker->volume + " " +
                      p_.base() + " = " + ticker->quote_volume + " " + p_.quote() + "   trades " +
                      std::to_string(ticker->trades);
        } else {
            second += "  no trades";
        }
        line(paint(first, "1"));
        line(second);
        line(paint(right("price", kPriceWidth) + right("quantity", kQuantityWidth) + right("n", kOrdersWidth) +
                       std::string(kBarWidth + 3, ' ') + "last trades",
                   "2"));
    }

    static std::string change(const PictureTicker& ticker) {
        const double open = std::strtod(ticker.open.c_str(), nullptr);
        const double last = std::strtod(ticker.last.c_str(), nullptr);
        if (!(open > 0)) return {};
        const double percent = (last - open) / open * 100;
        return (percent < 0 ? "" : "+") + fixed(percent, 2) + " %";
    }

    void level_row(const std::vector<PictureLevel>& side, std::size_t place, std::string_view code) {
        const std::size_t width = kPriceWidth + kQuantityWidth + kOrdersWidth + kBarWidth + 1;
        std::string row;
        if (place < side.size()) {
            const PictureLevel& level = side[place];
            row = paint(right(p_.price_text(level.price), kPriceWidth), code) +
                  right(p_.quantity_text(level.quantity), kQuantityWidth) +
                  right(std::to_string(level.orders), kOrdersWidth) + " " + paint(bar(level.quantity), code) +
                  std::string(kBarWidth - bar_length(level.quantity), ' ');
        } else {
            row = std::string(width, ' ');
        }
        line(row + "  " + next_trade());
    }

    [[nodiscard]] std::size_t bar_length(std::int64_t quantity) const {
        if (largest_ == 0) return 0;
        const double part = static_cast<double>(quantity) / static_cast<double>(largest_);
        return std::clamp<std::size_t>(static_cast<std::size_t>(std::lround(part * static_cast<double>(kBarWidth))), 1,
                                       kBarWidth);
    }
    [[nodiscard]] std::string bar(std::int64_t quantity) const {
        std::string text;
        for (std::size_t i = 0; i < bar_length(quantity); ++i) text += style_.unicode ? "\u2588" : "#";
        return text;
    }

    [[nodiscard]] std::string next_trade() {
        if (trade_ >= p_.trades().size()) return {};
        const PictureTrade& trade = p_.trades()[trade_++];
        const bool buy = trade.side == "buy";
        return time_text(trade.time) + " " + paint(buy ? "buy " : "sell", buy ? "32" : "31") +
               right(trade.price, kPriceWidth) + right(trade.quantity, kQuantityWidth) +
               (trade.busted ? paint("  busted", "1") : "");
    }

    [[nodiscard]] std::string spread() const {
        if (!p_.has_book()) return "    waiting for a snapshot of the book";
        if (bids_.empty() || asks_.empty()) return "    no spread: one side is empty";
        const std::int64_t ticks = asks_.front().price - bids_.front().price;
        const double middle = static_cast<double>(asks_.front().price + bids_.front().price) / 2;
        return "    spread " + p_.price_text(ticks) + " (" + fixed(static_cast<double>(ticks) / middle * 10'000, 2) +
               " bp)";
    }

    [[nodiscard]] std::string foot() const {
        return fixed(status_.messages_per_second, 1) + " messages/s   " + fixed(status_.trades_per_second, 1) +
               " trades/s   seq " + std::to_string(p_.seq()) + "   gaps " + std::to_string(p_.gaps()) + "   " +
               status_.text;
    }

    const MarketPicture& p_;
    const PictureStatus& status_;
    const PictureStyle& style_;
    std::vector<PictureLevel> bids_;
    std::vector<PictureLevel> asks_;
    std::int64_t largest_ = 0;
    std::size_t trade_ = 0;
    std::string out_;
};

Json levels_json(const MarketPicture& picture, const std::vector<PictureLevel>& levels) {
    Json result = Json::array();
    for (const PictureLevel& level : levels)
        result.push_back({picture.price_text(level.price), picture.quantity_text(level.quantity), level.orders});
    return result;
}

std::string trade_text(const PictureTrade& trade) {
    return trade.side + " " + trade.quantity + " @ " + trade.price + "  #" + std::to_string(trade.id);
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

}  // namespace

std::string ladder_text(const MarketPicture& picture, const PictureStatus& status, const PictureStyle& style) {
    return Ladder(picture, status, style).draw();
}

std::string time_text(std::int64_t unix_ns) {
    const std::int64_t ms = unix_ns / kNsPerMs % 86'400'000;
    char text[32];
    std::snprintf(text, sizeof text, "%02d:%02d:%02d.%03d", static_cast<int>(ms / 3'600'000),
                  static_cast<int>(ms / 60'000 % 60), static_cast<int>(ms / 1000 % 60), static_cast<int>(ms % 1000));
    return text;
}

std::string book_line(const MarketPicture& picture) {
    const auto best = [&](const std::vector<PictureLevel>& side) {
        if (side.empty()) return std::string{"none"};
        return picture.price_text(side.front().price) + " x " + picture.quantity_text(side.front().quantity);
    };
    const auto bids = picture.bids();
    const auto asks = picture.asks();
    std::string text = time_text(picture.time()) + " book  " + best(bids) + " | " + best(asks);
    if (!bids.empty() && !asks.empty())
        text += "  spread " + picture.price_text(asks.front().price - bids.front().price);
    return text;
}

std::string trade_line(const PictureTrade& trade) { return time_text(trade.time) + " trade " + trade_text(trade); }

std::string bust_line(const MarketPicture& picture, const PictureTrade& trade) {
    return time_text(picture.time()) + " bust  " + trade_text(trade) + " of " + time_text(trade.time);
}

std::string ticker_line(const MarketPicture& picture) {
    const PictureTicker ticker = picture.ticker().value_or(PictureTicker{});
    const std::string head = time_text(ticker.time) + " 24 h  ";
    if (ticker.last.empty()) return head + "no trades";
    return head + "last " + ticker.last + " low " + ticker.low + " high " + ticker.high + " volume " + ticker.volume +
           " " + picture.base() + " trades " + std::to_string(ticker.trades);
}

std::string book_json(const MarketPicture& picture) {
    return Json{{"type", "book"},
                {"symbol", picture.symbol()},
                {"seq", picture.seq()},
                {"time", picture.time()},
                {"bids", levels_json(picture, picture.bids())},
                {"asks", levels_json(picture, picture.asks())}}
        .dump();
}

std::string trade_json(const MarketPicture& picture, const PictureTrade& trade) {
    return Json{{"type", trade.busted ? "bust" : "trade"},
                {"symbol", picture.symbol()},
                {"id", trade.id},
                {"price", trade.price},
                {"quantity", trade.quantity},
                {"side", trade.side},
                {"time", trade.time}}
        .dump();
}

std::string ticker_json(const MarketPicture& picture) {
    const PictureTicker ticker = picture.ticker().value_or(PictureTicker{});
    return Json{{"type", "ticker"},
                {"symbol", picture.symbol()},
                {"time", ticker.time},
                {"last", text_or_null(ticker.last)},
                {"open", text_or_null(ticker.open)},
                {"high", text_or_null(ticker.high)},
                {"low", text_or_null(ticker.low)},
                {"volume", text_or_null(ticker.volume)},
                {"quote_volume", text_or_null(ticker.quote_volume)},
                {"trades", ticker.trades}}
        .dump();
}

}  // namespace dcx::app
