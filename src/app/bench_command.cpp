// dcx bench: what this machine does, in a minute and without a compiler: the book, the core, the ledger, a ring, the
// journal, and orders over loopback. Every run checks what it did; a wrong answer ends it.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "app/bench_loopback.h"
#include "app/bench_measures.h"
#include "app/commands.h"

namespace dcx::app {
namespace {

using Json = nlohmann::ordered_json;

BenchSizes sizes_of(const BenchOptions& options) {
    if (options.smallest)
        return {.book_messages = 10'000,
                .core_commands = 5'000,
                .customers = 100,
                .ring_messages = 10'000,
                .ring_trips = 100,
                .commits = 5,
                .warm_up_ms = 1,
                .batches = 2,
                .runs = 2,
                .loopback_rate = 1'000,
                .loopback_orders = 100};
    if (options.quick)
        return {.book_messages = 200'000,
                .core_commands = 100'000,
                .customers = 2'000,
                .ring_messages = 1'000'000,
                .ring_trips = 20'000,
                .commits = 100,
                .warm_up_ms = 300,
                .batches = 10,
                .runs = 3,
                .loopback_orders = 2'000};
    return {};
}

struct Line {
    const Measure* measure;
    std::vector<double> runs;
};

std::string processor() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("model name")) return line.substr(std::min(line.size(), line.find(':') + 2));
    return "unknown";
}

double load_average() {
    double load = -1;
    return ::getloadavg(&load, 1) == 1 ? load : -1;
}

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, value >= 100 ? "%.0f" : "%.1f", value);
    return text;
}

Json percentiles(const NanosecondHistogram& latency) {
    return {{"p50", latency.percentile(50)},
            {"p90", latency.percentile(90)},
            {"p99", latency.percentile(99)},
            {"p99_9", latency.percentile(99.9)},
            {"max", latency.max()}};
}

class Report {
  public:
    explicit Report(bool json) : json_(json) {}

    void begin(const std::string& folder) {
        if (json_) return;
        std::printf("%s, %ld cores, load %.2f; journals in %s\n\n", processor().c_str(),
                    ::sysconf(_SC_NPROCESSORS_ONLN), load_average(), folder.c_str());
        std::printf("%-20s %14s %14s %14s  %s\n", "measure", "median", "lowest", "highest", "unit");
    }
    void rate(Line line) {
        std::ranges::sort(line.runs);
        const double median = line.runs[line.runs.size() / 2];
        const NanosecondHistogram* latency = line.measure->latency();
        if (!json_) {
            std::printf("%-20s %14s %14s %14s  %s\n", line.measure->name(), number(median).c_str(),
                        number(line.runs.front()).c_str(), number(line.runs.back()).c_str(), line.measure->unit());
            return;
        }
        Json out{{"measure", line.measure->name()},
                 {"unit", line.measure->unit()},
                 {"better", line.measure->rate() ? "more" : "less"},
                 {"median", median},
                 {"lowest", line.runs.front()},
                 {"highest", line.runs.back()},
                 {"runs", line.runs.size()},
                 {"checked", line.measure->checked()}};
        if (latency != nullptr) out["latency_ns"] = percentiles(*latency);
        std::printf("%s\n", out.dump().c_str());
    }
    void latencies(const std::vector<Line>& lines) const {
        if (json_) return;
        std::printf("\n%-20s %10s %10s %10s %10s %10s  %s\n", "latency", "p50 us", "p90 us", "p99 us", "p99.9 us",
                    "max us", "count");
        for (const Line& line : lines)
            if (line.measure->latency() != nullptr) latency(line.measure->name(), *line.measure->latency());
    }
    void loopback(const char* name, const LoopbackOptions& options, const NanosecondHistogram& latency) const {
        if (!json_) return this->latency(name, latency);
        const Json out{{"measure", name},
                       {"unit", "ns"},
                       {"better", "less"},
                       {"rate", options.rate},
                       {"orders", latency.count()},
                       {"checked", "every order has its report, in order"},
                       {"latency_ns", percentiles(latency)}};
        std::printf("%s\n", out.dump().c_str());
    }
    void end(double seconds) const {
        if (json_) {
            const Json out{{"bench", "ok"},
                           {"version", DCX_VERSION},
                           {"processor", processor()},
                           {"cores", ::sysconf(_SC_NPROCESSORS_ONLN)},
                           {"load", load_average()},
                           {"seconds", seconds}};
            std::printf("%s\n", out.dump().c_str());
        } else {
            std::printf("\nAll answers are right. %.1f s. Other load on the machine is in these figures.\n", seconds);
        }
    }

  private:
    static void latency(const char* name, const NanosecondHistogram& latency) {
        std::printf("%-20s", name);
        for (const double percent : {50.0, 90.0, 99.0, 99.9, 100.0})
            std::printf(" %10.1f", static_cast<double>(latency.percentile(percent)) / 1000);
        std::printf("  %llu\n", static_cast<unsigned long long>(latency.count()));
    }

    bool json_;
};

}  // namespace

int bench(const BenchOptions& options) {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    const auto seconds = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
    const BenchSizes sizes = sizes_of(options);
    Report report(options.json);
    report.begin(options.folder.empty() ? "the folder for temporary files" : options.folder);

    std::vector<std::unique_ptr<Measure>> measures;
    measures.push_back(book_measure(sizes));
    measures.push_back(core_measure(sizes));
    measures.push_back(ledger_measure(sizes));
    measures.push_back(ring_measure(sizes));
    measures.push_back(ring_round_trip_measure(sizes));
    measures.push_back(commit_measure(sizes, options.folder));
    measures.push_back(bare_sync_measure(sizes, options.folder));
    measures.push_back(batches_measure(sizes, options.folder));
    std::vector<Line> lines;
    for (const auto& measure : measures) lines.push_back({.measure = measure.get(), .runs = {}});
    // In turn, so that a disturbance of the machine meets all of them; on a slow one fewer times.
    constexpr double longest_s = 40;
    for (int run = 0; run < sizes.runs && (run == 0 || seconds() < longest_s); ++run)
        for (std::size_t i = 0; i < measures.size(); ++i) lines[i].runs.push_back(measures[i]->run());
    for (const Line& line : lines) report.rate(line);
    report.latencies(lines);
    for (const bool durable : {false, true}) {
        const LoopbackOptions loopback{
            .folder = options.folder, .durable = durable, .rate = sizes.loopback_rate, .orders = sizes.loopback_orders};
        report.loopback(durable ? "loopback/disk" : "loopback/memory", loopback, order_to_report(loopback));
    }
    report.end(seconds());
    return kDone;
}

}  // namespace dcx::app
