// ProjectionWatch: what an operator is told of a projection: a line in the log when its condition changes (it has
// stopped, tries again, does so no more, falls behind, has caught up), never one a failure; and how far it lags.
//
// look() is the projection's thread's; lag_ns() any's.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "model/types.h"
#include "platform/log.h"

namespace dcx::app {

// How it stands at a moment. Numbers are exact, two of them need not be of the same moment.
struct ProjectionState {
    enum class Stage : std::uint8_t { opening, running, retrying, stopped };
    Stage stage = Stage::opening;
    std::string reason;           // of the last two
    std::string store;            // what it writes to, without a password
    std::uint64_t sequence{};     // stored
    std::int64_t time{};          // of that command, log time; 0: nothing is stored, or it isn't known yet
    std::int64_t waiting_time{};  // of the oldest command that was read and is not stored; 0: none was
    std::uint64_t rows{};         // written since the start; a cache's: balances
    std::uint64_t commits{};      // since the start
    std::uint64_t errors{};       // since the start
    std::int64_t commit_ns{};     // of the last one
    std::uint64_t replays{};      // times that the journal was read, because the ring had it no more, or at the start
    std::uint64_t laps{};         // times that the ring had overtaken it
};
[[nodiscard]] std::string_view to_string(ProjectionState::Stage stage);

class ProjectionWatch {
  public:
    static constexpr std::int64_t kSecond = 1'000'000'000;
    static constexpr std::int64_t kBehindNs = 10 * kSecond;     // a line from here on
    static constexpr std::int64_t kCaughtUpNs = kSecond;        // and one more below
    static constexpr std::int64_t kTellEveryNs = 60 * kSecond;  // while it is behind
    static constexpr std::int64_t kQuietNs = 10 * kSecond;      // between two lines of the same trouble

    // `component` as in the log. No log: nothing is told.
    ProjectionWatch(std::string component, Clock& clock, platform::Log* log);

    void look(const ProjectionState& state, Sequence durable);
    // At most so long ago something became durable that is not stored; 0: all that is durable is stored.
    [[nodiscard]] std::int64_t lag_ns(const ProjectionState& state, Sequence durable) const;

  private:
    void look_at_trouble(const ProjectionState& state, std::int64_t now);
    void look_at_lag(const ProjectionState& state, Sequence durable, std::int64_t now);

    std::string component_;
    Clock& clock_;
    platform::Log* log_;
    std::int64_t began_ns_;  // wall
    // When all was seen to be stored: what is not was made durable since.
    mutable std::atomic<std::int64_t> stored_all_ns_{0};
    std::string told_reason_;  // of trouble that is not over; empty: there is none
    bool opened_ = false;
    bool was_level_ = false;       // it had caught up once since the start
    bool behind_ = false;          // told so
    std::int64_t trouble_ns_ = 0;  // when it was last told
    std::int64_t began_trouble_ns_ = 0;
    std::int64_t well_ns_ = 0;  // running since then; 0: it is not
    std::int64_t lag_told_ns_ = 0;
    std::uint64_t lag_told_sequence_ = 0;
};

}  // namespace dcx::app
