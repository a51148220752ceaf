// Envelope: what every message of a market's channels says beside its data, how such a message begins, and what stands
// for a price that does not exist.
#pragma once

#include <cstdint>

#include "feed/channel.h"
#include "feed/market.h"
#include "feed/message_heads.h"
#include "model/types.h"

namespace dcx::feed {

struct Envelope {
    const Market& market;
    bool snapshot{};
    std::uint64_t epoch{};
    std::uint64_t prev{};
    std::uint64_t seq{};
    Time time{};
    std::uint64_t skipped{};  // messages that this subscriber was not sent; told only when there are any
};

// All up to the data, which the caller writes; then one end_map() closes the message.
template <class Writer>
void begin_message(Writer& writer, Channel channel, const Envelope& envelope) {
    const Market& market = envelope.market;
    if (envelope.skipped == 0) [[likely]]
        writer.raw(market.heads().of(channel, envelope.snapshot, Writer::kFormat));
    else
        write_head(writer, channel, envelope.snapshot, market.symbol(), kEnvelopeFields + 1);
    writer.number(envelope.epoch);
    writer.template key<"prev">();
    writer.number(envelope.prev);
    writer.template key<"seq">();
    writer.number(envelope.seq);
    writer.template key<"time">();
    writer.number(envelope.time.value);
    if (envelope.skipped > 0) {
        writer.template key<"skipped">();
        writer.number(envelope.skipped);
    }
    writer.template key<"data">();
}

// A price, or null when there is none.
template <class Writer>
void write_price(Writer& writer, const Market& market, Price price) {
    if (price.value == 0)
        writer.null();
    else
        writer.decimal(price.value, market.price_format());
}

}  // namespace dcx::feed
