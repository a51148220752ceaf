// Kernel: the system calls below the reactor and its sockets, so that the same reactor, connections and servers run
// over the system's network and over a simulated one. One virtual call in front of a system call costs nothing that can
// be measured.
//
// The calls are those of Linux on non-blocking descriptors: -1 and errno. A Kernel serves the threads of the reactors
// that were given it and outlives them and their sockets.
#pragma once

#include <sys/epoll.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>

#include "net/error.h"
#include "net/output_pieces.h"

namespace dcx::net {

struct Endpoint;

struct Listening {
    int backlog = 4096;
    // SO_REUSEPORT: several sockets of one user on the same port, each with a backlog of its own; the system spreads
    // connections over them. All of them must say so. What waits in the backlog of one that is closed is reset.
    bool reuse_port = false;
};

class Kernel {
  public:
    virtual ~Kernel() = default;

    // ---- waiting (epoll, level-triggered)
    virtual int poll_create() = 0;
    // EPOLL_CTL_ADD, MOD or DEL. The last needs no event.
    virtual int poll_control(int poll_fd, int operation, int fd, epoll_event* event) = 0;
    // Negative: no bound.
    virtual int poll_wait(int poll_fd, std::span<epoll_event> events, std::int64_t timeout_ns) = 0;

    // ---- connections
    // A listening socket; refused with a text when the address is not numeric or not free
    // (for a second: what a killed process had becomes free a moment after it).
    virtual std::expected<int, Error> listen_on(const Endpoint& endpoint, const Listening& how) = 0;
    // Its outcome shows when the socket becomes writable, and is then socket_error().
    virtual std::expected<int, Error> start_connect(const Endpoint& endpoint) = 0;
    virtual std::expected<std::uint16_t, Error> local_port(int fd) = 0;
    // "address:port" of the other end, empty when there is none.
    virtual std::string peer(int fd) = 0;
    virtual int accept(int listener) = 0;
    virtual ssize_t receive(int fd, std::span<std::byte> out) = 0;
    virtual ssize_t send(int fd, std::span<const std::byte> bytes) = 0;
    // The same of several pieces in one call.
    virtual ssize_t send_pieces(int fd, OutputPieces& pieces) = 0;
    // The other end reads an end of file behind what was sent.
    virtual void end_output(int fd) = 0;
    // SO_ERROR, which it clears.
    virtual int socket_error(int fd) = 0;
    virtual void close(int fd) = 0;

    // Takes the count of an eventfd, of whichever thread rang it; false when there was none.
    virtual bool drain(int event_fd) = 0;
};

// The system's.
[[nodiscard]] Kernel& linux_kernel();

}  // namespace dcx::net
