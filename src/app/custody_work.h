// CustodyWork: custody of a running venue on a thread of its own, which gives way to all others: the venue's events as
// a projection reads them, the DeCoin node, the signer behind its socket, and an operator's session for its commands.
// What it does is chain/custody.h; nothing that is wrong with it stops the venue, and all of it is told: log, metrics.
// One owner thread for start and stop; the rest any.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "app/command_link.h"
#include "app/config.h"
#include "app/projection_log.h"
#include "chain/custody.h"
#include "engine/durable_sequence.h"
#include "platform/log.h"
#include "platform/system_clock.h"
#include "platform/thread.h"

namespace dcx::app {

struct CustodyWorkOptions {
    Config::Custody config;
    ProjectionLog::Ground log_ground;
    CommandLink::Options link;  // its clock is given here
    platform::ThreadOptions thread;
    platform::Log* log = nullptr;
};

// As it was after the last step.
struct CustodyState {
    chain::CustodyCounts counts;
    chain::CustodyAlarms alarms;
    std::uint64_t steps{};
    std::uint64_t node_tip{};
    std::uint64_t tip{};
    bool chain_set{};
    bool payouts_on{};
    std::uint64_t open_payouts{};
    std::uint64_t pending_withdrawals{};
    std::uint64_t orphaned_deposits{};
    std::int64_t unbacked{};  // of all assets
    std::string stopped;      // it does nothing any more, for this reason
};

class CustodyWork {
  public:
    // Throws std::runtime_error when the configuration can't be followed.
    CustodyWork(const engine::DurableSequence& durable, CustodyWorkOptions options);
    ~CustodyWork();
    CustodyWork(const CustodyWork&) = delete;
    CustodyWork& operator=(const CustodyWork&) = delete;

    // Text of what went wrong, empty when nothing did.
    [[nodiscard]] std::string start();
    // What was begun at the node is ended: bounded by one of its calls.
    void stop();

    [[nodiscard]] CustodyState state() const;

  private:
    class Sink;
    class GuardedNode;

    void run(const std::stop_token& stop);
    void work();
    bool read_events();
    bool read_up_to(Sequence sequence);
    void begin();
    void publish();
    void tell(const chain::CustodyAlarms& now);

    const engine::DurableSequence& durable_;
    CustodyWorkOptions options_;
    chain::CustodyOptions custody_options_;
    platform::SystemClock clock_;
    std::atomic<bool> stopping_{false};
    ProjectionLog::Counts log_counts_;
    std::unique_ptr<ProjectionLog> log_;
    chain::CustodyView view_;
    std::unique_ptr<CommandLink> link_;
    std::unique_ptr<chain::Node> decoin_;
    std::unique_ptr<GuardedNode> node_;
    std::unique_ptr<chain::Signer> signer_;
    std::unique_ptr<Sink> sink_;
    std::unique_ptr<chain::Custody> custody_;
    std::int64_t next_step_ns_ = 0;
    std::uint64_t steps_ = 0;
    chain::CustodyAlarms told_;
    mutable std::mutex mutex_;
    CustodyState state_;
    platform::Thread thread_;
};

}  // namespace dcx::app
