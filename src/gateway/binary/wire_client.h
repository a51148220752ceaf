// WireClient: for tests, the other end of a gateway's connection, over TCP or shared memory: whatever bytes a test
// wants go out (over memory each send is a record), frames that come in are kept. On the same reactor as the gateway.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ed25519.h"
#include "gateway/shm/shm_peer.h"
#include "model/frame.h"
#include "net/tcp.h"

namespace dcx::gateway {

class WireClient final : public net::TcpConnection::Owner, net::RoundTask {
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

    // Through shared memory; `path` is the door's.
    WireClient(net::Reactor& reactor, const std::string& path)
        : reactor_(&reactor), shm_(std::make_unique<ShmPeer>(path)) {
        reactor.at_round_end(*this);
    }

    void send(std::span<const std::byte> bytes) {
        if (shm_ == nullptr) {
            DCX_CHECK(tcp_->send(bytes));
            return;
        }
        unsent_.emplace_back(bytes.begin(), bytes.end());
        write_records();
    }
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
    void close_now() { shm_ != nullptr ? shm_->close() : tcp_->close_now(); }
    void pause_reading() {
        paused_ = true;
        if (tcp_ != nullptr) tcp_->pause_reading();
    }
    void resume_reading() {
        paused_ = false;
        if (tcp_ != nullptr) tcp_->resume_reading();
    }
    void flush() {
        if (tcp_ != nullptr) tcp_->flush();
    }
    // These by another name.
    [[nodiscard]] WireClient& tcp() { return *this; }
    [[nodiscard]] ShmPeer& shm() { return *shm_; }

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
    // Once a round, until it is closed.
    void on_round_end() override {
        if (closed_) return;
        shm_->poll();
        write_records();
        if (!paused_) read_records();
        if (shm_->closed() && !paused_)
            closed_ = true;
        else
            reactor_->at_round_end(*this);
    }
    void write_records() {
        while (shm_->mapped() && !unsent_.empty() && shm_->producer().try_push(unsent_.front())) unsent_.pop_front();
        if (shm_->mapped()) shm_->requests().consumer_bell().ring();
    }
    void read_records() {
        const auto take = [&](std::span<const std::byte> record) {
            const auto frame = decode_frame(record, response_block_size);
            DCX_CHECK(frame.has_value() && frame->complete() && frame->header.length == record.size());
            keep(*frame);
        };
        for (bool more = shm_->mapped(); more;) {
            more = false;
            while (const auto record = shm_->consumer().next()) {
                take(*record);
                more = true;
            }
            shm_->consumer().release();
        }
        if (shm_->closed() && !shm_->last_words().empty()) take(shm_->last_words());
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
    bool paused_ = false;
    std::unique_ptr<net::TcpConnection> tcp_;
    net::Reactor* reactor_ = nullptr;
    std::unique_ptr<ShmPeer> shm_;  // one of the two
    std::deque<std::vector<std::byte>> unsent_;
};

}  // namespace dcx::gateway
