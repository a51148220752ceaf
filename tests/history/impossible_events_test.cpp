// A fold that is told what no log tells: events left out, told twice, in another order, or with bytes changed. It
// refuses with impossible_event or takes what could have been; it never falls over, and what breaks the order it always
// notices.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/memory.h"
#include "core/core.h"
#include "history/fold.h"
#include "history/history_error.h"
#include "history/memory_store.h"
#include "model/event_writer.h"
#include "reference/command_generator.h"

namespace dcx::naive {
namespace {

using namespace history;

std::vector<Event> events_of_seed(std::uint64_t seed, int commands) {
    HeapMemory memory;
    core::Core core(memory);
    EventBuffer buffer(1 << 16);
    reference::CommandGenerator generator(seed);
    std::vector<Event> events;
    for (int i = 0; i < commands; ++i) {
        const reference::Step step = generator.next();
        buffer.clear();
        core.apply(step.command, buffer.writer());
        generator.observe(step, buffer.events());
        events.insert(events.end(), buffer.events().begin(), buffer.events().end());
    }
    return events;
}

enum class Outcome { taken, refused };

// Whether the fold refuses one of these; anything but impossible_event ends the test.
Outcome give(Fold& fold, const std::vector<Event>& events, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
        try {
            fold.apply(events[i]);
        } catch (const HistoryError& error) {
            if (error.code() != ErrorCode::impossible_event) FAIL("event " << i << ": " << error.what());
            return Outcome::refused;
        }
    }
    return Outcome::taken;
}

// A fold that stands before the command of that event.
std::unique_ptr<Fold> fold_before(MemoryStore& store, const std::vector<Event>& events, std::size_t place) {
    auto fold = std::make_unique<Fold>(store.load(), store);
    if (give(*fold, events, 0, place) == Outcome::refused) FAIL("a good event is refused");
    return fold;
}

std::size_t begin_of_command(const std::vector<Event>& events, std::size_t place) {
    while (events[place].header.index != 0) --place;
    return place;
}

TEST_CASE("impossible events: left out, told twice, exchanged, restored: always refused") {
    Random random(77);
    for (std::uint64_t seed = 2'001; seed <= 2'006; ++seed) {
        CAPTURE(seed);
        const std::vector<Event> good = events_of_seed(seed, 700);
        for (int attempt = 0; attempt < 40; ++attempt) {
            const std::size_t place = 1 + random.below(good.size() - 4);
            MemoryStore store;
            auto fold = fold_before(store, good, begin_of_command(good, place));
            std::vector<Event> bad = good;
            const auto at = bad.begin() + static_cast<std::ptrdiff_t>(place);
            const int kind = attempt % 4;
            if (kind == 0) bad.erase(at);
            if (kind == 1) bad.insert(at, *at);
            if (kind == 2) std::iter_swap(at, at + 1);
            if (kind == 3) at->header.flags |= kRestored;
            CAPTURE(place);
            CAPTURE(kind);
            REQUIRE(give(*fold, bad, begin_of_command(good, place), std::min(place + 4, bad.size())) ==
                    Outcome::refused);
        }
    }
}

TEST_CASE("impossible events: bytes changed: refused, or taken for what it could have been, and never worse") {
    Random random(78);
    std::map<std::string, std::array<int, 2>> outcomes;
    for (std::uint64_t seed = 2'011; seed <= 2'018; ++seed) {
        CAPTURE(seed);
        const std::vector<Event> good = events_of_seed(seed, 700);
        MemoryStore store;
        auto fold = std::make_unique<Fold>(store.load(), store);
        for (std::size_t place = 0; place < good.size(); ++place) {
            if (random.below(8) != 0) {
                fold->apply(good[place]);
                continue;
            }
            std::vector<Event> bad{good[place]};
            std::array<std::byte, sizeof(Event)> bytes;
            std::memcpy(bytes.data(), bad.data(), sizeof(Event));
            // A bit, a byte, or eight that mean most or least.
            const std::size_t at = random.below(sizeof(Event));
            switch (random.below(3)) {
                case 0: bytes[at] ^= static_cast<std::byte>(1u << random.below(8)); break;
                case 1: bytes[at] = static_cast<std::byte>(random.next()); break;
                default: {
                    constexpr std::array<std::uint64_t, 4> kExtremes{0, ~std::uint64_t{0}, std::uint64_t{1} << 63,
                                                                     ~std::uint64_t{0} >> 1};
                    std::memcpy(bytes.data() + at / 8 * 8, &kExtremes[random.below(4)], 8);
                    break;
                }
            }
            std::memcpy(static_cast<void*>(bad.data()), bytes.data(), sizeof(Event));
            if (std::memcmp(bad.data(), &good[place], sizeof(Event)) == 0) {
                fold->apply(good[place]);
                continue;
            }
            CAPTURE(place);
            const Outcome outcome = give(*fold, bad, 0, 1);
            ++outcomes[std::string(to_string(good[place].header.kind))][outcome == Outcome::taken ? 0 : 1];
            // What follows may contradict it now; rows of what could have been can be made, of what could not they
            // can't.
            if (outcome == Outcome::taken &&
                give(*fold, good, place + 1, std::min(place + 6, good.size())) == Outcome::taken) {
                if (fold->at_boundary()) (void)fold->seal();
            } else {
                REQUIRE_THROWS_AS((void)fold->seal(), HistoryError);
                REQUIRE(give(*fold, good, place, place + 1) == Outcome::refused);
            }
            fold = fold_before(store, good, place + 1);
        }
    }
    int refused = 0;
    for (const auto& [kind, counts] : outcomes) refused += counts[1];
    CHECK(refused > 300);
}

}  // namespace
}  // namespace dcx::naive
