#include "platform/numa.h"

#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <vector>

#include "base/check.h"

namespace dcx::platform {
namespace {

constexpr std::size_t page = 4096;
constexpr std::size_t bits = sizeof(unsigned long) * CHAR_BIT;
constexpr std::size_t nodes_max = 1024;  // the kernel's own limit

}  // namespace

std::string bind_to_node(std::byte* begin, std::size_t size, unsigned node, NodePolicy policy) {
    const std::string failed = "memory is not bound to NUMA node " + std::to_string(node) + ": ";
    if (node >= nodes_max) return failed + std::strerror(EINVAL);
    std::array<unsigned long, nodes_max / bits> mask{};
    mask[node / bits] = 1UL << node % bits;
    const int mode = policy == NodePolicy::only ? MPOL_BIND : MPOL_PREFERRED;
    // The kernel takes one bit fewer than it is told.
    if (::syscall(SYS_mbind, begin, size, mode, mask.data(), nodes_max + 1, 0) == 0) return {};
    return failed + std::strerror(errno);
}

PagePlaces& PagePlaces::operator+=(const PagePlaces& more) {
    there += more.there;
    elsewhere += more.elsewhere;
    absent += more.absent;
    if (error.empty()) error = more.error;
    return *this;
}

PagePlaces look_at_pages(std::byte* begin, std::size_t size, unsigned node, std::size_t at_most) {
    DCX_CHECK(at_most >= 1);
    const std::size_t in_all = size / page;
    const std::size_t count = std::min(in_all, at_most);
    std::vector<void*> looked_at(count);
    std::vector<int> found(count, -ENOENT);
    for (std::size_t i = 0; i < count; ++i) looked_at[i] = begin + i * in_all / count * page;
    PagePlaces places;
    // Without a list of nodes it moves nothing and tells where each page is.
    if (count != 0 && ::syscall(SYS_move_pages, 0, count, looked_at.data(), nullptr, found.data(), 0) != 0) {
        places.error = std::string("the nodes of pages can't be seen: ") + std::strerror(errno);
        return places;
    }
    for (const int at : found)
        ++(at < 0 ? places.absent : at == static_cast<int>(node) ? places.there : places.elsewhere);
    return places;
}

}  // namespace dcx::platform
