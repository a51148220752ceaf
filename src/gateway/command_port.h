// CommandPort: the gateway's end of the command channel. Commands are written straight into ring slots and shown to the
// engine in batches by flush(). Full: claim() gives nothing, and the caller tries again later; nothing is dropped and
// nothing is overtaken. A command that cannot wait for its sender (a disconnect) is kept here until there is room, and
// everything after it waits behind it. One thread.
#pragma once

#include <cstddef>
#include <deque>
#include <span>

#include "model/submission.h"
#include "ring/channel.h"

namespace dcx::gateway {

class CommandPort {
  public:
    explicit CommandPort(ring::Channel<Submission>& channel) : channel_(channel) {}

    // The next slot to fill, nullptr when there is none. The same one until commit().
    [[nodiscard]] Submission* claim();
    [[nodiscard]] bool has_room() { return claim() != nullptr; }
    // The claimed slot is filled.
    void commit() { ++used_; }
    // At most one per open session, so the queue is bounded.
    void send_surely(const Submission& submission);
    // Shows everything committed to the engine; true when there was something.
    bool flush();
    [[nodiscard]] bool waiting() const { return !waiting_.empty(); }

  private:
    [[nodiscard]] Submission* next_slot();
    void drain();

    ring::Channel<Submission>& channel_;
    std::span<Submission> claimed_;
    std::size_t used_ = 0;  // filled slots of claimed_, not yet shown
    std::deque<Submission> waiting_;
};

}  // namespace dcx::gateway
