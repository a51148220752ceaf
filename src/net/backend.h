// Backend: how a reactor waits and moves bytes. Two of them: EpollBackend is told which descriptors are ready and reads
// and writes through a Kernel (the system's or the simulator's); UringBackend hands the work to io_uring and is told of
// what was done. A watch's handler hears the same in the same order from either.
//
// Everything here belongs to the reactor's thread. A round of the reactor is wait(), dispatch(), its timers and tasks,
// and flush(). No call throws; what can fail when a watch begins is an Error.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "net/error.h"
#include "net/output_pieces.h"

namespace dcx::net {

class FdWatch;

struct Interest {
    bool read = false;
    bool write = false;
    friend bool operator==(Interest, Interest) = default;
};

struct Ready {
    bool read = false;    // as far as it is of interest
    bool write = false;   // as far as it is of interest
    bool failed = false;  // error or hang-up; reported whatever the interest, again and again until the watch is closed
};

// Of any descriptor.
class FdHandler {
  public:
    virtual void on_ready(Ready ready) = 0;

  protected:
    ~FdHandler() = default;
};

// Of a connected socket. A backend that only tells when something can be read calls on_ready; one that reads by itself
// calls the others for it, and on_ready only for writing and failures.
class StreamHandler : public FdHandler {
  public:
    // Bytes in the backend's memory, which gets it back after the call; none: the other end has ended its output. They
    // may still come for a moment after the interest in reading is gone.
    virtual void on_received(std::span<std::byte> bytes) = 0;
    virtual void on_receive_failed(int code) = 0;
    // What to send now that send_later() asked for it; none when there is nothing left to do. on_sent() follows before
    // anybody else's code runs.
    virtual void to_send(OutputPieces& pieces) = 0;
    // How many of them the system took, or -errno. May close the watch, and calls nobody's code but this library's.
    virtual void on_sent(std::ptrdiff_t result) = 0;

  protected:
    ~StreamHandler() = default;
};

// Of a listening socket; on_ready when the backend only tells that there is somebody.
class ListenHandler : public FdHandler {
  public:
    // A connected socket, or -errno.
    virtual void on_accepted(int result) = 0;

  protected:
    ~ListenHandler() = default;
};

class Backend {
  public:
    virtual ~Backend() = default;
    [[nodiscard]] virtual std::string_view name() const = 0;
    // It reads and accepts by itself: handlers must not.
    [[nodiscard]] virtual bool receives() const = 0;

    // Called by FdWatch alone, which holds descriptor, interest and handler.
    virtual std::expected<void, Error> begin(FdWatch& watch) = 0;
    virtual void change(FdWatch& watch) = 0;
    virtual void end(FdWatch& watch) = 0;

    // Until something has happened; 0: does not wait; negative: no bound. May return early.
    virtual void wait(std::int64_t timeout_ns) = 0;
    // Calls the handlers of what has happened; how many.
    virtual std::size_t dispatch() = 0;
    // Queues the stream's to_send() for flush(). False: this backend has no better way than to send at once.
    virtual bool send_later(FdWatch& watch) = 0;
    // What was queued is with the system, and the handlers know how much of it, when this returns.
    virtual void flush() = 0;
};

enum class BackendChoice : std::uint8_t { automatic, io_uring, epoll };

// What a reactor gets when nothing is said: automatic, or what DCX_NET_BACKEND in the environment names, or what the
// program has set before its first reactor. Automatic is io_uring when the kernel gives it, else epoll.
[[nodiscard]] BackendChoice default_backend();
void set_default_backend(BackendChoice choice);
[[nodiscard]] std::expected<BackendChoice, std::string> backend_named(std::string_view name);

// Why this process cannot have io_uring as the backend needs it (Linux 6.1); empty when it can. Asked of the kernel
// once a process.
[[nodiscard]] const std::string& why_no_io_uring();

}  // namespace dcx::net
