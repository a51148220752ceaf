#include "client/shm_pipe.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "model/wire.h"
#include "net/error.h"
#include "platform/descriptor_passing.h"

namespace dcx::client {
namespace {

// In one go, so that an owner with more to do has his turn.
constexpr int kRecords = 256;
constexpr std::int64_t kRetryNs = 10'000'000;

bool lies_within(const ShmRing& part, std::size_t size) {
    return part.offset <= size && part.bytes <= size - part.offset;
}

}  // namespace

ShmPipe::Rings::Rings(platform::SharedMemory mapped, ring::SharedRecords requests_, ring::SharedRecords reports_)
    : memory(std::move(mapped)),
      requests_ring(requests_),
      reports_ring(reports_),
      requests(requests_ring.words(), requests_ring.slots(), ring::Peer::other_process),
      reports(reports_ring.words(), reports_ring.slots(), ring::Peer::other_process) {}

ShmPipe::ShmPipe(net::Reactor& reactor, const std::string& path, bool spinning, Owner& owner)
    : reactor_(reactor),
      owner_(owner),
      path_(path),
      spinning_(spinning),
      watch_(reactor, *this),
      retry_(reactor, [this] { connect(path_); }) {
    connect(path_);
}

ShmPipe::~ShmPipe() { DCX_CHECK(!reading_); }

// ---- coming in

void ShmPipe::connect(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return end(path + ": the path of a socket can't be so long");
    std::memcpy(address.sun_path, path.c_str(), path.size());
    socket_ = Descriptor{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (socket_.get() < 0) return end(net::system_error("socket").text);
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        // Many come at once.
        if (errno == EAGAIN) return retry_.start_after(kRetryNs);
        return end(net::system_error(path).text);
    }
    const ShmRequest request;
    if (::send(socket_.get(), &request, sizeof request, MSG_NOSIGNAL) != sizeof request)
        return end(net::system_error(path).text);
    if (const auto opened = watch_.open(socket_.get(), {.read = true}); !opened) return end(opened.error().text);
    state_ = State::asked;
}

void ShmPipe::on_ready(net::Ready) {
    switch (state_) {
        case State::asked: return on_answer();
        case State::answered: return on_memory();
        case State::open: return on_said();
        default: return;
    }
}

void ShmPipe::on_answer() {
    const auto size = ::recv(socket_.get(), &answer_, sizeof answer_, 0);
    // A reset tells once that the venue closed before it had read all, and comes in front of what it wrote.
    if (size < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNRESET)) return;
    if (size < 0) return end(net::system_error("the venue's socket").text);
    if (size == 0) return end("closed by the venue before it answered");
    if (size != sizeof answer_ || answer_.magic != kShmMagic) return end("no venue answers at " + path_);
    if (answer_.code != ShmCode::admitted)
        return end("not admitted to shared memory: " + std::string(to_string(answer_.code)) + " (" +
                   std::to_string(static_cast<unsigned>(answer_.code)) + ")");
    if (answer_.version != kShmVersion) return end("the venue's shared memory is of another version");
    state_ = State::answered;
    on_memory();
}

void ShmPipe::on_memory() {
    auto descriptor = platform::receive_descriptor(socket_.get());
    if (descriptor) return map(std::move(*descriptor));
    if (descriptor.error() == EAGAIN || descriptor.error() == EINTR) return;
    end(net::system_error("the venue's memory", descriptor.error()).text);
}

void ShmPipe::map(Descriptor descriptor) {
    auto memory = platform::SharedMemory::open(std::move(descriptor), platform::Access::read_write, kShmMemoryMax);
    if (!memory) return end(describe(memory.error()));
    const auto all = memory->bytes();
    if (!lies_within(answer_.requests, all.size()) || !lies_within(answer_.reports, all.size()))
        return end("the venue's memory does not hold its rings");
    const auto requests = ring::SharedRecords::attach(all.subspan(answer_.requests.offset, answer_.requests.bytes));
    const auto reports = ring::SharedRecords::attach(all.subspan(answer_.reports.offset, answer_.reports.bytes));
    if (!requests) return end(ring::describe(requests.error()));
    if (!reports) return end(ring::describe(reports.error()));
    rings_.emplace(std::move(*memory), *requests, *reports);
    if (ring::record_word * requests->capacity() < 4 * kMaxFrame) return end("the venue's ring is too small");
    state_ = State::open;
    listen();
}

// ---- to the venue

std::byte* ShmPipe::prepare(std::size_t size) {
    if (state_ != State::open) return nullptr;
    const auto room = rings_->requests.claim(size);
    if (!room) {
        // What it had shown already may not be known.
        unshown_ = true;
        flush();
        if (rings_->requests.broken()) end("the venue's ring is broken");
        return nullptr;
    }
    return room->data();
}

void ShmPipe::commit() {
    rings_->requests.advance();
    unshown_ = true;
    reactor_.at_round_end(*this);
}

std::size_t ShmPipe::pending_output() { return rings_ ? rings_->requests.unreleased(0) : 0; }

void ShmPipe::flush() {
    if (!unshown_ || state_ != State::open) return;
    unshown_ = false;
    rings_->requests.flush();
    if (rings_->requests_ring.consumer_bell().take_announcement())
        (void)::send(socket_.get(), &kShmLook, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

// ---- from the venue

bool ShmPipe::poll() {
    if (state_ != State::open) return false;
    const bool had = read();
    if (state_ == State::open && rings_->reports.broken()) end("the venue's ring is broken");
    return had;
}

bool ShmPipe::read() {
    if (reading_) return false;
    reading_ = true;
    int count = 0;
    for (; count < kRecords && state_ == State::open; ++count) {
        const auto record = rings_->reports.next();
        if (!record) break;
        owner_.on_record(*record);
    }
    rings_->reports.release();
    reading_ = false;
    return count > 0;
}

// Until the ring is empty and the venue knows that it has to wake us.
void ShmPipe::listen() {
    if (state_ != State::open || spinning_) return;
    bool more = poll();
    if (!more && state_ == State::open) {
        rings_->reports_ring.consumer_bell().announce();
        more = poll();
    }
    // More than one go: the rest in the next round.
    if (more && state_ == State::open) reactor_.at_round_end(*this);
}

void ShmPipe::on_said() {
    std::array<std::byte, kMaxFrame> said;
    const auto size = ::recv(socket_.get(), said.data(), said.size(), MSG_DONTWAIT);
    if (size == 1) return listen();
    if (size > 1) {
        drain();
        if (state_ == State::open) {
            reading_ = true;
            owner_.on_record(std::span{said}.first(static_cast<std::size_t>(size)));
            reading_ = false;
        }
        return;
    }
    if (size < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNRESET)) return;
    drain();
    end("closed by the venue");
}

// What the venue wrote before it closed.
void ShmPipe::drain() {
    while (poll()) {
    }
}

void ShmPipe::on_round_end() {
    if (state_ == State::closed) return owner_.on_pipe_closed(closed_text_);
    flush();
    listen();
}

// ---- the end

void ShmPipe::close_now(std::string_view why) { end(std::string(why)); }

void ShmPipe::end(std::string why) {
    if (state_ == State::closed) return;
    state_ = State::closed;
    closed_text_ = std::move(why);
    retry_.cancel();
    watch_.close();
    socket_ = Descriptor{};
    reactor_.at_round_end(*this);
}

}  // namespace dcx::client
