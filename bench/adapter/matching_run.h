// One run of an engine over a flow of messages. Either in a process of its own, where one thread delivers and another
// drains the reports: that is what is compared. Or here, in one thread that drains between batches: for profilers and
// debuggers. The clock runs from the first timed message until the engine has flushed; here it stops while draining.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "adapter/matching_abi.h"
#include "adapter/matching_flow.h"

namespace dcx::bench {

struct RunOptions {
    std::string library;
    const AbiTransport* usual_transport = nullptr;  // for an engine that brings none
    bool check = false;                             // collect all reports and hash them, instead of timing
    bool one_by_one = false;                        // not in batches, also where the engine takes them
    std::optional<unsigned> matcher_core;
    std::optional<unsigned> drainer_core;
};

struct RunResult {
    double seconds = 0;
    std::uint64_t reports = 0;
    std::uint64_t trades = 0;
    std::string hash;   // of the canonical answer, when checked
    std::string error;  // else empty
};

// An engine that dies or can't be loaded is an error in the result.
[[nodiscard]] RunResult run_engine(const Flow& flow, const RunOptions& options);

// The untimed messages go one by one and the timed ones in batches, so what a profiler sees below engine_on_batch is
// the timed part alone. One instrument; the cores of the options mean nothing. An engine that dies takes
// the process with it; throws std::runtime_error when it can't be loaded.
[[nodiscard]] RunResult run_engine_here(const Flow& flow, const RunOptions& options);

}  // namespace dcx::bench
