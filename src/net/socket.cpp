#include "net/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <bit>

#include "net/tcp.h"

namespace dcx::net {

namespace {

// Room for either family.
struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;

    [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
    [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

std::expected<Address, Error> resolve(const Endpoint& endpoint) {
    const std::string numeric = endpoint.address == "localhost" ? "127.0.0.1" : endpoint.address;
    Address result;
    sockaddr_in v4{};
    if (::inet_pton(AF_INET, numeric.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(endpoint.port);
        std::memcpy(&result.storage, &v4, sizeof v4);
        result.size = sizeof v4;
        return result;
    }
    sockaddr_in6 v6{};
    if (::inet_pton(AF_INET6, numeric.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(endpoint.port);
        std::memcpy(&result.storage, &v6, sizeof v6);
        result.size = sizeof v6;
        return result;
    }
    return std::unexpected(Error{"not a numeric address: \"" + endpoint.address + "\"", EINVAL});
}

Endpoint endpoint_of(const Address& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.storage.ss_family == AF_INET6) {
        sockaddr_in6 v6;
        std::memcpy(&v6, &address.storage, sizeof v6);
        ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
        return {text.data(), ntohs(v6.sin6_port)};
    }
    sockaddr_in v4;
    std::memcpy(&v4, &address.storage, sizeof v4);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return {text.data(), ntohs(v4.sin_port)};
}

std::expected<Socket, Error> open_socket(const Address& address) {
    const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return std::unexpected(system_error("socket"));
    return Socket{fd};
}

}  // namespace

std::string Endpoint::text() const {
    const bool v6 = address.find(':') != address.npos;
    return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

Socket& Socket::operator=(Socket&& other) noexcept {
    if (this != &other) {
        close();
        fd_ = std::exchange(other.fd_, -1);
        count_ = std::move(other.count_);
    }
    return *this;
}

void Socket::close() {
    if (fd_ < 0) return;
    ::close(std::exchange(fd_, -1));
    const auto count = std::move(count_);
    if (count == nullptr) return;
    --count->live;
    if (count->waiting != nullptr) count->waiting->room_again();
}

std::string Socket::peer() const {
    Address address;
    address.size = sizeof address.storage;
    if (fd_ < 0 || ::getpeername(fd_, address.get(), &address.size) != 0) return {};
    return endpoint_of(address).text();
}

std::expected<Socket, Error> listen_on(const Endpoint& endpoint, int backlog) {
    const auto address = resolve(endpoint);
    if (!address) return std::unexpected(address.error());
    auto socket = open_socket(*address);
    if (!socket) return socket;
    const int on = 1;
    ::setsockopt(socket->fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(socket->fd(), address->get(), address->size) != 0)
        return std::unexpected(system_error("bind " + endpoint.text()));
    if (::listen(socket->fd(), backlog) != 0) return std::unexpected(system_error("listen " + endpoint.text()));
    return socket;
}

std::expected<Socket, Error> start_connect(const Endpoint& endpoint) {
    const auto address = resolve(endpoint);
    if (!address) return std::unexpected(address.error());
    auto socket = open_socket(*address);
    if (!socket) return socket;
    const int on = 1;
    ::setsockopt(socket->fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket->fd(), address->get(), address->size) != 0 && errno != EINPROGRESS)
        return std::unexpected(system_error("connect " + endpoint.text()));
    return socket;
}

std::expected<std::uint16_t, Error> local_port(const Socket& socket) {
    Address address;
    address.size = sizeof address.storage;
    if (::getsockname(socket.fd(), address.get(), &address.size) != 0)
        return std::unexpected(system_error("getsockname"));
    return endpoint_of(address).port;
}

}  // namespace dcx::net
