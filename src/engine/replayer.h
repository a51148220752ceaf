// Replayer: the EventSource that is not live: it applies a journal's commands again, from the first, and yields the
// same events, byte for byte but for applied_time, which is 0. There is no restored prefix: it begins with the venue
// itself. It needs no lock and changes nothing; what is appended after it looked at the end is not seen.
//
// peek() gives nothing at the end and after a fault: ask failed(). One thread; the storage outlives it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>

#include "base/memory.h"
#include "core/core.h"
#include "engine/log_replay.h"
#include "journal/reader.h"
#include "journal/storage.h"
#include "model/event_source.h"

namespace dcx::engine {

class Replayer final : public EventSource {
  public:
    // `memory` holds the core's pools and outlives it.
    static std::expected<std::unique_ptr<Replayer>, std::string> open(journal::Storage& storage, MemorySource& memory);

    std::span<const Event> peek(std::size_t max) override;
    void release(std::size_t count) override;

    [[nodiscard]] bool failed() const { return !error_.empty(); }
    [[nodiscard]] const std::string& error() const { return error_; }
    // The state after every command whose events were given, and those of the batch being given.
    [[nodiscard]] const core::Core& core() const { return core_; }
    [[nodiscard]] std::uint64_t event_hash() const { return replay_.hash().value(); }
    [[nodiscard]] std::uint64_t commands() const { return replay_.commands(); }

  private:
    Replayer(journal::Reader reader, MemorySource& memory) : reader_(std::move(reader)), core_(memory) {
        replay_.set_quarantined(reader_.quarantined());
    }
    // Makes the next events; false at the end.
    bool refill();
    bool next_batch();

    // Small enough for the second-level cache.
    static constexpr std::uint64_t kEventsKept = 1024;

    journal::Reader reader_;
    core::Core core_;
    LogReplay replay_{core_, kEventsKept};
    std::span<const Command> batch_;  // not yet applied
    std::size_t released_ = 0;        // of replay_.events()
    std::string error_;
};

}  // namespace dcx::engine
