// LogSource: the log as a projection reads it: an EventSource that fails with HistoryError and says how far it is. The
// program makes it of the journal, and of a running venue's event ring. One thread.
#pragma once

#include "history/history_error.h"
#include "model/event_source.h"
#include "model/types.h"

namespace dcx::history {

class LogSource : public EventSource {
  public:
    // peek() throws HistoryError when the log can't be read, or is not the one that was projected before: other_venue,
    // ahead, diverged, log_unreadable; unreachable when it may be had later.

    // A next peek() has more to do, even if this one gave nothing: it should come at once.
    [[nodiscard]] virtual bool busy() const = 0;
    // How far it has read, be it told or passed over, and how far it knows that the log goes.
    struct Progress {
        Sequence at{};
        Sequence wanted{};
    };
    [[nodiscard]] virtual Progress progress() const = 0;
};

}  // namespace dcx::history
