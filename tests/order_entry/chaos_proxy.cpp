#include "order_entry/chaos_proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "base/check.h"
#include "base/descriptor.h"

namespace dcx::order_entry_test {
namespace {

using Instant = std::chrono::steady_clock::time_point;

sockaddr_in address_of(const net::Endpoint& endpoint) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    DCX_CHECK(::inet_pton(AF_INET, endpoint.address.c_str(), &address.sin_addr) == 1);
    return address;
}

Descriptor tcp_socket() {
    Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    DCX_CHECK(socket.get() >= 0);
    return socket;
}

// Closing then resets the connection, as a middle box that forgets it would.
void reset_when_closed(int fd) {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

}  // namespace

struct ChaosProxy::Pair {
    std::array<int, 2> ends{-1, -1};           // client, venue
    std::array<std::int64_t, 2> bytes_left{};  // that pass from each end before something happens
    bool stalls = false;                       // it is held up for a while first, and cut then
    Instant held_until{};
    Instant dead_at{};  // the client is cut off already, the venue's end lives on
    bool cut = false;
    bool ended = false;

    void close_end(std::size_t end) {
        if (ends[end] >= 0) ::close(std::exchange(ends[end], -1));
    }
    ~Pair() {
        close_end(0);
        close_end(1);
    }
};

ChaosProxy::ChaosProxy(const net::Endpoint& venue, std::uint64_t seed) : venue_(venue), random_(seed) {
    Descriptor listener = tcp_socket();
    const sockaddr_in address = address_of({.address = "127.0.0.1", .port = 0});
    DCX_CHECK(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    DCX_CHECK(::listen(listener.get(), 64) == 0);
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    DCX_CHECK(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&bound), &size) == 0);
    port_ = ntohs(bound.sin_port);
    listener_ = listener.release();
    thread_ = std::thread([this] { run(); });
}

ChaosProxy::~ChaosProxy() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
}

void ChaosProxy::set_venue(const net::Endpoint& venue) {
    const std::lock_guard lock(mutex_);
    venue_ = venue;
}

std::int64_t ChaosProxy::draw_bytes() {
    // Within the login, within the first commands, or later.
    const auto most = std::array<std::int64_t, 4>{300, 2'000, 10'000, 60'000}[random_.below(4)];
    return random_.between(0, most);
}

void ChaosProxy::accept_one() {
    Descriptor client(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
    if (client.get() < 0) return;
    ++connections_;
    net::Endpoint venue;
    {
        const std::lock_guard lock(mutex_);
        venue = venue_;
    }
    Descriptor server = tcp_socket();
    const sockaddr_in address = address_of(venue);
    if (::connect(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return;
    const int on = 1;
    for (const int fd : {client.get(), server.get()}) {
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        ::fcntl(fd, F_SETFL, O_NONBLOCK);
    }
    auto pair = std::make_unique<Pair>();
    pair->ends = {client.release(), server.release()};
    pair->bytes_left = {draw_bytes(), draw_bytes()};
    pair->stalls = random_.chance(30);
    pairs_.push_back(std::move(pair));
}

// False: nothing more comes from this end.
bool ChaosProxy::forward(Pair& pair, int direction) {
    std::array<char, 4096> bytes{};
    std::int64_t room = sizeof bytes;
    const auto from = static_cast<std::size_t>(direction);
    if (!calm_) room = std::min({room, random_.between(1, 600), pair.bytes_left[from]});
    const ssize_t got = ::recv(pair.ends[from], bytes.data(), static_cast<std::size_t>(room), 0);
    if (got < 0) return errno == EAGAIN;
    if (got == 0) return room == 0;
    for (ssize_t sent = 0; sent < got;) {
        const ssize_t done =
            ::send(pair.ends[1 - from], bytes.data() + sent, static_cast<std::size_t>(got - sent), MSG_NOSIGNAL);
        if (done > 0) sent += done;
        if (done < 0 && errno != EAGAIN) return false;
    }
    pair.bytes_left[from] -= got;
    return true;
}

void ChaosProxy::run() {
    while (!stopping_) {
        std::vector<pollfd> wanted{{.fd = listener_, .events = POLLIN, .revents = 0}};
        const auto now = std::chrono::steady_clock::now();
        for (const auto& pair : pairs_)
            for (const int end : pair->ends) {
                // A held or a dead pair is not read at all; poll leaves out what is negative.
                const bool read = calm_ || (now >= pair->held_until && !pair->cut);
                wanted.push_back({.fd = read ? end : -1, .events = POLLIN, .revents = 0});
            }
        ::poll(wanted.data(), wanted.size(), 1);
        for (std::size_t i = 0; i < pairs_.size(); ++i) {
            Pair& pair = *pairs_[i];
            if (pair.cut) {
                pair.ended = now >= pair.dead_at;
                continue;
            }
            for (int direction = 0; direction < 2 && !pair.ended; ++direction) {
                const auto from = static_cast<std::size_t>(direction);
                if ((wanted[1 + 2 * i + from].revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
                if (calm_ || pair.bytes_left[from] > 0) {
                    pair.ended = !forward(pair, direction);
                } else if (pair.stalls) {
                    pair.stalls = false;
                    pair.bytes_left[from] = random_.between(0, 2'000);
                    pair.held_until = now + std::chrono::milliseconds(random_.between(1, 120));
                    ++stalls_;
                } else {
                    ++cuts_;
                    if (random_.chance(50)) reset_when_closed(pair.ends[0]);
                    if (random_.chance(50)) reset_when_closed(pair.ends[1]);
                    pair.cut = true;
                    pair.dead_at = now + std::chrono::milliseconds(random_.chance(20) ? random_.between(1, 100) : 0);
                    pair.close_end(0);
                    break;
                }
            }
        }
        std::erase_if(pairs_, [](const auto& pair) { return pair->ended; });
        if ((wanted[0].revents & POLLIN) != 0) accept_one();
    }
    pairs_.clear();
}

}  // namespace dcx::order_entry_test
