// AuditObserver: who is shown what the auditor has audited, command by command with its events, in order and each once:
// the maker of proofs. On the auditor's polling thread, which waits for it: what can't be recorded for now is asked for
// again, with an alarm, and the auditor goes no further until it is. Trading never waits for it.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>

#include "base/sha256.h"
#include "core/core.h"
#include "model/command.h"
#include "model/event.h"

namespace dcx::engine {

struct ObserverError {
    bool difference = false;  // what it has recorded contradicts the journal: the venue halts on it
    std::string text;
};

class AuditObserver {
  public:
    // Before anything else, on the polling thread, again and again until it succeeds.
    [[nodiscard]] virtual std::expected<void, ObserverError> open() = 0;
    // The last command that it has already seen, in an earlier life: the auditor begins at a snapshot at or before it,
    // or with the first command. 0: none.
    [[nodiscard]] virtual Sequence seen() const = 0;
    // Commands at or before seen() may come again and are passed over.
    virtual void audited(const Command& command, std::span<const Event> events) = 0;
    // All commands of a batch were shown; the core stands behind them. `hash` is that of the batch in the journal's
    // chain. After an error that is no difference the same call comes again.
    [[nodiscard]] virtual std::expected<void, ObserverError> batch_audited(std::uint64_t number, const Digest& hash,
                                                                           const core::Core& core,
                                                                           std::uint64_t event_hash) = 0;
    // What was shown must survive a crash from here on: a snapshot of it is about to be taken.
    [[nodiscard]] virtual std::expected<void, ObserverError> flush() = 0;
    // It won't be shown anything: the journal has no way to what it saw last, which the text tells.
    virtual void left_behind(const std::string& why) = 0;

  protected:
    ~AuditObserver() = default;
};

}  // namespace dcx::engine
