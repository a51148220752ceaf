// The words of a subscription: channel, depth, rate, format.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dcx::feed {

enum class Channel : std::uint8_t { orderbook = 0, trades = 1, ticker = 2 };
inline constexpr std::array kChannels{Channel::orderbook, Channel::trades, Channel::ticker};
inline constexpr std::array<std::string_view, 3> kChannelNames{"orderbook", "trades", "ticker"};

enum class Format : std::uint8_t { json = 0, msgpack = 1 };
inline constexpr std::array kFormats{Format::json, Format::msgpack};

// Few fixed depths and rates, so that subscribers share encodings.
inline constexpr std::array<std::uint32_t, 9> kDepths{1, 5, 10, 20, 50, 100, 500, 1000, 5000};
inline constexpr std::uint32_t kDefaultDepth = 20;
inline constexpr std::array<std::uint32_t, 3> kRatesMs{0, 20, 100};
inline constexpr std::uint32_t kTickerRateMs = 100;
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

// What all subscribers of one sequence of messages have in common. Depth and rate are 0 but for the order book.
struct VariantKey {
    Channel channel{};
    std::uint32_t depth{};
    std::uint32_t rate_ms{};
    friend constexpr bool operator==(const VariantKey&, const VariantKey&) = default;
};

}  // namespace dcx::feed
