#include "proof/match_venue.h"

namespace dcx::proof {
namespace {

constexpr std::size_t kAllLevels = 1'000'000;

// A commitment that is some digest of the command; what it opens is others' matter.
Digest some_commitment(const Command& command) { return Sha256::of(std::as_bytes(std::span{&command, 1})); }

}  // namespace

std::span<const Event> MatchVenue::apply(const Command& command) {
    buffer_.clear();
    const bool started = core_.started();
    core_.apply(command, buffer_.writer());
    if (!started && core_.started()) {
        // The buffer holds what one command can make, which genesis has fixed.
        const std::vector<Event> events(buffer_.events().begin(), buffer_.events().end());
        buffer_ = EventBuffer(core_.max_events_per_command());
        for (const Event& event : events) buffer_.writer().append() = event;
    }
    for (const Event& event : buffer_.events())
        if (event.header.kind == EventKind::instrument_listed) ++instruments_;
    const auto records = builder_.build(command, buffer_.events());
    log_.push_back({.head = {.sequence = command.header.sequence,
                             .time = command.header.time,
                             .records = static_cast<std::uint32_t>(records.size()),
                             .commitment = some_commitment(command)},
                    .records = {records.begin(), records.end()}});
    return buffer_.events();
}

void MatchVenue::run(reference::CommandGenerator& generator, std::size_t commands) {
    for (std::size_t i = 0; i < commands; ++i) {
        const reference::Step step = generator.next();
        generator.observe(step, apply(step.command));
    }
}

std::string compare_books(const MatchChecker& checker, const MatchVenue& venue) {
    for (std::uint32_t i = 1; i <= venue.instruments(); ++i) {
        for (const Side side : {Side::buy, Side::sell}) {
            const auto expected = venue.core().depth(InstrumentId{i}, side, kAllLevels);
            const auto seen = checker.depth(InstrumentId{i}, side);
            bool same = expected.size() == seen.size();
            for (std::size_t level = 0; same && level < seen.size(); ++level)
                same =
                    MatchDepth{expected[level].price, expected[level].quantity, expected[level].orders} == seen[level];
            if (!same) return "books of instrument " + std::to_string(i);
        }
    }
    return {};
}

std::expected<MatchCounts, ProofError> check_log(MatchChecker& checker, const MatchLog& log) {
    for (const LoggedCommand& command : log)
        if (auto right = checker.check(command.view()); !right) return std::unexpected(right.error());
    return checker.counts();
}

std::string place_of(const ProofError& error) {
    return ProofError{error.kind, error.seen.substr(0, error.seen.find_first_of("(:"))}.text();
}

}  // namespace dcx::proof
