// Answers to queries from the read model, a bounded number of frames at a time: a list can be longer than a
// connection's output bound.
#pragma once

#include <cstddef>

#include "gateway/binary/session.h"

namespace dcx::gateway {

// Sends at most `frames` more frames of the session's open query, and QueryDone behind the last one. In the middle of a
// command it sends nothing.
void answer_some(Session& session, const ReadModel& model, FrameSink& out, Moment now, std::size_t frames);

}  // namespace dcx::gateway
