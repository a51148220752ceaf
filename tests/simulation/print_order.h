// PrintOrder: of each fill, when the venue handed its owner's report to the socket, and of each print, when it handed
// that to a subscriber's: the owner is first. An owner who was not connected, or whose socket had been full, is not
// owed that.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>

#include "simulation/world.h"

namespace dcx::simulation {

class PrintOrder {
  public:
    explicit PrintOrder(World& world) : world_(world) {}

    // `order`: SimulatedNetwork's count. `sequence`: of the command that traded.
    void on_fill(std::uint64_t sequence, std::uint64_t order) {
        auto& latest = fills_[sequence];
        latest = std::max(latest, order);
        compare(sequence);
    }
    void on_print(std::uint64_t sequence, std::uint64_t order) {
        const auto [print, first] = prints_.try_emplace(sequence, order);
        if (!first) print->second = std::min(print->second, order);
        compare(sequence);
    }
    [[nodiscard]] std::size_t compared() const { return compared_; }

  private:
    void compare(std::uint64_t sequence) {
        const auto fill = fills_.find(sequence);
        const auto print = prints_.find(sequence);
        if (fill == fills_.end() || print == prints_.end()) return;
        ++compared_;
        if (fill->second > print->second)
            world_.broken("the trade of sequence " + std::to_string(sequence) +
                          " was printed before its owner was told");
    }

    World& world_;
    std::map<std::uint64_t, std::uint64_t> fills_;
    std::map<std::uint64_t, std::uint64_t> prints_;
    std::size_t compared_ = 0;
};

}  // namespace dcx::simulation
