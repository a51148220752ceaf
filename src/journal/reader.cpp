#include "journal/reader.h"

#include <span>
#include <vector>

#include "base/canary.h"
#include "journal/catalog.h"
#include "journal/resume.h"

namespace dcx::journal {
struct Reader::State {
    explicit State(Storage& from) : storage(from) {}

    std::expected<void, RecoveryError> map_current();
    std::expected<std::optional<Batch>, RecoveryError> read_batch();
    std::expected<void, RecoveryError> leave_segment();
    std::expected<void, RecoveryError> judge_end();
    // The segment's bytes from the position on.
    [[nodiscard]] std::span<const std::byte> rest() const { return bytes.subspan(chain.position().offset); }
    [[nodiscard]] bool gone() const { return rest().empty() || all_zero(rest().first(kBlockSize)); }

    Storage& storage;
    std::vector<Segment> segments;
    std::size_t current = 0;
    std::shared_ptr<const Mapping> mapping;
    std::span<const std::byte> bytes;
    Chain chain;
    std::optional<AmbiguousTail> tail;
    bool ended = false;
};

std::expected<void, RecoveryError> Reader::State::map_current() {
    const Segment& segment = segments[current];
    auto mapped = storage.map(segment.name);
    if (!mapped) return refuse(mapped.error());
    if ((*mapped)->bytes().size() != segment.header.size)
        return refuse(RecoveryErrorKind::wrong_segment_size, segment.name, (*mapped)->bytes().size(),
                      "the file's size changed");
    mapping = std::move(*mapped);
    bytes = mapping->bytes();
    return {};
}

// Nothing: no intact batch stands here.
std::expected<std::optional<Batch>, RecoveryError> Reader::State::read_batch() {
    if (chain.left() < kBlockSize) return std::nullopt;
    const BatchHeader& header = header_at(rest(), 0);
    const auto stands = chain.stands(header);
    if (!stands) return std::unexpected(stands.error());
    if (!*stands) return std::nullopt;
    return chain.take(header, rest().subspan(kBlockSize, std::size_t{header.count} * kBlockSize));
}

// No batch stands here and another segment follows: that must begin exactly where we are.
std::expected<void, RecoveryError> Reader::State::leave_segment() {
    const Segment& next = segments[current + 1];
    if (auto follows = chain.check_follows(next, gone()); !follows) return follows;
    if (!all_zero(rest()))
        return chain.refuse_here(RecoveryErrorKind::damaged_batch, "the unused end of a full segment is not zero");
    chain.enter(next);
    ++current;
    return map_current();
}

// No batch stands here and no segment follows.
std::expected<void, RecoveryError> Reader::State::judge_end() {
    const Position& position = chain.position();
    Remains found;
    found.search(position, rest(), position.offset);
    if (found.durable_batch > position.batch && !canary::strikes(canary::Plant::rot_taken_for_tear))
        return chain.refuse_lost(gone(), found.testimony());
    if (found.end != 0)
        tail = AmbiguousTail{.segment = position.segment_name,
                             .offset = found.first,
                             .size = found.end - found.first,
                             .first = Sequence{position.sequence.value + 1},
                             .last = Sequence{found.last_sequence}};
    ended = true;
    return {};
}

Reader::Reader(std::unique_ptr<State> state) : state_(std::move(state)) {}
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;
Reader::~Reader() = default;

std::expected<Reader, RecoveryError> Reader::open(Storage& storage, const std::optional<Position>& from) {
    auto state = std::make_unique<State>(storage);
    auto segments = read_catalog(storage);
    if (!segments) return std::unexpected(std::move(segments.error()));
    state->segments = std::move(*segments);
    if (state->segments.empty()) {
        if (auto empty = check_empty(from); !empty) return std::unexpected(std::move(empty.error()));
        state->ended = true;
        return Reader{std::move(state)};
    }
    const auto begun = begin_walk(storage, state->segments, from, state->chain);
    if (!begun) return std::unexpected(begun.error());
    state->current = *begun;
    if (auto mapped = state->map_current(); !mapped) return std::unexpected(std::move(mapped.error()));
    return Reader{std::move(state)};
}

std::expected<std::optional<Batch>, RecoveryError> Reader::next() {
    State& state = *state_;
    while (!state.ended) {
        auto batch = state.read_batch();
        if (!batch || *batch) return batch;
        const bool last = state.current + 1 == state.segments.size();
        const auto moved = last ? state.judge_end() : state.leave_segment();
        if (!moved) return std::unexpected(moved.error());
    }
    return std::nullopt;
}

std::shared_ptr<const Mapping> Reader::pin() const { return state_->mapping; }
const Position& Reader::position() const { return state_->chain.position(); }
const std::optional<AmbiguousTail>& Reader::tail() const { return state_->tail; }
VenueId Reader::venue_id() const {
    return state_->segments.empty() ? VenueId{} : state_->segments.front().header.venue_id;
}
std::uint32_t Reader::engine_version() const {
    return state_->segments.empty() ? 0 : state_->segments.back().header.engine_version;
}
std::span<const QuarantinedCommand> Reader::quarantined() const {
    if (state_->segments.empty()) return {};
    return state_->segments.back().quarantined;
}

}  // namespace dcx::journal
