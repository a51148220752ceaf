// FeedTape: events of a market, and the messages that the feed makes of them, one of each command: what a raw sender is
// given beforehand. Recorded from a real FeedServer over a loopback connection, so that it is what the feed sends,
// whatever is behind it. Throws std::runtime_error.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "feed/feed_server.h"
#include "feed/test_venue.h"
#include "net/http.h"
#include "net/reactor.h"
#include "platform/system_clock.h"

namespace dcx::bench {

// A masked client frame, whose mask is all zeros.
inline std::string request_frame(const std::string& format, std::string_view request) {
    std::string frame{format == "json" ? '\x81' : '\x82', static_cast<char>(0x80u | request.size())};
    return frame.append(4, '\0').append(request);
}
// {"type":"subscribe","channel":CHANNEL,"symbol":"DEC/USD"}, with {"depth":DEPTH} when it is not 0.
inline std::string subscribe_request(const std::string& format, std::string_view channel, std::uint32_t depth = 0) {
    if (format == "json")
        return R"({"type":"subscribe","symbol":"DEC/USD","channel":")" + std::string{channel} + "\"" +
               (depth > 0 ? ",\"depth\":" + std::to_string(depth) : "") + "}";
    std::string out{depth > 0 ? '\x84' : '\x83'};
    const auto put = [&](std::string_view text) { out.append(1, static_cast<char>(0xA0u | text.size())).append(text); };
    for (const std::string_view text :
         {std::string_view{"type"}, std::string_view{"subscribe"}, std::string_view{"channel"}, channel,
          std::string_view{"symbol"}, std::string_view{"DEC/USD"}})
        put(text);
    if (depth == 0) return out;
    put("depth");
    return out.append({'\xCD', static_cast<char>(depth >> 8), static_cast<char>(depth)});
}
// What a client says to begin with: the upgrade, and a request if any (below 126 bytes).
inline std::string hello_text(const std::string& format, std::string_view request) {
    std::string hello = "GET /v1/feed?format=" + format +
                        " HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    return request.empty() ? hello : hello + request_frame(format, request);
}
inline std::string hello_to(std::string_view channel) {
    return hello_text("msgpack", subscribe_request("msgpack", channel));
}

inline sockaddr_in loopback(std::uint16_t port, std::uint32_t host = 1) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(0x7F000000u + host);
    return address;
}
// From 127.0.0.`host`, so that a process is not bound to the ports of one address.
inline int connect_to(std::uint16_t port, std::uint32_t host = 1) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in own = loopback(0, host);
    const sockaddr_in there = loopback(port);
    if (fd < 0 || ::bind(fd, reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0 ||
        ::connect(fd, reinterpret_cast<const sockaddr*>(&there), sizeof there) != 0)
        throw std::runtime_error("a reader can't connect");
    return fd;
}
inline void write_all(int fd, std::string_view text) {
    if (::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        throw std::runtime_error("a reader can't write");
}

// Events up to a mark that another thread moves on.
class PacedSource final : public EventSource {
  public:
    explicit PacedSource(std::span<const Event> events) : events_(events) {}
    std::span<const Event> peek(std::size_t max) override {
        return events_.subspan(taken_, std::min(max, allowed_.load(std::memory_order_acquire) - taken_));
    }
    void release(std::size_t count) override {
        taken_ += count;
        told_.store(taken_, std::memory_order_release);
    }
    [[nodiscard]] bool drained() const { return taken_ == allowed_.load(std::memory_order_acquire); }

    // ---- any thread
    void allow(std::size_t events) { allowed_.store(events, std::memory_order_release); }
    [[nodiscard]] std::size_t taken() const { return told_.load(std::memory_order_acquire); }

  private:
    std::span<const Event> events_;
    std::size_t taken_ = 0;
    std::atomic<std::size_t> allowed_{0};
    std::atomic<std::size_t> told_{0};
};

struct FeedTape {
    std::vector<Event> events;            // what a source tells first, then the commands
    std::size_t start = 0;                // where these begin
    std::vector<std::size_t> event_ends;  // of each command
    std::string bytes;                    // frames, one behind the other
    std::vector<std::size_t> ends;        // of each frame

    [[nodiscard]] std::size_t messages() const { return ends.size(); }
    [[nodiscard]] std::string_view frames(std::size_t from, std::size_t to) const {
        const std::size_t begin = from == 0 ? 0 : ends[from - 1];
        return std::string_view{bytes}.substr(begin, ends[to - 1] - begin);
    }
    [[nodiscard]] double message_bytes() const {
        return static_cast<double>(bytes.size()) / static_cast<double>(messages());
    }

    // Orders come and go at eight prices on top of a book that stands, so that each command changes one level. The
    // message is that of the order book's channel, depth 20, in MessagePack.
    static FeedTape record(std::size_t messages) { return record(messages, 20); }
    // With so many levels on each side.
    static FeedTape record(std::size_t messages, std::int64_t levels);
};

namespace detail {

// The server frame at the front; its size, or 0 when it is not whole.
inline std::size_t frame_size(std::string_view bytes) {
    if (bytes.size() < 4) return 0;
    const auto at = [&](std::size_t i) { return std::size_t{static_cast<unsigned char>(bytes[i])}; };
    std::size_t size = 2 + at(1);
    if (at(1) == 126) size = 4 + (at(2) << 8 | at(3));
    if (at(1) == 127) {
        size = 0;
        if (bytes.size() < 10) return 0;
        for (std::size_t i = 2; i < 10; ++i) size = size << 8 | at(i);
        size += 10;
    }
    return size <= bytes.size() ? size : 0;
}

inline void add_commands(feed::testing::TestVenue& venue, FeedTape& tape, std::size_t count) {
    // Few live at a time: the test venue looks for an order one by one.
    std::array<OrderId, 8> open{};
    for (std::size_t i = 0; i < count; ++i) {
        if (i % 16 < 8)
            open[i % 8] = venue.place(Side::buy, 100'000 - static_cast<std::int64_t>(i % 8),
                                      static_cast<std::int64_t>(1 + i % 5));
        else
            venue.cancel(open[i % 8]);
        tape.event_ends.push_back(venue.events.size());
    }
}

}  // namespace detail

inline FeedTape FeedTape::record(std::size_t messages, std::int64_t levels) {
    FeedTape tape;
    feed::testing::TestVenue venue;
    platform::SystemClock clock;
    venue.now_ns = clock.wall_ns();
    venue.restore_assets();
    venue.restore_instrument(feed::testing::TestVenue::kInstrument, "DEC/USD");
    for (std::int64_t i = 0; i < levels; ++i) {
        venue.restore_order(Side::buy, 100'000 - i, 50'000);
        venue.restore_order(Side::sell, 100'001 + i, 50'000);
    }
    venue.complete_restore();
    tape.start = venue.events.size();
    detail::add_commands(venue, tape, messages);
    tape.events = venue.events;

    PacedSource source{tape.events};
    net::Reactor reactor;
    net::HttpServer http{reactor, {}};
    feed::FeedServer::Options options;
    options.flush_interval_ns = 0;
    feed::FeedServer server{http, source, clock, options};
    if (!http.start()) throw std::runtime_error("the tape's feed can't listen");
    source.allow(tape.start);
    while (!source.drained()) server.poll();
    const int reader = connect_to(http.port());
    write_all(reader, hello_to("orderbook"));
    std::string received;
    std::string buffer(1 << 20, '\0');
    const auto work = [&] {
        server.poll();
        reactor.poll(0);
        const ssize_t got = ::recv(reader, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (got == 0) throw std::runtime_error("the tape's feed has closed");
        if (got > 0) received.append(buffer, 0, static_cast<std::size_t>(got));
    };
    // The answer to the upgrade, welcome, subscribed, snapshot.
    while (received.find("snapshot") == std::string::npos) work();
    for (int i = 0; i < 1'000; ++i) work();
    received.clear();
    while (tape.ends.size() < messages) {
        source.allow(tape.event_ends[std::min(tape.ends.size() + 64, messages) - 1]);
        work();
        while (const std::size_t size = detail::frame_size(received)) {
            tape.bytes.append(received, 0, size);
            tape.ends.push_back(tape.bytes.size());
            received.erase(0, size);
        }
    }
    ::close(reader);
    for (int i = 0; i < 1'000 && server.clients() > 0; ++i) {
        server.poll();
        reactor.poll(1);
    }
    http.stop();
    return tape;
}

}  // namespace dcx::bench
