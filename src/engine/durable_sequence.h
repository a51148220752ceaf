// DurableSequence: up to which command everything is on disk (or, without a journal, applied), and whom to wake when it
// grows. The one number that decides what the outside may see: readers show no event of a later command.
//
// One thread advances it (the journal's; the engine's when there is no journal); anybody reads it. Bells are added
// before the threads start.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "model/types.h"
#include "platform/cpu.h"
#include "platform/doorbell.h"

namespace dcx::engine {

class DurableSequence {
  public:
    void add_bell(platform::Doorbell& bell) {
        // One bell for several readers on one thread is rung once.
        if (std::ranges::find(bells_, &bell) == bells_.end()) bells_.push_back(&bell);
    }

    // Acquire, so that what its owner did before (the sync) comes before what we do on the strength of it. Partner: the
    // release in advance().
    [[nodiscard]] Sequence get() const { return Sequence{value_.load(std::memory_order_acquire)}; }

    // The advancing thread. Commands up to `sequence` are durable from now on.
    void advance(Sequence sequence) {
        // Relaxed: only this thread stores it.
        DCX_CHECK(sequence.value >= value_.load(std::memory_order_relaxed));
        value_.store(sequence.value, std::memory_order_release);
    }
    void wake_readers() {
        platform::Doorbell::fence();
        ring_all();
    }
    // The engine, after it published events whose first command is `first`: wakes the readers if these can be seen
    // already, which is when the disk was faster than the core. Of this fence and the one in the journal's
    // wake_readers() one comes first: if ours, the journal's ring comes after our publication and is enough; if the
    // journal's, the load below sees its sequence.
    void wake_if_visible(Sequence first) {
        platform::Doorbell::fence();
        if (value_.load(std::memory_order_relaxed) >= first.value) ring_all();
    }

  private:
    void ring_all() {
        for (auto* bell : bells_) bell->ring_after_fence();
    }

    std::vector<platform::Doorbell*> bells_;
    alignas(platform::separate_lines) std::atomic<std::uint64_t> value_{0};
};

}  // namespace dcx::engine
