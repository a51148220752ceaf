// Aside<Work>: work that takes long, done on a thread of its own that gives way to all others, with a bounded queue
// there and one back. Work names its two messages and does the work: `using Job`, `using Result`, `Result
// operator()(const Job&)`.
//
// give(), take(), has_room() and idle() belong to one thread and never wait. At most `places` jobs are under way: who
// gives more has not asked has_room(). Results come in the order of the jobs. The thread sleeps while there is nothing
// to do.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/memory.h"
#include "platform/thread.h"
#include "ring/spsc_ring.h"

namespace dcx::ring {

template <class Work>
class Aside {
  public:
    using Job = typename Work::Job;
    using Result = typename Work::Result;

    // A power of two.
    explicit Aside(std::size_t places, Work work = {})
        : places_(places), work_(std::move(work)), jobs_(places, memory_), results_(places, memory_) {}
    ~Aside() {
        if (!thread_.joinable()) return;
        thread_.request_stop();
        // After the request: who wakes sees it.
        given_.fetch_add(1, std::memory_order_release);
        given_.notify_one();
        thread_.join();
    }
    Aside(const Aside&) = delete;
    Aside& operator=(const Aside&) = delete;

    // The text when there is no thread to be had.
    [[nodiscard]] std::expected<void, std::string> start(const platform::ThreadOptions& options) {
        auto started = platform::Thread::start(options, [this](const std::stop_token& stop) { run(stop); });
        if (!started) return std::unexpected(started.error());
        thread_ = std::move(*started);
        return {};
    }

    [[nodiscard]] bool has_room() const { return under_way_ < places_; }
    [[nodiscard]] bool idle() const { return under_way_ == 0; }
    void give(const Job& job) {
        DCX_CHECK(has_room());
        ++under_way_;
        DCX_CHECK(jobs_.try_push(job));
        // Release: the job comes before the count. Partner: the acquire in run().
        given_.fetch_add(1, std::memory_order_release);
        given_.notify_one();
    }
    [[nodiscard]] std::optional<Result> take() {
        Result result;
        if (under_way_ == 0 || !results_.try_pop(result)) return std::nullopt;
        --under_way_;
        return result;
    }

  private:
    void run(const std::stop_token& stop) {
        for (;;) {
            // Before the look into the ring: what is given after it changes the count, and the wait ends at once.
            const std::uint32_t seen = given_.load(std::memory_order_acquire);
            Job job;
            while (!stop.stop_requested() && jobs_.try_pop(job)) DCX_CHECK(results_.try_push(work_(job)));
            if (stop.stop_requested()) return;
            given_.wait(seen, std::memory_order_acquire);
        }
    }

    std::size_t places_;
    Work work_;
    HeapMemory memory_;
    SpscRing<Job> jobs_;
    SpscRing<Result> results_;
    std::size_t under_way_ = 0;  // given and not taken
    std::atomic<std::uint32_t> given_{0};
    platform::Thread thread_;
};

}  // namespace dcx::ring
