// What the feed counts, for /metrics. Plain numbers of one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "feed/channel.h"
#include "feed/delay_histogram.h"

namespace dcx::feed {

struct ChannelCounters {
    std::uint64_t encoded{};  // messages made, once for all subscribers of a variant and format
    std::uint64_t encoded_bytes{};
    std::uint64_t delivered{};  // messages queued to connections
    std::uint64_t delivered_bytes{};
    std::uint64_t conflations{};    // times that a slow reader got a snapshot instead
    std::uint64_t skipped{};        // messages they were not sent because of that
    std::uint64_t drops{};          // slow readers disconnected
    std::uint64_t subscriptions{};  // now
};

// Why an upgrade was refused.
enum class Refusal : std::uint8_t { starting, stopping, full, request };
inline constexpr std::array<std::string_view, 4> kRefusalNames{"starting", "stopping", "full", "request"};

struct FeedCounters {
    std::array<ChannelCounters, kChannels.size()> channels{};
    std::uint64_t events{};
    std::uint64_t resumes{};          // `from` answered by the missed messages
    std::uint64_t resumes_refused{};  // by a fresh snapshot
    std::uint64_t connections_opened{};
    std::array<std::uint64_t, kRefusalNames.size()> connections_refused{};
    std::uint64_t requests{};
    std::uint64_t errors{};
    std::uint64_t session_messages{};  // queued: welcome, acknowledgements, heartbeats, errors, ...
    std::uint64_t session_bytes{};
    std::uint64_t logins{};
    std::uint64_t logins_refused{};

    // Of each message delivered that is news: from its event's log time to its connection.
    DelayHistogram delay;

    ChannelCounters& of(Channel channel) { return channels[index_of(channel)]; }
    [[nodiscard]] const ChannelCounters& of(Channel channel) const { return channels[index_of(channel)]; }
};

}  // namespace dcx::feed
