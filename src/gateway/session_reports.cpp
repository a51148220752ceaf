#include "gateway/session_reports.h"

namespace dcx::gateway {

void SessionReports::apply(const Event& event) {
    model_.apply(event);
    if (event.header.kind == EventKind::session_restored) {
        const auto restored = event.as<SessionRestored>();
        if (restored.session == request_.session) next_ = restored.next_outgoing;
    }
    if (event.header.session != request_.session || complete()) return;
    const std::uint64_t sequence = next_++;
    if (sequence < request_.from) return;
    const KnownOrder& order = model_.orders().told();
    ReportBytes bytes;
    const std::size_t size = encode_report(event,
                                           {.sequence = sequence,
                                            .durability = durability_,
                                            .trade = &model_.last_trade(),
                                            .order = order.order_id ? &order : nullptr},
                                           bytes);
    make_again(bytes.data(), Time{});
    frames_.insert(frames_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
}

}  // namespace dcx::gateway
