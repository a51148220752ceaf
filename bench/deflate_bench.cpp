// A snapshot of an order book in JSON, compressed once as the feed does it, and expanded; by levels a side. Quantities
// and counts are random, so it compresses no better than a real book.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "net/websocket_deflate.h"

namespace {

using namespace dcx;

std::string number(std::uint64_t whole, std::uint64_t part) {
    std::string digits = std::to_string(10'000 + part);
    digits.front() = '.';
    return "\"" + std::to_string(whole) + digits + "\"";
}

std::string snapshot(std::size_t levels) {
    Random random(1);
    std::string text =
        R"({"channel":"orderbook","type":"snapshot","symbol":"DEC/USD","epoch":1,"prev":0,"seq":103,"time":1700000000000003000,"data":{"bids":[)";
    for (std::uint64_t side = 0; side < 2; ++side) {
        for (std::uint64_t i = 0; i < levels; ++i)
            text += "[" + number(2 - side, 9999 - i) + "," + number(random.below(2000), random.below(10'000)) + "," +
                    std::to_string(random.below(9) + 1) + "],";
        text += side == 0 ? R"(],"asks":[)" : "]";
    }
    return text + R"(,"checksum":1584172346}})";
}

void compress_snapshot(benchmark::State& state) {
    const std::string text = snapshot(static_cast<std::size_t>(state.range(0)));
    std::vector<std::byte> frame;
    for (auto _ : state) {
        frame.clear();
        net::append_deflated_frame(frame, net::MessageKind::text, std::as_bytes(std::span{text}));
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
    state.counters["times_smaller"] = static_cast<double>(text.size()) / static_cast<double>(frame.size());
}

void expand_snapshot(benchmark::State& state) {
    const std::string text = snapshot(static_cast<std::size_t>(state.range(0)));
    std::vector<std::byte> frame;
    net::append_deflated_frame(frame, net::MessageKind::text, std::as_bytes(std::span{text}));
    std::vector<std::byte> out;
    for (auto _ : state)
        if (net::inflate_message(net::payload_of_frame(frame), text.size(), out) != net::InflateResult::whole)
            state.SkipWithError("broken");
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}

BENCHMARK(compress_snapshot)->Arg(1)->Arg(20)->Arg(100)->Arg(1000)->Arg(5000)->Unit(benchmark::kMicrosecond);
BENCHMARK(expand_snapshot)->Arg(20)->Arg(5000)->Unit(benchmark::kMicrosecond);

}  // namespace
