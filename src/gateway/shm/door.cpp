#include "gateway/shm/door.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <span>

#include "platform/descriptor_passing.h"

namespace dcx::gateway {
namespace {

constexpr int kBacklog = 256;
// In one round, so that a crowd at the door holds up nobody inside.
constexpr int kAccepted = 64;
constexpr std::size_t kVisitors = 256;
constexpr std::size_t kSettled = 64;
constexpr std::int64_t kSweepNs = 250'000'000;
constexpr std::int64_t kRetryNs = 100'000'000;
constexpr std::size_t kPage = 4096;

using Failure = std::unexpected<net::Error>;

bool message(int socket, std::span<const std::byte> bytes) {
    return ::send(socket, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
}

std::size_t ring_words(std::size_t bytes) { return std::bit_ceil(std::max(bytes, kMinShmRing)) / ring::record_word; }
std::size_t ring_size(std::size_t words) { return (ring::SharedRecords::size(words) + kPage - 1) / kPage * kPage; }

// Takes away what a dead venue left, and nothing else.
std::expected<void, net::Error> clear_path(const sockaddr_un& address) {
    struct stat status{};
    if (::lstat(address.sun_path, &status) != 0) {
        if (errno == ENOENT) return {};
        return Failure(net::system_error(address.sun_path));
    }
    if (!S_ISSOCK(status.st_mode)) return Failure({std::string(address.sun_path) + ": is no socket", EEXIST});
    const Descriptor probe{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    const int connected = ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    if (connected == 0 || errno == EAGAIN) return Failure({std::string(address.sun_path) + ": is in use", EADDRINUSE});
    if (::unlink(address.sun_path) != 0) return Failure(net::system_error(address.sun_path));
    return {};
}

}  // namespace

class ShmDoor::Visitor final : net::FdHandler {
  public:
    Visitor(ShmDoor& door, Descriptor socket, bool is_allowed)
        : allowed(is_allowed),
          since_ns(door.reactor_.now_ns()),
          door_(door),
          socket_(std::move(socket)),
          watch_(door.reactor_, *this) {
        if (!watch_.open(socket_.get(), {.read = true})) speak(0);
    }

    [[nodiscard]] bool spoke() const { return size_ >= 0; }
    // It went away, or could not be waited for.
    [[nodiscard]] bool gone() const { return size_ == 0; }
    [[nodiscard]] std::span<const std::byte> said() const {
        return std::span{said_}.first(static_cast<std::size_t>(std::max<ssize_t>(size_, 0)));
    }
    [[nodiscard]] int socket() const { return socket_.get(); }
    Descriptor take_socket() { return std::move(socket_); }

    bool allowed;
    std::int64_t since_ns;

  private:
    void on_ready(net::Ready ready) override {
        const auto size = ::recv(socket_.get(), said_.data(), said_.size(), MSG_DONTWAIT);
        if (size < 0 && (errno == EAGAIN || errno == EINTR) && !ready.failed) return;
        speak(std::max<ssize_t>(size, 0));
    }
    void speak(ssize_t size) {
        size_ = size;
        watch_.close();
        ++door_.spoken_;
    }

    ShmDoor& door_;
    Descriptor socket_;
    net::FdWatch watch_;
    std::array<std::byte, 2 * sizeof(ShmRequest)> said_{};
    ssize_t size_ = -1;  // below 0: nothing yet
};

ShmDoor::ShmDoor(net::Reactor& reactor, ShmOptions options, GatewayMetrics& metrics, Admit admit)
    : reactor_(reactor),
      options_(std::move(options)),
      metrics_(metrics),
      admit_(std::move(admit)),
      watch_(reactor, *this),
      sweeper_(reactor, [this] { sweep(); }),
      retry_(reactor, [this] { watch_.set({.read = true}); }) {}

ShmDoor::~ShmDoor() { stop(); }

// ---- the socket

std::expected<void, net::Error> ShmDoor::start() {
    const std::string& path = options_.socket;
    if (path.empty()) return {};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return Failure({path + ": the path of a socket can't be so long", ENAMETOOLONG});
    std::memcpy(address.sun_path, path.c_str(), path.size());
    if (const auto cleared = clear_path(address); !cleared) return cleared;
    Descriptor listener{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (listener.get() < 0) return Failure(net::system_error("socket"));
    if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return Failure(net::system_error(path));
    // Nobody can connect before listen().
    const mode_t mode = options_.group ? 0660 : 0600;
    struct stat status{};
    if ((options_.group && ::chown(path.c_str(), static_cast<uid_t>(-1), *options_.group) != 0) ||
        ::chmod(path.c_str(), mode) != 0 || ::lstat(path.c_str(), &status) != 0 ||
        ::listen(listener.get(), kBacklog) != 0) {
        const auto error = net::system_error(path);
        ::unlink(path.c_str());
        return Failure(error);
    }
    if (auto opened = watch_.open(listener.get(), {.read = true}); !opened) return opened;
    listener_ = std::move(listener);
    inode_ = status.st_ino;
    return {};
}

void ShmDoor::stop() {
    if (listener_.get() < 0) return;
    watch_.close();
    retry_.cancel();
    sweeper_.cancel();
    listener_ = Descriptor{};
    for (const auto& visitor : visitors_) refuse(visitor->socket(), ShmCode::shutdown);
    visitors_.clear();
    spoken_ = 0;
    // Another venue may have put its own there.
    struct stat status{};
    if (::lstat(options_.socket.c_str(), &status) == 0 && status.st_ino == inode_) ::unlink(options_.socket.c_str());
}

void ShmDoor::on_ready(net::Ready) {
    // Those that wait to be settled come first; the others' turn comes in the next round.
    for (int i = 0; i < kAccepted && spoken_ < kVisitors / 2; ++i) {
        Descriptor socket{::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
        if (socket.get() >= 0) {
            receive(std::move(socket));
            continue;
        }
        if (errno == ECONNABORTED || errno == EINTR) continue;
        if (errno == EAGAIN) return;
        // Out of descriptors: asking again at once would spin.
        watch_.set({});
        return retry_.start_after(kRetryNs);
    }
}

// ---- visitors

void ShmDoor::receive(Descriptor socket) {
    if (visitors_.size() >= kVisitors) {
        if (visitors_.front()->spoke()) --spoken_;
        refuse(visitors_.front()->socket(), ShmCode::timeout);
        visitors_.pop_front();
    }
    const bool is_allowed = allowed(socket.get());
    visitors_.push_back(std::make_unique<Visitor>(*this, std::move(socket), is_allowed));
    if (!sweeper_.running()) sweeper_.start_every(kSweepNs);
}

void ShmDoor::sweep() {
    const std::int64_t now = reactor_.now_ns();
    while (!visitors_.empty() && now - visitors_.front()->since_ns > options_.handshake_timeout_ns) {
        if (visitors_.front()->spoke()) return;  // it is about to be settled
        refuse(visitors_.front()->socket(), ShmCode::timeout);
        visitors_.pop_front();
    }
    if (visitors_.empty()) sweeper_.cancel();
}

bool ShmDoor::allowed(int socket) const {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
    if (peer.uid == ::geteuid() || std::ranges::find(options_.users, peer.uid) != options_.users.end()) return true;
    if (!options_.group) return false;
    if (peer.gid == *options_.group) return true;
    std::array<gid_t, 256> groups{};
    size = sizeof groups;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) return false;
    return std::ranges::find(groups.begin(), groups.begin() + size / sizeof(gid_t), *options_.group) !=
           groups.begin() + size / sizeof(gid_t);
}

ShmCode ShmDoor::judge(const Visitor& visitor) const {
    ShmRequest request;
    if (visitor.said().size() != sizeof request) return ShmCode::malformed;
    std::memcpy(static_cast<void*>(&request), visitor.said().data(), sizeof request);
    if (request.magic != kShmMagic || request.zero != 0) return ShmCode::malformed;
    if (request.version != kShmVersion) return ShmCode::other_version;
    if (!visitor.allowed) return ShmCode::not_allowed;
    if (links_.size() >= options_.max_clients) return ShmCode::too_many_clients;
    return ShmCode::admitted;
}

// At most one is admitted in a round, because making its memory takes longer than all else in here.
bool ShmDoor::settle() {
    if (spoken_ == 0) return false;
    bool admitted = false;
    std::size_t settled = 0;
    for (auto at = visitors_.begin(); at != visitors_.end() && settled < kSettled;) {
        Visitor& visitor = **at;
        if (!visitor.spoke()) {
            ++at;
            continue;
        }
        const ShmCode code = judge(visitor);
        if (!visitor.gone() && code == ShmCode::admitted) {
            if (admitted) break;
            admitted = true;
            admit(visitor.take_socket());
        } else if (!visitor.gone()) {
            refuse(visitor.socket(), code);
        }
        ++settled;
        --spoken_;
        at = visitors_.erase(at);
    }
    if (visitors_.empty()) sweeper_.cancel();
    return true;
}

void ShmDoor::refuse(int socket, ShmCode code) {
    metrics_.shm_refused.add();
    const ShmAnswer answer{.code = code};
    (void)message(socket, std::as_bytes(std::span{&answer, 1}));
}

std::expected<ShmClient, ShmCode> ShmDoor::make_client() const {
    const std::size_t request_words = ring_words(options_.request_bytes);
    const std::size_t report_words = ring_words(options_.report_bytes);
    const std::size_t requests_end = ring_size(request_words);
    const std::size_t bytes = requests_end + ring_size(report_words);
    auto memory = platform::SharedMemory::create("dcx-order-entry", bytes, {.huge_pages = false});
    if (!memory) return std::unexpected(ShmCode::no_memory);
    const auto all = memory->bytes();
    const auto requests = ring::SharedRecords::create(all.first(requests_end), request_words);
    const auto reports = ring::SharedRecords::create(all.subspan(requests_end), report_words);
    return ShmClient{Descriptor{}, std::move(*memory), requests, reports};
}

void ShmDoor::admit(Descriptor socket) {
    const int fd = socket.get();
    auto client = make_client();
    if (!client) return refuse(fd, client.error());
    client->socket = std::move(socket);
    const auto all = client->memory.bytes();
    const auto requests_bytes = ring_size(client->requests.capacity());
    const ShmAnswer answer{.memory_bytes = all.size(),
                           .requests = {.offset = 0, .bytes = requests_bytes},
                           .reports = {.offset = requests_bytes, .bytes = all.size() - requests_bytes}};
    if (!message(fd, std::as_bytes(std::span{&answer, 1}))) return;
    if (platform::send_descriptor(fd, client->memory.descriptor()) != 0) return;
    admit_(std::move(*client));
}

// ---- clients

void ShmDoor::enter(ShmLink& link) {
    links_.push_back(&link);
    metrics_.shm_open.add();
}

void ShmDoor::leave(ShmLink& link) {
    std::erase(links_, &link);
    metrics_.shm_open.subtract();
}

bool ShmDoor::poll() {
    if (announced_) {
        announced_ = false;
        for (ShmLink* link : links_) link->retract();
    }
    bool worked = settle();
    const std::size_t count = links_.size();
    if (count == 0) return worked;
    // Whoever is asked first gets the room there is in the command ring, so that goes round.
    first_ = (first_ + 1) % count;
    for (std::size_t i = 0; i < count; ++i) worked |= links_[(first_ + i) % count]->poll();
    return worked;
}

bool ShmDoor::may_sleep() {
    announced_ = true;
    bool nothing = spoken_ == 0;
    for (ShmLink* link : links_) nothing &= link->announce();
    return nothing;
}

}  // namespace dcx::gateway
