// An engine of the public benchmark's ABI that is wrong: it acknowledges every order and does nothing else. With
// DCX_TEST_FAULT=kill or exit in the environment it ends its process at the hundredth order, with =no_transport it
// brings no transport. It takes no batches.
#include <csignal>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <string_view>

#include "adapter/matching_abi.h"

namespace {

using namespace dcx::bench;

struct Queue {
    std::mutex mutex;
    std::deque<AbiReport> reports;
};

Queue* queue = nullptr;
int orders = 0;

std::string_view fault() {
    const char* const named = std::getenv("DCX_TEST_FAULT");
    return named == nullptr ? "" : named;
}

}  // namespace

extern "C" {

const AbiTransport* engine_get_transport() {
    static constexpr AbiTransport transport{
        .create = [](std::uint32_t) -> void* { return new Queue; },
        .push = [](void*, const AbiReport*) -> int { return 0; },
        .drain = [](void* handle, AbiReport* out, std::uint32_t max) -> std::uint32_t {
            auto* const from = static_cast<Queue*>(handle);
            const std::lock_guard lock(from->mutex);
            std::uint32_t count = 0;
            for (; count < max && !from->reports.empty(); ++count) {
                out[count] = from->reports.front();
                from->reports.pop_front();
            }
            return count;
        },
        .flush = [](void*) {},
        .destroy = [](void* handle) { delete static_cast<Queue*>(handle); },
    };
    return fault() == "no_transport" ? nullptr : &transport;
}
void engine_init(std::uint64_t, const AbiTransport*, void* handle) { queue = static_cast<Queue*>(handle); }
void engine_shutdown() {}
void engine_on_new_order(const AbiNewOrder* order) {
    if (++orders == 100 && fault() == "kill") ::raise(SIGKILL);
    if (orders == 100 && fault() == "exit") std::_Exit(0);
    AbiReport report{};
    report.type = abi_acknowledged;
    report.side = order->side;
    report.sequence = order->sequence;
    report.order_id = order->order_id;
    report.price = order->price;
    report.quantity = order->quantity;
    const std::lock_guard lock(queue->mutex);
    queue->reports.push_back(report);
}
void engine_on_cancel(const AbiCancel*) {}
void engine_on_modify(const AbiModify*) {}
void engine_flush() {}
std::int64_t engine_query_best_bid() { return INT64_MIN; }
std::int64_t engine_query_best_ask() { return INT64_MAX; }
std::uint64_t engine_query_depth_at(std::int64_t, std::uint8_t) { return 0; }

}  // extern "C"
