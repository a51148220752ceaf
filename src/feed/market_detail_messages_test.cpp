// The bytes of the messages of orders, bbo and candles.
#include "feed/market_detail_messages.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/sha256.h"
#include "feed/test_reader.h"

using namespace dcx;
using namespace dcx::feed;
using namespace dcx::feed::testing;

namespace {

Market detail_market() { return {TestVenue::listing(InstrumentId{1u}, "DEC/USD"), "DEC", "USD"}; }

Envelope update_of(const Market& market) {
    return {.market = market, .epoch = 3, .prev = 41, .seq = 300, .time = Time{70'000l}};
}

// The JSON text, and the MessagePack bytes of `data` and what is around it. `encode(out, format)` returns the frame.
template <class Encode>
void check_both(const std::string& json, const std::string& msgpack, Encode&& encode) {
    FrameBuffer out;
    encode(out, Format::json);
    CHECK(std::string{reinterpret_cast<const char*>(out.body().data()), out.body().size()} == json);
    const auto frame = encode(out, Format::msgpack);
    CHECK(decode_frame(Format::msgpack, frame)["channel"] == Json::parse(json)["channel"]);
    const auto at = std::ranges::search(out.body(), std::as_bytes(std::span{"data", 4})).begin() - out.body().begin();
    CHECK(to_hex(out.body().subspan(static_cast<std::size_t>(at) + 4)) == msgpack);
}

}  // namespace

TEST_CASE("messages of orders") {
    const Market market = detail_market();
    const std::vector<OrderChange> changes{
        {OrderAction::add, Side::buy, OrderId{7ul}, ticks(25'000), lots(10'000), {}, 1},
        {OrderAction::change, Side::sell, OrderId{300ul}, ticks(25'010), lots(1), {}, 2},
        {OrderAction::execute, Side::sell, OrderId{5ul}, ticks(25'010), lots(2), TradeId{9ul}, 3},
        {OrderAction::remove, Side::buy, OrderId{6ul}, ticks(1), lots(kMaxQuantity), {}, 4}};
    check_both(R"({"channel":"orders","type":"update","symbol":"DEC/USD","epoch":3,"prev":41,"seq":300,"time":70000,)"
               R"("data":{"changes":[)"
               R"({"action":"add","order_id":7,"side":"buy","price":"2.5000","quantity":"1.0000"},)"
               R"({"action":"change","order_id":300,"side":"sell","price":"2.5010","quantity":"0.0001"},)"
               R"({"action":"execute","order_id":5,"side":"sell","price":"2.5010","quantity":"0.0002","trade_id":9},)"
               R"({"action":"delete","order_id":6,"side":"buy","price":"0.0001","quantity":"461168601842738.7904"}],)"
               R"("checksum":3735928559}})",
               "82a76368616e6765739485a6616374696f6ea3616464a86f726465725f696407a473696465a3627579a57072696365cd"
               "61a8a87175616e74697479cd271085a6616374696f6ea66368616e6765a86f726465725f6964cd012ca473696465a473"
               "656c6ca57072696365cd61b2a87175616e746974790186a6616374696f6ea765786563757465a86f726465725f696405"
               "a473696465a473656c6ca57072696365cd61b2a87175616e7469747902a874726164655f69640985a6616374696f6ea6"
               "64656c657465a86f726465725f696406a473696465a3627579a5707269636501a87175616e74697479cf400000000000"
               "0000a8636865636b73756dcedeadbeef",
               [&](FrameBuffer& out, Format format) {
                   return encode_order_changes(out, format, update_of(market), changes, 0xDEADBEEF);
               });

    Envelope snapshot = update_of(market);
    snapshot.snapshot = true;
    snapshot.prev = 0;
    snapshot.skipped = 5;
    OrdersUpdate orders;
    orders.bids = {{OrderId{7ul}, ticks(25'000), lots(10'000), 1}, {OrderId{8ul}, ticks(25'000), lots(1), 2}};
    check_both(R"({"channel":"orders","type":"snapshot","symbol":"DEC/USD","epoch":3,"prev":0,"seq":300,"time":70000,)"
               R"("skipped":5,"data":{"bids":[[7,"2.5000","1.0000"],[8,"2.5000","0.0001"]],"asks":[],"checksum":0}})",
               "83a462696473929307cd61a8cd27109308cd61a801a461736b7390a8636865636b73756d00",
               [&](FrameBuffer& out, Format format) { return encode_orders(out, format, snapshot, orders, 0); });
    // A part of one: what happened to what was told, then more of it.
    snapshot.prev = 299;
    snapshot.skipped = 0;
    orders.changes = {changes[0]};
    orders.bids.clear();
    orders.asks = {{OrderId{9ul}, ticks(25'010), lots(3), 5}};
    orders.more = true;
    check_both(R"({"channel":"orders","type":"snapshot","symbol":"DEC/USD","epoch":3,"prev":299,"seq":300,)"
               R"("time":70000,"data":{"changes":[)"
               R"({"action":"add","order_id":7,"side":"buy","price":"2.5000","quantity":"1.0000"}],)"
               R"("bids":[],"asks":[[9,"2.5010","0.0003"]],"more":true}})",
               "84a76368616e6765739185a6616374696f6ea3616464a86f726465725f696407a473696465a3627579a57072696365cd"
               "61a8a87175616e74697479cd2710a46269647390a461736b73919309cd61b203a46d6f7265c3",
               [&](FrameBuffer& out, Format format) { return encode_orders(out, format, snapshot, orders, 0); });
}

TEST_CASE("messages of bbo") {
    const Market market = detail_market();
    check_both(R"({"channel":"bbo","type":"update","symbol":"DEC/USD","epoch":3,"prev":41,"seq":300,"time":70000,)"
               R"("data":{"bid":"2.4990","bid_quantity":"12.0000","ask":"2.5010","ask_quantity":"0.0001"}})",
               "84a3626964cd619eac6269645f7175616e74697479ce0001d4c0a361736bcd61b2ac61736b5f7175616e7469747901",
               [&](FrameBuffer& out, Format format) {
                   return encode_bbo(out, format, update_of(market),
                                     {ticks(24'990), lots(120'000), ticks(25'010), lots(1)});
               });
    check_both(R"({"channel":"bbo","type":"update","symbol":"DEC/USD","epoch":3,"prev":41,"seq":300,"time":70000,)"
               R"("data":{"bid":null,"bid_quantity":null,"ask":null,"ask_quantity":null}})",
               "84a3626964c0ac6269645f7175616e74697479c0a361736bc0ac61736b5f7175616e74697479c0",
               [&](FrameBuffer& out, Format format) { return encode_bbo(out, format, update_of(market), {}); });
}

TEST_CASE("messages of candles") {
    const Market market = detail_market();
    CandleSeries series{14'400};
    const auto add = [&](std::int64_t price, std::int64_t quantity, std::int64_t time_s) {
        series.add({TradeId{1ul}, ticks(price), lots(quantity), Side::buy, Time{time_s * 1'000'000'000}});
    };
    add(25'000, 1, 10);
    add(25'010, 2, 20);
    add(24'990, 3, 14'400);
    std::vector<Candle> candles;
    series.list(0, candles);
    candles.push_back({.start = Time{28'800'000'000'000}});
    check_both(R"({"channel":"candles","type":"update","symbol":"DEC/USD","epoch":3,"prev":41,"seq":300,)"
               R"("time":70000,"data":{"interval":"4h","candles":[)"
               R"({"start":0,"open":"2.5000","high":"2.5010","low":"2.5000","close":"2.5010","volume":"0.0003",)"
               R"("final":true},)"
               R"({"start":14400000000000,"open":"2.4990","high":"2.4990","low":"2.4990","close":"2.4990",)"
               R"("volume":"0.0003","final":false},)"
               R"({"start":28800000000000,"open":null,"high":null,"low":null,"close":null,"volume":"0.0000",)"
               R"("final":false}]}})",
               "82a8696e74657276616ca23468a763616e646c65739387a5737461727400a46f70656ecd61a8a468696768cd61b2a36c"
               "6f77cd61a8a5636c6f7365cd61b2a6766f6c756d6503a566696e616cc387a57374617274cf00000d18c2e28000a46f70"
               "656ecd619ea468696768cd619ea36c6f77cd619ea5636c6f7365cd619ea6766f6c756d6503a566696e616cc287a57374"
               "617274cf00001a3185c50000a46f70656ec0a468696768c0a36c6f77c0a5636c6f7365c0a6766f6c756d6500a566696e"
               "616cc2",
               [&](FrameBuffer& out, Format format) {
                   return encode_candles(out, format, update_of(market), series, candles);
               });
}
