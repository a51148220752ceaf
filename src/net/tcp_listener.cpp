#include "net/tcp.h"

namespace dcx::net {

namespace {

// Per round, so that a flood of connections does not starve those that are open.
constexpr int accepts_a_round = 64;
constexpr std::int64_t retry_ns = 100'000'000;

bool connection_is_at_fault(int code) {
    // accept() hands over errors of the one connection that it would have returned.
    return code == ECONNABORTED || code == EINTR || code == EPROTO || code == ENETDOWN || code == ENOPROTOOPT ||
           code == EHOSTDOWN || code == EHOSTUNREACH || code == ENETUNREACH || code == ENONET || code == EPERM;
}

}  // namespace

TcpListener::TcpListener(Reactor& reactor, Options options, Accept accept)
    : kernel_(reactor.kernel()),
      options_(std::move(options)),
      accept_(std::move(accept)),
      watch_(reactor, *this),
      retry_(reactor, [this] { room_again(); }) {}

TcpListener::~TcpListener() { stop(); }

std::expected<void, Error> TcpListener::start() {
    auto socket = listen_on(kernel_, options_.endpoint, options_.backlog);
    if (!socket) return std::unexpected(socket.error());
    const auto port = kernel_.local_port(socket->fd());
    if (!port) return std::unexpected(port.error());
    if (auto opened = watch_.open(socket->fd(), {.read = true}); !opened) return opened;
    socket_ = std::move(*socket);
    port_ = *port;
    return {};
}

void TcpListener::stop() {
    watch_.close();
    socket_.close();
    retry_.cancel();
    count_->waiting = nullptr;
}

void TcpListener::on_ready(Ready) {
    for (int i = 0; i < accepts_a_round && socket_.is_open(); ++i) {
        if (count_->live >= options_.max_connections) {
            count_->waiting = this;
            return watch_.set({});
        }
        const int fd = kernel_.accept(socket_.fd());
        if (fd < 0) {
            if (errno == EAGAIN) return;
            if (connection_is_at_fault(errno)) continue;
            // Out of descriptors or memory: the backlog stays readable, so asking again at once would spin.
            watch_.set({});
            return retry_.start_after(retry_ns);
        }
        ++count_->live;
        accept_(Socket{fd, kernel_, count_});
    }
}

void TcpListener::room_again() {
    count_->waiting = nullptr;
    watch_.set({.read = true});
}

}  // namespace dcx::net
