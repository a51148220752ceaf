#include "app/signer_server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <stdexcept>

#include "chain/signer_protocol.h"

namespace dcx::app {
namespace {

[[noreturn]] void fail(const std::string& path, const std::string& what) {
    throw std::runtime_error(path + ": " + what);
}
[[noreturn]] void fail_errno(const std::string& path, const char* what) {
    fail(path, std::string{what} + ": " + std::strerror(errno));
}

}  // namespace

SignerServer::SignerServer(chain::Signer& signer, Clock& clock, const std::string& path, std::optional<gid_t> group)
    : signer_(signer), clock_(clock), path_(path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) fail(path, "is too long for a socket");
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    // Who holds the lock serves; the socket's file itself outlives who made it.
    lock_ = Descriptor(::open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (lock_.get() < 0) fail_errno(path + ".lock", "can't be opened");
    if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) fail(path, "another signer serves it");
    struct stat status{};
    if (::lstat(path.c_str(), &status) == 0) {
        if (!S_ISSOCK(status.st_mode)) fail(path, "there is a file that is no socket");
        if (::unlink(path.c_str()) != 0) fail_errno(path, "can't be replaced");
    }
    listener_ = Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (listener_.get() < 0) fail_errno(path, "no socket");
    // Nobody else may connect in the moment before its mode is set.
    const mode_t before = ::umask(0177);
    const int bound = ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::umask(before);
    if (bound != 0) fail_errno(path, "can't be bound");
    if (group && (::chown(path.c_str(), static_cast<uid_t>(-1), *group) != 0 || ::chmod(path.c_str(), 0660) != 0))
        fail_errno(path, "can't be given to its group");
    if (::listen(listener_.get(), 8) != 0) fail_errno(path, "can't be listened to");
}

SignerServer::~SignerServer() { ::unlink(path_.c_str()); }

void SignerServer::poll(int wait_ms) {
    std::vector<pollfd> waited;
    waited.push_back({.fd = listener_.get(), .events = POLLIN, .revents = 0});
    for (const Client& client : clients_) waited.push_back({.fd = client.socket.get(), .events = POLLIN, .revents = 0});
    if (::poll(waited.data(), waited.size(), wait_ms) < 0 && errno != EINTR) fail_errno(path_, "can't be waited for");
    std::vector<Client> kept;
    for (std::size_t i = 0; i < clients_.size(); ++i) {
        Client& client = clients_[i];
        const bool keep = waited[i + 1].revents == 0 || (hear(client) && serve(client));
        const bool slow = !client.input.empty() && clock_.monotonic_ns() - client.since_ns > kHalfRequestNs;
        if (keep && !slow) kept.push_back(std::move(client));
    }
    clients_ = std::move(kept);
    if (waited.front().revents != 0) accept_one();
}

void SignerServer::accept_one() {
    Descriptor accepted(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (accepted.get() < 0 || clients_.size() == kMaxClients) return;
    clients_.push_back({.socket = std::move(accepted), .input = {}, .since_ns = 0});
}

// False: it is gone.
bool SignerServer::hear(Client& client) {
    std::array<char, 4096> bytes;
    const auto got = ::recv(client.socket.get(), bytes.data(), bytes.size(), 0);
    if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    if (got == 0) return false;
    if (client.input.empty()) client.since_ns = clock_.monotonic_ns();
    client.input.append(bytes.data(), static_cast<std::size_t>(got));
    return true;
}

// All requests that are whole. False: it sends what is none, or does not take its answer.
bool SignerServer::serve(Client& client) {
    while (client.input.size() >= 4) {
        const std::size_t length = chain::framed_length(std::as_bytes(std::span{client.input}).data());
        if (length == 0) return false;
        if (client.input.size() < 4 + length) return true;
        const std::string answer =
            chain::answer_signer_request(signer_, std::string_view{client.input}.substr(4, length));
        client.input.erase(0, 4 + length);
        client.since_ns = clock_.monotonic_ns();
        const std::string frame = chain::framed(answer);
        // An answer fits into an empty socket; who lets them pile up is let go.
        if (::send(client.socket.get(), frame.data(), frame.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(frame.size()))
            return false;
        ++answered_;
    }
    return true;
}

}  // namespace dcx::app
