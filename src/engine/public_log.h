// PublicLog: the EventSource of who reads the log beside a running venue, a feed in a process of its own or a
// projection in the venue's: from the journal, up to what is public, then the venue's event ring. It begins with the
// state of the newest snapshot, told as restored events, or behind a mark that is remembered from an earlier reading:
// then with the event behind that, after it was made sure that this is the log that the mark was set in. Each event
// once and in order, whatever happens:
//   - lapped in the ring, or broken there: what was missed comes from the journal;
//   - the venue is gone: nothing more comes, until another one runs on the same journal; then its events do, from where
//     we stopped, those of the start among them. So a reader goes on over the epochs.
// It ends, with a text, when the journal can't be read, or does not continue what was told or read before.
//
// One thread. Memory: a core while it replays and for a minute after, so that a reader who is slower than the venue
// need not begin at a snapshot each time that it is lapped: it is as much as the venue's own core uses of its
// capacities. The replay's beginning (a snapshot is read) takes as long as it takes; all else is done in pieces of some
// milliseconds.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "engine/event_ring_reader.h"
#include "engine/log_mark.h"
#include "engine/past_events.h"
#include "model/event_source.h"

namespace dcx::engine {

class PublicLog final : public EventSource {
  public:
    enum class Stage : std::uint8_t {
        waiting,    // for the venue's first ring
        replaying,  // the journal
        live,       // the ring
        away,       // the venue is gone; all that it published was told
        failed,
    };
    struct Options {
        std::string ring;               // the path of the event ring
        uid_t owner{};                  // of the venue's folder, and so of the ring
        int descriptor = -1;            // of the event ring in this process; then the two above are not used
        std::optional<LogMark> from{};  // none: begins with the state
        std::int64_t keep_core_ns = 60'000'000'000;
    };
    // All outlive it.
    PublicLog(const PastEvents::Ground& ground, Clock& clock, const Options& options);

    std::span<const Event> peek(std::size_t max) override;
    void release(std::size_t count) override;

    [[nodiscard]] Stage stage() const { return stage_; }
    // All that was public at the last look is told: readers are up to date. Stays so while the venue is away.
    [[nodiscard]] bool caught_up() const { return stage_ == Stage::live || stage_ == Stage::away; }
    // Why it waits, or has failed.
    [[nodiscard]] const std::string& reason() const { return reason_; }
    // What has failed.
    [[nodiscard]] LogFault fault() const { return fault_; }
    [[nodiscard]] Sequence sequence() const { return place_.sequence; }
    // There is more to do for a next peek(), whether or not it gives events.
    [[nodiscard]] bool busy() const { return stage_ == Stage::replaying && cut_known_; }
    // How far a replay has come, and how far it goes for now. Before sequence() it tells nothing yet. Equal when live.
    struct Progress {
        Sequence at{};
        Sequence wanted{};
    };
    [[nodiscard]] Progress progress() const;
    // How far the venue's ring says that the log is public.
    [[nodiscard]] Sequence published() const { return ring_ != nullptr ? ring_->published() : Sequence{}; }
    // Times that the journal was read to make good what the ring had no more.
    [[nodiscard]] std::uint64_t replays() const { return replays_; }
    [[nodiscard]] std::uint64_t laps() const { return laps_; }

  private:
    void look_for_ring();
    void begin_replay();
    // What follows is behind this command.
    bool prepare_past(Sequence known);
    bool skip_known();
    void give_from_past(std::size_t max);
    void join();
    void give_from_ring();
    void fail(LogFault fault, std::string reason);
    void replay_failed(LogFault fault, const std::string& reason);
    // No more often than every so long.
    [[nodiscard]] bool due(std::int64_t every_ns);
    void give(std::span<const Event> events);

    PastEvents::Ground ground_;
    Clock& clock_;
    Options options_;
    Stage stage_ = Stage::waiting;
    LogFault fault_ = LogFault::none;
    std::string reason_ = "no venue has been found yet";
    std::unique_ptr<EventRingReader> ring_;
    std::unique_ptr<PastEvents> past_;
    bool cut_known_ = false;     // what is replayed
    EventRingReader::Cut cut_;   // of the ring's reading, up to which the journal is replayed
    Sequence known_{};           // the replay tells nothing up to here
    EventPlace place_;           // of the last event given
    bool begun_ = false;         // events were given, or are read behind the mark
    bool mark_checked_ = false;  // the log is the mark's, or there is none
    Event completed_{};          // for a log without a snapshot, whose state is none
    std::span<const Event> given_;
    bool from_past_ = false;
    std::int64_t looked_ns_ = INT64_MIN / 2;
    std::int64_t behind_mark_since_ns_ = INT64_MIN;  // the venue stands before the mark; INT64_MIN: not so
    std::int64_t joined_ns_ = 0;
    std::uint64_t replays_ = 0;
    std::uint64_t laps_ = 0;
    unsigned failures_ = 0;  // replays in a row that did not come to their end
};

[[nodiscard]] std::string_view to_string(PublicLog::Stage stage);

}  // namespace dcx::engine
