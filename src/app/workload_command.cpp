// dcx bench workload: the venue's book over a workload of orders; its answer's hash and its rate.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/workload_run.h"

namespace dcx::app {
namespace {

using market::CanonicalReports;
using market::MessageType;
using market::WorkloadMessage;

std::expected<std::vector<WorkloadMessage>, std::string> messages_of(const WorkloadOptions& options) {
    if (!options.file.empty()) return market::read_workload(options.file);
    const auto kind = market::workload_kind(options.generate);
    if (!kind) return std::unexpected("name a file, or --generate normal, old_cancels, reused_ids, sparse or deep");
    return market::generate_workload({.kind = *kind, .seed = options.seed, .messages = options.messages});
}

bool prices_legal(const std::vector<WorkloadMessage>& messages) {
    return std::ranges::all_of(messages, [](const WorkloadMessage& m) {
        return m.type == MessageType::cancel ||
               (m.price >= 1 && m.price <= kMaxPrice && m.quantity >= 1 && m.order_id != 0);
    });
}

}  // namespace

int bench_workload(const WorkloadOptions& options) {
    const auto fail = [](const std::string& why) {
        std::fprintf(stderr, "dcx bench workload: %s\n", why.c_str());
        return kFailed;
    };
    const auto messages = messages_of(options);
    if (!messages) return fail(messages.error());
    if (!prices_legal(*messages)) return fail("a price, a quantity or an order id is out of range");
    if (messages->size() >= UINT32_MAX) return fail("too many messages for one run");

    // As in a venue: fixed beforehand, whatever the flow turns out to need.
    const WorkloadCapacity capacity{.orders = options.orders, .price_levels = options.price_levels};
    // The first run is not timed: it faults in the memory of the reports, and gives the answer.
    CanonicalReports reports(messages->size() * 2);
    WorkloadRun run;
    if (!run_workload(*messages, capacity, reports, run))
        return fail("the flow rests more than fits: raise --orders or --price-levels");
    const std::size_t trades = reports.trades();
    const std::size_t count = reports.size();
    const std::string hash = reports.hash();
    std::vector<double> rates;
    for (std::int64_t i = 0; i < options.runs; ++i) {
        reports.clear();
        if (!run_workload(*messages, capacity, reports, run) || reports.size() != count || reports.trades() != trades)
            return fail("two runs gave different answers");
        rates.push_back(static_cast<double>(messages->size()) / run.seconds);
    }
    std::ranges::sort(rates);
    const double median = rates[rates.size() / 2];
    if (options.json) {
        const nlohmann::json line{{"sha256", hash},         {"messages_per_second", median}, {"best", rates.back()},
                                  {"worst", rates.front()}, {"messages", messages->size()},  {"reports", count},
                                  {"trades", trades},       {"orders_left", run.left},       {"runs", options.runs}};
        std::printf("%s\n", line.dump().c_str());
    } else {
        std::printf("sha256 %s\nmessages_per_second %.0f\nbest %.0f\nmessages %zu\nreports %zu\ntrades %zu\n",
                    hash.c_str(), median, rates.back(), messages->size(), count, trades);
    }
    return kDone;
}

}  // namespace dcx::app
