#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <thread>

#include "net/kernel.h"
#include "net/socket.h"

namespace dcx::net {

namespace {

// Ten milliseconds apart.
constexpr int kTriesToBind = 100;

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

std::expected<int, Error> open_socket(const Address& address) {
    const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return std::unexpected(system_error("socket"));
    return fd;
}
// The error of the last call, with the descriptor closed.
std::unexpected<Error> close_failed(int fd, const std::string& what) {
    const Error error = system_error(what);
    ::close(fd);
    return std::unexpected(error);
}

class LinuxKernel final : public Kernel {
  public:
    int poll_create() override { return ::epoll_create1(EPOLL_CLOEXEC); }
    int poll_control(int poll_fd, int operation, int fd, epoll_event* event) override {
        return ::epoll_ctl(poll_fd, operation, fd, event);
    }
    int poll_wait(int poll_fd, std::span<epoll_event> events, std::int64_t timeout_ns) override {
        const timespec timeout{.tv_sec = timeout_ns / 1'000'000'000, .tv_nsec = timeout_ns % 1'000'000'000};
        return ::epoll_pwait2(poll_fd, events.data(), static_cast<int>(events.size()),
                              timeout_ns < 0 ? nullptr : &timeout, nullptr);
    }

    std::expected<int, Error> listen_on(const Endpoint& endpoint, const Listening& how) override {
        const auto address = resolve(endpoint);
        if (!address) return std::unexpected(address.error());
        const auto fd = open_socket(*address);
        if (!fd) return fd;
        const int on = 1;
        ::setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (how.reuse_port && ::setsockopt(*fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0)
            return close_failed(*fd, "SO_REUSEPORT on " + endpoint.text());
        // Accepted sockets inherit it.
        ::setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        // The io_uring of a process that was killed lets go of its sockets a moment after the process has gone.
        for (int left = kTriesToBind; ::bind(*fd, address->get(), address->size) != 0; --left) {
            if (errno != EADDRINUSE || left == 0) return close_failed(*fd, "bind " + endpoint.text());
            std::this_thread::sleep_for(std::chrono::milliseconds{10});
        }
        if (::listen(*fd, how.backlog) != 0) return close_failed(*fd, "listen " + endpoint.text());
        return fd;
    }
    std::expected<int, Error> start_connect(const Endpoint& endpoint) override {
        const auto address = resolve(endpoint);
        if (!address) return std::unexpected(address.error());
        const auto fd = open_socket(*address);
        if (!fd) return fd;
        const int on = 1;
        ::setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (::connect(*fd, address->get(), address->size) != 0 && errno != EINPROGRESS)
            return close_failed(*fd, "connect " + endpoint.text());
        return fd;
    }
    std::expected<std::uint16_t, Error> local_port(int fd) override {
        Address address;
        address.size = sizeof address.storage;
        if (::getsockname(fd, address.get(), &address.size) != 0) return std::unexpected(system_error("getsockname"));
        return endpoint_of(address).port;
    }
    std::string peer(int fd) override {
        Address address;
        address.size = sizeof address.storage;
        if (::getpeername(fd, address.get(), &address.size) != 0) return {};
        return endpoint_of(address).text();
    }
    int accept(int listener) override { return ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC); }
    ssize_t receive(int fd, std::span<std::byte> out) override {
        return ::recv(fd, out.data(), out.size(), MSG_DONTWAIT);
    }
    ssize_t send(int fd, std::span<const std::byte> bytes) override {
        return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    ssize_t send_pieces(int fd, OutputPieces& pieces) override {
        if (pieces.count() == 1) return send(fd, pieces[0]);
        msghdr message{};
        message.msg_iov = pieces.vectors();
        message.msg_iovlen = pieces.count();
        return ::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    void end_output(int fd) override { ::shutdown(fd, SHUT_WR); }
    int socket_error(int fd) override {
        int code = 0;
        socklen_t size = sizeof code;
        ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size);
        return code;
    }
    void close(int fd) override { ::close(fd); }

    bool drain(int event_fd) override {
        std::uint64_t count;
        return ::read(event_fd, &count, sizeof count) > 0;
    }
};

}  // namespace

Kernel& linux_kernel() {
    static LinuxKernel kernel;
    return kernel;
}

}  // namespace dcx::net
