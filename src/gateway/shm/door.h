// ShmDoor: where clients of this machine come in: a unix socket that admits them to memory of their own
// (model/shm.h has the handshake). The file is the venue's user's alone, or a group's; the user of the client's process
// is asked of the kernel, and must be the venue's, an allowed one, or of that group.
//
// Gateway's thread. Bounds: max_clients with memory, kVisitors that have not said anything yet (the oldest goes when
// more come), one memory made a round. Memory is made after the request has come and been found good. A client that is
// not admitted hears a ShmCode.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "gateway/metrics.h"
#include "gateway/shm/shm_link.h"
#include "model/shm.h"
#include "net/reactor.h"

namespace dcx::gateway {

struct ShmOptions {
    std::string socket{};          // its path; empty: there is no door
    std::optional<gid_t> group{};  // whose members are let in, beside the venue's own user
    std::vector<uid_t> users{};    // who else is
    std::size_t max_clients = 64;
    // Of the rings of one client, raised to kMinShmRing and to a power of two.
    std::size_t request_bytes = 256 * 1024;
    std::size_t report_bytes = 1024 * 1024;
    std::int64_t handshake_timeout_ns = 10'000'000'000;
};
// Answers to queries and the last words fit into it (binary/gateway.cpp).
inline constexpr std::size_t kMinShmRing = 128 * 1024;

class ShmDoor final : net::FdHandler {
  public:
    using Admit = std::function<void(ShmClient)>;
    // `admit` makes the link, which is in here until it is destroyed; the door outlives it.
    ShmDoor(net::Reactor& reactor, ShmOptions options, GatewayMetrics& metrics, Admit admit);
    ~ShmDoor();
    ShmDoor(const ShmDoor&) = delete;
    ShmDoor& operator=(const ShmDoor&) = delete;

    // Listens, unless the options name no socket. A file that a dead venue left is replaced.
    [[nodiscard]] std::expected<void, net::Error> start();
    // No new clients; the file goes. Those that are in stay.
    void stop();
    [[nodiscard]] const std::string& path() const { return options_.socket; }

    // A bounded amount of work; true when there was any.
    bool poll();
    // Asked before the thread sleeps: tells every client to wake it. False: there is work.
    [[nodiscard]] bool may_sleep();

    // ---- for links
    void enter(ShmLink& link);
    void leave(ShmLink& link);

  private:
    // A connected socket that is no client yet.
    class Visitor;

    void on_ready(net::Ready ready) override;
    void receive(Descriptor socket);
    void sweep();
    bool settle();
    [[nodiscard]] bool allowed(int socket) const;
    [[nodiscard]] ShmCode judge(const Visitor& visitor) const;
    [[nodiscard]] std::expected<ShmClient, ShmCode> make_client() const;
    void admit(Descriptor socket);
    void refuse(int socket, ShmCode code);

    net::Reactor& reactor_;
    ShmOptions options_;
    GatewayMetrics& metrics_;
    Admit admit_;
    Descriptor listener_;
    ino_t inode_ = 0;  // of the socket's file
    net::FdWatch watch_;
    net::Timer sweeper_;
    net::Timer retry_;
    std::deque<std::unique_ptr<Visitor>> visitors_;  // oldest first
    std::vector<ShmLink*> links_;
    std::size_t first_ = 0;   // whose turn it is to be asked first
    std::size_t spoken_ = 0;  // visitors to be settled
    bool announced_ = false;
};

}  // namespace dcx::gateway
