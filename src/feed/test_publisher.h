// For tests: a publisher with its venue, and subscribers in memory.
#pragma once

#include <doctest/doctest.h>

#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "feed/publisher.h"
#include "feed/stream.h"
#include "feed/test_reader.h"
#include "feed/test_venue.h"

namespace dcx::feed::testing {

inline constexpr std::int64_t kMs = 1'000'000;

// A subscriber in memory: keeps what it is sent, and takes nothing when told to be full.
struct Sink final : FrameSink {
    explicit Sink(Format of) : format{of} {}
    bool offer(std::span<const std::byte> frame) override {
        if (full) return false;
        messages.push_back(decode_frame(format, frame));
        return true;
    }
    void wake(Subscription& subscription, bool) override {
        if (full) return;
        net::OutputPieces pieces{std::numeric_limits<std::size_t>::max()};
        REQUIRE(subscription.stream->gather(subscription, pieces));
        std::vector<std::byte> bytes;
        for (std::size_t i = 0; i < pieces.count(); ++i) bytes.insert(bytes.end(), pieces[i].begin(), pieces[i].end());
        net::OutputPieces rest;
        const Stream::Taken taken = subscription.stream->take(subscription, bytes.size(), rest);
        CHECK(rest.empty());
        std::span<const std::byte> frames = bytes;
        for (std::uint64_t i = 0; i < taken.messages; ++i) {
            const std::size_t size = frame_size(frames);
            messages.push_back(decode_frame(format, frames.first(size)));
            frames = frames.subspan(size);
        }
        CHECK(frames.empty());
    }
    bool drained() const override { return !full; }
    void overrun() override { overran = true; }
    void conflated(std::uint64_t skipped) override { conflations.push_back(skipped); }
    Json take() {
        REQUIRE(messages.size() == 1);
        Json message = messages.front();
        messages.clear();
        return message;
    }

    Format format;
    bool full = false;
    bool overran = false;
    std::vector<Json> messages;
    std::vector<std::uint64_t> conflations;
};

struct Reader {
    Reader(Publisher& to, Format format, VariantKey key, std::string_view symbol = "DEC/USD")
        : publisher{to}, sink{format}, subscription{sink, *to.find(symbol), key, format} {}
    ~Reader() { publisher.detach(subscription); }

    Publisher& publisher;
    Sink sink;
    Subscription subscription;
};

struct Feed {
    TestVenue venue;
    // Whoever has not taken what he was told of is behind.
    Publisher publisher{{.replay_bytes = 64 * 1024, .behind_bytes = 0, .linger_ns = 1'000 * kMs}};
    std::size_t next = 0;
    std::int64_t now_ns = 1'000'000 * kMs;

    void take_all() {
        for (; next < venue.events.size(); ++next) publisher.apply(venue.events[next]);
        tick();
    }
    void tick(std::int64_t ms = 0) {
        now_ns += ms * kMs;
        publisher.tick(now_ns);
    }
    std::unique_ptr<Reader> subscribe(VariantKey key, Format format = Format::json) {
        auto reader = std::make_unique<Reader>(publisher, format, key);
        publisher.attach(reader->subscription, std::nullopt);
        return reader;
    }
};

constexpr VariantKey book_of(std::uint32_t depth, std::uint32_t rate_ms = 0) {
    return {Channel::orderbook, depth, rate_ms};
}
inline constexpr VariantKey kTrades{Channel::trades, 0, 0};
inline constexpr VariantKey kTicker{Channel::ticker, 0, 0};

}  // namespace dcx::feed::testing
