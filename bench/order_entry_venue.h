// The venue that order entry is measured through: the real one, with all its threads, in this process (app::Venue), on
// a folder that goes with it, and its customers. What is switched off: the auditor and the book mirror; nobody reads
// the feed, which still follows every event. One client thread, the caller's.
#pragma once

#include <sched.h>

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "app/bench_venue.h"
#include "wire_link.h"

namespace dcx::bench {

struct Setup {
    const char* layout = "single";  // gateway, engine and feed on one thread; "split": one each
    Idle idle = Idle::spin;         // of the venue's threads and of the client alike
    bool durable = false;
};

// The client's core and the venue's: the first and the last that this process may use.
struct Cores {
    unsigned client = 0;
    unsigned venue = 0;
};
inline Cores cores() {
    static const Cores found = [] {
        cpu_set_t allowed;
        CPU_ZERO(&allowed);
        ::sched_getaffinity(0, sizeof allowed, &allowed);
        std::vector<unsigned> all;
        for (unsigned core = 0; core < CPU_SETSIZE; ++core)
            if (CPU_ISSET(core, &allowed)) all.push_back(core);
        return Cores{.client = all.front(), .venue = all.back()};
    }();
    return found;
}
inline void pin_this_thread(unsigned core) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    if (::sched_setaffinity(0, sizeof one, &one) != 0) throw std::runtime_error("this thread can't be pinned");
}
// For as long as it lives, the calling thread runs on the client's core alone; what it makes meanwhile does too, unless
// it is told otherwise.
class OnClientCore {
  public:
    OnClientCore() {
        ::sched_getaffinity(0, sizeof before_, &before_);
        pin_this_thread(cores().client);
    }
    ~OnClientCore() { ::sched_setaffinity(0, sizeof before_, &before_); }
    OnClientCore(const OnClientCore&) = delete;
    OnClientCore& operator=(const OnClientCore&) = delete;

  private:
    cpu_set_t before_{};
};

inline std::string parent_folder() {
    const char* const chosen = std::getenv("DCX_BENCH_FOLDER");
    return chosen != nullptr ? chosen : "";
}

inline app::Config config_of(const Setup& setup) {
    app::Config config = app::Config::defaults();
    config.venue.durability = setup.durable ? "disk" : "memory";
    config.venue.layout = setup.layout;
    config.venue.idle = setup.idle == Idle::spin ? "spin" : "polite";
    // The venue's one busy thread has the core that the client has not; the journal's goes where there is room.
    if (config.venue.layout == "single") {
        config.threads.engine.choice = app::ThreadCore::Choice::fixed;
        config.threads.engine.number = cores().venue;
    }
    config.auditor.enabled = false;
    config.mirror.enabled = false;
    config.gateway.messages_per_second = 0;
    config.capacity.accounts = 1'024;
    config.capacity.sessions = 1'024;
    config.capacity.keys = 1'024;
    config.capacity.transfer_ids = 4'096;
    config.capacity.price_levels = 16'384;
    // The measures are of order entry: no order of theirs is refused for its size or its number.
    for (app::MarketConfig& market : config.markets) {
        market.min_notional = "0";
        market.max_notional = "0";
        market.collar_bp = 0;
        market.max_orders = 0;
    }
    return config;
}

// A running venue with so many customers, each with more money than it can spend.
class OrderEntryVenue {
  public:
    explicit OrderEntryVenue(const app::Config& config, std::size_t customers = 1) : venue_(parent_folder(), config) {
        constexpr Amount rich{std::int64_t{100'000'000} * 100'000'000};
        for (std::uint64_t i = 1; i <= customers; ++i) {
            keys_.push_back(venue_.open_customer(i, kPermitRead | kPermitTrade, AssetId{1u}, rich));
            venue_.mint(i, keys_.back().account, AssetId{2u}, rich);
        }
    }
    ~OrderEntryVenue() { (void)venue_.stop(); }
    OrderEntryVenue(const OrderEntryVenue&) = delete;
    OrderEntryVenue& operator=(const OrderEntryVenue&) = delete;

    [[nodiscard]] net::Endpoint endpoint() const { return venue_.order_entry(); }
    [[nodiscard]] const std::string& shm() const { return venue_.shm(); }
    [[nodiscard]] const client::ClientKey& key(std::size_t customer) const { return keys_.at(customer); }

  private:
    app::BenchVenue venue_;
    std::vector<client::ClientKey> keys_;
};

}  // namespace dcx::bench
