#include "app/history_source.h"

#include <algorithm>
#include <string>

#include "history/history_error.h"

namespace dcx::app {
namespace {

using history::ErrorCode;
using history::HistoryError;

constexpr const char* kRebuild =
    "; if this journal is the right one, `dcx history rebuild` makes the rows again from its first command";

[[noreturn]] void refuse(engine::LogFault fault, const std::string& why) {
    using engine::LogFault;
    switch (fault) {
        case LogFault::away: throw HistoryError(ErrorCode::unreachable, "the journal can't be read: " + why);
        case LogFault::other_venue: throw HistoryError(ErrorCode::other_venue, why + kRebuild);
        case LogFault::ahead: throw HistoryError(ErrorCode::ahead, why + kRebuild);
        case LogFault::diverged: throw HistoryError(ErrorCode::diverged, why + kRebuild);
        case LogFault::damaged:
        case LogFault::none: break;
    }
    throw HistoryError(ErrorCode::log_unreadable, why + "; `dcx journal check` tells more");
}

}  // namespace

engine::LogMark mark_of(const history::Cursor& cursor) {
    return {.venue_id = cursor.venue_id, .sequence = cursor.sequence, .event_hash = cursor.event_hash};
}

std::span<const Event> PublicSource::peek(std::size_t max) {
    const auto events = log_.peek(max);
    if (log_.fault() != engine::LogFault::none) refuse(log_.fault(), log_.reason());
    return events;
}

history::LogSource::Progress PublicSource::progress() const {
    const auto replay = log_.progress();
    return {.at = replay.at, .wanted = std::max(replay.wanted, log_.published())};
}

std::span<const Event> JournalSource::peek(std::size_t max) {
    const auto events = log_.peek(max);
    if (events.empty() && log_.fault() != engine::LogFault::none) refuse(log_.fault(), log_.error());
    return events;
}

}  // namespace dcx::app
