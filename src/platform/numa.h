// Which NUMA node memory lies on: asked for before the first touch, and looked at after it. By the kernel's mbind and
// move_pages; a kernel or a container without them says so and nothing else changes. Any thread.
#pragma once

#include <cstddef>
#include <string>

namespace dcx::platform {

enum class NodePolicy {
    preferred,  // another node's memory when this one has none left
    only,       // the first touch fails then
};

// Pages of these bytes that are touched from now on come from this node. `begin` is aligned to a page. Text of what
// went wrong, empty when nothing did.
[[nodiscard]] std::string bind_to_node(std::byte* begin, std::size_t size, unsigned node, NodePolicy policy);

// Where pages are, of those that were looked at.
struct PagePlaces {
    std::size_t there = 0;      // on the node asked about
    std::size_t elsewhere = 0;  // on another one
    std::size_t absent = 0;     // not touched yet, or gone
    std::string error;          // why nothing could be seen

    PagePlaces& operator+=(const PagePlaces& more);
};

// Looks at every page, or at `at_most` (>= 1) that are spread evenly.
[[nodiscard]] PagePlaces look_at_pages(std::byte* begin, std::size_t size, unsigned node, std::size_t at_most);

}  // namespace dcx::platform
