// TreeLevels: the hashes that a TreeFile keeps, made leaf by leaf in the memory of a few hundred of them: whoever
// writes the files and whoever compares them make the same. One thread.
#pragma once

#include <cstdint>
#include <vector>

#include "proof/merkle.h"

namespace dcx::proof {

// Leaves of a subtree whose root is kept: 2^8 of each level make one of the next.
inline constexpr unsigned kTreeFileBits = 8;
inline constexpr std::uint64_t kTreeFileGroup = std::uint64_t{1} << kTreeFileBits;
// 256^7 leaves are more than there will be.
inline constexpr unsigned kTreeFileLevels = 8;

class TreeLevels {
  public:
    // `keep(level, hash)` is told every hash of every level, in the order in which its file has them.
    template <class Keep>
    void append(const Digest& leaf, Keep&& keep) {
        Digest hash = leaf;
        ++size_;
        for (unsigned level = 0;; ++level) {
            if (level == rests_.size()) rests_.emplace_back();
            keep(level, hash);
            rests_[level].append(hash);
            if (rests_[level].size() < kTreeFileGroup) return;
            hash = rests_[level].root();
            rests_[level] = MerkleRoot{};
        }
    }
    // Where a tree that was kept goes on: `last` are the hashes of a level behind its last full group, from level 0 up.
    void go_on(std::uint64_t size, std::vector<MerkleRoot> rests) {
        size_ = size;
        rests_ = std::move(rests);
    }

    [[nodiscard]] std::uint64_t size() const { return size_; }
    // Its perfect subtrees from the largest to the smallest.
    [[nodiscard]] std::vector<Digest> subtrees() const {
        std::vector<Digest> result;
        for (std::size_t i = rests_.size(); i-- > 0;)
            result.insert(result.end(), rests_[i].subtrees().begin(), rests_[i].subtrees().end());
        return result;
    }
    [[nodiscard]] Digest root() const { return MerkleRoot(size_, subtrees()).root(); }

  private:
    std::uint64_t size_ = 0;
    std::vector<MerkleRoot> rests_;
};

}  // namespace dcx::proof
