#include "app/history_store.h"

#include "app/decimals.h"
#include "model/command.h"

namespace dcx::app {

std::expected<history::Day, std::string> prune_day(const std::string& text, Time stored) {
    const auto time = parse_utc(text + "T00:00:00Z");
    // The calendar of the system takes the 30th of February for a day in March.
    if (!time || utc_text(*time).substr(0, 10) != text)
        return std::unexpected("\"" + text + "\" is no day as 2026-11-28");
    if (history::day_of(*time) > history::day_of(stored)) return std::unexpected(text + " lies behind what is stored");
    // A trade that is taken back changes its candles, which are then made again of the trades of its second.
    if (time->value > stored.value - kBustWindowNs)
        return std::unexpected(text + " would take trades that can still be taken back: wait a quarter of an hour");
    return history::day_of(*time);
}

}  // namespace dcx::app
