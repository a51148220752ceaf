#include "journal/segment_supply.h"

#include <pthread.h>

#include <utility>

#include "journal/format.h"

namespace dcx::journal {

SegmentSupply::SegmentSupply(Storage& storage, std::uint64_t size, bool background) : storage_(storage), size_(size) {
    if (!background) return;
    thread_ = std::jthread{[this](const std::stop_token& stop) { serve(stop); }};
    ::pthread_setname_np(thread_.native_handle(), "journal-spare");
}

SegmentSupply::~SegmentSupply() = default;

void SegmentSupply::prepare() {
    if (!thread_.joinable()) return;
    const std::lock_guard guard{mutex_};
    wanted_ = true;
    changed_.notify_all();
}

Result<std::unique_ptr<File>> SegmentSupply::take() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return !wanted_; });
    if (ready_) return *std::exchange(ready_, std::nullopt);
    lock.unlock();
    return storage_.create(kSpareName, size_);
}

void SegmentSupply::serve(const std::stop_token& stop) {
    std::unique_lock lock{mutex_};
    while (changed_.wait(lock, stop, [this] { return wanted_; })) {
        lock.unlock();
        auto made = storage_.create(kSpareName, size_);
        lock.lock();
        ready_.emplace(std::move(made));
        wanted_ = false;
        changed_.notify_all();
    }
}

}  // namespace dcx::journal
