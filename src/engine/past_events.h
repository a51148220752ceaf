// PastEvents: the EventSource of a stretch of the past: the state that the newest usable snapshot tells as restored
// events (or none: then it begins with the venue itself), and the events of all commands behind it up to a sequence
// that is known to be durable, byte for byte as they were but for applied_time, which is 0. For a reader who wants
// something of the log that no one remembers, beside a running venue or without one: it needs no lock, changes nothing,
// and reads with plain reads.
//
// What is durable is told by the caller, or by the journal's own watermarks (journal/tail.h). Then the end is where it
// was at the last look, and peek() looks again.
//
// peek() gives nothing at the end and after a fault: ask failed(). One thread. Memory: that of a core, taken anew.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/memory.h"
#include "core/core.h"
#include "engine/log_mark.h"
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
    struct Options {
        std::optional<Sequence> durable{};  // none: the journal's own watermarks tell
        // Without `durable`. So far somebody has seen it durable: it must be there, whatever the watermarks say.
        Sequence seen_durable{};
        // Without `durable`. Nobody writes the journal: what is intact at its end counts, as it will at the next start.
        bool at_rest = false;
        // No snapshot behind this command is loaded; 0: none at all.
        Sequence newest{std::numeric_limits<std::uint64_t>::max()};
        Usable usable{};  // none: any
    };
    struct Refusal {
        LogFault fault{};  // away, damaged or ahead (of seen_durable)
        std::string text;
    };
    static std::expected<std::unique_ptr<PastEvents>, Refusal> open(const Ground& ground, const Options& options);
    static std::expected<std::unique_ptr<PastEvents>, std::string> open(const Ground& ground, Sequence durable,
                                                                        const Usable& usable);

    std::span<const Event> peek(std::size_t max) override;
    void release(std::size_t count) override;
    // What is durable has grown: peek() goes on up to `last`, at or below it and at or behind all that was told.
    void go_on_to(Sequence durable, Sequence last);
    // Without telling what is durable: up to `last`.
    void stop_at(Sequence last) { last_ = last; }
    // Told all that it was to tell; where the journal tells what is durable: for now.
    [[nodiscard]] bool at_end() const {
        return !telling_ && released_ == events_.size() && (core_->sequence() >= last_ || nothing_more_);
    }

    enum class Skip : std::uint8_t { there, more, at_end, failed };
    // Applies commands up to `to`, at most `most` a call, without telling what they do, nor the restored state. All
    // that was told is released. at_end: the log ends before, where the journal tells that: for now.
    [[nodiscard]] Skip skip_to(Sequence to, std::size_t most);
    // Over all events of the log up to sequence(): behind skip_to() that of where it went.
    [[nodiscard]] std::uint64_t event_hash() const { return replay_->hash().value(); }
    // The last command applied: its events are told, or about to be.
    [[nodiscard]] Sequence sequence() const { return core_->sequence(); }
    // Whether this is the log that the mark was set in, when skip_to() has gone there: none, other_venue or diverged.
    [[nodiscard]] LogFault compare(const LogMark& mark) const;
    // Zeros while the journal is empty.
    [[nodiscard]] journal::VenueId venue_id() const { return tail_->venue_id(); }
    // Where it began; none: with the first command.
    [[nodiscard]] const std::optional<journal::Position>& begun_at() const { return from_; }
    // Where the batch that is read lies (engine/replay_gauge.h); zeros before the first.
    [[nodiscard]] const journal::BatchHeader& batch() const { return header_; }

    [[nodiscard]] bool failed() const { return fault_ != LogFault::none; }
    [[nodiscard]] LogFault fault() const { return fault_; }
    [[nodiscard]] const std::string& error() const { return error_; }
    // The last command of the snapshot; 0: it begins with the first.
    [[nodiscard]] Sequence snapshot() const { return snapshot_; }

  private:
    static constexpr Sequence kAll{std::numeric_limits<std::uint64_t>::max()};

    explicit PastEvents(const Options& options)
        : durable_(options.durable),
          seen_durable_(options.seen_durable),
          at_rest_(options.at_rest),
          last_(options.durable.value_or(kAll)) {}
    void load(const Ground& ground, const Options& options);
    // True: the journal is not the snapshot's.
    bool follow(const Ground& ground);
    // Makes the next events; false at the end.
    bool refill();
    bool tell_state();
    bool next_batch();
    std::expected<std::optional<journal::Batch>, journal::RecoveryError> read_on();
    bool apply_next();
    bool fail(LogFault fault, std::string error);
    bool fail(const journal::RecoveryError& error);

    // Small enough for the second-level cache.
    static constexpr std::uint64_t kEventsKept = 1024;

    std::optional<Sequence> durable_;
    Sequence seen_durable_;
    bool at_rest_;
    Sequence last_;              // to be told
    bool nothing_more_ = false;  // the journal's own end, as of the last look
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
    journal::BatchHeader header_{};
    std::span<const Event> events_;  // of which `released_` are done with
    std::size_t released_ = 0;
    LogFault fault_ = LogFault::none;
    std::string error_;
};

}  // namespace dcx::engine
