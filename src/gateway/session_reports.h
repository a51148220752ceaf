// SessionReports: the reports [from, from + count) of one session out of the events of the log, as a gateway told them,
// but for the stamps of the first sending, which are 0. The events come from the restored state at or before report
// `from`, or from the log's first event. One thread; throws nothing, trusts its events.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "gateway/binary/reports.h"
#include "gateway/read_model.h"
#include "gateway/report_archive.h"

namespace dcx::gateway {

class SessionReports {
  public:
    SessionReports(const ReportArchive::Request& request, Durability durability)
        : request_(request), durability_(durability) {}

    void apply(const Event& event);
    [[nodiscard]] bool complete() const { return next_ >= request_.from + request_.count; }
    // The frames so far.
    [[nodiscard]] std::vector<std::byte> take() { return std::move(frames_); }

  private:
    ReportArchive::Request request_;
    Durability durability_;
    ReadModel model_;
    std::uint64_t next_ = 1;  // number of the session's next report
    std::vector<std::byte> frames_;
};

}  // namespace dcx::gateway
