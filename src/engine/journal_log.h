// JournalLog: the EventSource of who projects a log from its journal alone (with its archive and snapshots), beside a
// running venue or without one: the events behind a mark, none of them restored. Before the first of them it is made
// sure that this is the log that the mark was set in: fault() says what it is otherwise.
//
// Beside a venue it tells what the journal's own watermarks call durable; at its end it can be asked again. Where
// nobody writes the journal all that is intact counts, as it will at the next start. What somebody has stored before
// was durable in any case: so far the journal must reach.
//
// peek() does at most some milliseconds of work and may give nothing while busy(). One thread. Memory: that of a core.
// The beginning (a snapshot is read) takes as long as it takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "engine/log_mark.h"
#include "engine/past_events.h"
#include "engine/replay_gauge.h"
#include "model/event_source.h"

namespace dcx::engine {

class JournalLog final : public EventSource {
  public:
    struct Options {
        LogMark from{};  // sequence 0: from the first command
        // Up to there, which was durable: a log that ends before is `ahead`. None: to the end.
        std::optional<Sequence> until{};
        bool at_rest = false;  // nobody writes the journal
    };
    // All of the ground outlives it. The first peek() opens.
    JournalLog(const PastEvents::Ground& ground, const Options& options) : ground_(ground), options_(options) {}

    std::span<const Event> peek(std::size_t max) override;
    void release(std::size_t count) override;

    // There is more to do for a next peek(), whether or not it gives events.
    [[nodiscard]] bool busy() const { return fault_ == LogFault::none && !at_end_; }
    // All is told and released; without `until`: for now.
    [[nodiscard]] bool at_end() const { return at_end_; }
    [[nodiscard]] LogFault fault() const { return fault_; }
    [[nodiscard]] const std::string& error() const { return error_; }
    // The last command read, be it told or skipped.
    [[nodiscard]] Sequence sequence() const { return past_ != nullptr ? past_->sequence() : Sequence{}; }
    // Of the journal's bytes, as it was when this began; 0 .. 1.
    [[nodiscard]] double fraction() const;

  private:
    void open();
    // True when the log is the mark's and stands there.
    bool pass_mark();
    void fail(LogFault fault, std::string error);

    PastEvents::Ground ground_;
    Options options_;
    std::unique_ptr<PastEvents> past_;
    std::optional<ReplayGauge> gauge_;
    bool passed_ = false;  // the mark
    bool at_end_ = false;
    LogFault fault_ = LogFault::none;
    std::string error_;
};

}  // namespace dcx::engine
