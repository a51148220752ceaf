// dcx load feed: subscribers of a running feed, on one thread, that follow their chains and tell how many messages
// came, how late, and what was left out. Bounded in connections and time. Nothing of the venue is changed.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <string>

#include "app/commands.h"
#include "feed/channel.h"

namespace dcx::app {

struct FeedLoadOptions {
    ToolOptions tool;     // the venue's folder, for the feed's address
    std::string connect;  // ws://HOST:PORT[/PATH], of a feed whose folder is elsewhere
    std::uint32_t clients = 10;
    std::string format = "msgpack";
    std::string channel = "orderbook";
    std::string market = "DEC/USD";
    std::uint32_t depth = feed::kDefaultDepth;  // of the order book
    std::uint32_t rate_ms = 0;
    std::string interval = "1m";  // of candles
    std::uint32_t seconds = 5;
};
inline constexpr std::uint32_t kMaxFeedClients = 10'000;
inline constexpr std::uint32_t kMaxFeedSeconds = 3'600;

// Fails when the feed lets somebody not in, ends a connection, or leaves out what it does not tell; not for what it
// leaves out for slow readers and tells.
int load_feed(const FeedLoadOptions& options);

void add_load_feed(CLI::App& load, FeedLoadOptions& options, std::function<int()>& run);

}  // namespace dcx::app
