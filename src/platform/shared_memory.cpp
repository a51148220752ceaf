#include "platform/shared_memory.h"

#include <fcntl.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/check.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

namespace dcx::platform {
namespace {

constexpr std::size_t huge_page = std::size_t{1} << 21;
constexpr int size_seals = F_SEAL_SHRINK | F_SEAL_GROW;

std::unexpected<SharedMemoryError> fault(SharedMemoryFault what, int os_error = 0) {
    return std::unexpected(SharedMemoryError{what, os_error});
}

// Null with errno when the kernel refuses. Every page is there afterwards: a missing one would be a SIGBUS later.
std::byte* map_whole(int fd, std::size_t size, Access access) {
    const bool writes = access == Access::read_write;
    void* at = ::mmap(nullptr, size, writes ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) return nullptr;
    // Only a wish: shared memory has huge pages of its own switch, and works without.
    ::madvise(at, size, MADV_HUGEPAGE);
    // EINVAL: a kernel before 5.14, which faults them in one by one.
    if (::madvise(at, size, writes ? MADV_POPULATE_WRITE : MADV_POPULATE_READ) != 0 && errno != EINVAL) {
        const int error = errno;
        ::munmap(at, size);
        errno = error;
        return nullptr;
    }
    return static_cast<std::byte*>(at);
}

Descriptor new_memory(const std::string& name, unsigned flags) {
    return Descriptor(::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING | flags));
}

}  // namespace

std::string describe(const SharedMemoryError& error) {
    const char* text = "";
    switch (error.fault) {
        case SharedMemoryFault::none_left: text = "no shared memory to be had"; break;
        case SharedMemoryFault::not_a_memory: text = "the descriptor is no shared memory"; break;
        case SharedMemoryFault::not_sealed: text = "the size of the shared memory is not sealed"; break;
        case SharedMemoryFault::bad_size: text = "the size of the shared memory is not within bounds"; break;
        case SharedMemoryFault::not_mapped: text = "the shared memory can't be mapped"; break;
    }
    std::string result = text;
    if (error.os_error != 0) result += ": " + std::generic_category().message(error.os_error);
    return result;
}

std::expected<SharedMemory, SharedMemoryError> SharedMemory::create(const std::string& name, std::size_t size,
                                                                    SharedMemoryOptions options) {
    DCX_CHECK(size > 0);
    if (options.huge_pages) {
        if (Descriptor huge = new_memory(name, MFD_HUGETLB | MFD_HUGE_2MB); huge.get() >= 0)
            if (auto memory = create_on(std::move(huge), size, huge_page, options)) return memory;
    }
    return create_on(new_memory(name, 0), size, static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)), options);
}

std::expected<SharedMemory, SharedMemoryError> SharedMemory::create_on(Descriptor descriptor, std::size_t size,
                                                                       std::size_t page_size,
                                                                       const SharedMemoryOptions& options) {
    if (descriptor.get() < 0) return fault(SharedMemoryFault::none_left, errno);
    size = (size + page_size - 1) / page_size * page_size;
    if (::ftruncate(descriptor.get(), static_cast<off_t>(size)) != 0) return fault(SharedMemoryFault::none_left, errno);
    std::byte* at = map_whole(descriptor.get(), size, Access::read_write);
    if (at == nullptr) return fault(SharedMemoryFault::none_left, errno);
    SharedMemory memory(std::move(descriptor), at, size, page_size, Access::read_write);
    // After the mapping, which the seal of future writes would forbid; the seal of the seals is the last.
    const int seals = size_seals | F_SEAL_SEAL | (options.creator_writes_alone ? F_SEAL_FUTURE_WRITE : 0);
    if (::fcntl(memory.descriptor(), F_ADD_SEALS, seals) != 0) return fault(SharedMemoryFault::not_sealed, errno);
    return memory;
}

std::expected<SharedMemory, SharedMemoryError> SharedMemory::open(Descriptor received, Access access,
                                                                  std::size_t size_max) {
    const int fd = received.get();
    struct stat status{};
    struct statfs system{};
    if (::fstat(fd, &status) != 0 || ::fstatfs(fd, &system) != 0) return fault(SharedMemoryFault::not_a_memory, errno);
    const int seals = ::fcntl(fd, F_GET_SEALS);
    // Only a memfd has seals.
    if (seals < 0 || !S_ISREG(status.st_mode)) return fault(SharedMemoryFault::not_a_memory);
    if ((seals & size_seals) != size_seals) return fault(SharedMemoryFault::not_sealed);
    // After the seals: from here on the size can't change.
    if (::fstat(fd, &status) != 0) return fault(SharedMemoryFault::not_a_memory, errno);
    const auto size = static_cast<std::size_t>(status.st_size);
    const auto page_size = static_cast<std::size_t>(system.f_bsize);
    if (status.st_size <= 0 || size > size_max || page_size == 0 || size % page_size != 0)
        return fault(SharedMemoryFault::bad_size);
    std::byte* at = map_whole(fd, size, access);
    if (at == nullptr) return fault(SharedMemoryFault::not_mapped, errno);
    return SharedMemory(std::move(received), at, size, page_size, access);
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : descriptor_(std::move(other.descriptor_)),
      at_(std::exchange(other.at_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      page_size_(other.page_size_),
      access_(other.access_) {}

SharedMemory::~SharedMemory() {
    if (at_ != nullptr) ::munmap(at_, size_);
}

std::span<std::byte> SharedMemory::bytes() const {
    DCX_CHECK(access_ == Access::read_write);
    return {at_, size_};
}

}  // namespace dcx::platform
