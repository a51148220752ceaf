// Snapshots for clients that agreed to compression, over real sockets.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "feed/snapshot_frames.h"
#include "feed/test_server.h"
#include "net/test_support.h"
#include "net/websocket_test_frames.h"

using namespace dcx;
using namespace dcx::feed;
using namespace dcx::feed::testing;

namespace {

class PackedClient {
  public:
    PackedClient(TestServer& server, const std::string& offer) : server_{server}, socket_{server.port()} {
        socket_.send(
            "GET /v1/feed HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Extensions: " +
            offer + "\r\n\r\n");
        REQUIRE(server.until([&] {
            socket_.receive();
            return socket_.received().find("\r\n\r\n") != std::string::npos;
        }));
        const std::string bytes = socket_.take();
        const auto end = bytes.find("\r\n\r\n") + 4;
        head = bytes.substr(0, end);
        unread_ = bytes.substr(end);
    }
    void send(const std::string& request) { socket_.send(net::test::frame({.payload = request})); }
    // The next whole frame.
    std::string next() {
        REQUIRE(server_.until([&] {
            socket_.receive();
            unread_ += socket_.take();
            const auto bytes = std::as_bytes(std::span{unread_});
            return bytes.size() >= 10 && bytes.size() >= frame_size(bytes);
        }));
        const std::size_t size = frame_size(std::as_bytes(std::span{unread_}));
        std::string frame = unread_.substr(0, size);
        unread_.erase(0, size);
        return frame;
    }
    std::string head;

  private:
    TestServer& server_;
    net::test::RawClient socket_;
    std::string unread_;
};

bool is_packed(const std::string& frame) { return (frame[0] & 0x40) != 0; }

Json message_of(const std::string& frame) {
    const auto payload = net::payload_of_frame(std::as_bytes(std::span{frame}));
    if (!is_packed(frame)) return decode(Format::json, payload);
    std::vector<std::byte> text;
    REQUIRE(net::inflate_message(payload, 1 << 20, text) == net::InflateResult::whole);
    return decode(Format::json, text);
}

void fill(TestVenue& venue) {
    for (int i = 0; i < 100; ++i) {
        venue.place(Side::buy, 10'000 - i, 50);
        venue.place(Side::sell, 10'001 + i, 50);
    }
}

const std::string subscribe = R"({"type":"subscribe","channel":"orderbook","symbol":"DEC/USD","depth":100})";

}  // namespace

TEST_CASE("snapshots are compressed for those who agreed, updates for nobody, and all say the same") {
    FeedServer::Options options;
    options.compress_snapshots = true;
    TestServer server{options};
    server.venue.start();
    fill(server.venue);
    server.drain();
    PackedClient wide{server, "permessage-deflate; client_max_window_bits"};
    PackedClient narrow{server, "permessage-deflate; server_max_window_bits=9"};
    PackedClient plain{server, "unknown"};
    CHECK(wide.head.find("permessage-deflate") != std::string::npos);
    CHECK(narrow.head.find("server_max_window_bits=9") != std::string::npos);
    CHECK(plain.head.find("Extensions") == std::string::npos);
    std::vector<Json> snapshots;
    for (PackedClient* client : {&wide, &narrow, &plain}) {
        CHECK_FALSE(is_packed(client->next()));
        client->send(subscribe);
        CHECK(message_of(client->next())["type"] == "subscribed");
        const std::string frame = client->next();
        CHECK(is_packed(frame) == (client != &plain));
        snapshots.push_back(message_of(frame));
        CHECK(snapshots.back()["type"] == "snapshot");
        CHECK(snapshots.back()["data"]["bids"].size() == 100);
        if (client == &wide) CHECK(frame.size() < snapshots.back().dump().size() / 2);
    }
    CHECK(snapshots[0] == snapshots[1]);
    CHECK(snapshots[0] == snapshots[2]);
    server.venue.place(Side::buy, 9'990, 7);
    server.drain();
    for (PackedClient* client : {&wide, &narrow, &plain}) {
        const std::string frame = client->next();
        CHECK_FALSE(is_packed(frame));
        CHECK(message_of(frame)["type"] == "update");
    }
}

TEST_CASE("nothing is compressed where it is not switched on, nor what is small") {
    TestServer server;
    server.venue.start();
    server.drain();
    PackedClient client{server, "permessage-deflate"};
    CHECK(client.head.find("Extensions") == std::string::npos);
    SnapshotFrames frames;
    CHECK(frames.empty());
    std::vector<std::byte> frame;
    net::append_frame(frame, net::MessageKind::text, net::test::to_bytes(std::string(100, 'x')));
    frames.set(frame);
    CHECK(frames.of(15).data() == frames.of(0).data());
    frame.clear();
    net::append_frame(frame, net::MessageKind::binary, net::test::to_bytes(std::string(1000, 'x')));
    frames.set(frame);
    CHECK(frames.of(0).size() == frame.size());
    CHECK(frames.of(15).size() < 100);
    // Made once, for each window.
    CHECK(frames.of(15).data() == frames.of(15).data());
    CHECK(frames.of(9).data() != frames.of(15).data());
}
