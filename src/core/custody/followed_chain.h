// The chain as the venue was told of it: its newest blocks, to tell a fork by, and which deposits stand in each of
// them, so that a fork costs what it takes back and not what there is. One thread, capacity fixed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "base/memory.h"
#include "model/command.h"

namespace dcx::core {

using ChainHash = std::array<std::byte, 32>;

struct FollowedBlock {
    ChainHash hash{};
    std::uint32_t first_deposit{};  // in Deposits, a list through Deposit::next; 0: none
    std::uint32_t zero{};
};

class FollowedChain {
  public:
    FollowedChain() = default;
    explicit FollowedChain(MemorySource& memory) : blocks_(memory.array<FollowedBlock>(kChainMemory)) {}

    // Blocks can be linked and payouts paid.
    [[nodiscard]] bool is_set() const { return count_ != 0; }
    // Of what the chain's coins are; kept while the chain is lost, 0 before the first begin().
    [[nodiscard]] AssetId asset() const { return asset_; }
    [[nodiscard]] std::uint32_t confirmations() const { return confirmations_; }
    // How often it was begun: what was told of it before is of another one.
    [[nodiscard]] std::uint32_t era() const { return era_; }
    // These three of one that is set.
    [[nodiscard]] std::uint64_t height() const { return height_; }
    [[nodiscard]] std::uint64_t oldest() const { return height_ - (count_ - 1); }
    [[nodiscard]] const ChainHash& tip() const { return block(height_).hash; }
    [[nodiscard]] bool remembers(std::uint64_t height) const { return height <= height_ && height_ - height < count_; }
    [[nodiscard]] bool confirmed(std::uint64_t height) const {
        return is_set() && height <= height_ && height_ - height >= confirmations_ - 1;
    }
    // Of a height that is remembered.
    [[nodiscard]] FollowedBlock& block(std::uint64_t height) { return blocks_[height % kChainMemory]; }
    [[nodiscard]] const FollowedBlock& block(std::uint64_t height) const { return blocks_[height % kChainMemory]; }

    void begin(AssetId asset, std::uint32_t confirmations, std::uint64_t height, const ChainHash& hash) {
        asset_ = asset;
        confirmations_ = confirmations;
        height_ = height;
        count_ = 1;
        ++era_;
        block(height) = {.hash = hash};
    }
    // The oldest of too many is forgotten, its deposits are no longer listed.
    void advance(const ChainHash& hash) {
        ++height_;
        if (count_ < kChainMemory) ++count_;
        block(height_) = {.hash = hash};
    }
    // The caller has done with the deposits of the blocks above, which is remembered.
    void rewind(std::uint64_t height) {
        DCX_CHECK(remembers(height));
        count_ -= static_cast<std::uint32_t>(height_ - height);
        height_ = height;
    }
    void lose() { count_ = 0; }

    // Everything in it, for an image of the state (image.h).
    template <class Image, class Self>
    static void visit(Image& image, Self& self) {
        image.values(self.asset_, self.confirmations_, self.era_, self.count_, self.height_);
        image.range(self.blocks_, 0, self.blocks_.size());
    }

  private:
    std::span<FollowedBlock> blocks_;  // of height h at h modulo their number
    AssetId asset_{};
    std::uint32_t confirmations_ = 0;
    std::uint32_t era_ = 0;
    std::uint32_t count_ = 0;
    std::uint64_t height_ = 0;
};

}  // namespace dcx::core
