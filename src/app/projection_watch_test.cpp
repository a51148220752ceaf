#include "app/projection_watch.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "app/projection_metrics.h"
#include "app/prometheus_text.h"

using namespace dcx;
using namespace dcx::app;
using Stage = ProjectionState::Stage;

namespace {

constexpr std::int64_t kWatchSecond = ProjectionWatch::kSecond;

class Watched {
  public:
    Watched() : path_(std::filesystem::temp_directory_path() / ("dcx-watch-" + std::to_string(::getpid()))) {
        REQUIRE(log_.open({.file = path_}).has_value());
        state.store = "sqlite x";
    }
    ~Watched() { std::filesystem::remove(path_); }
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

    void pass(std::int64_t ns) { clock.advance(ns); }
    void look(std::uint64_t durable) { watch.look(state, Sequence{durable}); }
    std::int64_t lag(std::uint64_t durable) { return watch.lag_ns(state, Sequence{durable}); }
    // What was told since it was last asked.
    std::string told() {
        std::ifstream in(path_);
        in.seekg(read_);
        std::string all;
        for (std::string line; std::getline(in, line); read_ += static_cast<std::streamoff>(line.size()) + 1)
            all += line.substr(line.find(' ') + 1) + "\n";
        return all;
    }

    ManualClock clock;
    ProjectionState state;

  private:
    std::string path_;
    platform::Log log_{clock};
    std::streamoff read_ = 0;

  public:
    ProjectionWatch watch{"history", clock, &log_};
};

}  // namespace

TEST_CASE("projection watch: a store that fails is told once, and that it works again") {
    Watched w;
    w.look(5);
    CHECK(w.told().empty());
    w.state.stage = Stage::running;
    w.state.sequence = 5;
    w.look(5);
    CHECK(w.told() == "info history opened store=\"sqlite x\" sequence=5\n");
    w.state.stage = Stage::retrying;
    w.state.reason = "gone";
    for (int i = 0; i < 1000; ++i) {
        w.look(6);
        w.pass(100'000'000);
    }
    CHECK(w.told() ==
          "error history can't store: it is tried again until it works; trading goes on store=\"sqlite x\" "
          "reason=gone\n");
    // Another reason, but not a line for each of many.
    for (int i = 0; i < 100; ++i) {
        w.state.reason = i % 2 == 0 ? "full" : "gone";
        w.look(6);
        w.pass(100'000'000);
    }
    const std::string twice = w.told();
    CHECK(std::ranges::count(twice, '\n') == 1);
    w.state.stage = Stage::running;
    w.state.reason.clear();
    w.state.sequence = 6;
    w.look(6);
    CHECK(w.told().empty());
    w.pass(3 * kWatchSecond);
    w.look(6);
    CHECK(w.told() == "info history stores again store=\"sqlite x\" sequence=6 seconds=110\n");
    // It was mended before it was told that it is: no line.
    w.state.stage = Stage::stopped;
    w.state.reason = "another venue's";
    w.look(7);
    CHECK(w.told().starts_with("error history stopped: nothing is stored until that is mended; trading goes on"));
    w.pass(3600 * kWatchSecond);
    w.look(7);
    CHECK(w.told().empty());
}

TEST_CASE("projection watch: how far it lags") {
    Watched w;
    // Nothing is known of its age: since the start.
    w.pass(kWatchSecond);
    CHECK(w.lag(1) == kWatchSecond);
    w.state.stage = Stage::running;
    w.state.sequence = 10;
    w.state.time = w.clock.wall_ns();
    CHECK(w.lag(10) == 0);
    // An hour without a command: what comes then is not an hour old.
    w.pass(3600 * kWatchSecond);
    CHECK(w.lag(10) == 0);
    w.pass(kWatchSecond / 2);
    CHECK(w.lag(11) == kWatchSecond / 2);
    // It has been read, and its time is known.
    w.state.waiting_time = w.clock.wall_ns() - kWatchSecond / 4;
    CHECK(w.lag(11) == kWatchSecond / 4);
    // Log time may be ahead of the clock.
    w.state.waiting_time = w.clock.wall_ns() + kWatchSecond;
    CHECK(w.lag(11) == 0);
}

TEST_CASE("projection watch: falling behind and catching up") {
    Watched w;
    w.state.stage = Stage::running;
    w.state.sequence = 1;
    w.state.time = w.clock.wall_ns() - 100 * kWatchSecond;
    w.look(1000);
    const std::string start = w.told();
    CHECK(start.find("info history catches up") != std::string::npos);
    w.state.sequence = 1000;
    w.look(1000);
    CHECK(w.told().find("info history has caught up store=\"sqlite x\" sequence=1000") != std::string::npos);
    w.state.time = w.clock.wall_ns();
    std::string told;
    for (int i = 0; i < 125; ++i) {
        w.pass(kWatchSecond);
        w.look(2000);
        told += w.told();
    }
    CHECK(std::ranges::count(told, '\n') == 2);
    CHECK(told.find("warning history falls behind; trading goes on store=\"sqlite x\" sequence=1000 commands=1000") ==
          0);
    w.state.sequence = 2000;
    w.look(2000);
    CHECK(w.told().find("has caught up") != std::string::npos);
}

TEST_CASE("projection metrics: durations are decimals, numbers never below zero") {
    PrometheusText out;
    ProjectionState state;
    state.sequence = 12;
    state.commit_ns = 1'002'003'999;
    append_history(out, state, 45'600'000, 10);
    const std::string& text = out.text();
    CHECK(text.find("\ndcx_history_up 0\n") != std::string::npos);
    CHECK(text.find("\ndcx_history_lag_commands 0\n") != std::string::npos);
    CHECK(text.find("\ndcx_history_lag_seconds 0.045600\n") != std::string::npos);
    CHECK(text.find("\ndcx_history_commit_seconds 1.002003\n") != std::string::npos);
}
