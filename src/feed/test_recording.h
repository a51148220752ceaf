// For tests: a market of TestVenue recorded through a real connection, and small recordings made by hand.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "feed/feed_recorder.h"
#include "feed/recording_reader.h"
#include "feed/test_server.h"

namespace dcx::feed::testing {

inline RecordedEntry entry(RecordedAction action, Side side, std::uint64_t order, std::int64_t price,
                           std::int64_t quantity, std::uint64_t trade = 0) {
    return {.action = action,
            .side = side,
            .order = OrderId{order},
            .price = Price{price},
            .quantity = Quantity{quantity},
            .trade = TradeId{trade}};
}
inline RecordedListing listing_named(std::string symbol) {
    return {.symbol = std::move(symbol),
            .base = "DEC",
            .quote = "USD",
            .tick_mantissa = 1,
            .lot_mantissa = 25,
            .tick_scale = 4,
            .lot_scale = 2};
}
// One market with an order on each side.
inline RecordingState small_state(std::uint64_t epoch, std::uint64_t seq, std::int64_t time) {
    RecordingState state;
    state.epoch = epoch;
    state.last_trade = TradeId{std::uint64_t{7}};
    REQUIRE(state.advance(seq, Time{time}) == nullptr);
    REQUIRE(state.list(listing_named("DEC/USD"), Phase::trading, Price{std::int64_t{10'000}}) == nullptr);
    RecordedBook& book = state.markets[0].book;
    REQUIRE(book.add({OrderId{std::uint64_t{3}}, Side::buy, Price{std::int64_t{9'990}}, Quantity{std::int64_t{50}}}) ==
            nullptr);
    REQUIRE(book.add({OrderId{std::uint64_t{5}}, Side::sell, Price{std::int64_t{10'010}},
                      Quantity{std::int64_t{70}}}) == nullptr);
    return state;
}
inline void put(RecordingWriter& writer, std::uint64_t seq, std::int64_t time, std::vector<RecordedEntry> entries) {
    const char* const wrong = writer.command({.seq = seq, .time = Time{time}, .entries = std::move(entries)});
    REQUIRE_MESSAGE(wrong == nullptr, wrong);
}
inline void append(std::vector<std::byte>& file, RecordingWriter& writer) {
    const auto bytes = writer.take();
    file.insert(file.end(), bytes.begin(), bytes.end());
}

// Every kind of record, and what is behind each kind of gap.
inline std::vector<std::byte> every_record(bool close = true) {
    using enum RecordedAction;
    RecordingWriter writer{1'700'000'000'000'000'000, {}};
    REQUIRE(writer.begin(small_state(1, 100, 1'000), StateReason::begin) == nullptr);
    put(writer, 101, 1'010, {entry(add, Side::buy, 6, 9'995, 40)});
    put(writer, 105, 1'010, {entry(execute, Side::buy, 6, 9'995, 15, 8), entry(change, Side::sell, 5, 10'010, 60)});
    put(writer, 106, 2'000,
        {entry(execute, Side::buy, 6, 9'995, 25, 9), entry(execute, Side::buy, 3, 9'990, 50, 10),
         entry(add, Side::sell, 7, 9'990, 5)});
    RecordedEntry taken_back = entry(RecordedAction::bust, Side::sell, 0, 9'995, 25, 9);
    taken_back.traded = Time{std::int64_t{2'000}};
    put(writer, 107, 2'500, {taken_back});
    REQUIRE(writer.list(listing_named("BTC/USD"), Phase::halted, Price{}) == nullptr);
    REQUIRE(writer.set_phase(1, Phase::trading) == nullptr);
    RecordedEntry other = entry(add, Side::sell, 8, 1, 1);
    other.market = 1;
    put(writer, 110, 3'000, {entry(remove, Side::sell, 7, 9'990, 5), other});
    RecordingState behind = small_state(1, 130, 4'000);
    behind.last_trade = TradeId{std::uint64_t{12}};
    REQUIRE(behind.list(listing_named("BTC/USD"), Phase::trading, Price{}) == nullptr);
    REQUIRE(writer.begin(std::move(behind), StateReason::gap) == nullptr);
    put(writer, 131, 4'000, {entry(remove, Side::buy, 3, 9'990, 50)});
    behind = small_state(2, 140, 5'000);
    behind.last_trade = TradeId{std::uint64_t{12}};
    REQUIRE(behind.list(listing_named("BTC/USD"), Phase::trading, Price{}) == nullptr);
    REQUIRE(writer.begin(std::move(behind), StateReason::epoch) == nullptr);
    put(writer, 141, 5'000, {entry(add, Side::buy, 9, 9'991, 1)});
    if (close)
        writer.close();
    else
        writer.flush();
    return writer.take();
}

// A recorder on a connection of its own.
class Recorder {
  public:
    explicit Recorder(TestServer& server, const RecordingWriter::Options& options = {})
        : server_{server}, recorder_{1'700'000'000'000'000'000, options} {}

    void connect() {
        client_ =
            std::make_unique<TestClient>(server_, Format::msgpack, "/v1/feed", std::vector<std::string>{"dcx.msgpack"});
        recorder_.opened();
        REQUIRE(server_.until([&] { return !client_->messages.empty(); }));
        pump();
    }
    void disconnect() {
        recorder_.closed();
        client_.reset();
    }
    // All that has come.
    void pump() {
        server_.poll();
        while (!client_->messages.empty()) {
            const Json message = std::move(client_->messages.front());
            client_->messages.pop_front();
            answered_ |= message.value("type", "") == "heartbeat" && message.contains("id");
            const auto bytes = Json::to_msgpack(message);
            const auto taken = recorder_.take(std::as_bytes(std::span{bytes}));
            REQUIRE_MESSAGE(taken, taken.error());
        }
        for (const auto& request : recorder_.take_requests()) client_->send(Json::from_msgpack(request));
    }
    // Until everything that has happened is recorded.
    void settle() {
        server_.drain();
        for (int answers = 0; answers < 2;) {
            answered_ = false;
            recorder_.ask();
            REQUIRE(server_.until([&] {
                pump();
                return answered_;
            }));
            ++answers;
        }
    }
    [[nodiscard]] FeedRecorder& recorder() { return recorder_; }

  private:
    TestServer& server_;
    FeedRecorder recorder_;
    std::unique_ptr<TestClient> client_;
    bool answered_ = false;
};

}  // namespace dcx::feed::testing
