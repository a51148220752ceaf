// The projector with a store that fails in every way, over all that a venue can do: the rows are those of the naive
// history, whatever happened. DCX_SOAK=1: many more runs.
#include "history/projector.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <memory>

#include "base/memory.h"
#include "core/core.h"
#include "history/table_differences.h"
#include "history/troubled_store.h"
#include "model/event_writer.h"
#include "reference/command_generator.h"

namespace dcx::naive {
namespace {

using namespace history;

std::vector<Event> random_log(std::uint64_t seed, std::uint64_t commands) {
    HeapMemory memory;
    core::Core core(memory);
    EventBuffer buffer{64};
    reference::CommandGenerator generator(seed);
    std::vector<Event> events;
    bool sized = false;
    for (std::uint64_t i = 0; i < commands; ++i) {
        const reference::Step step = generator.next();
        // Genesis fixes how many events a command can make.
        if (core.started() && !sized) buffer = EventBuffer(core.max_events_per_command());
        sized = core.started();
        buffer.clear();
        core.apply(step.command, buffer.writer());
        generator.observe(step, buffer.events());
        events.insert(events.end(), buffer.events().begin(), buffer.events().end());
    }
    return events;
}

class VectorLog final : public LogSource {
  public:
    VectorLog(const std::vector<Event>& events, const std::size_t& visible, const Cursor& behind, Random& random)
        : events_(events), visible_(visible), random_(random) {
        while (at_ < events.size() && events[at_].header.sequence <= behind.sequence) ++at_;
    }
    std::span<const Event> peek(std::size_t max) override {
        if (random_.below(2000) == 0) throw HistoryError(ErrorCode::unreachable, "the log is away");
        const std::size_t there = std::max(visible_, at_) - at_;
        return std::span{events_}.subspan(at_, std::min({max, there, 1 + random_.below(200)}));
    }
    void release(std::size_t count) override { at_ += count; }
    [[nodiscard]] bool busy() const override { return false; }
    [[nodiscard]] Progress progress() const override {
        const Sequence at = at_ == 0 ? Sequence{} : events_[at_ - 1].header.sequence;
        return {.at = at, .wanted = at};
    }

  private:
    const std::vector<Event>& events_;
    const std::size_t& visible_;
    Random& random_;
    std::size_t at_ = 0;
};

void run(std::uint64_t seed, std::uint64_t commands) {
    constexpr std::array passing{ErrorCode::unreachable, ErrorCode::disk_full, ErrorCode::conflict,
                                 ErrorCode::timeout,     ErrorCode::locked,    ErrorCode::stopped};
    Random random(seed);
    const std::vector<Event> log = random_log(seed, commands);
    const auto percent = static_cast<unsigned>(random.below(40));
    TroubledStore store([&](TroubledStore::Call, bool) {
        if (random.chance(percent)) throw HistoryError(passing[random.below(passing.size())], "so the test wants it");
    });
    ManualClock clock;
    std::size_t visible = 0;
    ProjectorOptions options;
    options.max_rows = 1 + random.below(random.chance(50) ? 2000 : 20);
    options.retry_ns = 1'000'000;
    std::unique_ptr<Projector> projector;
    const auto begin = [&] {
        projector = std::make_unique<Projector>(
            store, [&](const Cursor& cursor) { return std::make_unique<VectorLog>(log, visible, cursor, random); },
            clock, options);
    };
    begin();
    const auto step = [&] {
        for (int i = 0; i < 5 && projector->poll(); ++i) {
        }
        clock.advance(1'000'000);
        REQUIRE_MESSAGE(projector->health().stage != ProjectorHealth::Stage::stopped, projector->reason());
    };
    while (visible < log.size()) {
        visible = std::min(log.size(), visible + random.below(100));
        for (std::uint64_t i = random.below(6); i > 0; --i) step();
        if (random.below(100) != 0) continue;
        if (random.chance(50)) projector->flush();
        begin();
    }
    store.set_trouble([](TroubledStore::Call, bool) {});
    // It is asked once more before it counts.
    clock.advance(1'000'000'000);
    step();
    for (int i = 0; i < 100'000 && !projector->caught_up(); ++i) step();
    REQUIRE(projector->caught_up());
    NaiveHistory naive;
    for (const Event& event : log) naive.apply(event);
    CHECK(store.plain().cursor() == naive.cursor());
    CHECK(projector->health().sequence == naive.cursor().sequence.value);
    std::string text;
    const std::uint64_t differences = compare_tables(naive.tables(), store.plain().tables(), 3,
                                                     [&](const std::string& line) { text += "\n  " + line; });
    if (differences != 0) FAIL("seed " << seed << ": " << differences << " rows differ" << text);
}

TEST_CASE("projector: all that a venue can do, with a store that fails at every call, gives the naive history's rows") {
    const char* soak = std::getenv("DCX_SOAK");
    const bool soaks = soak != nullptr && *soak == '1';
    for (std::uint64_t seed = 1; seed <= (soaks ? 1000 : 25); ++seed) {
        CAPTURE(seed);
        run(seed, 1'500);
    }
}

}  // namespace
}  // namespace dcx::naive
