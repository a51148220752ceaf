#include "platform/huge_pages.h"

#include <sys/mman.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <new>
#include <string_view>

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
bool prefault(std::byte* begin, std::size_t size) {
    if (::madvise(begin, size, MADV_POPULATE_WRITE) == 0) return true;
    if (errno != EINVAL) return false;
    for (std::size_t offset = 0; offset < size; offset += small_page)
        static_cast<volatile std::byte&>(begin[offset]) = {};
    return true;
}

}  // namespace

HugePageMemory::~HugePageMemory() {
    for (const Block& block : blocks_) ::munmap(block.begin, block.size);
}

HugePageMemory::Block HugePageMemory::map(std::size_t size) const {
    if (options_.best == PageKind::explicit_huge) {
        // The size of page is named, because the system's default may be 1 GiB.
        if (std::byte* at = map_anonymous(size, MAP_HUGETLB | static_cast<int>(huge_page_bits << MAP_HUGE_SHIFT))) {
            if (!options_.prefault || prefault(at, size)) return {at, size, PageKind::explicit_huge};
            ::munmap(at, size);  // a limit of the control group
        }
    }
    std::byte* at = map_aligned(size);
    if (at == nullptr) throw std::bad_alloc();
    auto kind = PageKind::plain;
    if (options_.best != PageKind::plain && !transparent_pages_off() && ::madvise(at, size, MADV_HUGEPAGE) == 0)
        kind = PageKind::transparent_huge;
    if (options_.prefault && !prefault(at, size)) {
        ::munmap(at, size);
        throw std::bad_alloc();
    }
    return {at, size, kind};
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

std::string HugePageMemory::report() const {
    const auto mib = [](std::size_t bytes) { return std::to_string(bytes >> 20); };
    const std::size_t explicit_huge = mapped(PageKind::explicit_huge);
    const std::size_t transparent_huge = mapped(PageKind::transparent_huge);
    const std::size_t plain = mapped(PageKind::plain);
    return mib(explicit_huge + transparent_huge + plain) + " MiB: " + mib(explicit_huge) + " explicit huge, " +
           mib(transparent_huge) + " transparent huge, " + mib(plain) + " plain";
}

}  // namespace dcx::platform
