// VariantUse: a variant that readers use or may come back to, as one feed tells another of it (or itself, over its own
// end), so that a reader who comes there can go on from the sequence that he has.
//
// It works for chains that are a function of the log alone from any of their messages on: those told at once. At a
// conflated rate each feed has moments of its own, so there a reader gets a snapshot; as with tickers and best prices,
// of which each message says all.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "feed/channel.h"

namespace dcx::feed {

struct VariantUse {
    std::string symbol;
    VariantKey key;
    std::array<bool, kFormats.size()> formats{};
    std::uint64_t from{};      // a message of the chain, or its beginning: readers may have that one
    std::uint64_t last{};      // the newest of the chain when this was noted,
    std::uint64_t position{};  // which was behind this command

    friend bool operator==(const VariantUse&, const VariantUse&) = default;
};

[[nodiscard]] constexpr bool is_same_everywhere(const VariantKey& key) {
    switch (key.channel) {
        case Channel::orderbook:
        case Channel::trades:
        case Channel::orders: return key.rate_ms == 0;
        default: return false;
    }
}

}  // namespace dcx::feed
