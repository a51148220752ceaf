// Socket: an owned, non-blocking descriptor, and the few system calls around it. Addresses are numeric (IPv4 or IPv6)
// or "localhost", which means 127.0.0.1: a name lookup would block the thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <utility>

#include "net/error.h"

namespace dcx::net {

struct Endpoint {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;

    [[nodiscard]] std::string text() const;
};

// How many accepted sockets of one listener are alive; shared, because sockets may outlive it.
struct AcceptCount {
    std::size_t live = 0;
    // Set by the listener while it is full.
    class TcpListener* waiting = nullptr;
};

class Socket {
  public:
    Socket() = default;
    explicit Socket(int fd, std::shared_ptr<AcceptCount> count = nullptr) : fd_(fd), count_(std::move(count)) {}
    ~Socket() { close(); }
    Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)), count_(std::move(other.count_)) {}
    Socket& operator=(Socket&& other) noexcept;

    [[nodiscard]] int fd() const { return fd_; }
    [[nodiscard]] bool is_open() const { return fd_ >= 0; }
    void close();
    // "address:port" of the other end, empty when there is none.
    [[nodiscard]] std::string peer() const;

  private:
    int fd_ = -1;
    std::shared_ptr<AcceptCount> count_;
};

// Listening, with SO_REUSEADDR.
[[nodiscard]] std::expected<Socket, Error> listen_on(const Endpoint& endpoint, int backlog);
// The connection is under way when this returns; its outcome shows when the socket becomes writable.
[[nodiscard]] std::expected<Socket, Error> start_connect(const Endpoint& endpoint);
[[nodiscard]] std::expected<std::uint16_t, Error> local_port(const Socket& socket);

}  // namespace dcx::net
