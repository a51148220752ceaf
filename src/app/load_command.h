// dcx load: clients that load a running venue through its native doors, at fixed rates in open loop or up to where it
// gives in, and tell latencies, rejects and where the time went. Bounded in clients, rate and time.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "app/commands.h"
#include "app/feed_load.h"

namespace dcx::app {

struct LoadOptions {
    ToolOptions tool;               // the venue's folder: its address, and its operator's key for accounts of our own
    std::string connect;            // host:port or shm:PATH of a venue whose folder is elsewhere; needs keys
    std::vector<std::string> keys;  // files; the clients share them in turn. Empty: accounts load-1 … of our own
    std::string door = "tcp";       // or "shm", of the folder's venue
    std::string market = "DEC/USD";
    std::string price;         // where the market is, decimal; empty: as the venue knows it
    std::string mix = "real";  // or shares in percent, place=40,cancel=50,amend=5,market=5
    std::uint32_t clients = 1;
    std::uint64_t rate = 1'000;  // requests a second of all clients together
    bool ramp = false;           // instead of a rate: up to saturation
    std::uint32_t seconds = 5;   // of each rate
    std::uint64_t seed = 1;
    bool yes = false;  // also where the venue is not simulated, or can't say
};
inline constexpr std::uint32_t kMaxLoadClients = 1'000;
inline constexpr std::uint64_t kMaxLoadRate = 10'000'000;
inline constexpr std::uint32_t kMaxLoadSeconds = 3'600;

// Fails when the venue lets nobody in, ends a session, or leaves a request without an answer; not for rejects.
int load(const LoadOptions& options);

void add_load(CLI::App& app, LoadOptions& options, FeedLoadOptions& feed, std::function<int()>& run);

}  // namespace dcx::app
