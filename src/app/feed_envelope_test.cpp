#include "app/feed_envelope.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "app/test_feed.h"

namespace dcx::app {
namespace {

using Json = nlohmann::json;

std::optional<FeedEnvelope> of_text(const std::string& text) {
    return read_envelope(feed::Format::json, std::as_bytes(std::span{text}));
}
std::optional<FeedEnvelope> of_packed(const Json& json) {
    const auto bytes = Json::to_msgpack(json);
    return read_envelope(feed::Format::msgpack, std::as_bytes(std::span{bytes}));
}
void check_update(const std::optional<FeedEnvelope>& message) {
    REQUIRE(message.has_value());
    CHECK(message->type == "update");
    CHECK(message->channel == "orderbook");
    CHECK(message->symbol == "DEC/USD");
    CHECK(message->epoch == 7);
    CHECK(message->prev == 12);
    CHECK(message->seq == 13);
    CHECK(message->time == 1'700'000'000'136'000'000);
}

TEST_CASE("envelope: both formats, wherever the data stands") {
    const std::string text = testing::book_text(12, 13, testing::test_book(), 5);
    check_update(of_text(text));
    check_update(of_packed(Json::parse(text)));
    // Sorted by key, the data comes before what it needs.
    check_update(of_text(Json::parse(text).dump()));
    Json skipped = Json::parse(text);
    skipped["skipped"] = 9;
    CHECK(of_packed(skipped)->skipped == 9);
}

TEST_CASE("envelope: of the session") {
    const auto welcome = of_text(testing::welcome_text());
    REQUIRE(welcome.has_value());
    CHECK(welcome->type == "welcome");
    CHECK(welcome->channel.empty());
    const auto subscribed = of_text(R"({"type":"subscribed","channel":"trades","symbol":"DEC/USD"})");
    REQUIRE(subscribed.has_value());
    CHECK(subscribed->channel == "trades");
    const auto error = of_text(R"({"type":"error","id":1,"code":8,"message":"too much"})");
    REQUIRE(error.has_value());
    CHECK(error->code == 8);
    CHECK(error->message == "too much");
}

TEST_CASE("envelope: what is no message of the feed") {
    const std::string text = testing::book_text(12, 13, testing::test_book(), 5);
    for (const std::string& wrong :
         {std::string{}, std::string{"x"}, std::string{"[]"}, std::string{"7"}, std::string{"{}"},
          std::string{R"({"type":7})"}, text.substr(0, 40), std::string{R"([{"type":"update"}])"},
          std::string{R"({"a":{"type":"update"}})"}, std::string{R"({"type":"welcome"}x)"}}) {
        CAPTURE(wrong);
        CHECK_FALSE(of_text(wrong).has_value());
    }
    for (const char* needed : {"type", "epoch", "prev", "seq", "time"}) {
        CAPTURE(needed);
        Json message = Json::parse(text);
        message.erase(needed);
        CHECK_FALSE(of_packed(message).has_value());
        message[needed] = -1;
        CHECK_FALSE(of_packed(message).has_value());
        message[needed] = {1, 2};
        CHECK_FALSE(of_packed(message).has_value());
    }
    // Deeper than the stack would bear.
    const std::string arrays = "\x81\xA1x" + std::string(1 << 20, '\x91');
    CHECK_FALSE(read_envelope(feed::Format::msgpack, std::as_bytes(std::span{arrays})).has_value());
    CHECK_FALSE(of_text(R"({"a":)" + std::string(1 << 20, '[')).has_value());
}

TEST_CASE("envelope: every cut of a message is either none or the whole of it") {
    const std::string text = testing::book_text(12, 13, testing::test_book(), 5);
    const auto packed = Json::to_msgpack(Json::parse(text));
    std::size_t taken = 0;
    for (std::size_t size = 0; size < packed.size(); ++size) {
        const auto message = read_envelope(feed::Format::msgpack, std::as_bytes(std::span{packed}.first(size)));
        if (message) check_update(message);
        taken += message ? 1u : 0u;
    }
    for (std::size_t size = 0; size < text.size(); ++size) {
        const auto message = of_text(text.substr(0, size));
        if (message) check_update(message);
        taken += message ? 1u : 0u;
    }
    // Where the data is last, it is not looked at.
    CHECK(taken > 0);
}

TEST_CASE("chain: what does not follow is a gap, a snapshot begins anew") {
    const auto message = [](const char* type, std::uint64_t epoch, std::uint64_t prev, std::uint64_t seq) {
        FeedEnvelope made;
        made.type = type;
        made.epoch = epoch;
        made.prev = prev;
        made.seq = seq;
        return made;
    };
    FeedChain chain;
    CHECK_FALSE(chain.follow(message("update", 1, 0, 5)));
    CHECK(chain.follow(message("snapshot", 1, 0, 10)));
    CHECK(chain.follow(message("update", 1, 10, 14)));
    CHECK_FALSE(chain.follow(message("update", 1, 10, 15)));
    CHECK(chain.follow(message("update", 1, 15, 16)));
    CHECK_FALSE(chain.follow(message("update", 2, 16, 17)));
    CHECK(chain.follow(message("snapshot", 2, 16, 20)));
    CHECK(chain.follow(message("update", 2, 20, 21)));
}

}  // namespace
}  // namespace dcx::app
