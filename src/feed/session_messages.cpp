#include "feed/session_messages.h"

#include <variant>

namespace dcx::feed {

namespace {

// Opens the map of a message of `fields` fields beside type and id.
template <class Writer>
void begin_message(Writer& writer, std::string_view type, const RequestId& id, std::size_t fields) {
    const bool has_id = !std::holds_alternative<std::monostate>(id);
    writer.map(fields + (has_id ? 2 : 1));
    writer.template key<"type">();
    writer.text(type);
    if (!has_id) return;
    writer.template key<"id">();
    if (const auto* text = std::get_if<std::string>(&id))
        writer.text(*text);
    else if (const auto* negative = std::get_if<std::int64_t>(&id))
        writer.number(*negative);
    else
        writer.number(std::get<std::uint64_t>(id));
}

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
    writer.map(5);
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
    writer.end_map();
}

std::span<const std::byte> encode_note(FrameBuffer& out, Format format, std::string_view type,
                                       const SubscriptionNote& note) {
    const bool book = note.key.channel == Channel::orderbook;
    return encode_frame(out, format, [&](auto& writer) {
        begin_message(writer, type, note.id, 2u + (book ? 2u : 0u) + (note.resumed ? 1u : 0u));
        writer.template key<"channel">();
        writer.text(name_of(note.key.channel));
        writer.template key<"symbol">();
        writer.text(note.market.symbol());
        if (book) {
            writer.template key<"depth">();
            writer.number(std::uint64_t{note.key.depth});
            writer.template key<"rate">();
            writer.number(std::uint64_t{note.key.rate_ms});
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
        begin_message(writer, "welcome", {}, 7);
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
                                            std::span<const ChannelPosition> positions) {
    return encode_frame(out, format, [&](auto& writer) {
        begin_message(writer, "heartbeat", id, 2);
        writer.template key<"time">();
        writer.number(time_ns);
        writer.template key<"channels">();
        writer.array(positions.size());
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
