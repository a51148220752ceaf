// What `dcx bench` measures without a network: the book, the core with its ledger, a ring, a journal on a folder. Each
// object is made once and then runs several times, taking turns with the others; a run checks what it did and throws
// std::runtime_error when that is wrong. One thread (the ring's has a second one of its own).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/histogram.h"

namespace dcx::app {

class Measure {
  public:
    virtual ~Measure() = default;
    // One run: what was measured, in unit().
    virtual double run() = 0;
    [[nodiscard]] virtual const char* name() const = 0;
    [[nodiscard]] virtual const char* unit() const = 0;
    // More is better, as with rates; otherwise less is.
    [[nodiscard]] virtual bool rate() const = 0;
    // What every run made sure of.
    [[nodiscard]] virtual const char* checked() const = 0;
    // Of single durations over all runs, in ns; null where there are none.
    [[nodiscard]] virtual const NanosecondHistogram* latency() const { return nullptr; }
};

// Messages, commands and so on of one run.
struct BenchSizes {
    std::uint64_t book_messages = 1'000'000;
    std::uint32_t core_commands = 300'000;
    std::uint32_t customers = 10'000;
    std::uint64_t ring_messages = 4'000'000;
    std::uint64_t ring_trips = 200'000;
    std::uint64_t commits = 500;  // of one command each
    int warm_up_ms = 500;         // before them
    std::uint64_t batches = 50;   // of 4,095 commands each
    int runs = 5;
    std::int64_t loopback_rate = 2'000;
    std::int64_t loopback_orders = 10'000;
};

[[nodiscard]] std::unique_ptr<Measure> book_measure(const BenchSizes& sizes);
[[nodiscard]] std::unique_ptr<Measure> core_measure(const BenchSizes& sizes);
[[nodiscard]] std::unique_ptr<Measure> ledger_measure(const BenchSizes& sizes);
[[nodiscard]] std::unique_ptr<Measure> ring_measure(const BenchSizes& sizes);
[[nodiscard]] std::unique_ptr<Measure> ring_round_trip_measure(const BenchSizes& sizes);
// In new folders within this one.
[[nodiscard]] std::unique_ptr<Measure> commit_measure(const BenchSizes& sizes, const std::string& folder);
[[nodiscard]] std::unique_ptr<Measure> batches_measure(const BenchSizes& sizes, const std::string& folder);
// Its floor: as many bytes written and synced with nothing around.
[[nodiscard]] std::unique_ptr<Measure> bare_sync_measure(const BenchSizes& sizes, const std::string& folder);

}  // namespace dcx::app
