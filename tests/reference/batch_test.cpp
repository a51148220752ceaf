// Commands applied in batches, with whatever the core fetches ahead of them, give what they give one by one.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

#include "base/random.h"
#include "reference/command_generator.h"
#include "reference/pair.h"

using namespace dcx;
using namespace dcx::reference;

namespace {

// What a venue met: its commands, and their events one by one.
struct Run {
    std::vector<Command> commands;
    std::vector<Event> events;
    Digest hash{};
};

Run one_by_one(std::uint64_t seed, int count) {
    HeapMemory memory;
    core::Core core(memory);
    EventBuffer buffer(1u << 16);
    CommandGenerator generator(seed);
    Run run;
    for (int i = 0; i < count; ++i) {
        const Step step = generator.next();
        buffer.clear();
        core.apply(step.command, buffer.writer());
        generator.observe(step, buffer.events());
        run.commands.push_back(step.command);
        run.events.insert(run.events.end(), buffer.events().begin(), buffer.events().end());
    }
    run.hash = core.state_hash();
    return run;
}

bool same_bytes(std::span<const Event> a, std::span<const Event> b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

}  // namespace

TEST_CASE("batches of commands: the same events and the same state as one by one, whatever their sizes and the room") {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        const Run run = one_by_one(seed, 3'000);
        HeapMemory memory;
        core::Core core(memory);
        EventBuffer buffer(1u << 16);
        Random random(seed);
        std::vector<Event> events;
        for (std::size_t at = 0; at < run.commands.size();) {
            const std::size_t size = std::min<std::size_t>(1 + random.below(64), run.commands.size() - at);
            const std::uint64_t most = core.max_events_per_command();
            const std::uint64_t room = random.chance(10) ? most - 1 : most + random.below(64);
            buffer.clear();
            const std::size_t applied = core.apply(std::span(run.commands).subspan(at, size), buffer.writer(), room);
            CHECK(buffer.events().size() <= room);
            CHECK((applied > 0) == (room >= most));
            events.insert(events.end(), buffer.events().begin(), buffer.events().end());
            at += applied;
        }
        CHECK(same_bytes(events, run.events));
        CHECK(core.state_hash() == run.hash);
    }
}

TEST_CASE("fetching ahead: any bytes are harmless, before genesis too") {
    HeapMemory memory;
    core::Core core(memory);
    const Run run = one_by_one(3, 1'500);
    EventBuffer buffer(1u << 16);
    Random random(7);
    for (std::size_t i = 0; i < run.commands.size(); ++i) {
        std::vector<Command> next(16);
        for (Command& command : next) {
            command = run.commands[random.below(run.commands.size())];
            auto* const bytes = reinterpret_cast<unsigned char*>(&command);
            for (int changes = 0; changes < 8; ++changes)
                bytes[random.below(sizeof command)] = static_cast<unsigned char>(random.below(256));
        }
        core.prefetch(next);
        buffer.clear();
        core.apply(run.commands[i], buffer.writer());
    }
    CHECK(core.state_hash() == run.hash);
}
