// Answers that are made at once: everything in them is of one moment of the log.
#pragma once

#include "gateway/binary/open_query.h"

namespace dcx::gateway {

// Fills query.frames (or query.orders) with the answer, and query.since. A reason when there is nothing to answer with.
RejectReason prepare_answer(OpenQuery& query, const ReadModel& model, Time now);

}  // namespace dcx::gateway
