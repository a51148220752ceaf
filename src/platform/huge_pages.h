// HugePageMemory: memory for pools and rings from the best pages to be had: explicit huge pages (2 MiB, reserved by the
// operator), else transparent ones, else plain. A random read in a large pool costs a third less on huge pages.
// Takes below 2 MiB are cut from a shared block; larger ones get blocks of their own, aligned to 2 MiB. Everything is
// freed by the destructor only. One thread at a time. Fails: std::bad_alloc when the system has no memory.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/memory.h"

namespace dcx::platform {

enum class PageKind { explicit_huge, transparent_huge, plain };

struct HugePageOptions {
    PageKind best = PageKind::explicit_huge;  // don't try anything better
    // Touch every page when it is taken: the first touch of a gigabyte can take seconds, better before serving.
    bool prefault = true;
};

class HugePageMemory final : public MemorySource {
  public:
    explicit HugePageMemory(HugePageOptions options = {}) : options_(options) {}
    ~HugePageMemory() override;
    HugePageMemory(const HugePageMemory&) = delete;
    HugePageMemory& operator=(const HugePageMemory&) = delete;

    std::byte* take(std::size_t size) override;

    // Bytes mapped of each kind. `transparent_huge` is what was asked for: the kernel grants it page by page.
    [[nodiscard]] std::size_t mapped(PageKind kind) const;
    // One line for the log: "12 MiB: 8 explicit huge, 4 transparent huge, 0 plain".
    [[nodiscard]] std::string report() const;

  private:
    struct Block {
        std::byte* begin;
        std::size_t size;
        PageKind kind;
    };
    Block map(std::size_t size) const;

    HugePageOptions options_;
    std::vector<Block> blocks_;
    std::byte* shared_next_ = nullptr;  // the unused rest of the shared block
    std::size_t shared_left_ = 0;
};

}  // namespace dcx::platform
