// RecordingSource: a recording as events, for a feed that any client can subscribe to as to a live venue's. Sequences,
// times and all that the events say of books and trades are the recorded ones; accounts, and orders that never rested,
// are not known.
//
// First comes the state at the beginning, as after a venue's start; what follows waits for start(), and then comes at
// the recorded pace times `speed`. A gap comes as one command that leads from the book before it to the book behind it,
// and as a text for the clients. The epoch stays that of the beginning. One thread; the recording's bytes must stay.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "feed/recording_reader.h"
#include "model/event_source.h"

namespace dcx::feed {

class RecordingSource final : public EventSource {
  public:
    struct Options {
        double speed = 1;  // 0: as fast as it is read
        // Begins behind the first command at this time or later; else with the recording.
        std::optional<Time> from = std::nullopt;
    };
    // Reads up to the beginning.
    [[nodiscard]] static std::expected<std::unique_ptr<RecordingSource>, RecordingError> open(
        std::span<const std::byte> file, Clock& clock, const Options& options);

    std::span<const Event> peek(std::size_t max) override;
    void release(std::size_t count) override { at_ += count; }

    void start();
    [[nodiscard]] bool started() const { return started_; }
    // Everything was given out, or what is behind it can't be read: error() says why.
    [[nodiscard]] bool ended() const { return ended_ && at_ == events_.size(); }
    [[nodiscard]] const std::optional<RecordingError>& error() const { return error_; }
    // Log time now, as the pace has it.
    [[nodiscard]] Time now();
    // How long nothing is due.
    [[nodiscard]] std::int64_t idle_ns();
    // What clients should be told since the last call.
    [[nodiscard]] std::vector<std::string> take_notices() { return std::exchange(notices_, {}); }
    [[nodiscard]] const RecordingReader& reader() const { return reader_; }

  private:
    RecordingSource(RecordingReader&& reader, Clock& clock, const Options& options);
    [[nodiscard]] std::expected<void, RecordingError> find_beginning();
    void restore();
    // The next step's events, held until they are due.
    void read_on();
    void tell_command(const RecordedCommand& command);
    void tell_gap(StateReason reason);
    void tell_listing(std::uint32_t market);
    void tell_phase(std::uint32_t market);
    void tell_end();
    void finish_command(std::uint64_t seq, Time time);
    [[nodiscard]] AssetId asset(const std::string& symbol, std::vector<Event>& out, bool restored);
    template <class Body>
    void put(const Body& body);
    template <class Body>
    Event restored(const Body& body) const;
    [[nodiscard]] std::int64_t due_ns(Time time) const;

    RecordingReader reader_;
    Clock& clock_;
    Options options_;
    std::vector<Event> events_;  // given out from at_ on
    std::size_t at_ = 0;
    std::vector<Event> next_;  // of the command that is next
    Time next_time_{};
    std::uint64_t seq_ = 0;  // of the last command told
    Time time_{};
    std::vector<std::string> assets_;  // by id - 1
    bool started_ = false;
    bool exhausted_ = false;  // nothing more can be read
    bool ended_ = false;
    std::int64_t start_ns_ = 0;
    Time start_time_{};
    std::vector<std::string> notices_;
    std::string next_notice_;
    std::optional<RecordingError> error_;
};

}  // namespace dcx::feed
