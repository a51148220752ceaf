// Latency against load: the engine as the product runs it (engine_venue.h), commands coming by the clock at fixed rates
// from 10,000 a second to beyond what it can do. Open loop: a command's latency counts from when it was due, whether or
// not the venue was ready to take it, until its last event was seen by a reader; so one that is late makes those behind
// it late, and nothing is left out. The rates of all curves take turns, several rounds.
//
//     load_bench [--out FILE.json] [--quick] [--rounds N]
//
// The table goes to standard output. FILE.json:
//     {"curves":[{"name":"engine/memory", "saturation":N, "knee":N,
//                 "points":[{"rate":N, "achieved":N, "commands":N, "percentiles":[[50,ns],...]}]}]}
// rate, achieved, saturation and knee are commands a second. `saturation` is what it does when nothing waits for a
// clock; what the knee is stands in market/load_curve.h.
//
// Submissions, engine and reader share one thread, the journal has its own: what crosses between a gateway's thread and
// the engine's is not in it. Where the machine has no two free cores, a curve tells of the scheduler.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "engine_venue.h"
#include "market/load_curve.h"

namespace {

using namespace dcx;
using namespace dcx::bench;
using Kind = EngineVenue::Kind;
using Clock = std::chrono::steady_clock;

constexpr double kPercentiles[] = {1, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 99.999, 100};

std::int64_t now_ns() { return std::chrono::nanoseconds(Clock::now().time_since_epoch()).count(); }

struct Options {
    std::string out;
    bool quick = false;
    int rounds = 0;  // 0: 1 when quick, else 3
};

struct Curve : market::LoadCurve {
    const char* name = nullptr;
    Kind kind{};
};
using market::LoadPoint;

// Commands due a fixed time apart; ends when all of them are answered.
void offer(EngineVenue& venue, std::span<const Command> commands, LoadPoint& point) {
    const market::DueTimes due(now_ns() + 1'000'000, point.rate);
    std::size_t submitted = 0;
    std::size_t answered = 0;
    std::int64_t now = due.start();
    while (answered < commands.size()) {
        now = now_ns();
        // What is due now, at most as many as one submission takes.
        const std::size_t most = std::min<std::size_t>(256, commands.size() - submitted);
        if (const std::size_t ready = due.due_until(now, submitted, most); ready > submitted)
            submitted += venue.submit(commands.subspan(submitted, ready - submitted));
        const std::size_t done = venue.poll();
        if (done == 0) continue;
        now = now_ns();
        for (const std::size_t end = answered + done; answered < end; ++answered)
            point.latency.add(now - due.at(answered));
    }
    // From the first one's time on.
    point.add_run(commands.size(), due.start(), now);
}

class Load {
  public:
    explicit Load(const Options& options)
        : options_(options),
          rounds_(options.rounds > 0 ? options.rounds
                  : options.quick    ? 1
                                     : 3),
          flow_({.commands = options.quick ? 200'000u : 1'000'000u,
                 .max_transfer_ids = 1u << 16,
                 .start_ns = platform::SystemClock().wall_ns()}) {}

    void run() {
        for (Curve& curve : curves_) saturate(curve);
        for (int round = 0; round < rounds_; ++round) {
            std::size_t most = 0;
            for (const Curve& curve : curves_) most = std::max(most, curve.points.size());
            for (std::size_t i = 0; i < most; ++i)
                for (Curve& curve : curves_)
                    if (i < curve.points.size()) take(curve, curve.points[i]);
        }
    }
    void print() const {
        for (const Curve& curve : curves_) {
            std::printf("%s  saturation %.0f/s  knee %.0f/s\n", curve.name, curve.saturation, curve.knee());
            std::printf("%12s %12s %10s %10s %10s %10s %10s\n", "rate/s", "achieved/s", "p50 us", "p90 us", "p99 us",
                        "p99.9 us", "max us");
            for (const LoadPoint& point : curve.points) {
                std::printf("%12.0f %12.0f", point.rate, point.achieved());
                for (const double percent : {50.0, 90.0, 99.0, 99.9, 100.0})
                    std::printf(" %10.2f", static_cast<double>(point.latency.percentile(percent)) / 1000);
                std::printf("\n");
            }
        }
    }
    [[nodiscard]] nlohmann::ordered_json json() const {
        auto curves = nlohmann::ordered_json::array();
        for (const Curve& curve : curves_) {
            auto points = nlohmann::ordered_json::array();
            for (const LoadPoint& point : curve.points) {
                auto percentiles = nlohmann::ordered_json::array();
                for (const double percent : kPercentiles)
                    percentiles.push_back({percent, point.latency.percentile(percent)});
                points.push_back({{"rate", std::llround(point.rate)},
                                  {"achieved", std::llround(point.achieved())},
                                  {"commands", point.commands},
                                  {"percentiles", std::move(percentiles)}});
            }
            curves.push_back({{"name", curve.name},
                              {"saturation", std::llround(curve.saturation)},
                              {"knee", std::llround(curve.knee())},
                              {"points", std::move(points)}});
        }
        return {{"curves", std::move(curves)}};
    }

  private:
    // What it does closed loop, and the rates that follow from it: round ones far below, shares of it near it.
    void saturate(Curve& curve) {
        EngineVenue venue(curve.kind, flow_.set_up());
        const std::int64_t start = now_ns();
        venue.run(flow_.flow());
        curve.saturation = static_cast<double>(flow_.flow().size()) * 1e9 / static_cast<double>(now_ns() - start);
        venue.stop();
        std::vector<double> rates;
        for (const double rate : {10e3, 30e3, 100e3, 200e3})
            if (rate < 0.25 * curve.saturation) rates.push_back(rate);
        for (const double share : {0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1})
            if (!options_.quick || share == 0.5 || share == 0.8 || share == 1.1)
                rates.push_back(std::round(share * curve.saturation / 1000) * 1000);
        for (const double rate : rates) {
            curve.points.emplace_back();
            curve.points.back().rate = rate;
        }
    }
    // A venue of its own, so that books and journals of all points are alike; its first part is not measured.
    void take(const Curve& curve, LoadPoint& point) {
        const double seconds = options_.quick ? 0.2 : 0.7;
        const std::size_t warm_up = flow_.flow().size() / 10;
        const std::size_t count =
            std::min(flow_.flow().size() - warm_up, static_cast<std::size_t>(seconds * point.rate));
        EngineVenue venue(curve.kind, flow_.set_up());
        venue.run(flow_.flow().first(warm_up));
        offer(venue, flow_.flow().subspan(warm_up, count), point);
        venue.stop();
    }

    Options options_;
    int rounds_;
    market::OrderFlow flow_;
    std::vector<Curve> curves_{{{}, "engine/memory", Kind::memory}, {{}, "engine/durable", Kind::durable}};
};

// False for what it doesn't know. What Google Benchmark's programs are given is passed over: drivers may start all
// alike.
bool parse(int argc, char** argv, Options& options) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument.starts_with("--benchmark_")) continue;
        if (argument == "--quick")
            options.quick = true;
        else if (argument == "--out" && i + 1 < argc)
            options.out = argv[++i];
        else if (argument == "--rounds" && i + 1 < argc)
            options.rounds = std::atoi(argv[++i]);
        else
            return false;
    }
    return options.rounds >= 0 && options.rounds <= 100;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    if (!parse(argc, argv, options)) {
        std::fprintf(stderr, "usage: load_bench [--out FILE.json] [--quick] [--rounds N]\n");
        return 2;
    }
    try {
        Load load(options);
        load.run();
        load.print();
        if (options.out.empty()) return 0;
        std::ofstream file(options.out);
        file << load.json().dump() << '\n';
        if (!file.flush()) throw std::runtime_error(options.out + " can't be written");
        return 0;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "load_bench: %s\n", e.what());
        return 1;
    }
}
