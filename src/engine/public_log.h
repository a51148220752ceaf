// PublicLog: the EventSource of a feed in a process of its own, beside a running venue: the state of the newest
// snapshot and the journal behind it, up to what is public, then the venue's event ring. Each event once and in order,
// whatever happens:
//   - lapped in the ring, or broken there: what was missed comes from the journal;
//   - the venue is gone: nothing more comes, until another one runs on the same journal; then its events do, from where
//     we stopped, those of the start among them. So a reader goes on over the epochs.
// It ends, with a text, when the journal can't be read, or does not continue what was told.
//
// One thread. Memory: a core while it replays. The replay's beginning (a snapshot is read) takes as long as it takes.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "engine/event_ring_reader.h"
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
        std::string ring;  // the path of the event ring
        uid_t owner{};     // of the venue's folder, and so of the ring
    };
    // All outlive it.
    PublicLog(const PastEvents::Ground& ground, Clock& clock, const Options& options)
        : ground_(ground), clock_(clock), options_(options) {}

    std::span<const Event> peek(std::size_t max) override;
    void release(std::size_t count) override;

    [[nodiscard]] Stage stage() const { return stage_; }
    // All that was public at the last look is told: readers are up to date. Stays so while the venue is away.
    [[nodiscard]] bool caught_up() const { return stage_ == Stage::live || stage_ == Stage::away; }
    // Why it waits, or has failed.
    [[nodiscard]] const std::string& reason() const { return reason_; }
    [[nodiscard]] Sequence sequence() const { return place_.sequence; }
    // How far the venue's ring says that the log is public.
    [[nodiscard]] Sequence published() const { return ring_ != nullptr ? ring_->published() : Sequence{}; }
    // Times that the journal was read to make good what the ring had no more.
    [[nodiscard]] std::uint64_t replays() const { return replays_; }
    [[nodiscard]] std::uint64_t laps() const { return laps_; }

  private:
    void look_for_ring();
    void begin_replay();
    void give_from_past(std::size_t max);
    void join();
    void give_from_ring();
    void fail(std::string reason);
    // No more often than every so long.
    [[nodiscard]] bool due(std::int64_t every_ns);
    void give(std::span<const Event> events);

    PastEvents::Ground ground_;
    Clock& clock_;
    Options options_;
    Stage stage_ = Stage::waiting;
    std::string reason_ = "no venue has been found yet";
    std::unique_ptr<EventRingReader> ring_;
    std::unique_ptr<PastEvents> past_;
    EventRingReader::Cut cut_;  // of the ring's reading, up to which the journal is replayed
    EventPlace place_;          // of the last event given
    bool begun_ = false;        // events were given
    Event completed_{};         // for a log without a snapshot, whose state is none
    std::span<const Event> given_;
    bool from_past_ = false;
    std::int64_t looked_ns_ = INT64_MIN / 2;
    std::uint64_t replays_ = 0;
    std::uint64_t laps_ = 0;
    unsigned failures_ = 0;  // replays in a row that did not come to their end
};

[[nodiscard]] std::string_view to_string(PublicLog::Stage stage);

}  // namespace dcx::engine
