#include "journal/retention.h"

#include <algorithm>
#include <limits>

namespace dcx::journal {
namespace {

std::string alarm_of(const Holder& holder, std::uint64_t newest, std::uint64_t max_lag) {
    return holder.name + " stands in segment " + std::to_string(holder.segment) + ", " +
           std::to_string(newest - holder.segment) + " behind the newest, and " + std::to_string(max_lag) +
           " are allowed: no segment is deleted until it has caught up";
}

}  // namespace

RetentionPlan plan_retention(std::span<const Segment> segments, std::span<const Holder> holders,
                             const RetentionOptions& options) {
    RetentionPlan plan;
    if (segments.empty() || holders.empty()) return plan;
    const std::uint64_t newest = segments.back().header.segment;
    std::uint64_t needed = std::numeric_limits<std::uint64_t>::max();
    for (const Holder& holder : holders) {
        needed = std::min(needed, holder.segment);
        if (holder.segment + options.max_lag_segments < newest && !plan.alarm)
            plan.alarm = alarm_of(holder, newest, options.max_lag_segments);
    }
    if (plan.alarm) return plan;
    const std::uint64_t keep = std::max<std::uint64_t>(options.keep_segments, 1);
    for (const Segment& segment : segments) {
        const std::uint64_t number = segment.header.segment;
        if (number >= needed || newest - number < keep) break;
        plan.removable.push_back(segment.name);
    }
    return plan;
}

std::expected<Retired, RecoveryError> retire_segments(Storage& live, Storage* archive, std::span<const Holder> holders,
                                                      const RetentionOptions& options) {
    const auto segments = read_catalog(live);
    if (!segments) return std::unexpected(segments.error());
    RetentionPlan plan = plan_retention(*segments, holders, options);
    Retired retired{.removed = {}, .alarm = std::move(plan.alarm)};
    for (std::size_t i = 0; i < plan.removable.size(); ++i) {
        const Segment& segment = (*segments)[i];
        if (archive != nullptr) {
            const auto packed = archive_segment(live, *archive, segment, (*segments)[i + 1]);
            if (!packed) return std::unexpected(packed.error());
            retired.packed_bytes += *packed;
        }
        if (auto removed = live.remove(segment.name); !removed) return refuse(removed.error());
        // Before the next one goes: a younger one that went alone would be a gap.
        if (auto synced = live.sync_folder(); !synced) return refuse(synced.error());
        retired.bytes += segment.header.size;
        retired.removed.push_back(segment.name);
    }
    return retired;
}

}  // namespace dcx::journal
