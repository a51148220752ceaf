// EventSource: the one way in which edges read events, be it the live ring or a replay of the journal. Events come in
// the order of the log, only those of durable commands, and a live source begins with the restored state: the events
// that a fresh reader needs (assets, instruments with phases, accounts, balances, keys, sessions, open orders in queue
// order), closed by RestoreCompleted.
//
// One reader a source, on one thread. Calls never block.
#pragma once

#include <cstddef>
#include <span>

#include "model/event.h"

namespace dcx {

class EventSource {
  public:
    virtual ~EventSource() = default;
    // The next events, at most `max` (fewer where the ring wraps); empty when none is visible now. One virtual call a
    // batch. The span is valid until release().
    virtual std::span<const Event> peek(std::size_t max) = 0;
    // The first `count` peeked events are done with: their effect is out (written to sockets, rows, state).
    virtual void release(std::size_t count) = 0;
};

}  // namespace dcx
