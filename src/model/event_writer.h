// EventWriter: where the core writes its events. The slots are either the event ring itself (a power of two of them,
// wrapped by the mask) or a flat buffer of a test. The owner makes sure, before a command is applied, that the most
// events one command can make (Core::max_events_per_command) are free behind `position`.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/event.h"

namespace dcx {

struct EventWriter {
    Event* slots{};
    std::uint64_t mask{};      // capacity - 1
    std::uint64_t position{};  // count of events ever written: the next one goes to slots[position & mask]

    [[nodiscard]] Event& at(std::uint64_t index) const { return slots[index & mask]; }
    Event& append() { return slots[position++ & mask]; }
};

// A flat buffer for tests, tools and replay: room for `capacity` events (rounded up to a power of two) between clears.
class EventBuffer {
  public:
    explicit EventBuffer(std::uint64_t capacity) {
        std::uint64_t size = 1;
        while (size < capacity) size *= 2;
        slots_.resize(size);
        writer_ = {.slots = slots_.data(), .mask = size - 1, .position = 0};
    }
    EventWriter& writer() { return writer_; }
    void clear() { writer_.position = 0; }
    [[nodiscard]] std::span<const Event> events() const { return {slots_.data(), writer_.position}; }

  private:
    std::vector<Event> slots_;
    EventWriter writer_;
};

}  // namespace dcx
