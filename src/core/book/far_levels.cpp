#include "core/book/far_levels.h"

#include <bit>

namespace dcx::core {
namespace {

constexpr std::uint32_t kLevelBit = 1u << 31;

constexpr bool is_level(std::uint32_t reference) { return (reference & kLevelBit) != 0; }
constexpr std::uint32_t index(std::uint32_t reference) { return reference & ~kLevelBit; }

// Keys in the order of unsigned numbers.
constexpr std::uint64_t position_of(PriceKey key) { return static_cast<std::uint64_t>(key) ^ (std::uint64_t{1} << 63); }
// In two steps: a shift by all 64 bits would not be one.
constexpr std::uint64_t prefix_of(std::uint64_t position, std::uint32_t shift) { return position >> shift >> 4; }
constexpr std::uint32_t child_of(std::uint64_t position, std::uint32_t shift) { return (position >> shift) & 15; }

}  // namespace

std::uint32_t FarLevels::index_of(const LevelStore& store, PriceKey key) const {
    const std::uint64_t position = position_of(key);
    std::uint32_t reference = root_;
    while (reference != 0 && !is_level(reference)) {
        const FarNode& node = store.far_nodes[reference];
        const std::uint32_t child = child_of(position, node.shift);
        // Bits between two nodes are not compared on the way: the level's key tells.
        reference = (node.occupied >> child & 1) != 0 ? node.child[child] : 0;
    }
    if (reference == 0 || store.far_levels[index(reference)].key != key) return 0;
    return index(reference);
}

Level* FarLevels::find(LevelStore& store, PriceKey key) const {
    const std::uint32_t level = index_of(store, key);
    return level == 0 ? nullptr : &store.far_levels[level];
}

const Level* FarLevels::find(const LevelStore& store, PriceKey key) const {
    const std::uint32_t level = index_of(store, key);
    return level == 0 ? nullptr : &store.far_levels[level];
}

Level& FarLevels::insert(LevelStore& store, PriceKey key) {
    const std::uint32_t level = store.far_levels.take();
    const std::uint32_t reference = level | kLevelBit;
    const std::uint64_t position = position_of(key);
    if (key < best_) best_ = key;
    std::uint32_t* link = &root_;
    while (*link != 0) {
        std::uint64_t other;  // a position below *link
        if (is_level(*link)) {
            other = position_of(store.far_levels[index(*link)].key);
        } else {
            FarNode& node = store.far_nodes[*link];
            if (prefix_of(position, node.shift) == node.prefix) {
                const std::uint32_t child = child_of(position, node.shift);
                if ((node.occupied >> child & 1) == 0) {
                    node.occupied = static_cast<std::uint16_t>(node.occupied | 1u << child);
                    node.child[child] = 0;
                }
                link = &node.child[child];
                continue;
            }
            other = node.prefix << node.shift << 4;
        }
        // The two part above *link: a new node where they do.
        DCX_CHECK(position != other);
        const auto shift = static_cast<std::uint32_t>(63 - std::countl_zero(position ^ other)) & ~3u;
        const std::uint32_t above = store.far_nodes.take();
        FarNode& node = store.far_nodes[above];
        node.prefix = prefix_of(position, shift);
        node.shift = static_cast<std::uint16_t>(shift);
        node.occupied = static_cast<std::uint16_t>(1u << child_of(position, shift) | 1u << child_of(other, shift));
        node.child[child_of(other, shift)] = *link;
        *link = above;
        link = &node.child[child_of(position, shift)];
        break;
    }
    *link = reference;
    store.far_levels[level] = {.key = key, .open = {}};
    return store.far_levels[level];
}

void FarLevels::erase(LevelStore& store, PriceKey key) {
    const std::uint64_t position = position_of(key);
    std::uint32_t* link = &root_;
    std::uint32_t* above = nullptr;  // to the node that has `link`
    while (!is_level(*link)) {
        DCX_CHECK(*link != 0);
        FarNode& node = store.far_nodes[*link];
        above = link;
        link = &node.child[child_of(position, node.shift)];
    }
    DCX_CHECK(store.far_levels[index(*link)].key == key);
    store.far_levels.give(index(*link));
    if (above == nullptr) {
        root_ = 0;
    } else {
        const std::uint32_t parent = *above;
        FarNode& node = store.far_nodes[parent];
        node.occupied = static_cast<std::uint16_t>(node.occupied & ~(1u << child_of(position, node.shift)));
        if (std::has_single_bit(node.occupied)) {
            *above = node.child[static_cast<std::uint32_t>(std::countr_zero(node.occupied))];
            store.far_nodes.give(parent);
        }
    }
    if (key == best_) best_ = root_ == 0 ? kNoKey : leftmost(store, root_);
}

PriceKey FarLevels::leftmost(const LevelStore& store, std::uint32_t reference) {
    while (!is_level(reference)) {
        const FarNode& node = store.far_nodes[reference];
        reference = node.child[static_cast<std::uint32_t>(std::countr_zero(node.occupied))];
    }
    return store.far_levels[index(reference)].key;
}

PriceKey FarLevels::next(const LevelStore& store, PriceKey key) const {
    const std::uint64_t position = position_of(key);
    std::uint32_t right = 0;  // everything below it is above `key`, and nothing else is nearer
    std::uint32_t reference = root_;
    while (reference != 0) {
        if (is_level(reference)) {
            const PriceKey here = store.far_levels[index(reference)].key;
            if (here > key) return here;
            break;
        }
        const FarNode& node = store.far_nodes[reference];
        const std::uint64_t prefix = prefix_of(position, node.shift);
        if (node.prefix > prefix) return leftmost(store, reference);
        if (node.prefix < prefix) break;
        const std::uint32_t child = child_of(position, node.shift);
        const std::uint32_t above = node.occupied & ~((2u << child) - 1);
        if (above != 0) right = node.child[static_cast<std::uint32_t>(std::countr_zero(above))];
        reference = (node.occupied >> child & 1) != 0 ? node.child[child] : 0;
    }
    return right == 0 ? kNoKey : leftmost(store, right);
}

}  // namespace dcx::core
