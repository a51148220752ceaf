// How long a command waits until its rows are stored: the projector with a real store, at a share of the rate that the
// two reach when there is always more. The order flow of 1,000 accounts, made by a core. In the environment:
// DCX_STORE_KIND and DCX_STORE_URL, by default SQLite in a folder of its own.
//   catch_up   all of the log is there: rows and commands a second
//   lag/N      N percent of that rate, each command stamped with the time when it becomes visible: p50, p99, max of
//              what passes until its commit has returned
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/core.h"
#include "history/projector.h"
#include "market/command_flow.h"
#include "model/event_writer.h"
#include "platform/huge_pages.h"
#include "platform/system_clock.h"

namespace {

using namespace dcx;

constexpr std::size_t kFlowCommands = 1'000'000;
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kLiveNs = 10 * kSecond;

struct Log {
    std::vector<Event> events;
    std::vector<std::size_t> ends;  // by command: where its events end
    std::size_t set_up = 0;         // commands before the flow

    Log() {
        const market::OrderFlow flow({.customers = 1'000, .commands = kFlowCommands});
        platform::HugePageMemory memory;
        core::Core core(memory);
        EventBuffer buffer(1u << 15);
        for (const Command& command : flow.script.commands) {
            buffer.clear();
            core.apply(command, buffer.writer());
            events.insert(events.end(), buffer.events().begin(), buffer.events().end());
            ends.push_back(events.size());
        }
        set_up = flow.begin;
    }
};
Log& log_of_flow() {
    static Log log;
    return log;
}

// Commands of the flow become visible at a rate; 0: all at once, with a log time of long ago.
class PacedLog final : public history::LogSource {
  public:
    PacedLog(Log& log, double rate, Clock& clock, const history::Cursor& behind)
        : log_(log), rate_(rate), clock_(clock), next_(behind.sequence.value), start_(clock.wall_ns()) {
        at_ = next_ == 0 ? 0 : log.ends[next_ - 1];
        visible_ = next_;
    }
    [[nodiscard]] std::int64_t due(std::size_t command) const {
        if (rate_ == 0 || command < log_.set_up) return start_;
        return start_ + static_cast<std::int64_t>(static_cast<double>(command - log_.set_up) / rate_ * 1e9);
    }
    std::span<const Event> peek(std::size_t max) override {
        const std::int64_t now = rate_ == 0 ? INT64_MAX : clock_.wall_ns();
        while (visible_ < log_.ends.size() && due(visible_) <= now) {
            const std::int64_t time = rate_ == 0 ? kSecond * 1'700'000'000 : due(visible_);
            const std::size_t begin = visible_ == 0 ? 0 : log_.ends[visible_ - 1];
            for (std::size_t i = begin; i < log_.ends[visible_]; ++i) log_.events[i].header.time = Time{time};
            ++visible_;
            if (rate_ == 0 && log_.ends[visible_ - 1] - at_ > 4096) break;
        }
        const std::size_t end = visible_ == 0 ? 0 : log_.ends[visible_ - 1];
        return std::span{log_.events}.subspan(at_, std::min(max, end - at_));
    }
    void release(std::size_t count) override { at_ += count; }
    [[nodiscard]] bool busy() const override { return rate_ == 0 && at_ < log_.events.size(); }
    [[nodiscard]] Progress progress() const override { return {}; }

  private:
    Log& log_;
    double rate_;
    Clock& clock_;
    std::size_t next_;
    std::int64_t start_;
    std::size_t visible_;
    std::size_t at_;
};

class Folder {
  public:
    Folder() : path_((std::filesystem::temp_directory_path() / "dcx-lag-XXXXXX").string()) {
        if (::mkdtemp(path_.data()) == nullptr) std::abort();
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
};

struct Run {
    std::uint64_t rows{};
    std::uint64_t commands{};
    std::uint64_t commits{};
    double seconds{};
    std::vector<std::int64_t> lags;  // of the flow's commands, ns
};

Run run(double rate, std::int64_t limit_ns) {
    Log& log = log_of_flow();
    const Folder folder;
    const auto set = [](const char* name, const std::string& otherwise) {
        const char* value = std::getenv(name);
        return value != nullptr ? std::string{value} : otherwise;
    };
    const auto store = history::make_store(
        {.kind = set("DCX_STORE_KIND", "sqlite"), .url = set("DCX_STORE_URL", folder.path() + "/history.sqlite")});
    store->open();
    store->wipe();
    platform::SystemClock clock;
    PacedLog* source = nullptr;
    history::Projector projector(
        *store,
        [&](const history::Cursor& cursor) {
            auto made = std::make_unique<PacedLog>(log, rate, clock, cursor);
            source = made.get();
            return made;
        },
        clock);
    Run result;
    std::uint64_t stored = 0;
    const std::int64_t begin = clock.monotonic_ns();
    while (stored < log.ends.size() && clock.monotonic_ns() - begin < limit_ns) {
        if (!projector.poll())
            std::this_thread::sleep_for(std::chrono::milliseconds(std::max(1, projector.max_sleep_ms())));
        if (projector.health().stage == history::ProjectorHealth::Stage::stopped) {
            std::fprintf(stderr, "%s\n", projector.reason().c_str());
            std::abort();
        }
        const std::uint64_t sequence = projector.health().sequence;
        if (sequence == stored) continue;
        const std::int64_t now = clock.wall_ns();
        for (std::uint64_t i = std::max<std::uint64_t>(stored, log.set_up); i < sequence; ++i)
            result.lags.push_back(now - source->due(i));
        stored = sequence;
    }
    result.seconds = static_cast<double>(clock.monotonic_ns() - begin) / 1e9;
    result.rows = projector.health().rows;
    result.commits = projector.health().commits;
    result.commands = stored;
    return result;
}

double& full_rate() {
    static double rate = 0;
    return rate;
}

void catch_up(benchmark::State& state) {
    for (auto _ : state) {
        const Run all = run(0, 1000 * kSecond);
        full_rate() = static_cast<double>(all.commands) / all.seconds;
        state.SetIterationTime(all.seconds);
        state.counters["rows/s"] = static_cast<double>(all.rows) / all.seconds;
        state.counters["commands/s"] = full_rate();
        state.counters["commits"] = static_cast<double>(all.commits);
    }
}

void lag(benchmark::State& state) {
    if (full_rate() == 0) {
        const Run all = run(0, 1000 * kSecond);
        full_rate() = static_cast<double>(all.commands) / all.seconds;
    }
    for (auto _ : state) {
        Run part = run(full_rate() * static_cast<double>(state.range(0)) / 100, kLiveNs);
        state.SetIterationTime(part.seconds);
        std::ranges::sort(part.lags);
        const auto at = [&](double share) {
            return static_cast<double>(
                       part.lags[static_cast<std::size_t>(static_cast<double>(part.lags.size() - 1) * share)]) /
                   1e3;
        };
        state.counters["p50_us"] = at(0.5);
        state.counters["p99_us"] = at(0.99);
        state.counters["max_us"] = at(1);
        state.counters["bound_p99_us"] = 250'000;  // the most that is wanted
        state.counters["rows/s"] = static_cast<double>(part.rows) / part.seconds;
        state.counters["commits"] = static_cast<double>(part.commits);
    }
}

BENCHMARK(catch_up)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(lag)->Arg(10)->Arg(50)->Arg(80)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
