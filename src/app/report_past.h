// The reports of one session out of the journal, made again by a core and a read model of their own: from the newest
// snapshot that is old enough, or from the first command. On the caller's thread; needs the memory of a core.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/past_events.h"
#include "gateway/report_archive.h"
#include "gateway/session_reports.h"

namespace dcx::app {

// The frames of the reports wanted, one behind the other, as their gateway told them but for the stamps of the first
// sending. A text for the operator when they could not be made; fewer than wanted when it was stopped. `durable`: the
// last command that is known to be on disk.
[[nodiscard]] inline std::expected<std::vector<std::byte>, std::string> report_past(
    const engine::PastEvents::Ground& ground, Sequence durable, const gateway::ReportArchive::Request& request,
    const std::function<bool()>& stopped) {
    constexpr std::size_t batch = 256;
    auto past = engine::PastEvents::open(
        ground, durable, [&](const core::Core& core) { return core.next_outgoing(request.session) <= request.from; });
    if (!past) return std::unexpected(std::move(past.error()));
    gateway::SessionReports reports(request, Durability::disk);
    while (!reports.complete() && !stopped()) {
        const auto events = (*past)->peek(batch);
        if (events.empty()) {
            if ((*past)->failed()) return std::unexpected((*past)->error());
            return std::unexpected("the journal has fewer reports of session " + std::to_string(request.session.value) +
                                   " than were told");
        }
        for (const Event& event : events) reports.apply(event);
        (*past)->release(events.size());
    }
    return reports.take();
}

}  // namespace dcx::app
