// The messages that belong to a connection, not to a channel. Each function encodes one whole frame into `out` and
// returns it; it is valid until `out` is used again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "feed/channel.h"
#include "feed/error_code.h"
#include "feed/frame_buffer.h"
#include "feed/latency_histogram.h"
#include "feed/market.h"
#include "feed/private_session.h"
#include "feed/request.h"

namespace dcx::feed {

// What one client may do, told in `welcome`.
struct ClientLimits {
    std::size_t message_bytes = 64 * 1024;  // of one request
    std::size_t subscriptions = 1000;
    // Requests refill at this rate up to the burst; what is above is refused.
    std::uint64_t requests_per_second = 50;
    std::uint64_t request_burst = 200;
    // Bytes that may wait for a slow reader before he is conflated or disconnected.
    std::size_t output_bytes = 1024 * 1024;
    // How long a message may wait for others, to leave with them.
    std::uint64_t flush_us = 0;
    // Of all that come from one address; 0: any number. The listener holds to it, here it is only told.
    std::size_t connections_per_address = 0;
    // Connections that have logged in with one key; 0: there are no private channels.
    std::size_t logins_per_key = 0;
};

struct Welcome {
    std::uint64_t client_id{};
    std::uint64_t epoch{};
    std::int64_t time_ns{};
    std::int64_t heartbeat_ms{};
    ClientLimits limits;
    std::span<const Market* const> markets;
    // With private channels: what a login signs.
    const Digest* challenge{};
    std::array<std::byte, 16> venue_id{};
};
std::span<const std::byte> encode_welcome(FrameBuffer& out, Format format, const Welcome& welcome);
std::span<const std::byte> encode_instruments(FrameBuffer& out, Format format, const RequestId& id,
                                              std::span<const Market* const> markets);

struct SubscriptionNote {
    const RequestId& id;
    const Market& market;
    VariantKey key;
    std::optional<bool> resumed;  // only when `from` was given
};
std::span<const std::byte> encode_subscribed(FrameBuffer& out, Format format, const SubscriptionNote& note);
std::span<const std::byte> encode_unsubscribed(FrameBuffer& out, Format format, const SubscriptionNote& note);

std::span<const std::byte> encode_error(FrameBuffer& out, Format format, const RequestId& id, ErrorCode code,
                                        std::string_view message);
std::span<const std::byte> encode_notice(FrameBuffer& out, Format format, std::string_view code,
                                         std::string_view message);

struct ChannelPosition {
    const Market* market{};
    Channel channel{};
    std::uint64_t seq{};
};
std::span<const std::byte> encode_heartbeat(FrameBuffer& out, Format format, const RequestId& id, std::int64_t time_ns,
                                            std::span<const ChannelPosition> positions,
                                            std::span<const PrivatePosition> private_positions = {});

struct ClientStats {
    std::uint64_t client_id{};
    std::uint64_t connected_ms{};
    std::uint64_t messages{};
    std::uint64_t bytes{};
    std::uint64_t received{};  // requests
    std::uint64_t queue_bytes{};
    std::uint64_t subscriptions{};
    std::uint64_t conflations{};      // times that the reader was behind and got a snapshot instead
    std::uint64_t skipped{};          // messages it was not sent because of that
    const LatencyHistogram& latency;  // from the event's log time to the connection's queue
};
std::span<const std::byte> encode_stats(FrameBuffer& out, Format format, const RequestId& id, const ClientStats& stats);

}  // namespace dcx::feed
