// Lanes<Queue>: many producers to one consumer, with a queue of its own for each producer (decision 16). The consumer
// visits the lanes in turn and begins with another one each time, so no producer can starve the rest. A producer that
// stops in the middle of anything holds up nobody but itself.
// Lanes are added before the start; visit() belongs to the consumer's thread, each lane to its producer's.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace dcx::ring {

template <class Queue>
class Lanes {
  public:
    // The lane lives as long as this object.
    template <class... Arguments>
    Queue& add(Arguments&&... arguments) {
        return *lanes_.emplace_back(std::make_unique<Queue>(std::forward<Arguments>(arguments)...));
    }
    [[nodiscard]] std::size_t size() const { return lanes_.size(); }

    // Calls take(lane) for every lane once, until one says false (no room for more).
    template <class Take>
    void visit(Take take) {
        for (std::size_t visited = 0; visited < lanes_.size(); ++visited) {
            Queue& lane = *lanes_[next_];
            if (++next_ == lanes_.size()) next_ = 0;
            if (!take(lane)) return;
        }
    }

  private:
    std::vector<std::unique_ptr<Queue>> lanes_;
    std::size_t next_ = 0;
};

}  // namespace dcx::ring
