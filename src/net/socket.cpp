#include "net/socket.h"

#include <utility>

#include "net/tcp.h"

namespace dcx::net {

std::string Endpoint::text() const {
    const bool v6 = address.find(':') != address.npos;
    return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

Socket::Socket(int fd, Kernel& kernel, std::shared_ptr<AcceptCount> count)
    : fd_(fd), kernel_(&kernel), count_(std::move(count)) {
    if (count_ != nullptr && count_->addresses != nullptr) address_ = count_->addresses->take(peer()).value_or(over);
}

Socket& Socket::operator=(Socket&& other) noexcept {
    if (this != &other) {
        close();
        fd_ = std::exchange(other.fd_, -1);
        kernel_ = other.kernel_;
        count_ = std::move(other.count_);
        address_ = other.address_;
    }
    return *this;
}

void Socket::close() {
    if (fd_ < 0) return;
    kernel_->close(std::exchange(fd_, -1));
    const auto count = std::move(count_);
    if (count == nullptr) return;
    if (count->addresses != nullptr && !over_limit()) count->addresses->give_back(address_);
    --count->live;
    if (count->waiting != nullptr) count->waiting->room_again();
}

std::string Socket::peer() const { return fd_ < 0 ? std::string{} : kernel_->peer(fd_); }

std::expected<Socket, Error> listen_on(Kernel& kernel, const Endpoint& endpoint, const Listening& how) {
    const auto fd = kernel.listen_on(endpoint, how);
    if (!fd) return std::unexpected(fd.error());
    return Socket{*fd, kernel};
}

std::expected<Socket, Error> start_connect(Kernel& kernel, const Endpoint& endpoint) {
    const auto fd = kernel.start_connect(endpoint);
    if (!fd) return std::unexpected(fd.error());
    return Socket{*fd, kernel};
}

}  // namespace dcx::net
