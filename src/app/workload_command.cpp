// dcx bench workload: the venue's book over a workload of orders; its answer's hash and its rate.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/book_driver.h"
#include "app/commands.h"
#include "market/canonical_reports.h"
#include "market/workload.h"
#include "platform/huge_pages.h"

namespace dcx::app {
namespace {

using market::CanonicalReports;
using market::MessageType;
using market::WorkloadMessage;

// Puts the sequence of the message at hand on the driver's reports.
struct ReportSink {
    CanonicalReports& reports;
    std::uint32_t seq = 0;

    static std::uint32_t u32(Quantity q) { return static_cast<std::uint32_t>(q.value); }
    void acknowledged(Side side, OrderId id, Price price, Quantity quantity) {
        reports.acknowledged(seq, side, id.value, price.value, u32(quantity));
    }
    void traded(Price price, Quantity quantity, OrderId maker, OrderId taker) {
        reports.traded(seq, price.value, u32(quantity), maker.value, taker.value);
    }
    void canceled(Side side, OrderId id, Price price) { reports.canceled(seq, side, id.value, price.value); }
    void modified(Side side, OrderId id, Price price, Quantity quantity) {
        reports.modified(seq, side, id.value, price.value, u32(quantity));
    }
    void cancel_rejected(OrderId id) { reports.cancel_rejected(seq, id.value); }
    void modify_rejected(OrderId id) { reports.modify_rejected(seq, id.value); }
};

struct Run {
    double seconds = 0;
    std::uint32_t left = 0;  // orders in the book at the end
};

using Capacity = BookDriver<ReportSink>::Capacity;

bool run_once(const std::vector<WorkloadMessage>& messages, Capacity capacity, CanonicalReports& reports, Run& run) {
    platform::HugePageMemory memory;
    ReportSink sink{.reports = reports};
    BookDriver<ReportSink> driver(memory, capacity, sink);
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < messages.size(); ++i) {
        const WorkloadMessage& message = messages[i];
        const OrderId id{message.order_id};
        sink.seq = static_cast<std::uint32_t>(i);
        if (message.type == MessageType::cancel) {
            driver.cancel(id);
            continue;
        }
        if (!driver.has_room()) return false;
        if (message.type == MessageType::place)
            driver.place(id, message.side, message.ioc, Price{message.price}, Quantity{std::int64_t{message.quantity}});
        else
            driver.modify(id, Price{message.price}, Quantity{std::int64_t{message.quantity}});
    }
    run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    run.left = driver.live();
    return true;
}

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
    const Capacity capacity{.orders = options.orders, .price_levels = options.price_levels};
    // The first run is not timed: it faults in the memory of the reports, and gives the answer.
    CanonicalReports reports(messages->size() * 2);
    Run run;
    if (!run_once(*messages, capacity, reports, run))
        return fail("the flow rests more than fits: raise --orders or --price-levels");
    const std::size_t trades = reports.trades();
    const std::size_t count = reports.size();
    const std::string hash = reports.hash();
    std::vector<double> rates;
    for (std::int64_t i = 0; i < options.runs; ++i) {
        reports.clear();
        if (!run_once(*messages, capacity, reports, run) || reports.size() != count || reports.trades() != trades)
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
