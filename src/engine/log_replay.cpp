#include "engine/log_replay.h"

#include <algorithm>
#include <string>

#include "base/check.h"

namespace dcx::engine {

namespace {

std::string known_rules(std::uint32_t version) {
    return "this program knows rules " + std::to_string(kOldestRules) + " to " + std::to_string(kNewestRules) +
           ": it takes " + (version < kOldestRules ? "an older" : "a newer") + " program";
}

}  // namespace

LogReplay::LogReplay(core::Core& core, std::uint64_t events_kept, const Mark& mark)
    : core_(core),
      hash_(mark.event_hash),
      capacity_(std::max(events_kept, core.max_events_per_command())),
      buffer_(capacity_),
      since_checkpoint_(mark.since_checkpoint) {}

void LogReplay::forget_events() {
    buffer_.clear();
    // Genesis fixes how many events a command can make.
    if (core_.max_events_per_command() > capacity_) [[unlikely]] {
        capacity_ = core_.max_events_per_command();
        buffer_ = EventBuffer(capacity_);
    }
}

bool LogReplay::apply(const Command& command) {
    DCX_CHECK(has_room());
    if (!check(command)) return false;
    EventWriter& out = buffer_.writer();
    const std::uint64_t begin = out.position;
    if (is_quarantined(command)) [[unlikely]]
        apply_quarantined(command, out);
    else
        core_.apply(command, out);
    hash_.add(out, begin, out.position);
    ++commands_;
    ++since_checkpoint_;
    if (command.header.kind == CommandKind::checkpoint) {
        since_checkpoint_ = 0;
        ++checkpoints_;
    }
    // Directly or by two persons; what such a command itself answers is alike in every program.
    if (core_.rules() > kNewestRules) [[unlikely]]
        return refuse(command,
                      "it activates rules " + std::to_string(core_.rules()) + "; " + known_rules(core_.rules()));
    return true;
}

void LogReplay::set_quarantined(std::span<const journal::QuarantinedCommand> quarantined) {
    quarantined_.assign(quarantined.begin(), quarantined.end());
    next_quarantined_ = 0;
    while (next_quarantined_ < quarantined_.size() &&
           quarantined_[next_quarantined_].sequence <= core_.sequence().value)
        ++next_quarantined_;
}

void LogReplay::apply_quarantined(const Command& command, EventWriter& out) {
    Command taken_out = command;
    taken_out.header.flags |= kQuarantined;
    core_.apply(taken_out, out);
    ++next_quarantined_;
}

bool LogReplay::check(const Command& command) {
    if (failed()) return false;
    if (command.header.sequence.value != core_.sequence().value + 1)
        return refuse(command, "it follows sequence " + std::to_string(core_.sequence().value));
    if (is_quarantined(command) && journal::command_hash(command) != quarantined_[next_quarantined_].hash)
        return refuse(command, "the journal says that a command with another hash is quarantined there");
    if (command.header.kind == CommandKind::start_epoch && !check_epoch(command)) return false;
    if (command.header.kind == CommandKind::checkpoint && command.as<Checkpoint>().event_hash != hash_.value())
        return refuse(command, "the replay's events differ from those of the venue (event hash " +
                                   std::to_string(hash_.value()) + ", the checkpoint says " +
                                   std::to_string(command.as<Checkpoint>().event_hash) +
                                   "): damage, or another program's log");
    return true;
}

bool LogReplay::check_epoch(const Command& command) {
    const std::uint32_t version = command.as<StartEpoch>().engine_version;
    if (version < kOldestRules || version > kNewestRules)
        return refuse(command,
                      "it begins an epoch under rules " + std::to_string(version) + "; " + known_rules(version));
    if (core_.rules() != 0 && version != core_.rules())
        return refuse(command, "it begins an epoch under rules " + std::to_string(version) + ", but rules " +
                                   std::to_string(core_.rules()) + " are in force: damage, or another program's log");
    return true;
}

bool LogReplay::refuse(const Command& command, const std::string& why) {
    error_ = "the log cannot be replayed at sequence " + std::to_string(command.header.sequence.value) + ": " + why;
    return false;
}

}  // namespace dcx::engine
