// PastEvents: the EventSource of a stretch of the past: the state that the newest usable snapshot tells as restored
// events (or none: then it begins with the venue itself), and the events of all commands behind it up to a sequence
// that is known to be durable, byte for byte as they were but for applied_time, which is 0. For a reader who wants
// something of the log that no one remembers, beside a running venue: it needs no lock, changes nothing, and reads with
// plain reads.
//
// peek() gives nothing at the end and after a fault: ask failed(). One thread. Memory: that of a core, taken anew.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/memory.h"
#include "core/core.h"
#include "engine/log_replay.h"
#include "journal/storage.h"
#include "journal/tail.h"
#include "model/event_source.h"
#include "model/event_writer.h"

namespace dcx::engine {

class PastEvents final : public EventSource {
  public:
    // All outlive it.
    struct Ground {
        journal::Storage& journal;
        journal::Storage* archived = nullptr;   // the journal with its archive, for what lies before the live segments
        journal::Storage* snapshots = nullptr;  // none: from the first command
    };
    // Whether to begin with the state of this core; if not, an older one is tried, at last none.
    using Usable = std::function<bool(const core::Core&)>;
    static std::expected<std::unique_ptr<PastEvents>, std::string> open(const Ground& ground, Sequence durable,
                                                                        const Usable& usable);

    std::span<const Event> peek(std::size_t max) override;
    void release(std::size_t count) override;
    // What is durable has grown: peek() goes on up to `last`, at or below it and at or behind all that was told.
    void go_on_to(Sequence durable, Sequence last);
    // Told all that it was to tell.
    [[nodiscard]] bool at_end() const { return !telling_ && released_ == events_.size() && core_->sequence() >= last_; }
    [[nodiscard]] journal::VenueId venue_id() const { return tail_->venue_id(); }

    [[nodiscard]] bool failed() const { return !error_.empty(); }
    [[nodiscard]] const std::string& error() const { return error_; }
    // The last command of the snapshot; 0: it begins with the first.
    [[nodiscard]] Sequence snapshot() const { return snapshot_; }

  private:
    explicit PastEvents(Sequence durable) : durable_(durable), last_(durable) {}
    [[nodiscard]] std::string load(const Ground& ground, const Usable& usable);
    [[nodiscard]] std::string follow(const Ground& ground);
    // Makes the next events; false at the end.
    bool refill();
    bool tell_state();
    bool next_batch();

    // Small enough for the second-level cache.
    static constexpr std::uint64_t kEventsKept = 1024;

    Sequence durable_;
    Sequence last_;  // to be told
    Sequence snapshot_{};
    std::unique_ptr<HeapMemory> memory_;
    std::unique_ptr<core::Core> core_;
    LogReplay::Mark mark_;
    std::optional<journal::Position> from_;
    std::optional<journal::Tail> tail_;
    std::optional<LogReplay> replay_;
    core::RestoreCursor cursor_;
    EventBuffer told_{kEventsKept};
    bool telling_ = false;  // the restored state is not yet told
    std::span<const Command> batch_;
    std::span<const Event> events_;  // of which `released_` are done with
    std::size_t released_ = 0;
    std::string error_;
};

}  // namespace dcx::engine
