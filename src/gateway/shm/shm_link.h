// ShmLink: the venue's end of one client's shared memory: a ring of records in each direction, a record a frame, and
// the socket of the handshake, which tells that the client has gone and wakes whoever sleeps.
//
// The memory is this client's alone, made by the venue, and the client may write anything into it at any time. Nothing
// that it writes is believed: the rings check positions and lengths (ring/spsc_ring.h), frames are copied before they
// are judged (model/frame.h), wait words only cost or spare a wake-up. What is impossible makes the link broken(); its
// owner ends it. A record that its writer did not finish was never published and is not there.
//
// Gateway's thread. Bounds: what a client has not read by its ring (prepare() gives nothing then), work a round by the
// owner. After the client's death what it had published is still read, at most one more ring of it.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "base/descriptor.h"
#include "net/reactor.h"
#include "platform/shared_memory.h"
#include "ring/shared_ring.h"

namespace dcx::gateway {

class ShmDoor;

// One client that was admitted: its memory holds the two rings.
struct ShmClient {
    Descriptor socket;
    platform::SharedMemory memory;
    ring::SharedRecords requests;
    ring::SharedRecords reports;
};

class ShmLink final : net::FdHandler, net::RoundTask {
  public:
    class Owner {
      public:
        // Records are there, or the link has become broken(). What he does not pop() he is asked again for.
        virtual void on_records(ShmLink& link) = 0;
        // Exactly once, from the end of a round; there he may destroy the link.
        virtual void on_shm_closed(ShmLink& link) = 0;

      protected:
        ~Owner() = default;
    };

    ShmLink(net::Reactor& reactor, ShmDoor& door, ShmClient client, Owner& owner);
    ~ShmLink() override;

    // ---- from the client
    // The next record, in place, the same until pop(). Nothing: none is there, or it is another round's.
    [[nodiscard]] std::optional<std::span<const std::byte>> front();
    void pop();
    // Positions or lengths that cannot be, in either ring.
    [[nodiscard]] bool broken() const { return requests_.broken() || reports_.broken(); }
    void pause_reading() { paused_ = true; }
    void resume_reading() { paused_ = false; }

    // ---- to the client
    // Room for one frame, then commit(); nullptr: the ring is full but for the last words, or the link is closing.
    [[nodiscard]] std::byte* prepare(std::size_t size);
    void commit(std::size_t size);
    // In the room that is kept for it, and through the socket where there is none.
    void say_last(std::span<const std::byte> frame);
    [[nodiscard]] std::size_t pending_output() { return reports_.unreleased(0); }
    // Shows what was queued to the client, and wakes it if it sleeps.
    void flush();
    // Shows it, reads nothing more and closes; the client can still read its ring.
    void close_after_flush();

    // ---- for the door
    // Gives its owner what has come, bounded; true when there was any.
    bool poll();
    // The thread is about to sleep / awake again. No announcement: there is something to do.
    [[nodiscard]] bool announce();
    void retract() { requests_ring_.consumer_bell().retract(); }

  private:
    void on_ready(net::Ready ready) override;
    void on_round_end() override;
    void hang_up();
    void end();

    net::Reactor& reactor_;
    ShmDoor& door_;
    Owner& owner_;
    Descriptor socket_;
    platform::SharedMemory memory_;
    ring::SharedRecords requests_ring_;
    ring::SharedRecords reports_ring_;
    ring::RecordConsumer<> requests_;
    ring::RecordProducer<> reports_;
    net::FdWatch watch_;
    std::optional<std::span<const std::byte>> front_;
    std::size_t left_ = 0;  // of a client that has gone: bytes that are still read
    bool unshown_ = false;  // something was committed and the client does not know yet
    bool paused_ = false;
    bool hung_up_ = false;
    bool closed_ = false;
};

}  // namespace dcx::gateway
