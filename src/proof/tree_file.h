// TreeFile: the leaf hashes of one Merkle tree on disk. `<name>.0` has them one behind the other, 32 bytes each; every
// eighth level above is kept too: `<name>.k` has the roots of the full subtrees of 256^k leaves. So any node is found
// by one read of at most 128 hashes. Append-only; the owner flushes, and remembers the size that was flushed: after a
// crash the files have at least that, and are cut back to it. Everything in them can be made again from the journal and
// the salt key.
//
// TreeReader makes roots and proofs of any size up to what is in the files, beside the writer, in any process.
// One thread for each object.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "proof/merkle.h"
#include "proof/record_file.h"
#include "proof/tree_levels.h"

namespace dcx::proof {

// `<folder>/<name>.<level>`
[[nodiscard]] std::string tree_file_path(const std::string& folder, std::string_view name, unsigned level);

class TreeReader {
  public:
    // missing: there is no such tree. Levels that come into being later are found when they are needed.
    [[nodiscard]] static std::expected<TreeReader, ProofError> open(const std::string& folder, std::string_view name);

    // Leaves in the file now. The writer's owner vouches for those that it has flushed alone.
    [[nodiscard]] std::expected<std::uint64_t, ProofError> size() const { return levels_.front().records(); }
    [[nodiscard]] std::expected<Digest, ProofError> leaf(std::uint64_t index);
    // Of the tree's first `size` leaves. All of these: missing when the files have fewer leaves.
    [[nodiscard]] std::expected<Digest, ProofError> root(std::uint64_t size);
    [[nodiscard]] std::expected<std::vector<Digest>, ProofError> inclusion(std::uint64_t index, std::uint64_t size);
    [[nodiscard]] std::expected<std::vector<Digest>, ProofError> consistency(std::uint64_t size1, std::uint64_t size2);

  private:
    std::expected<const RecordReader*, ProofError> level(unsigned number);
    // Of 2^bits leaves from `start`, a multiple of that.
    std::expected<Digest, ProofError> subtree(std::uint64_t start, unsigned bits);
    // Of leaves [start, end), which begin where a subtree of their size begins.
    std::expected<Digest, ProofError> range(std::uint64_t start, std::uint64_t end);

    std::string folder_;
    std::string name_;
    std::vector<RecordReader> levels_;
};

class TreeFile {
  public:
    // With `size` leaves, those that were flushed; 0: a new tree, whatever stood there. missing: the files have fewer,
    // then all must be made again.
    [[nodiscard]] static std::expected<TreeFile, ProofError> open(const std::string& folder, std::string_view name,
                                                                  std::uint64_t size);
    // An error shows at the next flush.
    void append(std::span<const Digest> leaves);
    [[nodiscard]] std::uint64_t size() const { return tree_.size(); }
    [[nodiscard]] Digest root() const { return tree_.root(); }
    // Its perfect subtrees from the largest to the smallest, for MerkleRoot.
    [[nodiscard]] std::vector<Digest> subtrees() const { return tree_.subtrees(); }
    [[nodiscard]] std::expected<void, ProofError> flush();

  private:
    TreeFile() = default;
    std::expected<void, ProofError> add_file(std::uint64_t records);

    std::string folder_;
    std::string name_;
    TreeLevels tree_;
    std::vector<RecordFile> files_;
    bool new_names_ = true;  // files whose names were never synced
    std::optional<ProofError> error_;
};

}  // namespace dcx::proof
