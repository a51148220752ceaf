// What `dcx watch` shows of a MarketPicture: a picture for a terminal, lines for a file, JSON lines for a program. Pure
// functions to text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "app/watch_picture.h"

namespace dcx::app {

struct PictureStyle {
    std::size_t levels = 10;  // a side
    bool color = false;       // ANSI
    bool unicode = false;     // bars of blocks instead of '#'
};

// What the picture itself does not know.
struct PictureStatus {
    double messages_per_second = 0;
    double trades_per_second = 0;
    std::string text;  // e.g. where it is connected to
};

// One line each, with '\n': three of headings, `levels` asks, the spread, `levels` bids, the status; beside the levels
// the last trades. The height is the same whatever the book holds.
[[nodiscard]] std::string ladder_text(const MarketPicture& picture, const PictureStatus& status,
                                      const PictureStyle& style);

// "14:02:11.123 book 1.2499 x 12.3000 | 1.2501 x 4.0000 spread 0.0002".
[[nodiscard]] std::string book_line(const MarketPicture& picture);
[[nodiscard]] std::string trade_line(const PictureTrade& trade);
// At the time of the message that told it: "14:02:11.123 bust  sell 12.5000 @ 1.2501  #2 of 14:01:10.456".
[[nodiscard]] std::string bust_line(const MarketPicture& picture, const PictureTrade& trade);
[[nodiscard]] std::string ticker_line(const MarketPicture& picture);

// The whole visible book, one trade (of type `bust` when it was taken back), the ticker.
[[nodiscard]] std::string book_json(const MarketPicture& picture);
[[nodiscard]] std::string trade_json(const MarketPicture& picture, const PictureTrade& trade);
[[nodiscard]] std::string ticker_json(const MarketPicture& picture);

// UTC, "14:02:11.123".
[[nodiscard]] std::string time_text(std::int64_t unix_ns);

}  // namespace dcx::app
