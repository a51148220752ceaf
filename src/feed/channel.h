// The words of a subscription: channel, depth, rate, format.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dcx::feed {

// Private ones need a login and are of an account, not of a symbol.
enum class Channel : std::uint8_t {
    orderbook = 0,
    trades = 1,
    ticker = 2,
    orders = 3,  // every resting order (L3)
    bbo = 4,
    candles = 5,
    executions = 6,  // private
    balances = 7,    // private
};
inline constexpr std::array kChannels{Channel::orderbook, Channel::trades,  Channel::ticker,     Channel::orders,
                                      Channel::bbo,       Channel::candles, Channel::executions, Channel::balances};
inline constexpr std::array<std::string_view, 8> kChannelNames{"orderbook", "trades",  "ticker",     "orders",
                                                               "bbo",       "candles", "executions", "balances"};
// A newer state says all: who is behind gets that. Else he is told, and disconnected.
constexpr bool is_conflatable(Channel channel) {
    return channel != Channel::trades && channel != Channel::executions && channel != Channel::balances;
}
// What "*" means, and what the bulk form without channels does.
inline constexpr std::array kPublicChannels{Channel::orderbook, Channel::trades, Channel::ticker,
                                            Channel::orders,    Channel::bbo,    Channel::candles};
inline constexpr std::array kFirstChannels{Channel::orderbook, Channel::trades, Channel::ticker};
constexpr bool is_private(Channel channel) { return channel == Channel::executions || channel == Channel::balances; }

enum class Format : std::uint8_t { json = 0, msgpack = 1 };
inline constexpr std::array kFormats{Format::json, Format::msgpack};

// Few fixed depths and rates, so that subscribers share encodings.
inline constexpr std::array<std::uint32_t, 9> kDepths{1, 5, 10, 20, 50, 100, 500, 1000, 5000};
inline constexpr std::uint32_t kDefaultDepth = 20;
inline constexpr std::array<std::uint32_t, 3> kRatesMs{0, 20, 100};
inline constexpr std::uint32_t kTickerRateMs = 100;
// Of candles, in seconds: 1s, 1m, 5m, 15m, 1h, 4h, 1d.
inline constexpr std::array<std::uint32_t, 7> kIntervals{1, 60, 300, 900, 3'600, 14'400, 86'400};
inline constexpr std::array<std::string_view, 7> kIntervalNames{"1s", "1m", "5m", "15m", "1h", "4h", "1d"};
inline constexpr std::uint32_t kDefaultInterval = 60;
inline constexpr std::size_t kTradesInSnapshot = 100;
inline constexpr std::size_t kChecksumLevels = 10;

constexpr std::size_t index_of(Channel channel) { return static_cast<std::size_t>(channel); }
constexpr std::size_t index_of(Format format) { return static_cast<std::size_t>(format); }
constexpr std::string_view name_of(Channel channel) { return kChannelNames[index_of(channel)]; }
constexpr std::optional<Channel> channel_named(std::string_view name) {
    for (const Channel channel : kChannels)
        if (name_of(channel) == name) return channel;
    return std::nullopt;
}
constexpr bool is_depth(std::uint64_t depth) { return std::ranges::find(kDepths, depth) != kDepths.end(); }
// The rate's place in kRatesMs.
constexpr std::optional<std::size_t> rate_index(std::uint64_t rate_ms) {
    const auto found = std::ranges::find(kRatesMs, rate_ms);
    if (found == kRatesMs.end()) return std::nullopt;
    return static_cast<std::size_t>(found - kRatesMs.begin());
}

// The interval's place in kIntervals.
constexpr std::optional<std::size_t> interval_named(std::string_view name) {
    for (std::size_t place = 0; place < kIntervalNames.size(); ++place)
        if (kIntervalNames[place] == name) return place;
    return std::nullopt;
}
constexpr std::size_t interval_index(std::uint32_t interval_s) {
    return static_cast<std::size_t>(std::ranges::find(kIntervals, interval_s) - kIntervals.begin());
}
// Which fields a subscription to a channel has beside symbol and `from`.
constexpr bool has_depth(Channel channel) { return channel == Channel::orderbook; }
constexpr bool has_rate(Channel channel) { return channel == Channel::orderbook || channel == Channel::bbo; }
constexpr bool has_interval(Channel channel) { return channel == Channel::candles; }

// What all subscribers of one sequence of messages have in common. 0 where the channel has no such field.
struct VariantKey {
    Channel channel{};
    std::uint32_t depth{};
    std::uint32_t rate_ms{};
    std::uint32_t interval_s{};
    friend constexpr bool operator==(const VariantKey&, const VariantKey&) = default;
};

}  // namespace dcx::feed
