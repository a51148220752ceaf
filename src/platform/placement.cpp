#include "platform/placement.h"

#include <algorithm>
#include <map>
#include <set>

namespace dcx::platform {
namespace {

// A core with no thread on it, by the unit of it that a thread would get.
struct FreeCore {
    unsigned cpu = 0;
    unsigned core = 0;
    unsigned node = 0;
    bool isolated = false;
    bool first = false;  // of unit 0
};

class Placing {
  public:
    Placing(const Topology& machine, const PlacementWishes& wishes) : machine_(machine), wishes_(wishes) {
        for (const ThreadWish& wish : wishes.threads)
            plan_.threads.push_back({.name = wish.name, .cpu = {}, .realtime = 0, .hot = wish.hot});
    }

    std::expected<PlacementPlan, std::string> run() {
        if (const std::string error = place_fixed(); !error.empty()) return std::unexpected(error);
        place_hot();
        place_cold();
        leave_rest();
        choose_node();
        give_realtime();
        return std::move(plan_);
    }

  private:
    // Text of what is wrong, empty when nothing is.
    std::string place_fixed() {
        for (std::size_t i = 0; i < wishes_.threads.size(); ++i) {
            const ThreadWish& wish = wishes_.threads[i];
            if (wish.core != CoreWish::fixed) continue;
            const ProcessingUnit* unit = machine_.unit(wish.cpu);
            if (unit == nullptr || !unit->allowed)
                return wish.key + ": there is no core " + std::to_string(wish.cpu) +
                       " for this process, which may run on " + cpu_list(machine_.allowed());
            if (const std::string error = look_at_neighbours(wish, *unit); !error.empty()) return error;
            plan_.threads[i].cpu = wish.cpu;
            taken_.insert(unit->core);
        }
        return {};
    }

    // Threads that were pinned before, on the same unit or the other one of its core.
    std::string look_at_neighbours(const ThreadWish& wish, const ProcessingUnit& unit) {
        for (std::size_t i = 0; i < plan_.threads.size(); ++i) {
            const PlacedThread& other = plan_.threads[i];
            if (!other.cpu || machine_.unit(*other.cpu)->core != unit.core) continue;
            const std::string both = wish.key + " and " + wishes_.threads[i].key;
            if (*other.cpu != unit.cpu) {
                plan_.remarks.push_back(both + " are SMT siblings: each slows the other down");
                continue;
            }
            if (wishes_.spin && (wish.hot || other.hot))
                return both + " are on the same core, and idle = \"spin\" would starve one of them";
            plan_.remarks.push_back(both + " are on the same core: each waits for the other");
        }
        return {};
    }

    [[nodiscard]] std::vector<FreeCore> free_cores() const {
        std::map<unsigned, FreeCore> found;  // by core; the lowest unit of each
        for (const ProcessingUnit& unit : machine_.units)
            if (unit.allowed && !taken_.contains(unit.core))
                found.try_emplace(unit.core, FreeCore{.cpu = unit.cpu,
                                                      .core = unit.core,
                                                      .node = unit.node,
                                                      .isolated = unit.isolated,
                                                      .first = unit.cpu == 0});
        std::vector<FreeCore> cores;
        for (const auto& [core, free] : found) cores.push_back(free);
        std::ranges::stable_sort(cores, [](const FreeCore& a, const FreeCore& b) {
            if (a.isolated != b.isolated) return a.isolated;
            if (a.first != b.first) return b.first;
            return a.cpu < b.cpu;
        });
        return cores;
    }

    // Of the hot threads that have a number: the new ones belong beside them.
    [[nodiscard]] std::optional<unsigned> node_of_fixed() const {
        for (const PlacedThread& thread : plan_.threads)
            if (thread.hot && thread.cpu) return machine_.unit(*thread.cpu)->node;
        return {};
    }

    static unsigned roomiest_node(const std::vector<FreeCore>& cores) {
        std::map<unsigned, std::pair<std::size_t, std::size_t>> room;  // isolated cores and all of them
        for (const FreeCore& core : cores) {
            room[core.node].first += core.isolated ? 1 : 0;
            ++room[core.node].second;
        }
        // The first of those that are equal, so that the same machine always gets the same plan.
        return std::ranges::max_element(room, {}, [](const auto& node) { return node.second; })->first;
    }

    void place_hot() {
        std::vector<std::size_t> wanting;
        for (std::size_t i = 0; i < wishes_.threads.size(); ++i)
            if (wishes_.threads[i].hot && wishes_.threads[i].core == CoreWish::automatic) wanting.push_back(i);
        if (wanting.empty()) return;
        std::vector<FreeCore> cores = free_cores();
        const std::size_t in_all = cores.size();
        if (in_all != 0) {
            const unsigned node = node_of_fixed().value_or(roomiest_node(cores));
            std::erase_if(cores, [&](const FreeCore& core) { return core.node != node; });
        }
        if (cores.size() < wanting.size() || in_all == wanting.size()) {
            plan_.remarks.push_back("threads float: " + std::to_string(wanting.size()) +
                                    " of them want a core of their own on one NUMA node and one must be left for the "
                                    "rest, but only " +
                                    std::to_string(cores.size()) + " of " + std::to_string(in_all) +
                                    " free cores are there");
            return;
        }
        for (std::size_t i = 0; i < wanting.size(); ++i) pin(wanting[i], cores[i]);
    }

    // One at a time, as long as a core is left after it; far ones will do.
    void place_cold() {
        for (std::size_t i = 0; i < wishes_.threads.size(); ++i) {
            if (wishes_.threads[i].hot || wishes_.threads[i].core != CoreWish::automatic) continue;
            const std::vector<FreeCore> cores = free_cores();
            if (cores.size() >= 2) pin(i, cores.front());
        }
    }

    void pin(std::size_t thread, const FreeCore& core) {
        plan_.threads[thread].cpu = core.cpu;
        taken_.insert(core.core);
    }

    void leave_rest() {
        if (std::ranges::none_of(plan_.threads, [](const PlacedThread& thread) { return thread.cpu.has_value(); }))
            return;
        std::set<unsigned> pinned;
        for (const PlacedThread& thread : plan_.threads)
            if (thread.cpu) pinned.insert(*thread.cpu);
        // Whole cores first; else the siblings of pinned threads; else everything.
        std::vector<unsigned> siblings;
        for (const ProcessingUnit& unit : machine_.units) {
            if (!unit.allowed || unit.isolated || pinned.contains(unit.cpu)) continue;
            (taken_.contains(unit.core) ? siblings : plan_.rest).push_back(unit.cpu);
        }
        if (!plan_.rest.empty()) return;
        plan_.rest = siblings.empty() ? machine_.allowed() : siblings;
        plan_.remarks.push_back(siblings.empty() ? "every core has a pinned thread: what floats waits for them"
                                                 : "what floats shares cores with pinned threads, as SMT siblings");
    }

    // That of the first hot thread that is pinned, the engine when it is: its pools are what is read at random.
    void choose_node() {
        std::set<unsigned> nodes;
        for (const PlacedThread& thread : plan_.threads) {
            if (!thread.hot || !thread.cpu) continue;
            nodes.insert(machine_.unit(*thread.cpu)->node);
            if (!plan_.node) plan_.node = machine_.unit(*thread.cpu)->node;
        }
        if (nodes.size() > 1)
            plan_.remarks.push_back("pinned threads are on NUMA nodes " + cpu_list({nodes.begin(), nodes.end()}) +
                                    ": each ring between them crosses the sockets");
        if (nodes.empty() && machine_.nodes.size() > 1)
            plan_.remarks.push_back("threads float over " + std::to_string(machine_.nodes.size()) +
                                    " NUMA nodes: memory is bound to none, and half of it is far");
    }

    [[nodiscard]] bool alone(const PlacedThread& thread) const {
        return std::ranges::count(plan_.threads, thread.cpu, &PlacedThread::cpu) == 1;
    }

    void give_realtime() {
        if (wishes_.realtime == 0) return;
        // Each takes at most one unit: so one is always left for the system, or for whom it would help to end them.
        const std::size_t units = machine_.allowed().size();
        std::size_t left = units == 0 ? 0 : units - 1;
        std::string without;
        for (PlacedThread& thread : plan_.threads) {
            if (!thread.hot) continue;
            const bool starves = wishes_.spin && (!thread.cpu || !alone(thread));
            if (left == 0 || starves) {
                without += (without.empty() ? "" : ", ") + thread.name;
                continue;
            }
            thread.realtime = wishes_.realtime;
            --left;
        }
        if (!without.empty())
            plan_.remarks.push_back("threads.realtime: not for " + without + ", which would starve others (" +
                                    (wishes_.spin ? "it spins, and is not alone on a core" : "too few cores") + ")");
    }

    const Topology& machine_;
    const PlacementWishes& wishes_;
    PlacementPlan plan_;
    std::set<unsigned> taken_;  // cores with a pinned thread
};

}  // namespace

const PlacedThread* PlacementPlan::thread(const std::string& name) const {
    const auto found = std::ranges::find(threads, name, &PlacedThread::name);
    return found == threads.end() ? nullptr : &*found;
}

std::string PlacementPlan::report() const {
    std::string text;
    for (const PlacedThread& thread : threads) {
        text += (text.empty() ? "" : ", ") + thread.name + (thread.cpu ? " " + std::to_string(*thread.cpu) : " floats");
        if (thread.realtime != 0) text += " fifo " + std::to_string(thread.realtime);
    }
    if (!rest.empty()) text += "; others on " + cpu_list(rest);
    if (node) text += "; memory on node " + std::to_string(*node);
    return text;
}

std::expected<PlacementPlan, std::string> place(const Topology& machine, const PlacementWishes& wishes) {
    return Placing(machine, wishes).run();
}

}  // namespace dcx::platform
