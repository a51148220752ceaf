#include "feed/request.h"

#include <doctest/doctest.h>

#include <string>

#include "feed/test_reader.h"

using namespace dcx;
using namespace dcx::feed;
using namespace dcx::feed::testing;

namespace {

std::expected<Request, RequestError> parse(Format format, const std::string& bytes) {
    return parse_request(format, std::as_bytes(std::span{bytes}));
}
// In both formats, which must give the same answer.
std::expected<Request, RequestError> parse_both(const std::string& json) {
    const auto result = parse(Format::json, json);
    const auto packed = Json::to_msgpack(Json::parse(json));
    const auto other = parse(Format::msgpack, std::string(packed.begin(), packed.end()));
    REQUIRE(result.has_value() == other.has_value());
    if (!result) {
        CHECK(result.error().code == other.error().code);
        CHECK(result.error().id == other.error().id);
    } else {
        CHECK(result->type == other->type);
        CHECK(result->channels == other->channels);
        CHECK(result->symbols == other->symbols);
    }
    return result;
}
ErrorCode code_of(const std::string& json) {
    const auto result = parse_both(json);
    REQUIRE_FALSE(result.has_value());
    CHECK_FALSE(result.error().message.empty());
    return result.error().code;
}

}  // namespace

TEST_CASE("subscriptions in all their forms") {
    auto request = parse_both(R"({"type":"subscribe","id":5,"channel":"orderbook","symbol":"DEC/USD","depth":100,)"
                              R"("rate":20,"from":{"epoch":2,"seq":77}})");
    REQUIRE(request.has_value());
    CHECK(request->type == RequestType::subscribe);
    CHECK(request->id == RequestId{std::uint64_t{5}});
    CHECK(request->channels == std::vector{Channel::orderbook});
    CHECK(request->symbols == std::vector<std::string>{"DEC/USD"});
    CHECK(request->depth == 100);
    CHECK(request->rate_ms == 20);
    CHECK(request->from->epoch == 2);
    CHECK(request->from->seq == 77);

    request = parse_both(R"({"type":"subscribe","channels":["trades","ticker","trades"],"symbols":["B","A","B"]})");
    REQUIRE(request.has_value());
    CHECK(request->channels.size() == 2);
    CHECK(request->symbols == std::vector<std::string>{"A", "B"});

    request = parse_both(R"({"type":"subscribe","channel":"*","symbol":"*"})");
    REQUIRE(request.has_value());
    CHECK(request->channels == std::vector<Channel>{kPublicChannels.begin(), kPublicChannels.end()});
    CHECK(request->symbols.empty());

    // The bulk form of the feed before this one.
    request = parse_both(R"({"action":"subscribe","symbols":["DEC/USD"]})");
    REQUIRE(request.has_value());
    CHECK(request->channels == std::vector{Channel::orderbook, Channel::trades, Channel::ticker});

    request = parse_both(R"({"type":"unsubscribe","id":"x","channels":"*","symbols":"*"})");
    REQUIRE(request.has_value());
    CHECK(request->type == RequestType::unsubscribe);
    CHECK(request->id == RequestId{std::string{"x"}});
}

TEST_CASE("the fields of a channel are taken where one of the channels has them") {
    auto request = parse_both(R"({"type":"subscribe","channel":"bbo","symbol":"A","rate":20})");
    REQUIRE(request.has_value());
    CHECK(request->rate_ms == 20);
    request = parse_both(R"({"type":"subscribe","channel":"candles","symbol":"A","interval":"4h"})");
    REQUIRE(request.has_value());
    CHECK(request->interval_s == 14'400);
    request = parse_both(R"({"type":"subscribe","channel":"orders","symbol":"A","from":{"epoch":1,"seq":0}})");
    REQUIRE(request.has_value());
    CHECK(request->from->seq == 0);
    request = parse_both(R"({"type":"subscribe","channels":"*","symbols":"*","depth":5,"rate":100,"interval":"1d"})");
    REQUIRE(request.has_value());
    CHECK(request->depth == 5);
    CHECK(request->interval_s == 86'400);
    for (const Channel channel : request->channels) CHECK_FALSE(is_private(channel));
}

TEST_CASE("fields that a channel does not have") {
    const auto with = [](const std::string& channel, const std::string& field) {
        return code_of(R"({"type":"subscribe","channel":")" + channel + R"(","symbol":"A",)" + field + "}");
    };
    for (const std::string channel : {"trades", "ticker", "orders", "bbo", "candles"}) {
        CAPTURE(channel);
        CHECK(with(channel, R"("depth":20)") == ErrorCode::not_applicable);
        if (channel != "bbo") CHECK(with(channel, R"("rate":20)") == ErrorCode::not_applicable);
        if (channel != "candles") CHECK(with(channel, R"("interval":"1m")") == ErrorCode::not_applicable);
    }
    CHECK(with("orderbook", R"("interval":"1m")") == ErrorCode::not_applicable);
    CHECK(with("bbo", R"("rate":21)") == ErrorCode::bad_rate);
    CHECK(with("bbo", R"("rate":null)") == ErrorCode::bad_field);
    for (const std::string interval : {"1M", "60", "2m", "1m ", "1w"})
        CHECK(with("candles", R"("interval":")" + interval + R"(")") == ErrorCode::bad_interval);
    for (const std::string interval : {"60", "null", "[\"1m\"]", "\"\""})
        CHECK(with("candles", R"("interval":)" + interval) == ErrorCode::bad_field);
    CHECK(code_of(R"({"type":"subscribe","channels":["candles","bbo"],"symbol":"A","from":{"epoch":1,"seq":1}})") ==
          ErrorCode::not_applicable);
    CHECK(code_of(R"({"type":"subscribe","channels":["*","bbo"],"symbol":"A"})") == ErrorCode::unknown_channel);
    // The form of the feed before this one has none of candles.
    CHECK(code_of(R"({"action":"subscribe","symbols":["A"],"interval":"1m"})") == ErrorCode::not_applicable);
    CHECK(code_of(R"({"type":"unsubscribe","channel":"candles","symbol":"A","interval":"7m"})") ==
          ErrorCode::bad_interval);
}

TEST_CASE("plain requests") {
    for (const auto& [name, type] :
         {std::pair{"heartbeat", RequestType::heartbeat}, std::pair{"stats", RequestType::stats},
          std::pair{"instruments", RequestType::instruments}}) {
        const auto request = parse_both(R"({"id":-3,"type":")" + std::string{name} + R"("})");
        REQUIRE(request.has_value());
        CHECK(request->type == type);
        CHECK(request->id == RequestId{std::int64_t{-3}});
    }
}

TEST_CASE("every bad request has its number") {
    CHECK(code_of("[]") == ErrorCode::malformed);
    CHECK(code_of("7") == ErrorCode::malformed);
    CHECK(code_of("{}") == ErrorCode::unknown_type);
    CHECK(code_of(R"({"type":7})") == ErrorCode::unknown_type);
    CHECK(code_of(R"({"type":"logout"})") == ErrorCode::unknown_type);
    CHECK(code_of(R"({"type":"stats","action":"stats"})") == ErrorCode::unknown_field);
    CHECK(code_of(R"({"type":"stats","symbol":"A"})") == ErrorCode::unknown_field);
    CHECK(code_of(R"({"type":"unsubscribe","channel":"trades","symbol":"A","from":{"epoch":1,"seq":1}})") ==
          ErrorCode::unknown_field);
    CHECK(code_of(R"({"type":"subscribe","symbol":"A"})") == ErrorCode::missing_field);
    CHECK(code_of(R"({"type":"subscribe","channel":"trades"})") == ErrorCode::missing_field);
    CHECK(code_of(R"({"type":"subscribe","channel":"trade","symbol":"A"})") == ErrorCode::unknown_channel);
    CHECK(code_of(R"({"type":"subscribe","channel":["trades"],"symbol":"A"})") == ErrorCode::bad_field);
    CHECK(code_of(R"({"type":"subscribe","channel":"trades","symbol":""})") == ErrorCode::bad_field);
    CHECK(code_of(R"({"type":"subscribe","channel":"trades","symbols":[]})") == ErrorCode::bad_field);
    CHECK(code_of(R"({"type":"subscribe","channel":"trades","symbols":[1]})") == ErrorCode::bad_field);
    CHECK(code_of(R"({"type":"subscribe","channel":"trades","symbols":["*","A"]})") == ErrorCode::bad_field);
    CHECK(code_of(R"({"type":"subscribe","channel":"trades","symbol":"A","symbols":["B"]})") == ErrorCode::bad_field);
    CHECK(code_of(R"({"type":"stats","id":1.5})") == ErrorCode::bad_field);
    CHECK(code_of(R"({"type":"stats","id":")" + std::string(65, 'x') + R"("})") == ErrorCode::bad_field);
    const std::string book = R"({"type":"subscribe","channel":"orderbook","symbol":"A",)";
    CHECK(code_of(book + R"("depth":"20"})") == ErrorCode::bad_field);
    CHECK(code_of(book + R"("depth":-1})") == ErrorCode::bad_field);
    CHECK(code_of(book + R"("depth":21})") == ErrorCode::bad_depth);
    CHECK(code_of(book + R"("depth":18446744073709551615})") == ErrorCode::bad_depth);
    CHECK(code_of(book + R"("rate":50})") == ErrorCode::bad_rate);
    CHECK(code_of(book + R"("from":7})") == ErrorCode::bad_field);
    CHECK(code_of(book + R"("from":{"epoch":1}})") == ErrorCode::bad_field);
    CHECK(code_of(book + R"("from":{"epoch":1,"seq":"2"}})") == ErrorCode::bad_field);
    CHECK(code_of(R"({"type":"subscribe","channel":"trades","symbol":"A","depth":20})") == ErrorCode::not_applicable);
    CHECK(code_of(R"({"type":"subscribe","channel":"trades","symbol":"*","from":{"epoch":1,"seq":2}})") ==
          ErrorCode::not_applicable);
    CHECK(code_of(R"({"type":"stats","id":[[[[[1]]]]]})") == ErrorCode::too_deep);
    CHECK(parse(Format::json, "{").error().code == ErrorCode::malformed);
    CHECK(parse(Format::json, "").error().code == ErrorCode::malformed);
    CHECK(parse(Format::json, R"({"type":"stats"} x)").error().code == ErrorCode::malformed);
    CHECK(parse(Format::json, "{\"type\":\"\xff\"}").error().code == ErrorCode::malformed);
    CHECK(parse(Format::msgpack, "").error().code == ErrorCode::malformed);
    CHECK(parse(Format::msgpack, "\x81\xa4type").error().code == ErrorCode::malformed);
    CHECK(parse(Format::msgpack, "\xc1").error().code == ErrorCode::malformed);
}

TEST_CASE("a login, and subscriptions to private channels") {
    const std::string signature(128, 'a');
    auto request = parse_both(R"({"type":"login","id":1,"key_id":7,"signature":")" + signature + R"("})");
    REQUIRE(request.has_value());
    CHECK(request->type == RequestType::login);
    CHECK(request->login.key == KeyId{7u});
    CHECK(request->login.signature[63] == std::byte{0xAA});
    request = parse_both(R"({"type":"subscribe","channels":["balances","executions"],"account":9})");
    REQUIRE(request.has_value());
    CHECK(request->channels.size() == 2);
    CHECK(request->account == AccountId{9u});
    request = parse_both(R"({"type":"subscribe","channel":"balances","from":{"epoch":1,"seq":2}})");
    REQUIRE(request.has_value());
    CHECK_FALSE(request->account.has_value());
    CHECK(request->from->seq == 2);

    CHECK(code_of(R"({"type":"login"})") == ErrorCode::missing_field);
    CHECK(code_of(R"({"type":"login","key_id":7})") == ErrorCode::missing_field);
    CHECK(code_of(R"({"type":"login","key_id":-7,"signature":")" + signature + R"("})") == ErrorCode::bad_field);
    CHECK(code_of(R"({"type":"login","key_id":4294967296,"signature":")" + signature + R"("})") ==
          ErrorCode::bad_field);
    CHECK(code_of(R"({"type":"login","key_id":7,"signature":"aa"})") == ErrorCode::bad_field);
    CHECK(code_of(R"({"type":"login","key_id":7,"signature":[]})") == ErrorCode::bad_field);
    CHECK(code_of(R"({"type":"login","key_id":7,"signature":")" + signature + R"(","account":6})") ==
          ErrorCode::unknown_field);
    CHECK(code_of(R"({"type":"stats","key_id":7})") == ErrorCode::unknown_field);
    CHECK(code_of(R"({"type":"subscribe","channels":["balances","trades"],"symbol":"A"})") ==
          ErrorCode::not_applicable);
    CHECK(code_of(R"({"type":"subscribe","channel":"balances","symbol":"A"})") == ErrorCode::not_applicable);
    CHECK(code_of(R"({"type":"subscribe","channel":"trades","symbol":"A","account":6})") == ErrorCode::not_applicable);
    CHECK(code_of(R"({"type":"subscribe","channel":"balances","account":0})") == ErrorCode::bad_field);
    CHECK(code_of(R"({"type":"subscribe","channels":["balances","executions"],"from":{"epoch":1,"seq":2}})") ==
          ErrorCode::not_applicable);
}

TEST_CASE("an error names the request's id") {
    const auto result = parse_both(R"({"id":"mine","type":"subscribe","channel":"trades"})");
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().id == RequestId{std::string{"mine"}});
}

TEST_CASE("deep nesting is stopped before it can fill the stack") {
    CHECK(parse(Format::json, std::string(60'000, '[')).error().code == ErrorCode::too_deep);
    CHECK(parse(Format::msgpack, std::string(60'000, '\x91')).error().code == ErrorCode::too_deep);
    // A list that claims to be 4 billion long.
    CHECK(parse(Format::msgpack, std::string("\xdd\xff\xff\xff\xff", 5)).error().code == ErrorCode::malformed);
}
