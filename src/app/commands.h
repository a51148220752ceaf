// The commands of the `dcx` program. Each prints its results (as JSON when asked) on standard output, everything else on
// standard error, and returns the exit code: 0 done, 1 refused or failed, 2 usage.
#pragma once

#include <cstdint>
#include <string>

namespace dcx::app {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;

struct ServeOptions {
    std::string config;  // empty: embedded defaults
    std::string data;    // the venue's folder
    bool sim = false;    // as venue.sim
};
int serve(const ServeOptions& options);

struct SimOptions {
    std::string config;
    std::string data;
    std::int64_t seconds = 0;  // 0: until stopped
};
// Simulated traders against the running venue whose folder this is.
int sim(const SimOptions& options);

struct WatchOptions {
    std::string market;
    std::string url;
    std::int64_t seconds = 0;  // 0: until stopped
    bool json = false;
};
int watch(const WatchOptions& options);

struct ReplayOptions {
    std::string journal;
    bool json = false;
};
int replay(const ReplayOptions& options);

struct WorkloadOptions {
    std::string file;      // the public format, plain or .zst; empty: generate
    std::string generate;  // kind of flow
    std::uint64_t messages = 1'000'000;
    std::uint64_t seed = 1;
    std::int64_t runs = 5;
    std::uint32_t orders = 1u << 18;       // that can rest at a time
    std::uint32_t price_nodes = 1u << 17;  // of the price tree, 520 bytes each
    bool json = false;
};
int bench_workload(const WorkloadOptions& options);

}  // namespace dcx::app
