#include "simulation/simulated_network.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "base/check.h"
#include "net/socket.h"

namespace dcx::simulation {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

int fail(int code) {
    errno = code;
    return -1;
}

}  // namespace

// ---- clients

LinkId SimulatedNetwork::connect(Peer& peer, std::uint16_t port) {
    const LinkId id = ++last_link_;
    Link& link = links_[id];
    link.peer = &peer;
    link.port = port;
    post(id, false, Kind::open, {}, 0);
    return id;
}

void SimulatedNetwork::send(LinkId id, std::span<const std::byte> bytes) {
    if (links_.contains(id) && !links_[id].silent) post_stream(id, false, bytes, 0);
}

void SimulatedNetwork::finish(LinkId id) {
    const auto found = links_.find(id);
    if (found == links_.end()) return;
    found->second.peer = nullptr;
    if (!found->second.silent) post(id, false, Kind::end, {}, 0);
}

void SimulatedNetwork::reset(LinkId id) {
    const auto found = links_.find(id);
    if (found == links_.end()) return;
    found->second.peer = nullptr;
    if (!found->second.silent) post(id, false, Kind::reset, {}, 0);
}

void SimulatedNetwork::vanish(LinkId id) {
    const auto found = links_.find(id);
    if (found == links_.end()) return;
    found->second.peer = nullptr;
    found->second.silent = true;
    forget_if_done(id);
}

bool SimulatedNetwork::was_blocked(LinkId id) const {
    const auto found = links_.find(id);
    return found == links_.end() || found->second.blocked;
}

// ---- the run

bool SimulatedNetwork::deliver() {
    bool worked = false;
    while (!packets_.empty() && packets_.top()->time <= world_.now()) {
        // The queue gives only const access to what it is about to drop.
        const auto packet = std::move(const_cast<std::unique_ptr<Packet>&>(packets_.top()));
        packets_.pop();
        arrive(*packet);
        worked = true;
    }
    return worked;
}

std::int64_t SimulatedNetwork::next_ns() const { return packets_.empty() ? kNever : packets_.top()->time; }

std::int64_t SimulatedNetwork::take_wake_ns() { return std::exchange(wake_ns_, kNever); }

void SimulatedNetwork::partition(std::int64_t until_ns) { partition_until_ = std::max(partition_until_, until_ns); }

LinkId SimulatedNetwork::pick() {
    std::vector<LinkId> open;
    for (const auto& [id, link] : links_)
        if (link.opened && !link.silent && !link.reset && link.peer != nullptr) open.push_back(id);
    return open.empty() ? 0 : open[random_.below(open.size())];
}

void SimulatedNetwork::reset_one() {
    const LinkId id = pick();
    if (id == 0) return;
    post(id, false, Kind::reset, {}, 0);
    post(id, true, Kind::reset, {}, 0);
}

void SimulatedNetwork::vanish_one() {
    const LinkId id = pick();
    if (id == 0) return;
    // The client's machine is gone as well: it comes back and hears nothing of this connection.
    Peer* const peer = links_[id].peer;
    vanish(id);
    peer->on_end();
}

void SimulatedNetwork::process_gone(bool power) {
    for (auto& [id, link] : links_) {
        if (!power && link.fd >= 0) post(id, true, Kind::reset, {}, 0);
        // After a loss of power nothing is said; a client that waits hears of it when the machine is there again.
        if (power && link.opened) {
            link.last_down = std::max(link.last_down, world_.now() + 200 * kMs);
            post(id, true, Kind::reset, {}, 0);
        }
        link.fd = -1;
        link.reset = true;
    }
    by_fd_.clear();
    listeners_.clear();
    polls_.clear();
    wake_ns_ = kNever;
}

// ---- packets

void SimulatedNetwork::post(LinkId id, bool to_client, Kind kind, std::span<const std::byte> bytes,
                            std::uint64_t order) {
    Link& link = links_.at(id);
    std::int64_t& last = to_client ? link.last_down : link.last_up;
    std::int64_t time = world_.now() + scenario_.latency_ns;
    if (scenario_.jitter_ns > 0) time += random_.between(0, scenario_.jitter_ns);
    if (partition_until_ > world_.now()) time = std::max(time, partition_until_ + random_.between(0, kMs));
    // A stream: nothing overtakes.
    time = last = std::max(last, time);
    auto packet = std::make_unique<Packet>();
    packet->time = time;
    packet->number = ++packet_number_;
    packet->link = id;
    packet->to_client = to_client;
    packet->kind = kind;
    packet->order = order;
    packet->bytes.assign(bytes.begin(), bytes.end());
    if (to_client) link.under_way += bytes.size();
    packets_.push(std::move(packet));
}

void SimulatedNetwork::post_stream(LinkId id, bool to_client, std::span<const std::byte> bytes, std::uint64_t order) {
    while (!bytes.empty()) {
        std::size_t size = bytes.size();
        if (size > 1 && random_.below(1000) < scenario_.fragments) size = 1 + random_.below(size - 1);
        post(id, to_client, Kind::bytes, bytes.first(size), order);
        bytes = bytes.subspan(size);
    }
}

void SimulatedNetwork::arrive(Packet& packet) {
    const auto found = links_.find(packet.link);
    if (found == links_.end()) return;
    world_.trace.add(packet.link * 8 + static_cast<std::uint64_t>(packet.kind) * 2 + (packet.to_client ? 1 : 0));
    world_.trace.add(packet.bytes);
    bytes_moved_ += packet.bytes.size();
    if (packet.to_client)
        arrive_at_client(found->second, packet);
    else
        arrive_at_venue(packet.link, found->second, packet);
    forget_if_done(packet.link);
}

void SimulatedNetwork::arrive_at_client(Link& link, Packet& packet) {
    link.under_way -= packet.bytes.size();
    if (link.peer == nullptr || link.silent) return;
    Peer* const peer = link.peer;
    switch (packet.kind) {
        case Kind::open: return peer->on_open();
        case Kind::bytes: return peer->on_bytes(packet.bytes, packet.order);
        case Kind::end:
        case Kind::reset:
            // The client closes its end in turn.
            link.peer = nullptr;
            if (packet.kind == Kind::end) post(packet.link, false, Kind::end, {}, 0);
            return peer->on_end();
    }
}

void SimulatedNetwork::arrive_at_venue(LinkId id, Link& link, Packet& packet) {
    if (link.silent || link.reset) return;
    if (packet.kind == Kind::open) {
        const auto listener = std::find_if(listeners_.begin(), listeners_.end(),
                                           [&](const auto& entry) { return entry.second.port == link.port; });
        if (listener == listeners_.end()) {
            link.reset = true;
            return post(id, true, Kind::reset, {}, 0);
        }
        link.opened = true;
        listener->second.backlog.push_back(id);
        return post(id, true, Kind::open, {}, 0);
    }
    // The venue closed it: whoever still sends is told so.
    if (link.opened && link.fd < 0 && link.venue_ended) {
        if (packet.kind == Kind::bytes && link.peer != nullptr) post(id, true, Kind::reset, {}, 0);
        return;
    }
    if (packet.kind == Kind::bytes) link.inbox.insert(link.inbox.end(), packet.bytes.begin(), packet.bytes.end());
    if (packet.kind == Kind::end) link.client_ended = true;
    if (packet.kind == Kind::reset) link.reset = true;
}

// When neither end can say or hear anything more.
void SimulatedNetwork::forget_if_done(LinkId id) {
    const auto found = links_.find(id);
    if (found == links_.end()) return;
    const Link& link = found->second;
    const bool venue_done = link.fd < 0 && (link.venue_ended || link.reset);
    if (link.peer == nullptr && venue_done && link.under_way == 0) links_.erase(found);
}

// ---- net::Kernel

SimulatedNetwork::Link* SimulatedNetwork::link_of(int fd) {
    const auto found = by_fd_.find(fd);
    return found == by_fd_.end() ? nullptr : &links_.at(found->second);
}

std::size_t SimulatedNetwork::room(const Link& link) const {
    return link.under_way >= scenario_.socket_buffer ? 0 : scenario_.socket_buffer - link.under_way;
}

int SimulatedNetwork::poll_create() {
    polls_[++last_fd_] = {};
    return last_fd_;
}

int SimulatedNetwork::poll_control(int poll_fd, int operation, int fd, epoll_event* event) {
    const auto poll = polls_.find(poll_fd);
    if (poll == polls_.end()) return fail(EBADF);
    if (operation == EPOLL_CTL_DEL) return poll->second.watched.erase(fd) == 1 ? 0 : fail(ENOENT);
    DCX_CHECK(event != nullptr && (by_fd_.contains(fd) || listeners_.contains(fd)));
    poll->second.watched[fd] = *event;
    return 0;
}

std::uint32_t SimulatedNetwork::readiness(int fd) {
    if (const auto listener = listeners_.find(fd); listener != listeners_.end())
        return listener->second.backlog.empty() ? 0u : static_cast<std::uint32_t>(EPOLLIN);
    const Link* link = link_of(fd);
    if (link == nullptr) return 0;
    if (link->reset) return EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP;
    std::uint32_t ready = 0;
    if (link->read < link->inbox.size() || link->client_ended) ready |= EPOLLIN;
    if (room(*link) > 0) ready |= EPOLLOUT;
    if (link->client_ended && link->venue_ended) ready |= EPOLLHUP;
    return ready;
}

int SimulatedNetwork::poll_wait(int poll_fd, std::span<epoll_event> events, std::int64_t timeout_ns) {
    const auto poll = polls_.find(poll_fd);
    if (poll == polls_.end()) return 0;
    if (timeout_ns >= 0) wake_ns_ = std::min(wake_ns_, world_.now() + timeout_ns);
    std::size_t count = 0;
    for (const auto& [fd, event] : poll->second.watched) {
        const std::uint32_t ready = readiness(fd) & (event.events | EPOLLERR | EPOLLHUP);
        if (ready == 0 || count == events.size()) continue;
        events[count] = event;
        events[count].events = ready;
        ++count;
    }
    // In any order.
    for (std::size_t i = 1; i < count; ++i) std::swap(events[i], events[random_.below(i + 1)]);
    return static_cast<int>(count);
}

std::expected<int, net::Error> SimulatedNetwork::listen_on(const net::Endpoint& endpoint, const net::Listening&) {
    DCX_CHECK(endpoint.port != 0);
    listeners_[++last_fd_].port = endpoint.port;
    return last_fd_;
}

std::expected<int, net::Error> SimulatedNetwork::start_connect(const net::Endpoint& endpoint) {
    return std::unexpected(net::system_error("connect " + endpoint.text(), ENETUNREACH));
}

std::expected<std::uint16_t, net::Error> SimulatedNetwork::local_port(int fd) {
    const auto listener = listeners_.find(fd);
    if (listener == listeners_.end()) return std::unexpected(net::system_error("getsockname", EBADF));
    return listener->second.port;
}

std::string SimulatedNetwork::peer(int fd) {
    const auto found = by_fd_.find(fd);
    return found == by_fd_.end() ? std::string{} : "simulated:" + std::to_string(found->second);
}

int SimulatedNetwork::accept(int listener) {
    const auto found = listeners_.find(listener);
    if (found == listeners_.end()) return fail(EBADF);
    auto& backlog = found->second.backlog;
    while (!backlog.empty() && (!links_.contains(backlog.front()) || links_.at(backlog.front()).reset)) {
        const LinkId gone = backlog.front();
        backlog.pop_front();
        forget_if_done(gone);
        return fail(ECONNABORTED);
    }
    if (backlog.empty()) return fail(EAGAIN);
    if (random_.below(1000) < scenario_.accept_errors) return fail(random_.chance(50) ? EMFILE : EINTR);
    Link& link = links_.at(backlog.front());
    link.fd = ++last_fd_;
    by_fd_[last_fd_] = backlog.front();
    backlog.pop_front();
    return last_fd_;
}

ssize_t SimulatedNetwork::receive(int fd, std::span<std::byte> out) {
    Link* link = link_of(fd);
    if (link == nullptr) return fail(EBADF);
    if (link->reset) return fail(ECONNRESET);
    std::size_t size = std::min(out.size(), link->inbox.size() - link->read);
    if (size == 0) return link->client_ended ? 0 : fail(EAGAIN);
    if (size > 1 && random_.below(1000) < scenario_.fragments) size = 1 + random_.below(size);
    std::memcpy(out.data(), link->inbox.data() + link->read, size);
    link->read += size;
    if (link->read == link->inbox.size()) {
        link->inbox.clear();
        link->read = 0;
    }
    return static_cast<ssize_t>(size);
}

ssize_t SimulatedNetwork::send(int fd, std::span<const std::byte> bytes) {
    Link* link = link_of(fd);
    if (link == nullptr) return fail(EBADF);
    if (link->reset || link->venue_ended) return fail(EPIPE);
    std::size_t size = std::min(bytes.size(), room(*link));
    if (size > 1 && random_.below(1000) < scenario_.short_sends) size = 1 + random_.below(size);
    if (size < bytes.size()) link->blocked = true;
    if (size == 0) return fail(EAGAIN);
    const LinkId id = by_fd_.at(fd);
    world_.trace.add(id);
    if (link->silent) {
        // It piles up in the kernel: nobody acknowledges it.
        link->under_way += size;
        return static_cast<ssize_t>(size);
    }
    post_stream(id, true, bytes.first(size), ++order_);
    return static_cast<ssize_t>(size);
}

ssize_t SimulatedNetwork::send_pieces(int fd, net::OutputPieces& pieces) {
    std::vector<std::byte> bytes;
    bytes.reserve(pieces.bytes());
    for (std::size_t i = 0; i < pieces.count(); ++i) bytes.insert(bytes.end(), pieces[i].begin(), pieces[i].end());
    return send(fd, bytes);
}

void SimulatedNetwork::end_output(int fd) {
    Link* link = link_of(fd);
    if (link == nullptr || link->venue_ended || link->reset) return;
    link->venue_ended = true;
    if (!link->silent) post(by_fd_.at(fd), true, Kind::end, {}, 0);
}

int SimulatedNetwork::socket_error(int fd) {
    const Link* link = link_of(fd);
    return link != nullptr && link->reset ? ECONNRESET : 0;
}

void SimulatedNetwork::close(int fd) {
    listeners_.erase(fd);
    polls_.erase(fd);
    for (auto& [poll_fd, poll] : polls_) poll.watched.erase(fd);
    const auto found = by_fd_.find(fd);
    if (found == by_fd_.end()) return;
    const LinkId id = found->second;
    by_fd_.erase(found);
    Link& link = links_.at(id);
    link.fd = -1;
    // Unread input makes a reset of it.
    const bool rude = link.read < link.inbox.size();
    if (!link.silent && !link.reset && (rude || !link.venue_ended))
        post(id, true, rude ? Kind::reset : Kind::end, {}, 0);
    link.venue_ended = true;
    forget_if_done(id);
}

bool SimulatedNetwork::drain(int) { return false; }

}  // namespace dcx::simulation
