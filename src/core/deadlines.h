// What happens by time alone, in the order in which it is due: a binary heap of deadlines whose owners keep a handle,
// so that one can be moved or dropped. The order is part of the rules: (time, kind, id). One thread, capacity fixed.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <tuple>

#include "base/check.h"
#include "base/memory.h"
#include "model/types.h"

namespace dcx::core {

// Numbers as in docs/rules.md, "Deadlines".
enum class DeadlineKind : std::uint32_t {
    pending_transfer = 1,
    order = 2,
    dead_man = 3,
    disconnect = 4,
    proposal = 5,
    kill_account = 6,
    kill_market = 7,
    kill_venue = 8,
};

struct Deadline {
    Time time{};
    std::uint64_t id{};  // decides among those of one time and kind
    DeadlineKind kind{};
    std::uint32_t slot{};  // where its owner lies

    [[nodiscard]] auto order() const { return std::tuple{time.value, kind, id}; }
};

// A handle is 0 when nothing is set.
using DeadlineHandle = std::uint32_t;

class Deadlines {
  public:
    Deadlines() = default;
    Deadlines(MemorySource& memory, std::size_t capacity)
        : nodes_(memory.array<Node>(capacity + 1)), heap_(memory.array<std::uint32_t>(capacity + 1)) {}

    [[nodiscard]] Time next() const { return count_ == 0 ? kNever : top().time; }
    // The first one has come.
    [[nodiscard]] bool due(Time now) const { return count_ != 0 && top().time <= now; }
    // The first one; there is one.
    [[nodiscard]] const Deadline& top() const { return nodes_[heap_[1]].deadline; }
    [[nodiscard]] Time time_of(DeadlineHandle handle) const {
        return handle == 0 ? Time{} : nodes_[handle].deadline.time;
    }
    // Sets what `handle` names, or moves it when it is set.
    void set(DeadlineHandle& handle, const Deadline& deadline);
    // Drops it, if it is set.
    void drop(DeadlineHandle& handle);

    // Everything in it, for an image of the state (image.h).
    template <class Image, class Self>
    static void visit(Image& image, Self& self) {
        image.values(self.free_);
        image.prefix(self.nodes_, self.used_, 1);
        image.prefix(self.heap_, self.count_, 1);
    }

  private:
    struct Node {
        Deadline deadline{};
        std::uint32_t place{};  // in the heap, from 1; in a free node: the next free one
        std::uint32_t zero{};
    };

    [[nodiscard]] bool before(std::uint32_t a, std::uint32_t b) const {
        return nodes_[a].deadline.order() < nodes_[b].deadline.order();
    }
    void put(std::uint32_t place, std::uint32_t node) {
        heap_[place] = node;
        nodes_[node].place = place;
    }
    void rise(std::uint32_t place);
    void sink(std::uint32_t place);

    std::span<Node> nodes_;          // from 1
    std::span<std::uint32_t> heap_;  // nodes, from 1
    std::uint32_t count_ = 0;
    std::uint32_t used_ = 0;
    std::uint32_t free_ = 0;
};

}  // namespace dcx::core
