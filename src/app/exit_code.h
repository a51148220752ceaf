// How `dcx serve` ends, so that what started it knows whether another start can help. docs/operations.md lists them; a
// number once given stays. The other commands know 0, 1 and 2 (commands.h).
#pragma once

#include <stdexcept>
#include <string>

namespace dcx::app {

enum class ExitCode : int {
    done = 0,             // stopped cleanly, everything is durable
    failed = 1,           // refused or failed for another reason, which is told
    usage = 2,            // the command line
    config_refused = 3,   // dcx.toml, or it contradicts the venue's journal
    journal_refused = 4,  // damaged, unreadable, or of another version: a person must look
    engine_failed = 5,    // at run time: a disk or clock fault; the next start decides what the journal holds
    port_taken = 6,       // an address can't be listened on
    folder_busy = 7,      // another venue runs on the data folder
};

// A start that is refused, with the text for the operator.
class StartRefused : public std::runtime_error {
  public:
    StartRefused(ExitCode code, const std::string& text) : std::runtime_error(text), code_(code) {}
    [[nodiscard]] ExitCode code() const { return code_; }

  private:
    ExitCode code_;
};

}  // namespace dcx::app
