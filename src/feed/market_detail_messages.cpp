#include "feed/market_detail_messages.h"

namespace dcx::feed {

namespace {

constexpr std::string_view name_of(OrderAction action) {
    switch (action) {
        case OrderAction::add: return "add";
        case OrderAction::change: return "change";
        case OrderAction::execute: return "execute";
        case OrderAction::remove: break;
    }
    return "delete";
}

template <class Writer>
void write_changes(Writer& writer, const Market& market, std::span<const OrderChange> changes) {
    writer.template key<"changes">();
    writer.array(changes.size());
    for (const OrderChange& change : changes) {
        const bool traded = change.action == OrderAction::execute;
        writer.map(traded ? 6 : 5);
        writer.template key<"action">();
        writer.text(name_of(change.action));
        writer.template key<"order_id">();
        writer.number(change.order.value);
        writer.template key<"side">();
        writer.text(change.side == Side::buy ? "buy" : "sell");
        writer.template key<"price">();
        writer.decimal(change.price.value, market.price_format());
        writer.template key<"quantity">();
        writer.decimal(change.quantity.value, market.quantity_format());
        if (traded) {
            writer.template key<"trade_id">();
            writer.number(change.trade.value);
        }
        writer.end_map();
    }
    writer.end_array();
}

template <class Writer>
void write_orders(Writer& writer, const Market& market, std::span<const FeedBook::Resting> orders) {
    writer.array(orders.size());
    for (const FeedBook::Resting& order : orders) {
        writer.array(3);
        writer.number(order.id.value);
        writer.decimal(order.price.value, market.price_format());
        writer.decimal(order.leaves.value, market.quantity_format());
        writer.end_array();
    }
    writer.end_array();
}

// Null when the price says that there is none.
template <class Writer>
void write_quantity(Writer& writer, const Market& market, Price price, Quantity quantity) {
    if (price.value == 0)
        writer.null();
    else
        writer.decimal(quantity.value, market.quantity_format());
}

template <class Writer>
void write_candle(Writer& writer, const Market& market, const Candle& candle, bool is_final) {
    writer.map(7);
    writer.template key<"start">();
    writer.number(candle.start.value);
    writer.template key<"open">();
    write_price(writer, market, candle.open);
    writer.template key<"high">();
    write_price(writer, market, candle.high);
    writer.template key<"low">();
    write_price(writer, market, candle.low);
    writer.template key<"close">();
    write_price(writer, market, candle.close);
    writer.template key<"volume">();
    writer.decimal(candle.volume, market.volume_format());
    writer.template key<"final">();
    writer.boolean(is_final);
    writer.end_map();
}

}  // namespace

std::span<const std::byte> encode_orders(FrameBuffer& out, Format format, const Envelope& envelope,
                                         const OrdersUpdate& update, std::uint32_t checksum) {
    return encode_frame(out, format, [&](auto& writer) {
        begin_message(writer, Channel::orders, envelope);
        writer.map(update.changes.empty() ? 3 : 4);
        if (!update.changes.empty()) write_changes(writer, envelope.market, update.changes);
        writer.template key<"bids">();
        write_orders(writer, envelope.market, update.bids);
        writer.template key<"asks">();
        write_orders(writer, envelope.market, update.asks);
        if (update.more) {
            writer.template key<"more">();
            writer.boolean(true);
        } else {
            writer.template key<"checksum">();
            writer.number(std::uint64_t{checksum});
        }
        writer.end_map();
        writer.end_map();
    });
}

std::span<const std::byte> encode_order_changes(FrameBuffer& out, Format format, const Envelope& envelope,
                                                std::span<const OrderChange> changes, std::uint32_t checksum) {
    return encode_frame(out, format, [&](auto& writer) {
        begin_message(writer, Channel::orders, envelope);
        writer.map(2);
        write_changes(writer, envelope.market, changes);
        writer.template key<"checksum">();
        writer.number(std::uint64_t{checksum});
        writer.end_map();
        writer.end_map();
    });
}

std::span<const std::byte> encode_bbo(FrameBuffer& out, Format format, const Envelope& envelope, const Bbo& bbo) {
    const Market& market = envelope.market;
    return encode_frame(out, format, [&](auto& writer) {
        begin_message(writer, Channel::bbo, envelope);
        writer.map(4);
        writer.template key<"bid">();
        write_price(writer, market, bbo.bid);
        writer.template key<"bid_quantity">();
        write_quantity(writer, market, bbo.bid, bbo.bid_quantity);
        writer.template key<"ask">();
        write_price(writer, market, bbo.ask);
        writer.template key<"ask_quantity">();
        write_quantity(writer, market, bbo.ask, bbo.ask_quantity);
        writer.end_map();
        writer.end_map();
    });
}

std::span<const std::byte> encode_candles(FrameBuffer& out, Format format, const Envelope& envelope,
                                          const CandleSeries& series, std::span<const Candle> candles) {
    return encode_frame(out, format, [&](auto& writer) {
        begin_message(writer, Channel::candles, envelope);
        writer.map(2);
        writer.template key<"interval">();
        writer.text(kIntervalNames[interval_index(static_cast<std::uint32_t>(series.interval_ns() / 1'000'000'000))]);
        writer.template key<"candles">();
        writer.array(candles.size());
        for (const Candle& candle : candles) write_candle(writer, envelope.market, candle, series.is_final(candle));
        writer.end_array();
        writer.end_map();
        writer.end_map();
    });
}

}  // namespace dcx::feed
