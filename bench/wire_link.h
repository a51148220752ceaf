// WireLink: a session of order entry over a socket with nothing around it: it logs in, and from there on bytes go out
// and come in as its owner has made them. For measures, where the client's own work must be as small as a bare
// socket's, and the same. One thread. Throws std::runtime_error when the venue does not let it in or goes away.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>

#include "base/descriptor.h"
#include "base/ed25519.h"
#include "client/key_file.h"
#include "model/frame.h"
#include "net/socket.h"
#include "platform/cpu.h"

namespace dcx::bench {

// How a thread waits for its turn.
enum class Idle { spin, polite };

// A connected TCP socket. receive() gives what is there, send() all it is given or as much as there is room for.
class TcpPipe {
  public:
    explicit TcpPipe(int fd) : fd_(fd) {
        const int on = 1;
        ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    static TcpPipe connect(const net::Endpoint& endpoint) {
        TcpPipe pipe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(endpoint.port);
        if (::inet_pton(AF_INET, endpoint.address.c_str(), &address.sin_addr) != 1 ||
            ::connect(pipe.fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            throw std::runtime_error("no connection to " + endpoint.text() + ": " + std::strerror(errno));
        return pipe;
    }
    // How much of it went.
    std::size_t send(std::span<const std::byte> bytes) {
        const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0) return static_cast<std::size_t>(sent);
        if (errno == EAGAIN || errno == EINTR) return 0;
        throw std::runtime_error(std::string("send: ") + std::strerror(errno));
    }
    // 0: nothing is there (spin); polite waits until something is, at most a second.
    std::size_t receive(std::span<std::byte> room, Idle idle) {
        if (idle == Idle::polite) {
            pollfd wanted{.fd = fd_.get(), .events = POLLIN, .revents = 0};
            if (::poll(&wanted, 1, 1000) <= 0) return 0;
        }
        const ssize_t got = ::recv(fd_.get(), room.data(), room.size(), MSG_DONTWAIT);
        if (got > 0) return static_cast<std::size_t>(got);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
        throw std::runtime_error("the other end has closed the connection");
    }
    [[nodiscard]] int fd() const { return fd_.get(); }

  private:
    Descriptor fd_;
};

// Pipe: TcpPipe or whatever else sends and receives as it does.
template <class Pipe>
class WireLink {
  public:
    WireLink(Pipe pipe, const client::ClientKey& key, std::uint64_t client_session = 1) : pipe_(std::move(pipe)) {
        const auto challenge = await<Challenge>();
        const NegotiateMessage message{
            .nonce = challenge.nonce, .venue_id = challenge.venue_id, .client_session = client_session, .key = key.key};
        put(make_frame(Negotiate{.client_session = client_session,
                                 .key = key.key,
                                 .signature = ed25519_sign(key.seed, std::as_bytes(std::span{&message, 1}))},
                       Time{})
                .bytes());
        session_ = await<Negotiated>();
        put(make_frame(Establish{.heartbeat_ms = 60'000}, Time{}).bytes());
        (void)await<Established>();
    }

    [[nodiscard]] const Negotiated& session() const { return session_; }
    [[nodiscard]] Pipe& pipe() { return pipe_; }
    // All of it.
    void put(std::span<const std::byte> bytes) {
        while (!bytes.empty()) bytes = bytes.subspan(pipe_.send(bytes));
    }
    // Until so many bytes are there.
    void take(std::span<std::byte> room, Idle idle) {
        while (!room.empty()) {
            const std::size_t got = pipe_.receive(room, idle);
            if (got == 0) platform::relax_cpu();
            room = room.subspan(got);
        }
    }
    // The next frame, whatever it is: its bytes.
    std::span<const std::byte> take_frame(Idle idle) {
        take(std::span(frame_).first(sizeof(FrameHeader)), idle);
        FrameHeader header;
        std::memcpy(&header, frame_.data(), sizeof header);
        if (header.length < sizeof header || header.length > frame_.size())
            throw std::runtime_error("the venue sent what is no frame");
        const auto whole = std::span(frame_).first(header.length);
        take(whole.subspan(sizeof header), idle);
        return whole;
    }

  private:
    template <class Block>
    Block await() {
        const auto bytes = take_frame(Idle::polite);
        const auto frame = decode_frame(bytes, response_block_size);
        if (!frame || !frame->complete() || frame->header.template_id != Block::template_id)
            throw std::runtime_error("the venue does not let this session in");
        return frame->template as<Block>();
    }

    Pipe pipe_;
    Negotiated session_{};
    std::array<std::byte, kMaxFrame> frame_{};
};

}  // namespace dcx::bench
