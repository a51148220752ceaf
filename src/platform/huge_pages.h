// HugePageMemory: memory for pools and rings from the best pages to be had: explicit huge pages (2 MiB, reserved by the
// operator), else transparent ones, else plain; of one NUMA node when that is asked for, and locked. A random read in a
// large pool costs a third less on huge pages, and up to twice as much on another socket's.
//
// Near comes before huge: explicit huge pages are taken from the node asked for or not at all, and what that node can't
// give at all comes from another, which look_at_node() shows. Takes below 2 MiB are cut from a shared block; larger
// ones get blocks of their own, aligned to 2 MiB. Everything is freed by the destructor only. One thread at a time.
// Fails: std::bad_alloc when the system has no memory; a node or a lock that is refused is told by the report alone.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/memory.h"
#include "platform/numa.h"

namespace dcx::platform {

enum class PageKind { explicit_huge, transparent_huge, plain };

// Of the first touch of everything taken so far; what will be taken later nobody knows yet.
struct PrefaultProgress {
    std::size_t done = 0;   // bytes
    std::size_t taken = 0;  // bytes, at least `done`
    double bytes_per_second = 0;
    [[nodiscard]] double seconds_left() const {
        return bytes_per_second > 0 ? static_cast<double>(taken - done) / bytes_per_second : 0;
    }
};

struct HugePageOptions {
    PageKind best = PageKind::explicit_huge;  // don't try anything better
    // Touch every page when it is taken: the first touch of a gigabyte can take seconds, better before serving.
    bool prefault = true;
    std::optional<unsigned> node = {};  // whose threads will use it; none: of where it is touched first
    bool lock = false;                  // never swapped; what is refused stays unlocked. Needs prefault
    // About once a second while pages are touched, from take().
    std::function<void(const PrefaultProgress&)> on_progress = {};
};

class HugePageMemory final : public MemorySource {
  public:
    explicit HugePageMemory(HugePageOptions options = {}) : options_(std::move(options)) {}
    ~HugePageMemory() override;
    HugePageMemory(const HugePageMemory&) = delete;
    HugePageMemory& operator=(const HugePageMemory&) = delete;

    std::byte* take(std::size_t size) override;
    // Plain pages, neither touched nor locked nor counted in the figures below.
    std::byte* take_cold(std::size_t size) override;

    // Bytes mapped of each kind. `transparent_huge` is what was asked for: the kernel grants it page by page.
    [[nodiscard]] std::size_t mapped(PageKind kind) const;
    [[nodiscard]] std::size_t mapped() const;
    // One line for the log: "12 MiB: 8 explicit huge, 4 transparent huge, 0 plain".
    [[nodiscard]] std::string report() const;
    // What the operator could do for better pages; empty when they are the best there are, or the best that were
    // wanted.
    [[nodiscard]] std::string advice() const;
    // Bytes that can't be swapped: locked ones, and explicit huge pages.
    [[nodiscard]] std::size_t locked() const;
    // The first lock, or binding to the node, that was refused, with the limit to change; empty: none.
    [[nodiscard]] const std::string& lock_refused() const { return lock_refused_; }
    [[nodiscard]] const std::string& node_refused() const { return node_refused_; }
    [[nodiscard]] std::optional<unsigned> node() const { return options_.node; }
    // Where pages are, of a sample of every block. All zero without a node.
    [[nodiscard]] PagePlaces look_at_node() const;
    // Spent on the first touch.
    [[nodiscard]] double prefault_seconds() const { return std::chrono::duration<double>(prefaulting_).count(); }

  private:
    using Clock = std::chrono::steady_clock;
    struct Block {
        std::byte* begin;
        std::size_t size;
        PageKind kind;
        bool locked;
    };
    Block map(std::size_t size);
    [[nodiscard]] std::byte* map_explicit(std::size_t size);
    void bind(std::byte* begin, std::size_t size);
    [[nodiscard]] bool prefault(std::byte* begin, std::size_t size);
    [[nodiscard]] bool lock(std::byte* begin, std::size_t size);
    void report_progress(std::size_t block, std::size_t done_of_it, Clock::duration spent);

    HugePageOptions options_;
    std::vector<Block> blocks_;
    std::vector<Block> cold_blocks_;
    std::byte* shared_next_ = nullptr;  // the unused rest of the shared block
    std::size_t shared_left_ = 0;
    std::string lock_refused_;
    std::string node_refused_;
    Clock::duration prefaulting_{};
    Clock::time_point told_at_ = Clock::now();
};

}  // namespace dcx::platform
