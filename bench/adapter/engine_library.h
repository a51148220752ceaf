// An engine of the public benchmark, loaded from its shared library, and the transport that carries its reports: its
// own when it has one, else the usual one that the caller brings. One thread.
#pragma once

#include <string>
#include <vector>

#include "adapter/matching_abi.h"

namespace dcx::bench {

struct EngineLibrary {
    AbiInit init = nullptr;
    AbiShutdown shutdown = nullptr;
    AbiOnNewOrder on_new_order = nullptr;
    AbiOnCancel on_cancel = nullptr;
    AbiOnModify on_modify = nullptr;
    AbiFlush flush = nullptr;
    AbiQueryBest query_best_bid = nullptr;
    AbiQueryBest query_best_ask = nullptr;
    AbiQueryDepthAt query_depth_at = nullptr;
    AbiOnBatch on_batch = nullptr;  // may be missing
    const AbiTransport* transport = nullptr;
};

// Stays loaded until the process ends. Throws std::runtime_error with the reason.
[[nodiscard]] EngineLibrary load_engine(const std::string& path, const AbiTransport* usual);

// The same library several times, each with a state of its own: an engine of that benchmark has one book. Copies of the
// file are loaded and removed again.
[[nodiscard]] std::vector<EngineLibrary> load_engines(const std::string& path, std::size_t count,
                                                      const AbiTransport* usual);

}  // namespace dcx::bench
