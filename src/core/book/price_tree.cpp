#include "core/book/price_tree.h"

#include <bit>

namespace dcx::core {
namespace {

constexpr std::uint64_t bit(std::uint32_t i) { return std::uint64_t{1} << i; }

std::uint32_t lowest(std::uint64_t occupied) { return static_cast<std::uint32_t>(std::countr_zero(occupied)); }

}  // namespace

std::uint32_t PriceTree::leaf_of(NodePool& nodes, Key key) {
    if (prefix_of(key, 0) == recent_prefix_) [[likely]]
        return recent_leaf_;
    std::uint32_t node = root_;
    for (std::uint32_t height = height_; height > 0; --height) node = nodes[node].child[child_of(key, height)];
    recent_prefix_ = prefix_of(key, 0);
    recent_leaf_ = node;
    return node;
}

Level& PriceTree::insert(NodePool& nodes, Key key) {
    if (key < best_) best_ = key;  // kNone is above every key
    std::uint32_t node;
    if (prefix_of(key, 0) == recent_prefix_) [[likely]] {
        node = recent_leaf_;
    } else {
        if (root_ == 0) {
            root_ = nodes.take();
            height_ = 0;
            prefix_ = prefix_of(key, 0);
        }
        while (prefix_of(key, height_) != prefix_) {
            const std::uint32_t above = nodes.take();
            const auto child = static_cast<std::uint32_t>(prefix_ & 63);
            nodes[above].occupied = bit(child);
            nodes[above].child[child] = root_;
            root_ = above;
            prefix_ >>= 6;
            ++height_;
        }
        node = root_;
        for (std::uint32_t height = height_; height > 0; --height) {
            const std::uint32_t child = child_of(key, height);
            if ((nodes[node].occupied & bit(child)) == 0) {
                const std::uint32_t below = nodes.take();
                nodes[node].occupied |= bit(child);
                nodes[node].child[child] = below;
            }
            node = nodes[node].child[child];
        }
        recent_prefix_ = prefix_of(key, 0);
        recent_leaf_ = node;
    }
    PriceNode& leaf = nodes[node];
    const auto slot = static_cast<std::uint32_t>(key & 63);
    if ((leaf.occupied & bit(slot)) == 0) {
        leaf.occupied |= bit(slot);
        leaf.level[slot] = {};
    }
    return leaf.level[slot];
}

void PriceTree::erase(NodePool& nodes, Key key) {
    PriceNode& leaf = nodes[leaf_of(nodes, key)];
    leaf.occupied &= ~bit(static_cast<std::uint32_t>(key & 63));
    if (leaf.occupied != 0) [[likely]] {
        if (key == best_) best_ = (prefix_of(key, 0) << 6) | lowest(leaf.occupied);
        return;
    }
    remove_empty(nodes, key);
    if (key == best_) best_ = root_ == 0 ? kNone : leftmost(nodes, root_, height_, prefix_);
}

// The leaf of `key` has become empty: frees it and every node above that is then empty, and lets the root go down to
// the smallest node that covers all that is left.
void PriceTree::remove_empty(NodePool& nodes, Key key) {
    std::array<std::uint32_t, 11> path;
    std::uint32_t node = root_;
    for (std::uint32_t height = height_;; --height) {
        path[height] = node;
        if (height == 0) break;
        node = nodes[node].child[child_of(key, height)];
    }
    recent_prefix_ = kNone;
    nodes.give(path[0]);
    for (std::uint32_t height = 1; height <= height_; ++height) {
        PriceNode& parent = nodes[path[height]];
        parent.occupied &= ~bit(child_of(key, height));
        if (parent.occupied != 0) break;
        nodes.give(path[height]);
        if (height == height_) root_ = 0;
    }
    if (height_ == 0) root_ = 0;
    while (root_ != 0 && height_ > 0 && std::has_single_bit(nodes[root_].occupied)) {
        const std::uint32_t child = lowest(nodes[root_].occupied);
        const std::uint32_t below = nodes[root_].child[child];
        nodes.give(root_);
        root_ = below;
        prefix_ = (prefix_ << 6) | child;
        --height_;
    }
}

PriceTree::Key PriceTree::leftmost(const NodePool& nodes, std::uint32_t node, std::uint32_t height, Key prefix) {
    for (;; --height) {
        const std::uint32_t child = lowest(nodes[node].occupied);
        prefix = (prefix << 6) | child;
        if (height == 0) return prefix;
        node = nodes[node].child[child];
    }
}

PriceTree::Key PriceTree::next(const NodePool& nodes, Key key) const {
    if (root_ == 0 || prefix_of(key, height_) > prefix_) return kNone;
    if (prefix_of(key, height_) < prefix_) return best_;
    // The way down to where the key is or would be; then up to the first node with a child to the right of that way.
    std::array<std::uint32_t, 11> path{};
    std::uint32_t height = height_;
    path[height] = root_;
    while (height > 0) {
        const PriceNode& node = nodes[path[height]];
        if ((node.occupied & bit(child_of(key, height))) == 0) break;
        path[height - 1] = node.child[child_of(key, height)];
        --height;
    }
    for (; height <= height_; ++height) {
        const PriceNode& node = nodes[path[height]];
        const std::uint32_t child = child_of(key, height);
        const std::uint64_t right = child == 63 ? 0 : node.occupied & ~(bit(child + 1) - 1);
        if (right == 0) continue;
        const std::uint32_t found = lowest(right);
        const Key prefix = (prefix_of(key, height) << 6) | found;
        return height == 0 ? prefix : leftmost(nodes, node.child[found], height - 1, prefix);
    }
    return kNone;
}

const Level* PriceTree::find(const NodePool& nodes, Key key) const {
    if (root_ == 0 || prefix_of(key, height_) != prefix_) return nullptr;
    std::uint32_t node = root_;
    for (std::uint32_t height = height_; height > 0; --height) {
        if ((nodes[node].occupied & bit(child_of(key, height))) == 0) return nullptr;
        node = nodes[node].child[child_of(key, height)];
    }
    const auto slot = static_cast<std::uint32_t>(key & 63);
    return (nodes[node].occupied & bit(slot)) == 0 ? nullptr : &nodes[node].level[slot];
}

}  // namespace dcx::core
