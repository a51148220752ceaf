#include "gateway/shm/shm_link.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "gateway/shm/door.h"
#include "model/shm.h"
#include "model/wire.h"

namespace dcx::gateway {
namespace {

// Room kept in the ring for Terminate, also where it has to skip to the start.
constexpr std::size_t kLastWords = 4 * kMaxFrame;

constexpr std::size_t ring_bytes(std::size_t words) { return words * ring::record_word; }
// What a record takes in its ring.
constexpr std::size_t taken_by(std::size_t size) { return ring_bytes(1 + ring::record_words(size)); }

}  // namespace

ShmLink::ShmLink(net::Reactor& reactor, ShmDoor& door, ShmClient client, Owner& owner)
    : reactor_(reactor),
      door_(door),
      owner_(owner),
      socket_(std::move(client.socket)),
      memory_(std::move(client.memory)),
      requests_ring_(client.requests),
      reports_ring_(client.reports),
      requests_(requests_ring_.words(), requests_ring_.slots(), ring::Peer::other_process),
      reports_(reports_ring_.words(), reports_ring_.slots(), ring::Peer::other_process),
      watch_(reactor, *this) {
    door_.enter(*this);
    if (!watch_.open(socket_.get(), {.read = true})) end();
}

ShmLink::~ShmLink() { door_.leave(*this); }

// ---- from the client

std::optional<std::span<const std::byte>> ShmLink::front() {
    if (!front_) front_ = requests_.next();
    return front_;
}

void ShmLink::pop() {
    const std::size_t taken = taken_by(front_->size());
    left_ -= std::min(left_, taken);
    front_.reset();
}

bool ShmLink::poll() {
    if (closed_ || paused_) return false;
    const bool had = front().has_value() || broken();
    if (had) {
        owner_.on_records(*this);
        // One release a batch; a record that has to wait is the last that was shown, and is kept with those before it.
        if (!front_) requests_.release();
    }
    if (hung_up_ && !paused_ && !closed_ && (left_ == 0 || !front())) end();
    return had || hung_up_;
}

bool ShmLink::announce() {
    if (closed_ || paused_) return true;
    requests_ring_.consumer_bell().announce();
    return !front() && !broken() && !hung_up_;
}

void ShmLink::on_ready(net::Ready ready) {
    // A byte that says "look", which happens every round anyway. Whatever else is sent is thrown away, and so are
    // descriptors, because none are asked for.
    std::array<std::byte, 64> said;
    const auto size = ::recv(socket_.get(), said.data(), said.size(), MSG_DONTWAIT);
    if (size > 0) return;
    if (size < 0 && (errno == EAGAIN || errno == EINTR) && !ready.failed) return;
    hang_up();
}

void ShmLink::hang_up() {
    hung_up_ = true;
    left_ = ring_bytes(requests_ring_.capacity());
    watch_.close();
}

// ---- to the client

std::byte* ShmLink::prepare(std::size_t size) {
    if (closed_) return nullptr;
    const std::size_t bound = ring_bytes(reports_ring_.capacity()) - kLastWords;
    if (reports_.unreleased(bound - taken_by(size)) > bound - taken_by(size)) return nullptr;
    const auto room = reports_.claim(size);
    return room ? room->data() : nullptr;
}

void ShmLink::commit(std::size_t) {
    reports_.advance();
    unshown_ = true;
    reactor_.at_round_end(*this);
}

void ShmLink::say_last(std::span<const std::byte> frame) {
    if (closed_) return;
    if (const auto room = reports_.claim(frame.size()); room && !reports_.broken()) {
        std::memcpy(room->data(), frame.data(), frame.size());
        return commit(frame.size());
    }
    // Full or broken: who still listens hears it here.
    (void)::send(socket_.get(), frame.data(), frame.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void ShmLink::flush() {
    if (!unshown_) return;
    unshown_ = false;
    reports_.flush();
    // Not an eventfd: whoever has its descriptor can make a write to it block. A full socket has wake-ups enough.
    if (reports_ring_.consumer_bell().take_announcement())
        (void)::send(socket_.get(), &kShmLook, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void ShmLink::close_after_flush() {
    flush();
    end();
}

void ShmLink::end() {
    if (closed_) return;
    closed_ = true;
    watch_.close();
    // The other end of the socket sees the hang-up now; the memory goes with this object.
    socket_ = Descriptor{};
    reactor_.at_round_end(*this);
}

void ShmLink::on_round_end() {
    if (closed_) {
        // The owner may destroy us in this call.
        owner_.on_shm_closed(*this);
        return;
    }
    flush();
}

}  // namespace dcx::gateway
