// For tests only: a raw client socket that knows nothing of our code, and bounded waits that drive a reactor meanwhile.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "net/reactor.h"

namespace dcx::net::test {

// Polls until the condition holds; false when it does not within a generous bound.
inline bool run_until(Reactor& reactor, const std::function<bool()>& condition) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!condition()) {
        if (std::chrono::steady_clock::now() > give_up) return false;
        reactor.poll(1);
    }
    return true;
}

inline std::string to_string(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline std::span<const std::byte> to_bytes(std::string_view text) { return std::as_bytes(std::span{text}); }

class RawClient {
  public:
    explicit RawClient(std::uint16_t port, int receive_buffer = 0) {
        fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        REQUIRE(fd_ >= 0);
        if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        const int on = 1;
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }
    ~RawClient() { close(); }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    void send(std::string_view bytes) {
        REQUIRE(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
    }
    // For an end that may be closed meanwhile.
    void try_send(std::string_view bytes) { static_cast<void>(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL)); }
    void send_byte_by_byte(Reactor& reactor, std::string_view bytes) {
        for (const char c : bytes) {
            send({&c, 1});
            reactor.poll(0);
        }
    }
    // Takes what has come; sets ended() at the end of the stream or a reset.
    void receive() {
        char buffer[65536];
        while (!ended_) {
            const auto n = ::recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
            if (n > 0) {
                received_.append(buffer, static_cast<std::size_t>(n));
                continue;
            }
            if (n < 0 && errno == EAGAIN) return;
            reset_ = n < 0;
            ended_ = true;
        }
    }
    [[nodiscard]] bool wait_for(Reactor& reactor, std::string_view text) {
        return run_until(reactor,
                         [&] {
                             receive();
                             return received_.find(text) != received_.npos || ended_;
                         }) &&
               received_.find(text) != received_.npos;
    }
    [[nodiscard]] bool wait_for_size(Reactor& reactor, std::size_t size) {
        return run_until(reactor,
                         [&] {
                             receive();
                             return received_.size() >= size || ended_;
                         }) &&
               received_.size() >= size;
    }
    [[nodiscard]] bool wait_for_end(Reactor& reactor) {
        return run_until(reactor, [&] {
            receive();
            return ended_;
        });
    }
    // What has come and was not taken yet.
    std::string take() { return std::exchange(received_, {}); }
    [[nodiscard]] const std::string& received() const { return received_; }
    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] bool was_reset() const { return reset_; }
    void shutdown_write() { ::shutdown(fd_, SHUT_WR); }
    void reset() {
        const linger hard{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        close();
    }
    void close() {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }

  private:
    int fd_ = -1;
    bool ended_ = false;
    bool reset_ = false;
    std::string received_;
};

}  // namespace dcx::net::test
