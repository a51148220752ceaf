// MirrorFollower: keeps the book mirror on a thread of its own, so that it never waits behind the feed's encoding and
// writing. The price: books of its own, and one more reader that the engine waits for. It does nothing but memory work
// of bounded length, so it lags only when its thread gets no processor; then it has as long as the ring (rings.events).
#pragma once

#include <atomic>
#include <cstddef>
#include <span>

#include "base/clock.h"
#include "feed/mirror_writer.h"
#include "feed/publisher.h"
#include "model/event.h"
#include "model/event_source.h"

namespace dcx::feed {

class MirrorFollower {
  public:
    // All outlive it.
    MirrorFollower(EventSource& source, Clock& clock, MirrorWriter& mirror)
        : source_(source), clock_(clock), publisher_(Publisher::Options{.mirror = &mirror}) {}

    // A bounded amount of work; true when there was any.
    bool poll() {
        const std::span<const Event> events = source_.peek(kBatch);
        for (const Event& event : events) publisher_.apply(event);
        source_.release(events.size());
        publisher_.tick(clock_.monotonic_ns());
        if (publisher_.ready()) ready_.store(true, std::memory_order_release);
        return !events.empty();
    }
    // The restored state is in the mirror. Any thread.
    [[nodiscard]] bool ready() const { return ready_.load(std::memory_order_acquire); }

  private:
    static constexpr std::size_t kBatch = 512;

    EventSource& source_;
    Clock& clock_;
    Publisher publisher_;  // with nobody to publish to
    std::atomic<bool> ready_{false};
};

}  // namespace dcx::feed
