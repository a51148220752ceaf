#include "client/report_order.h"

namespace dcx::client {

bool ReportOrder::resume(std::uint64_t next_outgoing) {
    if (next_ == 0) {
        start(next_outgoing);
        return next_outgoing != 0;
    }
    if (next_outgoing < gap_end_ + held_.size()) return false;
    // What is held could be kept, but it will be sent again with all that is missing.
    held_.clear();
    gap_end_ = next_outgoing;
    return true;
}

std::optional<ReportCopy> ReportOrder::take_held() {
    if (next_ != gap_end_ || held_.empty()) return std::nullopt;
    ReportCopy first = held_.front();
    held_.pop_front();
    next_ = ++gap_end_;
    return first;
}

ReportCopy copy_of(const ExecutionReport& report, std::uint64_t sequence) {
    return {.sequence = sequence, .header = {}, .kind = {}, .body_size = 0, .content = report};
}

ReportCopy copy_of(const Report& report) {
    ReportCopy copy{.sequence = report.sequence,
                    .header = report.header,
                    .kind = report.kind,
                    .body_size = report.body.size(),
                    .content = std::array<std::byte, kEventBodySize>{}};
    std::memcpy(std::get<1>(copy.content).data(), report.body.data(), report.body.size());
    return copy;
}

}  // namespace dcx::client
