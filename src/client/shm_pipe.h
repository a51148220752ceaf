// ShmPipe: a client's end of order entry through shared memory (docs/protocols/order-entry.md, "Shared memory"): asks
// at the venue's socket, maps what it is given, and passes frames through the two rings, a record each.
//
// Belongs to its reactor's thread. Two ways to hear: the reactor wakes it through the socket (about 50 µs, any loop
// that polls the reactor will do), or, with `spinning`, the owner calls poll() all the time and the venue never spends
// a system call on waking it; the reactor must be polled now and then all the same, because it sees the end. Bounds:
// what waits for the venue by the ring (prepare() gives nothing then). The venue is believed no more than a network:
// whatever is in the memory, nothing outside of it is touched, and an impossible position closes the pipe. The owner
// hears on_pipe_closed once, from the end of a round, after all that the venue had written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/descriptor.h"
#include "model/shm.h"
#include "net/reactor.h"
#include "platform/shared_memory.h"
#include "ring/shared_ring.h"

namespace dcx::client {

class ShmPipe final : net::FdHandler, net::RoundTask {
  public:
    class Owner {
      public:
        // One frame, in place.
        virtual void on_record(std::span<const std::byte> record) = 0;
        virtual void on_pipe_closed(std::string_view why) = 0;

      protected:
        ~Owner() = default;
    };

    // `path`: of the venue's socket.
    ShmPipe(net::Reactor& reactor, const std::string& path, bool spinning, Owner& owner);
    ~ShmPipe() override;

    [[nodiscard]] bool is_open() const { return state_ == State::open; }
    // Room for one frame, then commit(); nullptr: the ring is full, or the pipe is not open.
    [[nodiscard]] std::byte* prepare(std::size_t size);
    void commit();
    // Bytes that the venue has yet to take.
    [[nodiscard]] std::size_t pending_output();
    // Shows what was committed to the venue now rather than at the end of the round.
    void flush();
    void close_now(std::string_view why);

    // Gives the owner what has come, at most kRecords; true when there was any. Without a system call.
    bool poll();

  private:
    enum class State : std::uint8_t { connecting, asked, answered, open, closed };

    // What is in the memory; made when it is mapped.
    struct Rings {
        Rings(platform::SharedMemory mapped, ring::SharedRecords requests, ring::SharedRecords reports);
        platform::SharedMemory memory;
        ring::SharedRecords requests_ring;
        ring::SharedRecords reports_ring;
        ring::RecordProducer<> requests;
        ring::RecordConsumer<> reports;
    };

    void connect(const std::string& path);
    void on_ready(net::Ready ready) override;
    void on_round_end() override;
    void on_answer();
    void on_memory();
    void on_said();
    void map(Descriptor descriptor);
    bool read();
    void listen();
    void drain();
    void end(std::string why);

    net::Reactor& reactor_;
    Owner& owner_;
    std::string path_;
    bool spinning_;
    State state_ = State::connecting;
    Descriptor socket_;
    ShmAnswer answer_{};
    std::optional<Rings> rings_;
    net::FdWatch watch_;
    net::Timer retry_;  // a full backlog of the socket
    std::string closed_text_;
    bool unshown_ = false;
    bool reading_ = false;
};

}  // namespace dcx::client
