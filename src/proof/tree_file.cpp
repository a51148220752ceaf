#include "proof/tree_file.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>

namespace dcx::proof {
namespace {

std::span<std::byte> bytes_of(Digest& hash) { return hash; }

}  // namespace

std::string tree_file_path(const std::string& folder, std::string_view name, unsigned level) {
    return folder + '/' + std::string(name) + '.' + std::to_string(level);
}

std::expected<TreeFile, ProofError> TreeFile::open(const std::string& folder, std::string_view name,
                                                   std::uint64_t size) {
    TreeFile result;
    result.folder_ = folder;
    result.name_ = name;
    std::vector<MerkleRoot> rests;
    for (std::uint64_t records = size; rests.empty() || records != 0; records /= kTreeFileGroup) {
        if (auto added = result.add_file(records); !added) return std::unexpected(added.error());
        std::array<Digest, kTreeFileGroup> hashes;
        const std::span<Digest> last = std::span{hashes}.first(records % kTreeFileGroup);
        if (auto read = result.files_.back().read(records - last.size(), std::as_writable_bytes(last)); !read)
            return std::unexpected(read.error());
        rests.emplace_back();
        for (const Digest& hash : last) rests.back().append(hash);
    }
    result.tree_.go_on(size, std::move(rests));
    // Those that a crash or an earlier life left above would be taken for this tree's by a reader.
    for (auto level = static_cast<unsigned>(result.files_.size()); level < kTreeFileLevels; ++level)
        ::unlink(tree_file_path(folder, name, level).c_str());
    return result;
}

std::expected<void, ProofError> TreeFile::add_file(std::uint64_t records) {
    const auto level = static_cast<unsigned>(files_.size());
    if (level == kTreeFileLevels)
        return std::unexpected(ProofError{ProofErrorKind::index_out_of_range, "a tree of more than 256^8 leaves"});
    auto file = RecordFile::open(tree_file_path(folder_, name_, level), sizeof(Digest), records);
    if (!file) return std::unexpected(file.error());
    files_.push_back(std::move(*file));
    new_names_ = true;
    return {};
}

void TreeFile::append(std::span<const Digest> leaves) {
    const auto keep = [this](unsigned level, const Digest& hash) {
        if (error_) return;
        if (level == files_.size())
            if (auto added = add_file(0); !added) {
                error_ = added.error();
                return;
            }
        files_[level].append(hash);
    };
    for (const Digest& leaf : leaves) tree_.append(leaf, keep);
}

std::expected<void, ProofError> TreeFile::flush() {
    if (error_) return std::unexpected(*error_);
    for (RecordFile& file : files_)
        if (auto flushed = file.flush(); !flushed) return flushed;
    if (new_names_) {
        if (auto synced = sync_folder(folder_); !synced) {
            error_ = synced.error();
            return synced;
        }
        new_names_ = false;
    }
    return {};
}

std::expected<TreeReader, ProofError> TreeReader::open(const std::string& folder, std::string_view name) {
    TreeReader result;
    result.folder_ = folder;
    result.name_ = name;
    if (auto opened = result.level(0); !opened) return std::unexpected(opened.error());
    return result;
}

std::expected<const RecordReader*, ProofError> TreeReader::level(unsigned number) {
    while (levels_.size() <= number) {
        auto opened =
            RecordReader::open(tree_file_path(folder_, name_, static_cast<unsigned>(levels_.size())), sizeof(Digest));
        if (!opened) return std::unexpected(opened.error());
        levels_.push_back(std::move(*opened));
    }
    return &levels_[number];
}

std::expected<Digest, ProofError> TreeReader::leaf(std::uint64_t index) {
    Digest hash;
    if (auto read = levels_.front().read(index, bytes_of(hash)); !read) return std::unexpected(read.error());
    return hash;
}

std::expected<Digest, ProofError> TreeReader::subtree(std::uint64_t start, unsigned bits) {
    const unsigned number = bits / kTreeFileBits;
    const auto file = level(number);
    if (!file) return std::unexpected(file.error());
    std::array<Digest, kTreeFileGroup> hashes;
    const std::span<Digest> read = std::span{hashes}.first(std::size_t{1} << bits % kTreeFileBits);
    if (auto done = (*file)->read(start >> number * kTreeFileBits, std::as_writable_bytes(read)); !done)
        return std::unexpected(done.error());
    for (std::size_t width = read.size(); width > 1; width /= 2)
        for (std::size_t i = 0; i < width / 2; ++i) read[i] = node_hash(read[2 * i], read[2 * i + 1]);
    return read[0];
}

std::expected<Digest, ProofError> TreeReader::range(std::uint64_t start, std::uint64_t end) {
    std::vector<Digest> subtrees;
    for (std::uint64_t at = start; at < end;) {
        const unsigned bits = static_cast<unsigned>(std::bit_width(end - at)) - 1;
        auto hash = subtree(at, bits);
        if (!hash) return hash;
        subtrees.push_back(*hash);
        at += std::uint64_t{1} << bits;
    }
    return MerkleRoot(end - start, subtrees).root();
}

std::expected<Digest, ProofError> TreeReader::root(std::uint64_t size) { return range(0, size); }

std::expected<std::vector<Digest>, ProofError> TreeReader::inclusion(std::uint64_t index, std::uint64_t size) {
    if (index >= size)
        return std::unexpected(ProofError{ProofErrorKind::index_out_of_range,
                                          "leaf " + std::to_string(index) + " of a tree of " + std::to_string(size)});
    // From the root down: at each node the way goes left or right, and the other child belongs to the proof.
    std::vector<Digest> proof;
    std::uint64_t start = 0;
    std::uint64_t end = size;
    while (end - start > 1) {
        const std::uint64_t middle = start + std::bit_floor(end - start - 1);
        const bool left = index < middle;
        auto sibling = left ? range(middle, end) : range(start, middle);
        if (!sibling) return std::unexpected(sibling.error());
        proof.push_back(*sibling);
        (left ? end : start) = middle;
    }
    std::reverse(proof.begin(), proof.end());
    return proof;
}

std::expected<std::vector<Digest>, ProofError> TreeReader::consistency(std::uint64_t size1, std::uint64_t size2) {
    if (size1 > size2)
        return std::unexpected(ProofError{ProofErrorKind::sizes_reversed,
                                          std::to_string(size1) + " leaves before " + std::to_string(size2)});
    std::vector<Digest> proof;
    if (size1 == 0 || size1 == size2) return proof;
    std::uint64_t start = 0;
    std::uint64_t end = size2;
    // Down to the node where the small tree ends.
    while (size1 != end) {
        const std::uint64_t middle = start + std::bit_floor(end - start - 1);
        const bool left = size1 <= middle;
        auto sibling = left ? range(middle, end) : range(start, middle);
        if (!sibling) return std::unexpected(sibling.error());
        proof.push_back(*sibling);
        (left ? end : start) = middle;
    }
    // Who has the small tree's root has this node when it begins with the tree.
    if (start != 0) {
        auto node = range(start, end);
        if (!node) return std::unexpected(node.error());
        proof.push_back(*node);
    }
    std::reverse(proof.begin(), proof.end());
    return proof;
}

}  // namespace dcx::proof
