// Flows: workloads (market/workload.h) as messages of the ABI, and reports of the ABI as the canonical answer to them.
// One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapter/matching_abi.h"
#include "market/canonical_reports.h"
#include "market/workload.h"

namespace dcx::bench {

struct Flow {
    std::string name;
    std::vector<AbiMessage> messages;
    std::vector<std::uint16_t> instrument;  // of each message; empty: one instrument for all
    std::size_t instruments = 1;
    std::size_t untimed = 0;  // messages at the beginning that only fill the book

    [[nodiscard]] std::size_t timed() const { return messages.size() - untimed; }
};

struct FlowOptions {
    market::WorkloadKind kind{};
    std::size_t messages = 2'000'000;  // timed ones; before them come those that bring the book to its live orders
    std::size_t live = 0;              // 0: what is usual for the kind
    std::size_t instruments = 1;       // each with a flow of its own; they take turns
    std::uint64_t seed = 1;
};
[[nodiscard]] Flow generated_flow(const FlowOptions& options);
// A file of the public benchmark; of a longer one the first `most` messages. Throws std::runtime_error with the reason.
[[nodiscard]] Flow flow_of_file(const std::string& path, std::optional<std::size_t> most = {});
[[nodiscard]] Flow flow_of(std::string name, const std::vector<market::WorkloadMessage>& messages);

[[nodiscard]] AbiMessage to_abi(const market::WorkloadMessage& message, std::uint64_t sequence);
void collect(const AbiReport& report, market::CanonicalReports& answer);

}  // namespace dcx::bench
