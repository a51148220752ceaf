// Socket: an owned, non-blocking descriptor of a kernel, and how to get one. Addresses are numeric (IPv4 or IPv6)
// or "localhost", which means 127.0.0.1: a name lookup would block the thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <utility>

#include "net/address_limits.h"
#include "net/error.h"
#include "net/kernel.h"

namespace dcx::net {

class TlsContext;

struct Endpoint {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    // Who connects there does so under TLS, and believes whom this says; none: plain. Listening does not look at it.
    std::shared_ptr<const TlsContext> tls = {};

    [[nodiscard]] std::string text() const;
};

// How many accepted sockets of one listener are alive; shared, because sockets may outlive it.
struct AcceptCount {
    std::size_t live = 0;
    // Set by the listener while it is full.
    class TcpListener* waiting = nullptr;
    std::shared_ptr<AddressLimits> addresses = {};  // none: not counted
};

class Socket {
  public:
    Socket() = default;
    Socket(int fd, Kernel& kernel, std::shared_ptr<AcceptCount> count = nullptr);
    ~Socket() { close(); }
    Socket(Socket&& other) noexcept
        : fd_(std::exchange(other.fd_, -1)),
          kernel_(other.kernel_),
          count_(std::move(other.count_)),
          address_(other.address_) {}
    Socket& operator=(Socket&& other) noexcept;

    [[nodiscard]] int fd() const { return fd_; }
    [[nodiscard]] bool is_open() const { return fd_ >= 0; }
    void close();
    // "address:port" of the other end, empty when there is none.
    [[nodiscard]] std::string peer() const;
    // Accepted, although its address has all the connections that it may have: to be told so and closed.
    [[nodiscard]] bool over_limit() const { return address_ == over; }

  private:
    static constexpr AddressLimits::Key over = ~AddressLimits::Key{0};

    int fd_ = -1;
    Kernel* kernel_ = nullptr;  // of an open one
    std::shared_ptr<AcceptCount> count_;
    AddressLimits::Key address_ = AddressLimits::not_counted;
};

// Listening, with SO_REUSEADDR.
[[nodiscard]] std::expected<Socket, Error> listen_on(Kernel& kernel, const Endpoint& endpoint, const Listening& how);
// The connection is under way when this returns; its outcome shows when the socket becomes writable.
[[nodiscard]] std::expected<Socket, Error> start_connect(Kernel& kernel, const Endpoint& endpoint);

}  // namespace dcx::net
