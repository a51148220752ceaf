// Events as reports on the wire: an ExecutionReport for what happened to an order, else template kReportTemplate +
// EventKind with a ReportHeader and the event's body. Pure functions over bytes; no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

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
};

inline constexpr std::size_t kMaxReport = sizeof(FrameHeader) + sizeof(ExecutionReport);
using ReportBytes = std::array<std::byte, kMaxReport>;
static_assert(kMaxReport >= sizeof(FrameHeader) + sizeof(ReportHeader) + kEventBodySize && kMaxReport <= kMaxFrame);

// Writes the whole frame and returns its size. The times of sending are left 0 until stamp_sent().
std::size_t encode_report(const Event& event, const ReportContext& context, ReportBytes& out);
// Into the frame of a report: when it is handed to the socket.
void stamp_sent(std::byte* report, Time sent);

}  // namespace dcx::gateway
