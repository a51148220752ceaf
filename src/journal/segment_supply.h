// Segments zeroed ahead of use. One spare is kept under kSpareName; a thread of the supply makes it while the segment
// before is being filled, so that a roll costs one small sync. The writer's thread calls everything.
//
// The spare's owner renames it after take(), then calls prepare() for the next one. When making a spare fails, take()
// tells, not earlier: the segment in use still has room.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "journal/storage.h"

namespace dcx::journal {

class SegmentSupply {
  public:
    // Without `background` each spare is made inside take().
    SegmentSupply(Storage& storage, std::uint64_t size, bool background);
    // Waits until a spare in the making is done.
    ~SegmentSupply();
    SegmentSupply(const SegmentSupply&) = delete;
    SegmentSupply& operator=(const SegmentSupply&) = delete;

    // Begins to make the next spare.
    void prepare();
    // The spare, made now when it was not prepared, waited for when it is not ready.
    Result<std::unique_ptr<File>> take();

  private:
    void serve(const std::stop_token& stop);

    Storage& storage_;
    const std::uint64_t size_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    bool wanted_ = false;  // asked for and not ready yet
    std::optional<Result<std::unique_ptr<File>>> ready_;
    std::jthread thread_;  // last: stops before the rest goes
};

}  // namespace dcx::journal
