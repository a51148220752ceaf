#include "app/workload_run.h"

#include <chrono>

#include "app/book_driver.h"
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

}  // namespace

bool run_workload(const std::vector<WorkloadMessage>& messages, const WorkloadCapacity& capacity,
                  CanonicalReports& reports, WorkloadRun& run) {
    platform::HugePageMemory memory;
    ReportSink sink{.reports = reports};
    BookDriver<ReportSink> driver(memory, {.orders = capacity.orders, .price_levels = capacity.price_levels}, sink);
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

}  // namespace dcx::app
