// What can go wrong between a projection and where it stores: each has a number that stays, and says whether trying
// again can help. Thrown by stores, caches and queries (docs/history.md lists them with what to do).
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace dcx::history {

enum class ErrorCode : std::uint16_t {
    unreachable = 1,        // no connection, or it was lost
    disk_full = 2,          // of the store
    conflict = 3,           // deadlock, serialisation failure, busy: the transaction was undone
    timeout = 4,            // the store has not answered in time
    stopped = 5,            // a stop was asked for while it waited
    credentials = 10,       // refused user, password or rights
    bad_url = 11,           // history.url or cache.redis can't be read
    newer_schema = 12,      // written by a newer program
    other_venue = 13,       // its rows are of another venue's log
    ahead = 14,             // it holds commands that the journal does not have
    diverged = 15,          // same venue, but the log up to its cursor is another one
    locked = 16,            // another projector writes to it
    damaged = 17,           // it, or what it holds, is not as we left it
    not_there = 18,         // no store yet
    log_unreadable = 20,    // the journal can't be read on
    impossible_event = 21,  // the events contradict each other or what is stored
    internal = 22,          // the store refused what we asked for: a defect
    bad_request = 30,       // of a query: a token, range or number that means nothing here
    not_found = 31,         // of a query: no such account, market or order, or its past was taken away
};
[[nodiscard]] std::string_view to_string(ErrorCode code);
// Whether the same may work later: the projector keeps its rows and tries again. All else stops it.
[[nodiscard]] bool may_pass(ErrorCode code);

class HistoryError : public std::runtime_error {
  public:
    // what(): "history error 12 (newer_schema): …", the text for the operator, with what to do. Never a password.
    HistoryError(ErrorCode code, const std::string& text);
    [[nodiscard]] ErrorCode code() const { return code_; }

  private:
    ErrorCode code_;
};

}  // namespace dcx::history
