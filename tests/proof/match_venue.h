// MatchVenue: a core and the public match log that is made of what it does, kept in memory. For tests, one thread.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/memory.h"
#include "core/core.h"
#include "model/event_writer.h"
#include "proof/match_checker.h"
#include "proof/match_log_builder.h"
#include "reference/command_generator.h"

namespace dcx::proof {

// One command of a log, as it can be changed.
struct LoggedCommand {
    MatchCommandHead head;
    std::vector<MatchRecord> records{};

    [[nodiscard]] MatchCommand view() const { return {head, records}; }
    friend bool operator==(const LoggedCommand&, const LoggedCommand&) = default;
};
using MatchLog = std::vector<LoggedCommand>;

class MatchVenue {
  public:
    MatchVenue() : core_(memory_), buffer_(64) {}

    // The command's events; its part of the log is the last one of log().
    std::span<const Event> apply(const Command& command);
    void run(reference::CommandGenerator& generator, std::size_t commands);

    [[nodiscard]] const core::Core& core() const { return core_; }
    [[nodiscard]] const MatchLog& log() const { return log_; }
    [[nodiscard]] std::uint32_t instruments() const { return instruments_; }

  private:
    HeapMemory memory_;
    core::Core core_;
    EventBuffer buffer_;
    MatchLogBuilder builder_;
    MatchLog log_;
    std::uint32_t instruments_ = 0;
};

// The checker's books and the core's, empty when they are the same.
[[nodiscard]] std::string compare_books(const MatchChecker& checker, const MatchVenue& venue);
// What the checker says of the whole log.
[[nodiscard]] std::expected<MatchCounts, ProofError> check_log(MatchChecker& checker, const MatchLog& log);

// "wrong_trade (42): command 9, record 1": what both checkers say, each with reasons of its own behind it.
[[nodiscard]] std::string place_of(const ProofError& error);

}  // namespace dcx::proof
