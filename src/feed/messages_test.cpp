#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "feed/market_messages.h"
#include "feed/session_messages.h"
#include "feed/test_reader.h"

using namespace dcx;
using namespace dcx::feed;
using namespace dcx::feed::testing;

namespace {

std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Both encodings of one message; `encode(out, format)` returns the frame.
struct Encoded {
    std::string json;
    Json msgpack;
};
template <class Encode>
Encoded encode_both(Encode&& encode) {
    FrameBuffer out;
    Encoded result;
    const auto json = encode(out, Format::json);
    result.json = text_of(out.body());
    // The frame is the body behind its header, and the header tells the body's size.
    REQUIRE(decode_frame(Format::json, json) == Json::parse(result.json));
    REQUIRE(static_cast<std::uint8_t>(json[0]) == 0x81);
    const auto msgpack = encode(out, Format::msgpack);
    REQUIRE(static_cast<std::uint8_t>(msgpack[0]) == 0x82);
    result.msgpack = decode_frame(Format::msgpack, msgpack);
    return result;
}
// Messages without prices are the same map in both formats.
template <class Encode>
void check_same(const std::string& expected, Encode&& encode) {
    const Encoded encoded = encode_both(encode);
    CHECK(encoded.json == expected);
    CHECK(encoded.msgpack == Json::parse(expected));
}

Market dec_usd() { return {TestVenue::listing(InstrumentId{1u}, "DEC/USD"), "DEC", "USD"}; }

}  // namespace

TEST_CASE("order book messages") {
    const Market market = dec_usd();
    BookUpdate levels;
    levels.bids = {{ticks(12'345), lots(1), 1}, {ticks(7), lots(0), 0}};
    levels.asks = {{ticks(kMaxPrice), lots(kMaxQuantity), 300}};
    const Envelope update{.market = market, .epoch = 3, .prev = 41, .seq = 42, .time = Time{1'700'000'000'000'000'001}};
    const Encoded encoded = encode_both(
        [&](FrameBuffer& out, Format format) { return encode_book(out, format, update, levels, 0xDEADBEEF); });
    CHECK(encoded.json == R"({"channel":"orderbook","type":"update","symbol":"DEC/USD","epoch":3,"prev":41,"seq":42,)"
                          R"("time":1700000000000000001,"data":{"bids":[["1.2345","0.0001",1],["0.0007","0.0000",0]],)"
                          R"("asks":[["461168601842738.7904","461168601842738.7904",300]],"checksum":3735928559}})");
    CHECK(encoded.msgpack ==
          Json::parse(R"({"channel":"orderbook","type":"update","symbol":"DEC/USD","epoch":3,"prev":41,"seq":42,
          "time":1700000000000000001,"data":{"bids":[[12345,1,1],[7,0,0]],
          "asks":[[4611686018427387904,4611686018427387904,300]],"checksum":3735928559}})"));

    Envelope snapshot = update;
    snapshot.snapshot = true;
    snapshot.skipped = 5;
    const Encoded empty =
        encode_both([&](FrameBuffer& out, Format format) { return encode_book(out, format, snapshot, {}, 0); });
    CHECK(empty.json == R"({"channel":"orderbook","type":"snapshot","symbol":"DEC/USD","epoch":3,"prev":41,"seq":42,)"
                        R"("time":1700000000000000001,"skipped":5,"data":{"bids":[],"asks":[],"checksum":0}})");
    CHECK(empty.msgpack == Json::parse(empty.json));
}

TEST_CASE("trades and ticker messages") {
    const Market market = dec_usd();
    const Envelope update{.market = market, .epoch = 1, .prev = 0, .seq = 9, .time = Time{5l}};
    const TradesUpdate trades{.trades = {{TradeId{1ul}, ticks(10'000), lots(25'000), Side::buy, Time{4l}},
                                         {TradeId{2ul}, ticks(1), lots(1), Side::sell, Time{5l}}},
                              .busted = {}};
    Encoded encoded =
        encode_both([&](FrameBuffer& out, Format format) { return encode_trades(out, format, update, trades); });
    CHECK(encoded.json == R"({"channel":"trades","type":"update","symbol":"DEC/USD","epoch":1,"prev":0,"seq":9,)"
                          R"("time":5,"data":{"trades":[)"
                          R"({"id":1,"price":"1.0000","quantity":"2.5000","side":"buy","time":4},)"
                          R"({"id":2,"price":"0.0001","quantity":"0.0001","side":"sell","time":5}]}})");
    CHECK(encoded.msgpack["data"] == Json::parse(R"({"trades":[
        {"id":1,"price":10000,"quantity":25000,"side":"buy","time":4},
        {"id":2,"price":1,"quantity":1,"side":"sell","time":5}]})"));

    Ticker ticker{.last = ticks(10'001)};
    encoded = encode_both([&](FrameBuffer& out, Format format) { return encode_ticker(out, format, update, ticker); });
    CHECK(Json::parse(encoded.json)["data"] == Json::parse(R"({"last":"1.0001","open":null,"high":null,"low":null,
        "volume":"0.0000","quote_volume":"0.00000000","bid":null,"bid_quantity":"0.0000","ask":null,
        "ask_quantity":"0.0000","trades":0})"));
    ticker.day = {
        .open = ticks(1), .high = ticks(3), .low = ticks(1), .volume = 70'000, .quote_volume = 123, .trades = 2};
    ticker.bid = ticks(2);
    ticker.bid_quantity = lots(5);
    encoded = encode_both([&](FrameBuffer& out, Format format) { return encode_ticker(out, format, update, ticker); });
    CHECK(Json::parse(encoded.json)["data"] == Json::parse(R"({"last":"1.0001","open":"0.0001","high":"0.0003",
        "low":"0.0001","volume":"7.0000","quote_volume":"0.00000123","bid":"0.0002","bid_quantity":"0.0005",
        "ask":null,"ask_quantity":"0.0000","trades":2})"));
    CHECK(encoded.msgpack["data"] == Json::parse(R"({"last":10001,"open":1,"high":3,"low":1,"volume":70000,
        "quote_volume":123,"bid":2,"bid_quantity":5,"ask":null,"ask_quantity":0,"trades":2})"));

    ticker.day.quote_volume = int128{std::numeric_limits<std::int64_t>::max()} * 1000;
    encoded = encode_both([&](FrameBuffer& out, Format format) { return encode_ticker(out, format, update, ticker); });
    CHECK(Json::parse(encoded.json)["data"]["quote_volume"] == "92233720368547.75807000");
    CHECK(encoded.msgpack["data"]["quote_volume"] == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("a trade that was taken back") {
    const Market market = dec_usd();
    const Envelope update{.market = market, .epoch = 1, .prev = 9, .seq = 12, .time = Time{70l}};
    const TradesUpdate busted{.trades = {}, .busted = {{TradeId{2ul}, ticks(1), lots(1), Side::sell, Time{5l}}}};
    const Encoded encoded =
        encode_both([&](FrameBuffer& out, Format format) { return encode_trades(out, format, update, busted); });
    CHECK(encoded.json == R"({"channel":"trades","type":"update","symbol":"DEC/USD","epoch":1,"prev":9,"seq":12,)"
                          R"("time":70,"data":{"trades":[],"busted":[)"
                          R"({"id":2,"price":"0.0001","quantity":"0.0001","side":"sell","time":5}]}})");
    CHECK(encoded.msgpack == Json::parse(R"({"channel":"trades","type":"update","symbol":"DEC/USD","epoch":1,"prev":9,
        "seq":12,"time":70,"data":{"trades":[],"busted":[{"id":2,"price":1,"quantity":1,"side":"sell","time":5}]}})"));
    FrameBuffer out;
    encode_trades(out, Format::msgpack, update, busted);
    CHECK(text_of(out.body()) == std::string_view{"\x88\xA7"
                                                  "channel\xA6"
                                                  "trades\xA4"
                                                  "type\xA6"
                                                  "update\xA6"
                                                  "symbol\xA7"
                                                  "DEC/USD\xA5"
                                                  "epoch\x01\xA4"
                                                  "prev\x09\xA3"
                                                  "seq\x0C"
                                                  "\xA4"
                                                  "time\x46\xA4"
                                                  "data\x82\xA6"
                                                  "trades\x90\xA6"
                                                  "busted\x91\x85"
                                                  "\xA2"
                                                  "id\x02\xA5"
                                                  "price\x01\xA8"
                                                  "quantity\x01\xA4"
                                                  "side\xA4"
                                                  "sell"
                                                  "\xA4"
                                                  "time\x05"});
}

TEST_CASE("messages of a session") {
    const Market market = dec_usd();
    const std::vector<const Market*> markets{&market};
    const std::string welcome =
        R"({"type":"welcome","client_id":7,"epoch":2,"time":123,"format":"json","heartbeat_ms":1000,)"
        R"("limits":{"message_bytes":65536,"subscriptions":1000,"requests_per_second":50,"request_burst":200,)"
        R"("output_bytes":1048576,"flush_us":0,"connections_per_address":0},"instruments":[{"symbol":"DEC/USD",)"
        R"("base":"DEC","quote":"USD","tick_size":"0.0001","lot_size":"0.0001","phase":"trading"}]})";
    Encoded encoded = encode_both([&](FrameBuffer& out, Format format) {
        return encode_welcome(
            out, format,
            {.client_id = 7, .epoch = 2, .time_ns = 123, .heartbeat_ms = 1000, .limits = {}, .markets = markets});
    });
    CHECK(encoded.json == welcome);
    CHECK(encoded.msgpack["format"] == "msgpack");
    encoded.msgpack["format"] = "json";
    CHECK(encoded.msgpack == Json::parse(welcome));
    check_same(
        R"({"type":"subscribed","id":1,"channel":"orderbook","symbol":"DEC/USD","depth":20,"rate":100,"resumed":false})",
        [&](FrameBuffer& out, Format format) {
            return encode_subscribed(
                out, format,
                {.id = std::uint64_t{1}, .market = market, .key = {Channel::orderbook, 20, 100}, .resumed = false});
        });
    check_same(R"({"type":"unsubscribed","channel":"trades","symbol":"DEC/USD"})",
               [&](FrameBuffer& out, Format format) {
                   return encode_unsubscribed(
                       out, format, {.id = {}, .market = market, .key = {Channel::trades, 0, 0}, .resumed = {}});
               });
    check_same(R"({"type":"error","id":"a\"\\\u000a\u0001ü","code":9,"message":"no"})",
               [&](FrameBuffer& out, Format format) {
                   return encode_error(out, format, std::string{"a\"\\\n\x01ü"}, ErrorCode::unknown_symbol, "no");
               });
    check_same(R"({"type":"notice","code":"shutdown","message":"bye"})",
               [&](FrameBuffer& out, Format format) { return encode_notice(out, format, "shutdown", "bye"); });
    check_same(
        R"({"type":"heartbeat","id":-5,"time":99,"channels":[{"channel":"ticker","symbol":"DEC/USD","seq":12}]})",
        [&](FrameBuffer& out, Format format) {
            const ChannelPosition position{&market, Channel::ticker, 12};
            return encode_heartbeat(out, format, std::int64_t{-5}, 99, {&position, 1});
        });
    LatencyHistogram latency;
    for (int us = 1; us <= 100; ++us) latency.add(us * 1000);
    const Encoded stats = encode_both([&](FrameBuffer& out, Format format) {
        return encode_stats(out, format, {},
                            {.client_id = 3,
                             .connected_ms = 4,
                             .messages = 5,
                             .bytes = 6,
                             .received = 7,
                             .queue_bytes = 8,
                             .subscriptions = 9,
                             .conflations = 10,
                             .skipped = 11,
                             .latency = latency});
    });
    CHECK(stats.msgpack == Json::parse(stats.json));
    CHECK(stats.msgpack["latency_us"]["count"] == 100);
    CHECK(stats.msgpack["latency_us"]["max"] == 100);
}

TEST_CASE("latency percentiles are upper bounds within a quarter") {
    LatencyHistogram latency;
    CHECK(latency.percentile_us(99) == 0);
    for (std::int64_t us = 1; us <= 100'000; ++us) latency.add(us * 1000);
    for (const unsigned percent : {1u, 10u, 50u, 90u, 99u, 100u}) {
        const std::uint64_t exact = percent * 1000;
        CHECK(latency.percentile_us(percent) >= exact);
        CHECK(latency.percentile_us(percent) <= exact * 5 / 4);
    }
    latency.add(-5);
    latency.add(std::numeric_limits<std::int64_t>::max());
    CHECK(latency.count() == 100'002);
}

TEST_CASE("MessagePack numbers of every size, and long texts") {
    ByteBuffer out;
    MsgpackWriter writer{out};
    std::vector<Json> expected;
    writer.array(2 * 64 + 66 + 3);
    for (unsigned bit = 0; bit < 64; ++bit)
        for (const std::uint64_t value : {std::uint64_t{1} << bit, (std::uint64_t{1} << bit) - 1}) {
            writer.number(value);
            expected.emplace_back(value);
        }
    for (unsigned bit = 0; bit < 66; ++bit) {
        const std::int64_t value =
            bit < 64 ? std::numeric_limits<std::int64_t>::min() >> bit : -31 - static_cast<std::int64_t>(bit - 64) * 2;
        writer.number(value);
        expected.emplace_back(value);
    }
    for (const std::size_t size : {31u, 32u, 70'00u}) {
        writer.text(std::string(size, 'x'));
        expected.emplace_back(std::string(size, 'x'));
    }
    writer.finish();
    CHECK(decode(Format::msgpack, out.bytes()) == Json(expected));
}

TEST_CASE("decimals of odd ticks and of every scale equal the exact rendering") {
    ByteBuffer out;
    Random random{9};
    for (int step = 0; step < 20'000; ++step) {
        const DecimalFormat format{.mantissa = random.between(1, random.chance(50) ? 10 : 1'000'000),
                                   .scale = static_cast<unsigned>(random.below(19))};
        const std::int64_t units = static_cast<std::int64_t>(random.next() >> (2 + random.below(60)));
        out.clear();
        JsonWriter writer{out};
        writer.decimal(units, format);
        writer.finish();
        REQUIRE(out.text() == "\"" + decimal_text(units * format.mantissa, format.scale) + "\"");
    }
}
