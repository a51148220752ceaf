// SharedMemory: memory that several processes map, without a name in any file system: a memfd whose size is sealed
// before anybody else gets its descriptor (descriptor_passing.h), so that no peer can cut it under our feet (SIGBUS).
// On huge pages where the operator has reserved some, else on plain ones that the kernel may join. Every page is
// touched before create() and open() return.
//
// The receiver trusts nothing about a descriptor: open() checks that it is such a memory, sealed, of a size within
// bounds. What is in it is for its user to check (ring/shared_ring.h).
// One owner; the mapping goes with the object, the memory with the last mapping and descriptor of any process.
#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <string>

#include "base/descriptor.h"

namespace dcx::platform {

enum class SharedMemoryFault {
    none_left = 1,  // no memory, or no descriptor
    not_a_memory,   // a descriptor of something else
    not_sealed,     // its owner could still change its size
    bad_size,       // empty, beyond the bound, or no whole pages
    not_mapped,     // the kernel refused the mapping (read-only descriptor, limits)
};

struct SharedMemoryError {
    SharedMemoryFault fault;
    int os_error = 0;  // errno, 0 when the kernel had no objection
};
[[nodiscard]] std::string describe(const SharedMemoryError& error);

enum class Access { read, read_write };

struct SharedMemoryOptions {
    bool huge_pages = true;  // try them
    // Nobody but the creator can ever write, not even with this descriptor: all later mappings are for reading.
    bool creator_writes_alone = false;
};

class SharedMemory {
  public:
    // At least `size` > 0 zero bytes, rounded up to whole pages. `name` shows up in /proc/…/maps, nothing more.
    [[nodiscard]] static std::expected<SharedMemory, SharedMemoryError> create(const std::string& name,
                                                                               std::size_t size,
                                                                               SharedMemoryOptions options = {});
    // A descriptor from another process, of at most `size_max` bytes.
    [[nodiscard]] static std::expected<SharedMemory, SharedMemoryError> open(Descriptor received, Access access,
                                                                             std::size_t size_max);
    SharedMemory(SharedMemory&& other) noexcept;
    SharedMemory(const SharedMemory&) = delete;
    SharedMemory& operator=(const SharedMemory&) = delete;
    ~SharedMemory();

    // DCX_CHECK: mapped for writing.
    [[nodiscard]] std::span<std::byte> bytes() const;
    [[nodiscard]] std::span<const std::byte> read_only() const { return {at_, size_}; }
    // To be passed on. For readers pass one opened with creator_writes_alone.
    [[nodiscard]] int descriptor() const { return descriptor_.get(); }
    [[nodiscard]] std::size_t page_size() const { return page_size_; }

  private:
    SharedMemory(Descriptor descriptor, std::byte* at, std::size_t size, std::size_t page_size, Access access)
        : descriptor_(std::move(descriptor)), at_(at), size_(size), page_size_(page_size), access_(access) {}
    static std::expected<SharedMemory, SharedMemoryError> create_on(Descriptor descriptor, std::size_t size,
                                                                    std::size_t page_size,
                                                                    const SharedMemoryOptions& options);

    Descriptor descriptor_;
    std::byte* at_;
    std::size_t size_;
    std::size_t page_size_;
    Access access_;
};

}  // namespace dcx::platform
