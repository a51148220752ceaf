// WireClient: for tests, the other end of a gateway's connection: whatever bytes a test wants go out, frames that come
// in are kept. On the same reactor as the gateway.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ed25519.h"
#include "model/frame.h"
#include "net/tcp.h"

namespace dcx::gateway {

class WireClient final : public net::TcpConnection::Owner {
  public:
    struct Received {
        FrameHeader header{};
        std::vector<std::byte> block;

        template <class Block>
        [[nodiscard]] Block as() const {
            DCX_CHECK(block.size() == sizeof(Block));
            Block result;
            std::memcpy(static_cast<void*>(&result), block.data(), sizeof(Block));
            return result;
        }
    };

    WireClient(net::Reactor& reactor, std::uint16_t port)
        : tcp_(std::make_unique<net::TcpConnection>(reactor, net::Endpoint{.port = port}, options(), *this)) {}
    // An open socket.
    WireClient(net::Reactor& reactor, net::Socket socket)
        : tcp_(std::make_unique<net::TcpConnection>(reactor, std::move(socket), options(), *this)) {}

    void send(std::span<const std::byte> bytes) { DCX_CHECK(tcp_->send(bytes)); }
    template <WireBlock Block>
    void send(const Block& block, std::uint64_t sequence = 0) {
        send(make_frame(block, Time{}, sequence).bytes());
    }
    template <MessageBody Body>
    void command(const Body& body, std::uint64_t sequence) {
        send(make_command_frame(body, Time{}, sequence).bytes());
    }
    void send_negotiate(const Ed25519Seed& seed, KeyId key, std::uint64_t client_session) {
        const NegotiateMessage message{
            .nonce = challenge.nonce, .venue_id = challenge.venue_id, .client_session = client_session, .key = key};
        send(Negotiate{.client_session = client_session,
                       .key = key,
                       .signature = ed25519_sign(seed, std::as_bytes(std::span{&message, 1}))});
    }

    // The next frame; nothing when there is none yet.
    std::optional<Received> next() {
        if (received.empty()) return std::nullopt;
        Received first = std::move(received.front());
        received.pop_front();
        return first;
    }
    // Why the venue ended it; nothing when it did not say.
    [[nodiscard]] std::optional<TerminateCode> terminated() const { return terminated_; }
    [[nodiscard]] bool closed() const { return closed_; }
    [[nodiscard]] net::TcpConnection& tcp() { return *tcp_; }

    std::deque<Received> received;  // but for challenge and terminate
    Challenge challenge;
    bool challenged = false;

  private:
    static net::TcpOptions options() {
        net::TcpOptions result;
        result.output_limit = 64 * 1024 * 1024;
        return result;
    }
    std::size_t on_data(net::TcpConnection&, std::span<std::byte> bytes) override {
        std::size_t taken = 0;
        for (;;) {
            const auto frame = decode_frame(bytes.subspan(taken), response_block_size);
            DCX_CHECK(frame.has_value());
            if (!frame->complete()) return taken;
            keep(*frame);
            taken += frame->header.length;
        }
    }
    void keep(const Frame& frame) {
        if (frame.header.template_id == kTemplateChallenge) {
            challenge = frame.as<Challenge>();
            challenged = true;
        } else if (frame.header.template_id == kTemplateTerminate) {
            terminated_ = frame.as<Terminate>().code;
        } else {
            received.push_back({frame.header, {frame.block, frame.block + frame.header.block_length}});
        }
    }
    void on_closed(net::TcpConnection&, const net::Closed&) override { closed_ = true; }

    std::optional<TerminateCode> terminated_;
    bool closed_ = false;
    std::unique_ptr<net::TcpConnection> tcp_;
};

}  // namespace dcx::gateway
