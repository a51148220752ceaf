#include "app/placement.h"

#include <algorithm>
#include <utility>

#include "app/exit_code.h"
#include "platform/topology.h"

namespace dcx::app {
namespace {

constexpr std::size_t kMib = std::size_t{1} << 20;

platform::CoreWish wish_of(const ThreadCore& core, const std::string& policy) {
    using platform::CoreWish;
    switch (core.choice) {
        case ThreadCore::Choice::none: return CoreWish::none;
        case ThreadCore::Choice::automatic: return CoreWish::automatic;
        case ThreadCore::Choice::fixed: return CoreWish::fixed;
        case ThreadCore::Choice::policy: break;
    }
    return policy == "auto" ? CoreWish::automatic : CoreWish::none;
}

}  // namespace

platform::PlacementWishes placement_wishes(const Config& config) {
    const Config::Threads& threads = config.threads;
    platform::PlacementWishes wishes;
    wishes.realtime = static_cast<int>(threads.realtime);
    wishes.spin = config.venue.idle == "spin";
    const auto add = [&](const std::string& name, const ThreadCore& core, bool hot) {
        wishes.threads.push_back({.name = name,
                                  .key = "threads." + name.substr(0, name.find('-')),
                                  .core = wish_of(core, threads.policy),
                                  .cpu = static_cast<unsigned>(core.number),
                                  .hot = hot});
    };
    add("engine", threads.engine, true);
    if (config.venue.durability == "disk") add("journal", threads.journal, true);
    if (config.venue.layout == "split") {
        add("gateway", threads.gateway, true);
        add("feed", threads.feed, true);
        // A core by number is the first one's; the others have those behind it.
        const std::int64_t feeds = config.feed.enabled ? config.feed.threads : 1;
        for (std::int64_t i = 1; i < feeds; ++i) {
            ThreadCore core = threads.feed;
            core.number += i;
            add("feed-" + std::to_string(i + 1), core, true);
        }
    }
    if (config.venue.durability == "disk" && config.auditor.enabled) add("auditor", threads.auditor, false);
    if (config.mirror.enabled && config.mirror.thread == "own") add("mirror", threads.mirror, false);
    return wishes;
}

platform::PlacementPlan placement_of(const Config& config) {
    const auto machine = platform::Topology::of_this_machine();
    if (!machine) throw StartRefused(ExitCode::failed, machine.error());
    auto plan = platform::place(*machine, placement_wishes(config));
    if (!plan) throw StartRefused(ExitCode::config_refused, plan.error());
    return std::move(*plan);
}

void place_thread(platform::ThreadOptions& options, const platform::PlacementPlan& plan, const std::string& name) {
    const platform::PlacedThread* placed = plan.thread(name);
    if (placed == nullptr) return;
    options.core = placed->cpu;
    options.realtime = placed->realtime;
}

platform::HugePageOptions memory_options(const Config& config, const platform::PlacementPlan& plan,
                                         OnPrefault on_prefault) {
    platform::HugePageOptions options;
    options.node = plan.node;
    options.lock = config.memory.lock != MemoryLock::no;
    options.on_progress = std::move(on_prefault);
    return options;
}

void require_locked(const Config& config, const platform::HugePageMemory& memory) {
    if (config.memory.lock == MemoryLock::yes && !memory.lock_refused().empty())
        throw StartRefused(ExitCode::config_refused, "memory.lock = true: " + memory.lock_refused());
}

void report_placement(platform::Log& log, const platform::PlacementPlan& plan) {
    log.info("threads", "placed", {{"plan", plan.report()}});
    for (const std::string& remark : plan.remarks) log.warning("threads", "not as wished", {{"reason", remark}});
}

void report_memory(platform::Log& log, const platform::HugePageMemory& memory, const platform::PagePlaces& places) {
    log.info("memory", "taken",
             {{"pages", memory.report()},
              {"locked_mib", memory.locked() / kMib},
              {"node", memory.node() ? std::to_string(*memory.node()) : "any"},
              {"first_touch_s", memory.prefault_seconds()}});
    if (const std::string advice = memory.advice(); !advice.empty())
        log.info("memory", "better pages could be had", {{"by", advice}});
    if (!memory.lock_refused().empty()) log.warning("memory", "not locked", {{"reason", memory.lock_refused()}});
    if (!memory.node_refused().empty()) log.warning("memory", "not bound", {{"reason", memory.node_refused()}});
    if (!places.error.empty()) log.warning("memory", "not verified", {{"reason", places.error}});
    if (places.elsewhere != 0)
        log.warning("memory", "pages are on another NUMA node than the threads that use them",
                    {{"of_pages", places.there + places.elsewhere},
                     {"elsewhere", places.elsewhere},
                     {"by", "free memory or huge pages of node " + std::to_string(memory.node().value_or(0))}});
}

}  // namespace dcx::app
