#include "feed/session_messages.h"

#include "feed/message_head.h"

namespace dcx::feed {

namespace {

std::string_view phase_name(Phase phase) { return phase == Phase::trading ? "trading" : "halted"; }

template <class Writer>
void write_instruments(Writer& writer, std::span<const Market* const> markets) {
    writer.array(markets.size());
    for (const Market* market : markets) {
        writer.map(6);
        writer.template key<"symbol">();
        writer.text(market->symbol());
        writer.template key<"base">();
        writer.text(market->base());
        writer.template key<"quote">();
        writer.text(market->quote());
        writer.template key<"tick_size">();
        writer.text(market->tick_size());
        writer.template key<"lot_size">();
        writer.text(market->lot_size());
        writer.template key<"phase">();
        writer.text(phase_name(market->phase()));
        writer.end_map();
    }
    writer.end_array();
}

template <class Writer>
void write_limits(Writer& writer, const ClientLimits& limits) {
    writer.map(7u + (limits.logins_per_key > 0 ? 1u : 0u));
    writer.template key<"message_bytes">();
    writer.number(std::uint64_t{limits.message_bytes});
    writer.template key<"subscriptions">();
    writer.number(std::uint64_t{limits.subscriptions});
    writer.template key<"requests_per_second">();
    writer.number(limits.requests_per_second);
    writer.template key<"request_burst">();
    writer.number(limits.request_burst);
    writer.template key<"output_bytes">();
    writer.number(std::uint64_t{limits.output_bytes});
    writer.template key<"flush_us">();
    writer.number(limits.flush_us);
    writer.template key<"connections_per_address">();
    writer.number(std::uint64_t{limits.connections_per_address});
    if (limits.logins_per_key > 0) {
        writer.template key<"logins_per_key">();
        writer.number(std::uint64_t{limits.logins_per_key});
    }
    writer.end_map();
}

std::span<const std::byte> encode_note(FrameBuffer& out, Format format, std::string_view type,
                                       const SubscriptionNote& note) {
    const Channel channel = note.key.channel;
    const std::size_t fields = 2u + (has_depth(channel) ? 1u : 0u) + (has_rate(channel) ? 1u : 0u) +
                               (has_interval(channel) ? 1u : 0u) + (note.resumed ? 1u : 0u);
    return encode_frame(out, format, [&](auto& writer) {
        begin_message(writer, type, note.id, fields);
        writer.template key<"channel">();
        writer.text(name_of(channel));
        writer.template key<"symbol">();
        writer.text(note.market.symbol());
        if (has_depth(channel)) {
            writer.template key<"depth">();
            writer.number(std::uint64_t{note.key.depth});
        }
        if (has_rate(channel)) {
            writer.template key<"rate">();
            writer.number(std::uint64_t{note.key.rate_ms});
        }
        if (has_interval(channel)) {
            writer.template key<"interval">();
            writer.text(kIntervalNames[interval_index(note.key.interval_s)]);
        }
        if (note.resumed) {
            writer.template key<"resumed">();
            writer.boolean(*note.resumed);
        }
        writer.end_map();
    });
}

template <class Writer>
void write_latency(Writer& writer, const LatencyHistogram& latency) {
    writer.map(5);
    writer.template key<"count">();
    writer.number(latency.count());
    writer.template key<"p50">();
    writer.number(latency.percentile_us(50));
    writer.template key<"p90">();
    writer.number(latency.percentile_us(90));
    writer.template key<"p99">();
    writer.number(latency.percentile_us(99));
    writer.template key<"max">();
    writer.number(latency.max_us());
    writer.end_map();
}

}  // namespace

std::span<const std::byte> encode_welcome(FrameBuffer& out, Format format, const Welcome& welcome) {
    return encode_frame(out, format, [&](auto& writer) {
        begin_message(writer, "welcome", {}, 7u + (welcome.challenge != nullptr ? 2u : 0u));
        writer.template key<"client_id">();
        writer.number(welcome.client_id);
        writer.template key<"epoch">();
        writer.number(welcome.epoch);
        writer.template key<"time">();
        writer.number(welcome.time_ns);
        writer.template key<"format">();
        writer.text(format == Format::json ? "json" : "msgpack");
        writer.template key<"heartbeat_ms">();
        writer.number(welcome.heartbeat_ms);
        writer.template key<"limits">();
        write_limits(writer, welcome.limits);
        writer.template key<"instruments">();
        write_instruments(writer, welcome.markets);
        if (welcome.challenge != nullptr) {
            writer.template key<"venue_id">();
            writer.text(to_hex(welcome.venue_id));
            writer.template key<"challenge">();
            writer.text(to_hex(*welcome.challenge));
        }
        writer.end_map();
    });
}

std::span<const std::byte> encode_instruments(FrameBuffer& out, Format format, const RequestId& id,
                                              std::span<const Market* const> markets) {
    return encode_frame(out, format, [&](auto& writer) {
        begin_message(writer, "instruments", id, 1);
        writer.template key<"instruments">();
        write_instruments(writer, markets);
        writer.end_map();
    });
}

std::span<const std::byte> encode_subscribed(FrameBuffer& out, Format format, const SubscriptionNote& note) {
    return encode_note(out, format, "subscribed", note);
}

std::span<const std::byte> encode_unsubscribed(FrameBuffer& out, Format format, const SubscriptionNote& note) {
    return encode_note(out, format, "unsubscribed", note);
}

std::span<const std::byte> encode_error(FrameBuffer& out, Format format, const RequestId& id, ErrorCode code,
                                        std::string_view message) {
    return encode_frame(out, format, [&](auto& writer) {
        begin_message(writer, "error", id, 2);
        writer.template key<"code">();
        writer.number(std::uint64_t{static_cast<std::uint16_t>(code)});
        writer.template key<"message">();
        writer.text(message);
        writer.end_map();
    });
}

std::span<const std::byte> encode_notice(FrameBuffer& out, Format format, std::string_view code,
                                         std::string_view message) {
    return encode_frame(out, format, [&](auto& writer) {
        begin_message(writer, "notice", {}, 2);
        writer.template key<"code">();
        writer.text(code);
        writer.template key<"message">();
        writer.text(message);
        writer.end_map();
    });
}

std::span<const std::byte> encode_heartbeat(FrameBuffer& out, Format format, const RequestId& id, std::int64_t time_ns,
                                            std::span<const ChannelPosition> positions,
                                            std::span<const PrivatePosition> private_positions) {
    return encode_frame(out, format, [&](auto& writer) {
        begin_message(writer, "heartbeat", id, 2);
        writer.template key<"time">();
        writer.number(time_ns);
        writer.template key<"channels">();
        writer.array(positions.size() + private_positions.size());
        for (const ChannelPosition& position : positions) {
            writer.map(3);
            writer.template key<"channel">();
            writer.text(name_of(position.channel));
            writer.template key<"symbol">();
            writer.text(position.market->symbol());
            writer.template key<"seq">();
            writer.number(position.seq);
            writer.end_map();
        }
        for (const PrivatePosition& position : private_positions) {
            writer.map(3);
            writer.template key<"channel">();
            writer.text(name_of(position.channel));
            writer.template key<"account">();
            writer.number(std::uint64_t{position.account.value});
            writer.template key<"seq">();
            writer.number(position.seq);
            writer.end_map();
        }
        writer.end_array();
        writer.end_map();
    });
}

std::span<const std::byte> encode_stats(FrameBuffer& out, Format format, const RequestId& id,
                                        const ClientStats& stats) {
    return encode_frame(out, format, [&](auto& writer) {
        begin_message(writer, "stats", id, 10);
        writer.template key<"client_id">();
        writer.number(stats.client_id);
        writer.template key<"connected_ms">();
        writer.number(stats.connected_ms);
        writer.template key<"messages">();
        writer.number(stats.messages);
        writer.template key<"bytes">();
        writer.number(stats.bytes);
        writer.template key<"received">();
        writer.number(stats.received);
        writer.template key<"queue_bytes">();
        writer.number(stats.queue_bytes);
        writer.template key<"subscriptions">();
        writer.number(stats.subscriptions);
        writer.template key<"conflations">();
        writer.number(stats.conflations);
        writer.template key<"skipped">();
        writer.number(stats.skipped);
        writer.template key<"latency_us">();
        write_latency(writer, stats.latency);
        writer.end_map();
    });
}

}  // namespace dcx::feed
