// Submission: how a gateway hands a command to the engine: the command with its header as far as the gateway knows it
// (kind, session, session_sequence, gateway; sequence, time and wait_ns are the engine's), and when it came in.
#pragma once

#include "model/command.h"
#include "model/layout.h"
#include "model/types.h"

namespace dcx {

struct Submission {
    Command command{};
    Time received{};  // wall clock of the gateway; the engine makes header.wait_ns of it
};
static_assert(FixedLayout<Submission> && sizeof(Submission) == kMessageSize + 8);

}  // namespace dcx
