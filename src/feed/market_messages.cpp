#include "feed/market_messages.h"

namespace dcx::feed {

namespace {

template <class Writer>
void write_levels(Writer& writer, const Market& market, std::span<const LevelUpdate> levels) {
    writer.array(levels.size());
    for (const LevelUpdate& level : levels)
        writer.level(level.price.value, market.price_format(), level.quantity.value, market.quantity_format(),
                     level.orders);
    writer.end_array();
}

template <class Writer>
void write_trade(Writer& writer, const Market& market, const Trade& trade) {
    writer.map(5);
    writer.template key<"id">();
    writer.number(trade.id.value);
    writer.template key<"price">();
    writer.decimal(trade.price.value, market.price_format());
    writer.template key<"quantity">();
    writer.decimal(trade.quantity.value, market.quantity_format());
    writer.template key<"side">();
    writer.text(trade.side == Side::buy ? "buy" : "sell");
    writer.template key<"time">();
    writer.number(trade.time.value);
    writer.end_map();
}

template <class Writer>
void write_trades(Writer& writer, const Market& market, std::span<const Trade> trades) {
    writer.array(trades.size());
    for (const Trade& trade : trades) write_trade(writer, market, trade);
    writer.end_array();
}

template <class Writer>
void write_ticker(Writer& writer, const Market& market, const Ticker& ticker) {
    writer.map(11);
    writer.template key<"last">();
    write_price(writer, market, ticker.last);
    writer.template key<"open">();
    write_price(writer, market, ticker.day.open);
    writer.template key<"high">();
    write_price(writer, market, ticker.day.high);
    writer.template key<"low">();
    write_price(writer, market, ticker.day.low);
    writer.template key<"volume">();
    writer.decimal(ticker.day.volume, market.volume_format());
    writer.template key<"quote_volume">();
    writer.decimal(ticker.day.quote_volume, market.notional_format());
    writer.template key<"bid">();
    write_price(writer, market, ticker.bid);
    writer.template key<"bid_quantity">();
    writer.decimal(ticker.bid_quantity.value, market.quantity_format());
    writer.template key<"ask">();
    write_price(writer, market, ticker.ask);
    writer.template key<"ask_quantity">();
    writer.decimal(ticker.ask_quantity.value, market.quantity_format());
    writer.template key<"trades">();
    writer.number(ticker.day.trades);
    writer.end_map();
}

}  // namespace

std::span<const std::byte> encode_book(FrameBuffer& out, Format format, const Envelope& envelope,
                                       const BookUpdate& levels, std::uint32_t checksum) {
    return encode_frame(out, format, [&](auto& writer) {
        begin_message(writer, Channel::orderbook, envelope);
        writer.map(3);
        writer.template key<"bids">();
        write_levels(writer, envelope.market, levels.bids);
        writer.template key<"asks">();
        write_levels(writer, envelope.market, levels.asks);
        writer.template key<"checksum">();
        writer.number(std::uint64_t{checksum});
        writer.end_map();
        writer.end_map();
    });
}

std::span<const std::byte> encode_trades(FrameBuffer& out, Format format, const Envelope& envelope,
                                         const TradesUpdate& update) {
    return encode_frame(out, format, [&](auto& writer) {
        begin_message(writer, Channel::trades, envelope);
        writer.map(update.busted.empty() ? 1 : 2);
        writer.template key<"trades">();
        write_trades(writer, envelope.market, update.trades);
        if (!update.busted.empty()) {
            writer.template key<"busted">();
            write_trades(writer, envelope.market, update.busted);
        }
        writer.end_map();
        writer.end_map();
    });
}

std::span<const std::byte> encode_ticker(FrameBuffer& out, Format format, const Envelope& envelope,
                                         const Ticker& ticker) {
    return encode_frame(out, format, [&](auto& writer) {
        begin_message(writer, Channel::ticker, envelope);
        write_ticker(writer, envelope.market, ticker);
        writer.end_map();
    });
}

}  // namespace dcx::feed
