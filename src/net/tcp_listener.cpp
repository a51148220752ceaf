#include <utility>

#include "net/tcp.h"

namespace dcx::net {

namespace {

// Per round, so that a flood of connections does not starve those that are open: each costs its owner some tens of
// microseconds.
constexpr int accepts_a_round = 64;
constexpr std::int64_t retry_ns = 100'000'000;

bool connection_is_at_fault(int code) {
    // accept() hands over errors of the one connection that it would have returned.
    return code == ECONNABORTED || code == EINTR || code == EPROTO || code == ENETDOWN || code == ENOPROTOOPT ||
           code == EHOSTDOWN || code == EHOSTUNREACH || code == ENETUNREACH || code == ENONET || code == EPERM;
}

}  // namespace

TcpListener::TcpListener(Reactor& reactor, Options options, Accept accept)
    : reactor_(reactor),
      kernel_(reactor.kernel()),
      options_(std::move(options)),
      accept_(std::move(accept)),
      watch_(reactor, *this),
      retry_(reactor, [this] { room_again(); }) {
    count_->addresses = options_.addresses;
}

TcpListener::~TcpListener() { stop(); }

std::expected<void, Error> TcpListener::start() {
    auto socket = listen_on(kernel_, options_.endpoint, {options_.backlog, options_.reuse_port});
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
    for (const int fd : waiting_) kernel_.close(fd);
    waiting_.clear();
}

void TcpListener::on_ready(Ready) {
    for (int i = 0; i < accepts_a_round && socket_.is_open(); ++i) {
        if (full()) {
            count_->waiting = this;
            return watch_.set({});
        }
        const int fd = kernel_.accept(socket_.fd());
        if (fd < 0) {
            if (errno == EAGAIN) return;
            if (connection_is_at_fault(errno)) continue;
            return accept_failed(errno);
        }
        hand_over(fd);
    }
}

void TcpListener::on_accepted(int result) {
    if (result < 0) {
        if (!connection_is_at_fault(-result)) accept_failed(-result);
        return;
    }
    if (!full() && waiting_.empty() && handed_ < accepts_a_round) {
        // So that it is counted anew in the next round.
        if (handed_++ == 0) reactor_.at_round_end(*this);
        return hand_over(result);
    }
    // They have not been told of it: to them it is the backlog in which they wait.
    waiting_.push_back(result);
    watch_.set({});
    if (full())
        count_->waiting = this;
    else
        reactor_.at_round_end(*this);
}

void TcpListener::hand_over(int fd) {
    ++count_->live;
    accept_(Socket{fd, kernel_, count_});
}

void TcpListener::accept_failed(int) {
    // Out of descriptors or memory: the backlog stays readable, so asking again at once would spin.
    watch_.set({});
    retry_.start_after(retry_ns);
}

// May be called from within any owner's call that closes a socket.
void TcpListener::room_again() {
    count_->waiting = nullptr;
    if (waiting_.empty()) return watch_.set({.read = true});
    reactor_.at_round_end(*this);
}

void TcpListener::on_round_end() {
    const int room = accepts_a_round - std::exchange(handed_, 0);
    if (waiting_.empty()) return;
    // The owner may stop us in any of these calls.
    std::size_t taken = 0;
    while (taken < waiting_.size() && !full() && static_cast<int>(taken) < room)
        hand_over(std::exchange(waiting_[taken++], -1));
    std::erase(waiting_, -1);
    if (!socket_.is_open()) return;
    if (full()) {
        count_->waiting = this;
    } else if (!waiting_.empty()) {
        reactor_.at_round_end(*this);
    } else if (!retry_.running()) {
        watch_.set({.read = true});
    }
}

}  // namespace dcx::net
