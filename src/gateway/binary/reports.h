// Events as reports on the wire: an ExecutionReport for what happened to an order, else template kReportTemplate +
// EventKind with a ReportHeader and the event's body. Pure functions over bytes; no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "gateway/order_view.h"
#include "model/event.h"
#include "model/frame.h"
#include "model/wire.h"

namespace dcx::gateway {

// What a report says beside its event. A default one makes an answer to a query: no number, no stamps.
struct ReportContext {
    std::uint64_t sequence{};  // within the session
    Time durable{};            // when the gateway saw the event
    Durability durability{};
    const TradeExecuted* trade = nullptr;  // of an OrderFilled: the trade just before it
    const KnownOrder* order = nullptr;     // what the event told of, as it stands now; none: it is not known
};

inline constexpr std::size_t kMaxReport = sizeof(FrameHeader) + sizeof(ExecutionReport);
struct alignas(8) ReportBytes : std::array<std::byte, kMaxReport> {};
static_assert(kMaxReport >= sizeof(FrameHeader) + sizeof(ReportHeader) + kEventBodySize && kMaxReport <= kMaxFrame);

// Writes the whole frame and returns its size. The times of sending are left 0 until stamp_sent().
std::size_t encode_report(const Event& event, const ReportContext& context, ReportBytes& out);
// Events of this kind are told as ExecutionReports.
[[nodiscard]] bool is_execution(EventKind kind);
// Into the frame of a report: when it is handed to the socket.
void stamp_sent(std::byte* report, Time sent);
// A report as it is sent again: its stamps of the first sending are zero.
void make_again(std::byte* report, Time sending_time);
// Makes the frame of an execution report a drop copy.
void mark_copy(std::byte* report);

// Answers to queries: how an order stands, and what is registered, as a report without number and stamps.
[[nodiscard]] ExecutionReport status_report(const KnownOrder& order, Sequence as_of);
template <EventBody Body>
std::size_t encode_listing(const Body& body, Sequence as_of, Time now, ReportBytes& out) {
    Event event;
    event.header.sequence = as_of;
    event.set(body);
    const std::size_t size = encode_report(event, {}, out);
    std::memcpy(out.data() + offsetof(FrameHeader, sending_time), &now, sizeof now);
    return size;
}

}  // namespace dcx::gateway
