// LogReplay: applies the commands of a log to a core in order and checks what the log says of itself: sequences without
// a gap, versions of the rules that this program knows, and the rolling event hash at every checkpoint.
// What comes from a log is never trusted: a bad one gives false and error(), after which nothing more is applied.
// One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/core.h"
#include "journal/format.h"
#include "model/command.h"
#include "model/event_hash.h"
#include "model/event_writer.h"

namespace dcx::engine {

class LogReplay {
  public:
    // Where a replay that does not begin with the first command stands.
    struct Mark {
        std::uint64_t event_hash{};
        std::uint64_t since_checkpoint{};
    };

    // Keeps the events of as many commands as fit into about `events_kept` of them; 0: of one command. Goes on where
    // the core stands, which `mark` describes.
    explicit LogReplay(core::Core& core, std::uint64_t events_kept = 0, const Mark& mark = {0, 0});

    // Commands that are answered with `quarantined` instead of being applied, by rising sequence; before the first
    // apply().
    void set_quarantined(std::span<const journal::QuarantinedCommand> quarantined);

    // Whether the next command's events fit behind those that are kept. If not, forget_events() comes before apply().
    [[nodiscard]] bool has_room() const { return events().size() + core_.max_events_per_command() <= capacity_; }
    void forget_events();
    [[nodiscard]] bool apply(const Command& command);
    // The next of these will be applied next (Core::prefetch).
    void prefetch(std::span<const Command> next) const { core_.prefetch(next); }
    // Of the commands applied since they were forgotten; none has an applied_time.
    [[nodiscard]] std::span<const Event> events() const { return buffer_.events(); }

    [[nodiscard]] const EventHash& hash() const { return hash_; }
    [[nodiscard]] std::uint64_t commands() const { return commands_; }
    [[nodiscard]] std::uint64_t since_checkpoint() const { return since_checkpoint_; }
    // Checkpoints compared.
    [[nodiscard]] std::uint64_t checkpoints() const { return checkpoints_; }
    [[nodiscard]] bool failed() const { return !error_.empty(); }
    [[nodiscard]] const std::string& error() const { return error_; }

  private:
    // False when the command must not be applied.
    bool check(const Command& command);
    bool check_epoch(const Command& command);
    bool refuse(const Command& command, const std::string& why);
    [[nodiscard]] bool is_quarantined(const Command& command) const {
        return next_quarantined_ < quarantined_.size() &&
               quarantined_[next_quarantined_].sequence == command.header.sequence.value;
    }
    void apply_quarantined(const Command& command, EventWriter& out);

    core::Core& core_;
    EventHash hash_;
    std::uint64_t capacity_;
    EventBuffer buffer_;
    std::vector<journal::QuarantinedCommand> quarantined_;
    std::size_t next_quarantined_ = 0;  // those before it are behind the core
    std::uint64_t commands_ = 0;
    std::uint64_t since_checkpoint_;
    std::uint64_t checkpoints_ = 0;
    std::string error_;
};

}  // namespace dcx::engine
