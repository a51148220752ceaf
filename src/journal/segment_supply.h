// Segments made ahead of use. One spare is kept under kSpareName; a thread of the supply takes its space and zeroes it
// while the segment before is being filled, so that a roll costs one small sync and a commit no file metadata. The
// writer's thread calls everything.
//
// The spare's owner renames it after take(), then calls prepare() for the next one. A writer faster than the zeroing
// does not wait for it: it gets the spare with the rest of its space unprepared, where commits are slower and just as
// safe. When zeroing a spare fails, take() tells, not earlier: the segment in use still has room. When there is no room
// for one yet, take() tries once more: until then there may be.
#pragma once

#include <atomic>
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
    ~SegmentSupply();
    SegmentSupply(const SegmentSupply&) = delete;
    SegmentSupply& operator=(const SegmentSupply&) = delete;

    // Begins to make the next spare.
    void prepare();
    // The spare; made now, wholly, when it was not prepared.
    Result<std::unique_ptr<File>> take();

  private:
    Result<std::unique_ptr<File>> make();
    Result<std::unique_ptr<File>> zero(std::unique_ptr<File> file);
    void serve(const std::stop_token& stop);

    Storage& storage_;
    std::uint64_t size_;
    std::atomic<bool> hurry_ = false;  // stop zeroing; only a hint, so relaxed
    std::mutex mutex_;
    std::condition_variable_any changed_;
    bool wanted_ = false;  // asked for and not ready yet
    std::optional<Result<std::unique_ptr<File>>> ready_;
    std::jthread thread_;  // last: stops before the rest goes
};

}  // namespace dcx::journal
