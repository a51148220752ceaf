// Pair: the core and its twin, fed with the same commands and compared: the bytes of all events, all books and the next
// deadline after every command, and on demand everything that can be read of the two. Every answer is a text that names
// the first difference, empty when there is none. One thread.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/memory.h"
#include "core/core.h"
#include "model/event_writer.h"
#include "reference/twin.h"

namespace dcx::reference {

class Pair {
  public:
    Pair();

    [[nodiscard]] std::string apply(const Command& command);
    // Balances and turnover, and the invariants of both.
    [[nodiscard]] std::string compare_state() const;
    // What the core tells a fresh reader against what the twin knows.
    [[nodiscard]] std::string compare_told_state() const;

    [[nodiscard]] std::span<const Event> events() const { return expected_; }
    [[nodiscard]] const Twin& twin() const { return twin_; }
    [[nodiscard]] const core::Core& core() const { return core_; }

  private:
    [[nodiscard]] std::string compare_events() const;
    [[nodiscard]] std::string compare_books() const;
    [[nodiscard]] std::string compare_deadlines() const;

    HeapMemory memory_;
    core::Core core_;
    Twin twin_;
    EventBuffer buffer_;
    std::vector<Event> expected_;
};

}  // namespace dcx::reference
