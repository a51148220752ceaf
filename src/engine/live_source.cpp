#include "engine/live_source.h"

#include <algorithm>

namespace dcx::engine {

std::span<const Event> LiveSource::peek(std::size_t max) {
    const Sequence durable = durable_.get();
    if (hidden_position_ == reader_.position() && hidden_sequence_ > durable) return {};
    const auto events = reader_.peek(ring::slowest(std::span<const EventReader* const>{followed_}), max);
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
