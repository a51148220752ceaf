#include "engine/live_source.h"

#include <algorithm>

#include "base/canary.h"

namespace dcx::engine {

std::span<const Event> LiveSource::peek(std::size_t max) {
    Sequence durable = durable_.get();
    if (canary::strikes(canary::Plant::seen_before_durable)) ++durable.value;
    if (hidden_position_ == reader_.position() && hidden_sequence_ > durable) return {};
    auto before = ring::slowest(std::span<const EventReader* const>{followed_});
    if (canary::strikes(canary::Plant::print_before_owner)) before = ring::no_limit;
    const auto events = reader_.peek(before, max);
    if (events.empty() || events.back().header.sequence <= durable) return events;

    // Sequences never fall, so the visible events are a prefix.
    const auto hidden =
        std::ranges::partition_point(events, [&](const Event& event) { return event.header.sequence <= durable; });
    const auto visible = static_cast<std::size_t>(hidden - events.begin());
    hidden_position_ = reader_.position() + visible;
    hidden_sequence_ = hidden->header.sequence;
    return events.first(visible);
}

}  // namespace dcx::engine
