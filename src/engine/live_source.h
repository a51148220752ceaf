// LiveSource: the live event ring as one reader sees it: first the restored state, then every event of durable
// commands. It never loses one: the engine waits for the slowest reader, so release() soon, and don't stop reading
// while the engine runs. A public reader goes no further than the readers it follows: nobody sees a print before its
// owner was told. Made by Engine; belongs to its reader's thread.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/durable_sequence.h"
#include "model/event.h"
#include "model/event_source.h"
#include "ring/broadcast_ring.h"

namespace dcx::engine {

class LiveSource final : public EventSource {
  public:
    using EventReader = ring::BroadcastRing<Event>::Reader;

    LiveSource(EventReader& reader, const DurableSequence& durable, std::vector<const EventReader*> followed = {})
        : reader_(reader), durable_(durable), followed_(std::move(followed)) {}

    std::span<const Event> peek(std::size_t max) override;
    void release(std::size_t count) override { reader_.release(count); }

    // For the threads that wait for this reader (see BroadcastRing::Reader::add_follower), and for metrics.
    [[nodiscard]] EventReader& reader() { return reader_; }

  private:
    EventReader& reader_;
    const DurableSequence& durable_;
    std::vector<const EventReader*> followed_;
    // The first event that was not yet durable when we last looked: until it is, its slot need not be read again.
    ring::Position hidden_position_ = ring::no_limit;
    Sequence hidden_sequence_{};
};

}  // namespace dcx::engine
