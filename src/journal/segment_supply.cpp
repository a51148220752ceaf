#include "journal/segment_supply.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "journal/format.h"

namespace dcx::journal {
namespace {

// Small enough that a commit which meets the zeroing on the disk waits little.
constexpr std::uint64_t kStep = std::uint64_t{256} << 10;

}  // namespace

SegmentSupply::SegmentSupply(Storage& storage, std::uint64_t size, bool background) : storage_(storage), size_(size) {
    if (!background) return;
    thread_ = std::jthread{[this](const std::stop_token& stop) { serve(stop); }};
    ::pthread_setname_np(thread_.native_handle(), "journal-spare");
}

SegmentSupply::~SegmentSupply() { hurry_.store(true, std::memory_order_relaxed); }

void SegmentSupply::prepare() {
    if (!thread_.joinable()) return;
    const std::lock_guard guard{mutex_};
    hurry_.store(false, std::memory_order_relaxed);
    wanted_ = true;
    changed_.notify_all();
}

Result<std::unique_ptr<File>> SegmentSupply::take() {
    std::unique_lock lock{mutex_};
    if (wanted_) {
        hurry_.store(true, std::memory_order_relaxed);
        changed_.wait(lock, [this] { return !wanted_; });
    }
    if (ready_) return *std::exchange(ready_, std::nullopt);
    lock.unlock();
    return make();
}

Result<std::unique_ptr<File>> SegmentSupply::make() {
    auto file = storage_.create(kSpareName, size_);
    return file ? zero(std::move(*file)) : std::move(file);
}

Result<std::unique_ptr<File>> SegmentSupply::zero(std::unique_ptr<File> file) {
    for (std::uint64_t offset = 0; offset < size_ && !hurry_.load(std::memory_order_relaxed); offset += kStep)
        if (auto done = file->zero_ahead(offset, std::min(kStep, size_ - offset)); !done)
            return std::unexpected(std::move(done.error()));
    return file;
}

void SegmentSupply::serve(const std::stop_token& stop) {
    std::unique_lock lock{mutex_};
    while (changed_.wait(lock, stop, [this] { return wanted_; })) {
        lock.unlock();
        auto file = storage_.create(kSpareName, size_);
        // No room for it now: nothing has been written, and the roll tries again when it comes to that.
        std::optional<Result<std::unique_ptr<File>>> made;
        if (file) made.emplace(zero(std::move(*file)));
        lock.lock();
        ready_ = std::move(made);
        wanted_ = false;
        changed_.notify_all();
    }
}

}  // namespace dcx::journal
