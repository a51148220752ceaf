// For tests of `dcx watch`: messages of a feed for DEC/USD with right checksums, as text.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/crc32c.h"
#include "model/decimal.h"

namespace dcx::app::testing {

// Price in ticks of 0.0001, quantity in lots of 0.0001, orders.
struct TestLevel {
    std::int64_t price;
    std::int64_t quantity;
    int orders = 1;
};
struct TestBook {
    std::vector<TestLevel> bids;  // best first
    std::vector<TestLevel> asks;

    [[nodiscard]] std::uint32_t checksum() const {
        std::vector<std::int64_t> numbers;
        for (const auto* side : {&bids, &asks})
            for (const TestLevel& level : *side) {
                numbers.push_back(level.price);
                numbers.push_back(level.quantity);
            }
        return crc32c(std::as_bytes(std::span{numbers}));
    }
};

inline std::string welcome_text() {
    return R"({"type":"welcome","client_id":1,"epoch":7,"time":1,"format":"json","heartbeat_ms":1000,"limits":{},)"
           R"("instruments":[{"symbol":"DEC/USD","base":"DEC","quote":"USD","tick_size":"0.0001","lot_size":"0.0001",)"
           R"("phase":"trading"},{"symbol":"BTC/USD","base":"BTC","quote":"USD","tick_size":"0.01",)"
           R"("lot_size":"0.000001","phase":"trading"}]})";
}

inline std::string envelope(const std::string& channel, std::uint64_t prev, std::uint64_t seq,
                            const std::string& data) {
    return R"({"channel":")" + channel + R"(","type":")" + (prev == 0 ? "snapshot" : "update") +
           R"(","symbol":"DEC/USD","epoch":7,"prev":)" + std::to_string(prev) + R"(,"seq":)" + std::to_string(seq) +
           R"(,"time":)" + std::to_string(1'700'000'000'123'000'000 + static_cast<std::int64_t>(seq) * 1'000'000) +
           R"(,"data":)" + data + "}";
}

// `changes` as told, the checksum of the book as it is afterwards.
inline std::string book_text(std::uint64_t prev, std::uint64_t seq, const TestBook& changes, std::uint32_t checksum) {
    const auto side = [](const std::vector<TestLevel>& levels) {
        std::string text;
        for (const TestLevel& level : levels)
            text += (text.empty() ? "[\"" : ",[\"") + decimal_text(level.price, 4) + "\",\"" +
                    decimal_text(level.quantity, 4) + "\"," + std::to_string(level.orders) + "]";
        return text;
    };
    return envelope("orderbook", prev, seq,
                    R"({"bids":[)" + side(changes.bids) + R"(],"asks":[)" + side(changes.asks) + R"(],"checksum":)" +
                        std::to_string(checksum) + "}");
}
inline std::string book_text(std::uint64_t prev, std::uint64_t seq, const TestBook& snapshot) {
    return book_text(prev, seq, snapshot, snapshot.checksum());
}

// Ids and sides.
using TestTrades = std::vector<std::pair<std::uint64_t, std::string>>;
inline std::string trades_text(std::uint64_t prev, std::uint64_t seq, const TestTrades& trades,
                               const TestTrades& busted = {}) {
    const auto list = [](const TestTrades& of) {
        std::string text;
        for (const auto& [id, side] : of)
            text += std::string(text.empty() ? "" : ",") + R"({"id":)" + std::to_string(id) +
                    R"(,"price":"1.2501","quantity":"12.5000","side":")" + side + R"(","time":1700000000456000000})";
        return "[" + text + "]";
    };
    return envelope("trades", prev, seq,
                    R"({"trades":)" + list(trades) + (busted.empty() ? "" : R"(,"busted":)" + list(busted)) + "}");
}

inline std::string ticker_text(std::uint64_t prev, std::uint64_t seq) {
    return envelope("ticker", prev, seq,
                    R"({"last":"1.2501","open":"1.2400","high":"1.2600","low":"1.2300","volume":"1000.5000",)"
                    R"("quote_volume":"1250.12345678","bid":"1.2499","bid_quantity":"1.0000","ask":"1.2501",)"
                    R"("ask_quantity":"1.0000","trades":42})");
}

inline TestBook test_book() {
    return {.bids = {{12'499, 40'000, 2}, {12'498, 123'456}, {12'490, 10'000, 3}},
            .asks = {{12'501, 20'000}, {12'503, 80'000, 4}}};
}

}  // namespace dcx::app::testing
