// BlockPool: memory for what waits in connections of one reactor, so that only those where something waits hold any: an
// idle connection has none, and a steady flow allocates nothing. Blocks are powers of two; of those given back at most
// `kept_bytes` are kept. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace dcx::net {

class BlockPool {
  public:
    static constexpr std::size_t smallest = 256;
    static constexpr std::size_t kept_bytes = 16 * 1024 * 1024;

    struct Block {
        std::unique_ptr<std::byte[]> memory;
        std::size_t size = 0;
    };

    [[nodiscard]] Block take(std::size_t at_least);
    void give_back(Block block);
    [[nodiscard]] std::size_t kept() const { return kept_; }

  private:
    std::array<std::vector<std::unique_ptr<std::byte[]>>, 64> free_;  // by the logarithm of the size
    std::size_t kept_ = 0;
};

}  // namespace dcx::net
