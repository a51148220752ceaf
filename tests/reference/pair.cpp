#include "reference/pair.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "reference/text.h"
#include "reference/told_facts.h"

namespace dcx::reference {

namespace {

constexpr std::uint32_t kAllLevels = 1'000'000;

bool same_bytes(const Event& a, const Event& b) { return std::memcmp(&a, &b, sizeof(Event)) == 0; }

std::string difference(const Event& core, const Event& twin) {
    std::string text = "core: " + describe(core) + "\ntwin: " + describe(twin);
    const auto* a = reinterpret_cast<const unsigned char*>(&core);
    const auto* b = reinterpret_cast<const unsigned char*>(&twin);
    for (std::size_t i = 0; i < sizeof(Event); ++i)
        if (a[i] != b[i]) return text + "\nfirst different byte: " + std::to_string(i);
    return text;
}

}  // namespace

Pair::Pair() : core_(memory_), buffer_(16) {}

std::string Pair::apply(const Command& command) {
    buffer_.clear();
    core_.apply(command, buffer_.writer());
    expected_ = twin_.apply(command);
    std::string difference = compare_events();
    if (difference.empty()) difference = compare_books();
    if (difference.empty()) difference = compare_deadlines();
    if (core_.started() && command.header.kind == CommandKind::genesis)
        buffer_ = EventBuffer(core_.max_events_per_command());
    return difference;
}

std::string Pair::compare_events() const {
    const std::span<const Event> got = buffer_.events();
    for (std::size_t i = 0; i < std::min(got.size(), expected_.size()); ++i)
        if (!same_bytes(got[i], expected_[i]))
            return "event " + std::to_string(i) + " differs\n" + difference(got[i], expected_[i]);
    if (got.size() > expected_.size()) return "core has one more event: " + describe(got[expected_.size()]);
    if (got.size() < expected_.size()) return "core lacks an event: " + describe(expected_[got.size()]);
    return {};
}

std::string Pair::compare_books() const {
    if (!core_.started()) return {};
    if (core_.open_orders() != twin_.open_orders()) return "the counts of open orders differ";
    for (std::uint32_t id = 1; id <= twin_.instruments(); ++id)
        for (const Side side : {Side::buy, Side::sell}) {
            const std::vector<core::DepthLevel> got = core_.depth(InstrumentId{id}, side, kAllLevels);
            const std::vector<Twin::Level> expected = twin_.depth(InstrumentId{id}, side);
            if (!std::equal(got.begin(), got.end(), expected.begin(), expected.end(),
                            [](const core::DepthLevel& a, const Twin::Level& b) {
                                return a.price == b.price && a.quantity.value == b.quantity && a.orders == b.orders;
                            }))
                return "the books of instrument " + std::to_string(id) + " differ";
        }
    return {};
}

// Nobody is due before the engine asks for it, and nobody is forgotten.
std::string Pair::compare_deadlines() const {
    const std::optional<Twin::Deadline> first = twin_.next_deadline();
    const Time expected = first ? first->time : kNever;
    if (core_.next_deadline() == expected) return {};
    return "the next deadlines differ\ncore: " + std::to_string(core_.next_deadline().value) +
           "\ntwin: " + std::to_string(expected.value);
}

std::string Pair::compare_state() const {
    if (!core_.started()) return {};
    if (const std::string broken = core_.check_invariants(); !broken.empty()) return "core: " + broken;
    if (const std::string broken = twin_.check(); !broken.empty()) return "twin: " + broken;
    const std::vector<Twin::Balance> expected = twin_.balances();
    auto next = expected.begin();
    for (std::uint32_t account = 1; account <= twin_.accounts(); ++account)
        for (std::uint32_t asset = 1; asset <= twin_.assets(); ++asset, ++next) {
            const core::Core::BalanceView got = core_.balance(AccountId{account}, AssetId{asset});
            if (got.available != next->available || got.held != next->held)
                return "balance of account " + std::to_string(account) + " asset " + std::to_string(asset) + " differs";
            const Twin::Turnover turnover = twin_.turnover(AccountId{account}, AssetId{asset});
            if (got.debits != turnover.debits || got.credits != turnover.credits)
                return "turnover of account " + std::to_string(account) + " asset " + std::to_string(asset) +
                       " differs";
        }
    return {};
}

std::string Pair::compare_told_state() const {
    EventBuffer buffer(64);
    core::RestoreCursor cursor;
    std::vector<Event> got;
    for (bool complete = false; !complete;) {
        buffer.clear();
        complete = core_.restore(cursor, buffer.writer(), 7);
        got.insert(got.end(), buffer.events().begin(), buffer.events().end());
    }
    got = told_facts(std::move(got));
    const std::vector<Event> expected = told_facts(twin_.told_state());
    for (std::size_t i = 0; i < std::min(got.size(), expected.size()); ++i)
        if (!same_bytes(got[i], expected[i])) return "a told fact differs\n" + difference(got[i], expected[i]);
    if (got.size() > expected.size()) return "core tells one more: " + describe(got[expected.size()]);
    if (got.size() < expected.size()) return "core does not tell: " + describe(expected[got.size()]);
    return {};
}

}  // namespace dcx::reference
