#include "gateway/binary/reports.h"

#include <cstring>
#include <new>
#include <utility>

#include "base/check.h"

namespace dcx::gateway {
namespace {

constexpr std::size_t kBodySize = sizeof(ExecutionReport) - sizeof(ReportHeader);
constexpr std::size_t kChunk = 16;
static_assert(kBodySize % kChunk == 0);

// In chunks, because GCC 12 clears the whole by a string instruction that takes longer than all the rest of a report.
template <std::size_t... Chunk>
void clear_body(std::byte* report, std::index_sequence<Chunk...>) {
    (std::memset(report + sizeof(ReportHeader) + Chunk * kChunk, 0, kChunk), ...);
}

ReportHeader report_header(const EventHeader& event, const ReportContext& context) {
    return {.received = Time{event.time.value - static_cast<std::int64_t>(event.wait_ns)},
            .sequenced = event.time,
            .matched = event.applied_time,
            .durable = context.durable,
            .sent = {},
            .event_sequence = event.sequence,
            .event_index = event.index,
            .durability = context.durability};
}

std::uint8_t execution_flags(std::uint8_t order_flags) {
    return (order_flags & kOrderPostOnly) != 0 ? kExecutionPostOnly : std::uint8_t{0};
}

void fill(ExecutionReport& report, const OrderAccepted& order) {
    report.order_id = order.order_id;
    report.cl_ord_id = order.cl_ord_id;
    report.price = order.price;
    report.order_qty = order.quantity;
    report.leaves_qty = order.quantity;
    report.account = order.account;
    report.instrument = order.instrument;
    report.slot = order.slot;
    report.side = order.side;
    report.exec_type = ExecType::accepted;
    report.ord_status = OrdStatus::accepted;
    report.time_in_force = order.time_in_force;
    report.type = order.type;
    report.flags = execution_flags(order.flags);
    report.expire_at = order.expire_at;
}

void fill(ExecutionReport& report, const OrderRejected& order) {
    report.cl_ord_id = order.cl_ord_id;
    report.price = order.price;
    report.order_qty = order.quantity;
    report.account = order.account;
    report.instrument = order.instrument;
    report.side = order.side;
    report.exec_type = ExecType::rejected;
    report.ord_status = OrdStatus::rejected;
    report.reject_reason = order.reason;
    report.time_in_force = order.time_in_force;
    report.type = order.type;
    report.flags = execution_flags(order.flags);
    report.wait_ns = order.wait_ns;
}

void fill(ExecutionReport& report, const OrderFilled& order, const TradeExecuted& trade) {
    // Our own events are told in pairs behind their trade; anything else would report a price that never was.
    const bool maker = order.liquidity == Liquidity::maker;
    DCX_CHECK((maker ? trade.maker_order_id : trade.taker_order_id) == order.order_id);
    report.order_id = order.order_id;
    report.cl_ord_id = order.cl_ord_id;
    report.leaves_qty = order.leaves;
    report.cum_qty = maker ? trade.maker_cum : trade.taker_cum;
    report.order_qty = report.leaves_qty + report.cum_qty;
    report.last_px = trade.price;
    report.last_qty = trade.quantity;
    report.trade_id = trade.trade_id;
    report.fee = order.fee;
    report.account = order.account;
    report.instrument = order.instrument;
    report.side = order.side;
    report.exec_type = ExecType::trade;
    report.ord_status = order.leaves ? OrdStatus::partially_filled : OrdStatus::filled;
    report.liquidity = order.liquidity;
}

void fill(ExecutionReport& report, const OrderCanceled& order) {
    report.order_id = order.order_id;
    report.cl_ord_id = order.cl_ord_id;
    if (order.reason == CancelReason::requested || order.reason == CancelReason::mass_cancel)
        report.orig_cl_ord_id = order.orig_cl_ord_id;
    report.price = order.price;
    report.cum_qty = order.cum;
    report.order_qty = order.quantity + order.cum;
    report.account = order.account;
    report.instrument = order.instrument;
    report.side = order.side;
    const bool expired = order.reason == CancelReason::expired;
    report.exec_type = expired ? ExecType::expired : ExecType::canceled;
    report.ord_status = expired ? OrdStatus::expired : OrdStatus::canceled;
    report.cancel_reason = order.reason;
}

void fill(ExecutionReport& report, const OrderAmended& order) {
    report.order_id = order.order_id;
    report.cl_ord_id = order.cl_ord_id;
    report.orig_cl_ord_id = order.orig_cl_ord_id;
    report.price = order.price;
    report.leaves_qty = order.leaves;
    report.cum_qty = order.cum;
    report.order_qty = order.leaves + order.cum;
    report.account = order.account;
    report.instrument = order.instrument;
    report.side = order.side;
    report.exec_type = ExecType::replaced;
    report.ord_status = order.cum ? OrdStatus::partially_filled : OrdStatus::accepted;
}

void fill(ExecutionReport& report, const OrderDecremented& order) {
    report.order_id = order.order_id;
    report.cl_ord_id = order.cl_ord_id;
    report.price = order.price;
    report.leaves_qty = order.leaves;
    report.cum_qty = order.cum;
    report.order_qty = order.leaves + order.cum;
    report.account = order.account;
    report.instrument = order.instrument;
    report.side = order.side;
    report.exec_type = ExecType::restated;
    report.ord_status = order.cum ? OrdStatus::partially_filled : OrdStatus::accepted;
}

// What the event itself does not say of its order.
void add_known(ExecutionReport& report, const KnownOrder& order) {
    report.price = order.price;
    report.time_in_force = order.time_in_force;
    report.type = order.type;
    report.flags = execution_flags(order.flags);
    report.cum_notional = order.cum_notional;
    report.expire_at = order.expire_at;
    report.session = order.session;
}

// All but the header, of an event that is told as an ExecutionReport.
void fill_execution(ExecutionReport& report, const Event& event, const TradeExecuted* trade) {
    switch (event.header.kind) {
        case EventKind::order_accepted: return fill(report, event.as<OrderAccepted>());
        case EventKind::order_rejected: return fill(report, event.as<OrderRejected>());
        case EventKind::order_filled: DCX_CHECK(trade != nullptr); return fill(report, event.as<OrderFilled>(), *trade);
        case EventKind::order_canceled: return fill(report, event.as<OrderCanceled>());
        case EventKind::order_amended: return fill(report, event.as<OrderAmended>());
        case EventKind::order_decremented: return fill(report, event.as<OrderDecremented>());
        default: DCX_CHECK(false);
    }
}

}  // namespace

bool is_execution(EventKind kind) {
    switch (kind) {
        case EventKind::order_accepted:
        case EventKind::order_rejected:
        case EventKind::order_filled:
        case EventKind::order_canceled:
        case EventKind::order_amended:
        case EventKind::order_decremented: return true;
        default: return false;
    }
}

std::size_t encode_report(const Event& event, const ReportContext& context, ReportBytes& out) {
    std::byte* const block = out.data() + sizeof(FrameHeader);
    static_assert(sizeof(FrameHeader) % alignof(ExecutionReport) == 0 &&
                  alignof(ReportBytes) >= alignof(ExecutionReport));
    std::uint16_t template_id = kTemplateExecutionReport;
    std::size_t block_length = sizeof(ExecutionReport);
    if (is_execution(event.header.kind)) [[likely]] {
        clear_body(block, std::make_index_sequence<kBodySize / kChunk>());
        new (block) ReportHeader(report_header(event.header, context));
        auto& execution = *std::launder(reinterpret_cast<ExecutionReport*>(block));
        fill_execution(execution, event, context.trade);
        execution.session = event.header.session;
        if (context.order != nullptr && execution.order_id) add_known(execution, *context.order);
    } else {
        const std::size_t body = body_size(event.header.kind);
        DCX_CHECK(body > 0);
        template_id = static_cast<std::uint16_t>(kReportTemplate + static_cast<std::uint16_t>(event.header.kind));
        block_length = sizeof(ReportHeader) + body;
        new (block) ReportHeader(report_header(event.header, context));
        std::memcpy(block + sizeof(ReportHeader), event.body.data(), body);
    }
    new (out.data()) FrameHeader(frame_header({template_id, context.sequence, Time{}}, block_length));
    return sizeof(FrameHeader) + block_length;
}

void stamp_sent(std::byte* report, Time sent) {
    std::memcpy(report + offsetof(FrameHeader, sending_time), &sent, sizeof sent);
    std::memcpy(report + sizeof(FrameHeader) + offsetof(ReportHeader, sent), &sent, sizeof sent);
}

void make_again(std::byte* report, Time sending_time) {
    std::memcpy(report + offsetof(FrameHeader, sending_time), &sending_time, sizeof sending_time);
    std::byte* const header = report + sizeof(FrameHeader);
    static_assert(offsetof(ReportHeader, sent) - offsetof(ReportHeader, matched) == 2 * sizeof(Time));
    std::memset(header + offsetof(ReportHeader, matched), 0, 3 * sizeof(Time));
}

void mark_copy(std::byte* report) {
    const std::uint64_t none = 0;
    std::memcpy(report + offsetof(FrameHeader, sequence), &none, sizeof none);
    std::byte& flags = report[sizeof(FrameHeader) + offsetof(ExecutionReport, flags)];
    flags |= std::byte{kExecutionCopy};
}

ExecutionReport status_report(const KnownOrder& order, Sequence as_of) {
    ExecutionReport report{.header = {.event_sequence = as_of},
                           .order_id = order.order_id,
                           .cl_ord_id = order.cl_ord_id,
                           .order_qty = order.order_qty,
                           .leaves_qty = order.leaves,
                           .cum_qty = order.cum,
                           .account = order.account,
                           .instrument = order.instrument,
                           .slot = order.slot,
                           .side = order.side,
                           .exec_type = ExecType::status,
                           .ord_status = order.status,
                           .cancel_reason = order.cancel_reason};
    add_known(report, order);
    return report;
}

}  // namespace dcx::gateway
