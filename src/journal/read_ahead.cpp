#include "journal/read_ahead.h"

#include <pthread.h>

#include <utility>

#include "base/check.h"

namespace dcx::journal {
namespace {

// 4 MiB: what fits the caches together with what is being applied, and hides a new segment's mapping.
constexpr std::size_t kCommandsAhead = std::size_t{1} << 15;
constexpr std::size_t kCommandsALoad = std::size_t{1} << 12;
constexpr std::size_t kBatchesALoad = 256;
constexpr std::size_t kLoadsAhead = 16;

}  // namespace

ReadAhead::ReadAhead(Reader reader) : reader_(std::move(reader)) {
    thread_ = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
    ::pthread_setname_np(thread_.native_handle(), "journal-read");
}

ReadAhead::~ReadAhead() = default;

void ReadAhead::run(const std::stop_token& stop) {
    bool more = true;
    while (more) {
        Load load;
        more = fill(load);
        if (!put(stop, std::move(load))) return;
    }
}

bool ReadAhead::fill(Load& load) {
    while (load.commands < kCommandsALoad && load.reads.size() < kBatchesALoad) {
        auto batch = reader_.next();
        const bool last = !batch || !*batch;
        if (!last) load.commands += (*batch)->commands.size();
        load.reads.push_back({std::move(batch), reader_.pin()});
        if (last) return false;
    }
    return true;
}

bool ReadAhead::put(const std::stop_token& stop, Load load) {
    std::unique_lock lock{mutex_};
    const bool room =
        changed_.wait(lock, stop, [this] { return ready_commands_ < kCommandsAhead && ready_.size() < kLoadsAhead; });
    if (!room) return false;
    ready_commands_ += load.commands;
    ready_.push_back(std::move(load));
    changed_.notify_all();
    return true;
}

void ReadAhead::take() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return !ready_.empty(); });
    taken_ = std::move(ready_.front());
    given_ = 0;
    ready_.pop_front();
    ready_commands_ -= taken_.commands;
    changed_.notify_all();
}

std::expected<std::optional<Batch>, RecoveryError> ReadAhead::next() {
    // The end and an error are given again and again.
    if (!thread_.joinable()) return taken_.reads.back().batch;
    if (given_ == taken_.reads.size()) take();
    const auto& batch = taken_.reads[given_++].batch;
    if (!batch || !*batch) thread_.join();
    return batch;
}

Reader ReadAhead::finish() {
    DCX_CHECK(!thread_.joinable());
    return std::move(reader_);
}

}  // namespace dcx::journal
