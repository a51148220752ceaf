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
    CHECK(request->channels.size() == 3);
    CHECK(request->symbols.empty());

    // The bulk form of the feed before this one.
    request = parse_both(R"({"action":"subscribe","symbols":["DEC/USD"]})");
    REQUIRE(request.has_value());
    CHECK(request->channels.size() == 3);

    request = parse_both(R"({"type":"unsubscribe","id":"x","channels":"*","symbols":"*"})");
    REQUIRE(request.has_value());
    CHECK(request->type == RequestType::unsubscribe);
    CHECK(request->id == RequestId{std::string{"x"}});
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
    CHECK(code_of(R"({"type":"login"})") == ErrorCode::unknown_type);
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
