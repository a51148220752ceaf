// AuditThreads: the RecordAudit of a replay on two threads of their own, one for the event tree, which is most of the
// hashing, one for the rest. Who replays fills loads and waits when the hashing is behind. One thread calls everything.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "proof/record_audit.h"

namespace dcx::app {

class AuditThreads {
  public:
    explicit AuditThreads(const proof::RecordAuditOptions& options);
    ~AuditThreads();

    void audited(const Command& command, std::span<const Event> events) {
        load_->commands.push_back(command);
        load_->event_counts.push_back(static_cast<std::uint32_t>(events.size()));
        load_->events.insert(load_->events.end(), events.begin(), events.end());
        if (load_->events.size() >= kLoadEvents) hand_over();
    }
    void checkpoint(const proof::Checkpoint& checkpoint) {
        load_->checkpoint = checkpoint;
        hand_over();
    }
    // Waits for the end; only finding() is called after it.
    void finish();
    [[nodiscard]] const proof::RecordFinding& finding(proof::RecordPart part) const;

  private:
    // Its events stay in a cache between the threads.
    static constexpr std::size_t kLoadEvents = 2048;
    static constexpr std::size_t kLoads = 8;
    static constexpr std::size_t kWorkers = 2;
    struct Load {
        std::vector<Command> commands;
        std::vector<std::uint32_t> event_counts;
        std::vector<Event> events;
        std::optional<proof::Checkpoint> checkpoint;  // behind the commands
        std::size_t left = 0;                         // workers that have not taken it yet
    };
    struct Worker {
        std::unique_ptr<proof::RecordAudit> audit;
        std::deque<Load*> full;  // in order
        std::thread thread;
    };
    void hand_over();
    void run(Worker& worker);
    static void take(proof::RecordAudit& audit, const Load& load);

    std::vector<std::unique_ptr<Load>> loads_;
    Load* load_ = nullptr;  // being filled
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Load*> empty_;
    bool ended_ = false;
    std::array<Worker, kWorkers> workers_;
};

}  // namespace dcx::app
