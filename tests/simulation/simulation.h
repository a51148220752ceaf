// Simulation: one run of one scenario: a venue that lives, ends and starts again, its clients, its network, its disk
// and what goes wrong with them, in one thread on a clock that jumps to whatever happens next.
//
// Order of things: parts are polled in an order drawn anew each time and some are passed over; while the journal syncs,
// all others go on; a process can end between any two polls and inside any operation of the disk.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "journal/memory_storage.h"
#include "simulation/feed_subscriber.h"
#include "simulation/journal_witness.h"
#include "simulation/print_order.h"
#include "simulation/scenario.h"
#include "simulation/simulated_network.h"
#include "simulation/simulated_venue.h"
#include "simulation/trader.h"
#include "simulation/witness.h"
#include "simulation/world.h"

namespace dcx::simulation {

struct Outcome {
    std::string broken;  // empty: every promise was kept
    std::uint64_t trace = 0;
    std::int64_t simulated_ns = 0;
    std::uint64_t commands = 0;
    std::uint64_t trades = 0;
    std::uint64_t starts = 0;
    std::uint64_t refused_starts = 0;
    std::uint64_t rot_refused = 0;
    std::uint64_t rot_cut = 0;
    std::uint64_t faults = 0;    // of the disk
    std::uint64_t compared = 0;  // prints with their owners' reports
    std::uint64_t bytes = 0;     // over the network
    std::vector<std::string> notes;
};

[[nodiscard]] Outcome run(const Scenario& scenario);

class Simulation final : journal::DiskObserver {
  public:
    explicit Simulation(const Scenario& scenario);
    ~Simulation();
    Outcome run();

  private:
    std::optional<journal::Fault> before(const journal::Access& access) override;
    [[nodiscard]] std::optional<journal::Fault> draw_fault(const journal::Access& access);
    void work_on_disk(std::int64_t ns);

    // One round of everything; false when nothing had anything to do.
    bool round();
    bool run_clients();
    bool run_parts();
    void advance_idle(std::int64_t end_ns);
    void run_until(std::int64_t end_ns);
    bool run_faults();
    void start_venue();
    void examine();
    void check_requests(const FoundLog& log);
    void try_snapshot_rot();
    void try_second_process();
    void end_life();
    void kill(const char* how);
    void settle();
    void check_at_rest();
    void crash_disks();
    [[nodiscard]] std::int64_t after(std::int64_t mean_ns);
    [[nodiscard]] std::int64_t next_fault_ns() const;
    template <class Each>
    void each_session(Each&& each);

    const Scenario scenario_;
    World world_;
    Random random_;
    journal::MemoryDisk disk_;
    journal::MemoryDisk snapshots_;  // the disk of their folder
    SimulatedNetwork network_;
    Witness witness_;
    JournalWitness journal_;
    PrintOrder prints_;
    Workload workload_;
    std::deque<SharedAccount> accounts_;
    std::unique_ptr<Operator> operator_;
    std::vector<std::unique_ptr<Trader>> traders_;
    std::vector<std::unique_ptr<FeedSubscriber>> subscribers_;
    std::unique_ptr<SimulatedVenue> venue_;

    std::int64_t start_ns_ = 0;  // when the venue starts again
    std::int64_t crash_ns_;
    std::int64_t reset_ns_;
    std::int64_t vanish_ns_;
    std::int64_t partition_ns_;
    std::int64_t jump_ns_;
    std::int64_t jumped_ = 0;  // how far the wall clock is off
    std::int64_t stop_by_ns_ = 0;
    std::int64_t failed_ns_ = 0;  // when the engine was seen failed
    std::array<std::int64_t, SimulatedVenue::kParts> stalled_until_{};
    std::optional<std::uint64_t> kill_in_;  // operations of the disk
    bool process_dead_ = false;             // inside an operation of the disk
    std::uint64_t feed_turns_ = 0;
    std::array<bool, SimulatedVenue::kParts> running_{};  // up the stack: waiting for the disk
    bool quiet_ = false;                                  // no more faults: the end of the run
    bool faulted_ = false;                                // since the last start was tried
    bool opening_ = false;
    std::uint64_t faults_ = 0;
    std::uint64_t starts_ = 0;
    std::uint64_t refused_starts_ = 0;
    std::uint64_t snapshot_trials_ = 0;
    std::optional<Digest> stopped_hash_;
};

}  // namespace dcx::simulation
