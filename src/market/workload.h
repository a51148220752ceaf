// Order workloads: flows of new orders, cancels and modifies on one market, for benchmarks and tests of a matching
// engine. They come from a file in the format of the public matching-engine benchmark
// (flash1-dev/matching-engine-benchmark) or from our own seeded generator, which has what that file lacks: old cancels,
// reused ids, sparse prices, deep queues.
//
// The rules of the flow are that benchmark's: a new order is acknowledged, trades while it crosses, then rests, or is
// canceled when IOC; a modify is a removal and a new arrival; a cancel or modify of what does not rest is rejected. The
// canonical answer to a flow is one text, so engines are compared by its SHA-256.
//
// Owner: any one thread. Errors of files are values with a text that names the record; nothing else fails.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/types.h"

namespace dcx::market {

enum class MessageType : std::uint8_t { place = 0, cancel = 1, modify = 2 };

// The sequence of a message is its index. A cancel uses only the id, a modify also the new price and quantity.
struct WorkloadMessage {
    std::uint64_t order_id{};
    std::int64_t price{};
    std::uint32_t quantity{};
    MessageType type{};
    Side side{};
    bool ioc{};
    friend bool operator==(const WorkloadMessage&, const WorkloadMessage&) = default;
};

// A workload file, packed with zstd or plain.
[[nodiscard]] std::expected<std::vector<WorkloadMessage>, std::string> read_workload(const std::string& path);
// The unpacked bytes of such a file.
[[nodiscard]] std::expected<std::vector<WorkloadMessage>, std::string> parse_workload(std::string_view bytes);
[[nodiscard]] std::string workload_bytes(const std::vector<WorkloadMessage>& messages);

enum class WorkloadKind : std::uint8_t {
    normal,       // a price that wanders, most cancels and modifies name a recent order
    old_cancels,  // cancels and modifies name any live order alike, old or new
    reused_ids,   // as old_cancels, and ids come back as soon as a cancel has been sent for them
    sparse,       // prices spread over 2^40 ticks, nearly every order alone at its price
    deep,         // four prices a side, so queues are as deep as an eighth of the live orders
};
[[nodiscard]] std::string_view to_string(WorkloadKind kind);
[[nodiscard]] std::optional<WorkloadKind> workload_kind(std::string_view name);
// Resting orders that fit the kind.
[[nodiscard]] std::size_t usual_live_orders(WorkloadKind kind);

struct WorkloadOptions {
    WorkloadKind kind{};
    std::uint64_t seed{1};
    std::size_t messages{1'000'000};
    std::size_t live_orders{};  // resting orders that the flow grows to and then keeps; 0: what fits the kind
};
// The same options give the same messages on every machine.
[[nodiscard]] std::vector<WorkloadMessage> generate_workload(const WorkloadOptions& options);

}  // namespace dcx::market
