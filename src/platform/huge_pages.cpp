#include "platform/huge_pages.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <new>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace dcx::platform {
namespace {

constexpr std::size_t small_page = 4096;
constexpr std::size_t huge_page_bits = 21;
constexpr std::size_t huge_page = std::size_t{1} << huge_page_bits;

constexpr std::size_t round_up(std::size_t size, std::size_t unit) { return (size + unit - 1) / unit * unit; }

std::byte* map_anonymous(std::size_t size, int flags) {
    void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    return at == MAP_FAILED ? nullptr : static_cast<std::byte*>(at);
}

// Aligned to a huge page, so that the kernel can back all of it with them.
std::byte* map_aligned(std::size_t size) {
    std::byte* raw = map_anonymous(size + huge_page, 0);
    if (raw == nullptr) return nullptr;
    const std::size_t before = (huge_page - reinterpret_cast<std::uintptr_t>(raw) % huge_page) % huge_page;
    if (before > 0) ::munmap(raw, before);
    ::munmap(raw + before + size, huge_page - before);
    return raw + before;
}

// madvise() succeeds even where the operator has switched transparent huge pages off.
bool transparent_pages_off() {
    std::array<char, 64> text{};
    std::FILE* file = std::fopen("/sys/kernel/mm/transparent_hugepage/enabled", "r");
    if (file == nullptr) return true;
    const std::size_t length = std::fread(text.data(), 1, text.size(), file);
    std::fclose(file);
    return std::string_view(text.data(), length).find("[never]") != std::string_view::npos;
}

// False when there is no memory for all of it. Writing by hand is for kernels before 5.14.
bool touch(std::byte* begin, std::size_t size) {
    if (::madvise(begin, size, MADV_POPULATE_WRITE) == 0) return true;
    if (errno != EINVAL) return false;
    for (std::size_t offset = 0; offset < size; offset += small_page)
        static_cast<volatile std::byte&>(begin[offset]) = {};
    return true;
}

}  // namespace

HugePageMemory::~HugePageMemory() {
    for (const Block& block : blocks_) ::munmap(block.begin, block.size);
    for (const Block& block : cold_blocks_) ::munmap(block.begin, block.size);
}

std::byte* HugePageMemory::take_cold(std::size_t size) {
    if (size < huge_page) return take(size);
    const std::size_t whole = round_up(size, huge_page);
    std::byte* const at = map_aligned(whole);
    if (at == nullptr) throw std::bad_alloc();
    cold_blocks_.push_back({at, whole, PageKind::plain, false});
    bind(at, whole);
    return at;
}

HugePageMemory::Block HugePageMemory::map(std::size_t size) {
    // Explicit huge pages are never swapped: there is nothing to lock.
    if (options_.best == PageKind::explicit_huge)
        if (std::byte* at = map_explicit(size)) return {at, size, PageKind::explicit_huge, true};
    std::byte* at = map_aligned(size);
    if (at == nullptr) throw std::bad_alloc();
    auto kind = PageKind::plain;
    if (options_.best != PageKind::plain && !transparent_pages_off() && ::madvise(at, size, MADV_HUGEPAGE) == 0)
        kind = PageKind::transparent_huge;
    bind(at, size);
    if (options_.prefault && !prefault(at, size)) {
        ::munmap(at, size);
        throw std::bad_alloc();
    }
    return {at, size, kind, lock(at, size)};
}

// Null when there are not enough of them, or not of the node.
std::byte* HugePageMemory::map_explicit(std::size_t size) {
    // Without a first touch a node's last page could be gone by the time somebody needs it, which is a SIGBUS.
    if (options_.node && !options_.prefault) return nullptr;
    // The size of page is named, because the system's default may be 1 GiB.
    std::byte* at = map_anonymous(size, MAP_HUGETLB | static_cast<int>(huge_page_bits << MAP_HUGE_SHIFT));
    if (at == nullptr) return nullptr;
    // The kernel counts what is reserved over all nodes: whether this one has so many the touch tells.
    const bool bound = !options_.node || bind_to_node(at, size, *options_.node, NodePolicy::only).empty();
    if (bound && (!options_.prefault || prefault(at, size))) return at;
    ::munmap(at, size);  // so far away, or a limit of the control group
    return nullptr;
}

void HugePageMemory::bind(std::byte* begin, std::size_t size) {
    if (!options_.node) return;
    // Preferred: a page of another node is slow, a killed process is worse.
    if (std::string refused = bind_to_node(begin, size, *options_.node, NodePolicy::preferred);
        !refused.empty() && node_refused_.empty())
        node_refused_ = std::move(refused);
}

bool HugePageMemory::prefault(std::byte* begin, std::size_t size) {
    // Some milliseconds on a slow machine.
    constexpr std::size_t step = 32 * huge_page;
    const Clock::time_point begun = Clock::now();
    for (std::size_t done = 0; done < size; done += step) {
        if (!touch(begin + done, std::min(step, size - done))) return false;
        report_progress(size, std::min(size, done + step), Clock::now() - begun);
    }
    prefaulting_ += Clock::now() - begun;
    return true;
}

void HugePageMemory::report_progress(std::size_t block, std::size_t done_of_it, Clock::duration spent) {
    if (!options_.on_progress) return;
    const Clock::time_point now = Clock::now();
    if (now - told_at_ < std::chrono::seconds(1)) return;
    told_at_ = now;
    const double seconds = std::chrono::duration<double>(prefaulting_ + spent).count();
    const std::size_t before = mapped();
    options_.on_progress({.done = before + done_of_it,
                          .taken = before + block,
                          .bytes_per_second = static_cast<double>(before + done_of_it) / std::max(seconds, 1e-9)});
}

bool HugePageMemory::lock(std::byte* begin, std::size_t size) {
    // One refusal is enough: the limit counts all that is locked.
    if (!options_.lock || !options_.prefault || !lock_refused_.empty()) return false;
    // The system call itself: the address sanitizer puts nothing in the place of the library's.
    if (::syscall(SYS_mlock, begin, size) == 0) return true;
    const int error = errno;
    rlimit limit{};
    ::getrlimit(RLIMIT_MEMLOCK, &limit);
    lock_refused_ = std::string("memory can be swapped: mlock: ") + std::strerror(error) + " (RLIMIT_MEMLOCK is " +
                    std::to_string(limit.rlim_cur >> 10) +
                    " KiB: `ulimit -l`, or LimitMEMLOCK=infinity of a systemd unit)";
    return false;
}

std::byte* HugePageMemory::take(std::size_t size) {
    if (size > std::numeric_limits<std::size_t>::max() / 2) throw std::bad_alloc();
    size = round_up(size, 64);
    if (size > shared_left_) {
        blocks_.reserve(blocks_.size() + 1);  // before the mapping, which would leak if this threw
        const Block block = map(round_up(size, huge_page));
        blocks_.push_back(block);
        const std::size_t rest = block.size - size;
        // The block with the larger rest goes on as the shared one.
        if (rest > shared_left_) {
            shared_next_ = block.begin + size;
            shared_left_ = rest;
        }
        return block.begin;
    }
    std::byte* taken = shared_next_;
    shared_next_ += size;
    shared_left_ -= size;
    return taken;
}

std::size_t HugePageMemory::mapped(PageKind kind) const {
    std::size_t sum = 0;
    for (const Block& block : blocks_)
        if (block.kind == kind) sum += block.size;
    return sum;
}

std::size_t HugePageMemory::mapped() const {
    std::size_t sum = 0;
    for (const Block& block : blocks_) sum += block.size;
    return sum;
}

std::size_t HugePageMemory::locked() const {
    std::size_t sum = 0;
    for (const Block& block : blocks_)
        if (block.locked) sum += block.size;
    return sum;
}

PagePlaces HugePageMemory::look_at_node() const {
    constexpr std::size_t looked_at = 512;  // of each block: microseconds
    PagePlaces places;
    if (!options_.node) return places;
    for (const Block& block : blocks_) places += look_at_pages(block.begin, block.size, *options_.node, looked_at);
    return places;
}

std::string HugePageMemory::advice() const {
    std::string text;
    if (options_.best != PageKind::plain && mapped(PageKind::plain) > 0)
        text = "transparent huge pages are off: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled; ";
    const std::size_t others = mapped() - mapped(PageKind::explicit_huge);
    if (options_.best != PageKind::explicit_huge || others == 0) return text;
    const std::string pages = std::to_string(others / huge_page);
    text += "reserve " + pages + " more explicit huge pages: ";
    // A count for the whole machine is spread over the nodes.
    text += options_.node ? "/sys/devices/system/node/node" + std::to_string(*options_.node) +
                                "/hugepages/hugepages-2048kB/nr_hugepages"
                          : std::string{"sysctl vm.nr_hugepages"};
    return text;
}

std::string HugePageMemory::report() const {
    const auto mib = [](std::size_t bytes) { return std::to_string(bytes >> 20); };
    const std::size_t explicit_huge = mapped(PageKind::explicit_huge);
    const std::size_t transparent_huge = mapped(PageKind::transparent_huge);
    const std::size_t plain = mapped(PageKind::plain);
    return mib(explicit_huge + transparent_huge + plain) + " MiB: " + mib(explicit_huge) + " explicit huge, " +
           mib(transparent_huge) + " transparent huge, " + mib(plain) + " plain";
}

}  // namespace dcx::platform
