#include "engine/log_replay.h"

#include <algorithm>
#include <string>

#include "base/check.h"

namespace dcx::engine {

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
    core_.apply(command, out);
    hash_.add(out, begin, out.position);
    ++commands_;
    ++since_checkpoint_;
    if (command.header.kind == CommandKind::checkpoint) {
        since_checkpoint_ = 0;
        ++checkpoints_;
    }
    return true;
}

bool LogReplay::check(const Command& command) {
    if (failed()) return false;
    if (command.header.sequence.value != core_.sequence().value + 1)
        return refuse(command, "it follows sequence " + std::to_string(core_.sequence().value));
    if (command.header.kind == CommandKind::start_epoch) {
        const auto version = command.as<StartEpoch>().engine_version;
        if (version != kEngineVersion)
            return refuse(command, "it begins an epoch of engine version " + std::to_string(version) +
                                       "; this program replays version " + std::to_string(kEngineVersion));
    }
    if (command.header.kind == CommandKind::checkpoint && command.as<Checkpoint>().event_hash != hash_.value())
        return refuse(command, "the replay's events differ from those of the venue (event hash " +
                                   std::to_string(hash_.value()) + ", the checkpoint says " +
                                   std::to_string(command.as<Checkpoint>().event_hash) +
                                   "): damage, or another program's log");
    return true;
}

bool LogReplay::refuse(const Command& command, const std::string& why) {
    error_ = "the log cannot be replayed at sequence " + std::to_string(command.header.sequence.value) + ": " + why;
    return false;
}

}  // namespace dcx::engine
