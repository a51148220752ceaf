#include "app/custody_work.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

#include "chain/block_hash.h"
#include "chain/decoin_node.h"
#include "chain/signer_client.h"
#include "history/history_error.h"

namespace dcx::app {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kNsPerS = 1'000'000'000;
// How long events of a command that was answered may take to get here.
constexpr std::int64_t kReadLimitNs = 10 * kNsPerS;

// Thrown to leave a step.
struct Stopped {};

}  // namespace

// No new call once a stop is asked for; but what the venue's log says is posted is posted.
class CustodyWork::GuardedNode final : public chain::Node {
  public:
    GuardedNode(chain::Node& node, const std::atomic<bool>& stopping) : node_(node), stopping_(stopping) {}
    chain::NodeAnswer<chain::NodeStatus> status() override { return look(), node_.status(); }
    chain::NodeAnswer<chain::ChainBlock> block(std::uint64_t height) override { return look(), node_.block(height); }
    chain::NodeAnswer<chain::ChainTransaction> transaction(const Digest& hash) override {
        return look(), node_.transaction(hash);
    }
    chain::NodeAnswer<std::int64_t> balance(const std::string& address) override {
        return look(), node_.balance(address);
    }
    chain::NodeAnswer<void> post(const std::string& body) override { return node_.post(body); }

  private:
    void look() const {
        if (stopping_.load(std::memory_order_acquire)) throw Stopped{};
    }
    chain::Node& node_;
    const std::atomic<bool>& stopping_;
};

class CustodyWork::Sink final : public chain::CommandSink {
  public:
    explicit Sink(CustodyWork& work) : work_(work) {}
    chain::SentCommand send(const Command& command) override {
        using Result = chain::SentCommand::Result;
        const CommandLink::Answer answer = work_.link_->send(command);
        if (answer.result == CommandLink::Answer::Result::not_sent ||
            answer.result == CommandLink::Answer::Result::unknown || !work_.read_up_to(answer.sequence))
            return {.result = Result::unknown, .reason = {}};
        if (answer.result == CommandLink::Answer::Result::refused)
            return {.result = Result::refused, .reason = answer.reason};
        return {.result = Result::done, .reason = {}};
    }

  private:
    CustodyWork& work_;
};

CustodyWork::CustodyWork(const engine::DurableSequence& durable, CustodyWorkOptions options)
    : durable_(durable), options_(std::move(options)) {
    const Config::Custody& config = options_.config;
    custody_options_.block_cap = config.block_cap;
    custody_options_.sweep_above = config.sweep_above;
    const std::string genesis = config.genesis.empty() ? std::string{chain::kDecoinGenesis} : config.genesis;
    if (!from_hex(genesis, custody_options_.genesis))
        throw std::runtime_error("custody.genesis is the hash of a block: 64 hexadecimal digits");
    decoin_ = std::make_unique<chain::DecoinNode>(chain::DecoinNodeOptions{.url = config.url, .genesis = genesis});
    node_ = std::make_unique<GuardedNode>(*decoin_, stopping_);
    signer_ = std::make_unique<chain::SignerClient>(config.signer);
    options_.link.clock = &clock_;
    link_ = std::make_unique<CommandLink>(options_.link);
    sink_ = std::make_unique<Sink>(*this);
}

CustodyWork::~CustodyWork() { stop(); }

std::string CustodyWork::start() {
    platform::ThreadOptions thread = options_.thread;
    thread.name = "dcx-custody";
    thread.nice = 10;
    auto started = platform::Thread::start(thread, [this](const std::stop_token& stop) { run(stop); });
    if (!started) return started.error();
    thread_ = std::move(*started);
    return {};
}

void CustodyWork::stop() {
    stopping_.store(true, std::memory_order_release);
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
}

void CustodyWork::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        try {
            work();
        } catch (const Stopped&) {
            return;
        } catch (const history::HistoryError& e) {
            // The log can't be read for now: begun anew, with its state.
            custody_.reset();
            log_.reset();
            next_step_ns_ = clock_.monotonic_ns() + kNsPerS;
            const std::scoped_lock lock(mutex_);
            if (state_.stopped != e.what() && options_.log != nullptr)
                options_.log->warning("custody", "can't read the log", {{"reason", e.what()}});
            state_.stopped = e.what();
        } catch (const std::exception& e) {
            // A defect, and not the venue's.
            if (options_.log != nullptr) options_.log->error("custody", "stopped", {{"reason", e.what()}});
            const std::scoped_lock lock(mutex_);
            state_.stopped = e.what();
            return;
        }
        std::this_thread::sleep_for(20ms);
    }
}

// The worker knows nothing but what the venue's state and events tell it.
void CustodyWork::begin() {
    view_ = {};
    log_ = std::make_unique<ProjectionLog>(options_.log_ground, std::nullopt, clock_, log_counts_);
    custody_ = std::make_unique<chain::Custody>(
        chain::Custody::Parts{.view = view_, .node = *node_, .signer = *signer_, .venue = *sink_}, custody_options_);
}

void CustodyWork::work() {
    link_->poll();
    if (log_ == nullptr) {
        if (clock_.monotonic_ns() < next_step_ns_) return;
        begin();
    }
    if (!read_up_to(durable_.get()) || !view_.complete() || clock_.monotonic_ns() < next_step_ns_) return;
    while (custody_->step()) publish();
    next_step_ns_ = clock_.monotonic_ns() + options_.config.poll_s * kNsPerS;
    publish();
}

// True when there may be more.
bool CustodyWork::read_events() {
    const auto events = log_->peek(1024);
    for (const Event& event : events) view_.apply(event);
    log_->release(events.size());
    return !events.empty() || (log_->busy() && !stopping_.load(std::memory_order_acquire));
}

bool CustodyWork::read_up_to(Sequence sequence) {
    const std::int64_t end_ns = clock_.monotonic_ns() + kReadLimitNs;
    while (true) {
        while (read_events()) {
        }
        if (view_.sequence() >= sequence && view_.whole_command()) return true;
        if (clock_.monotonic_ns() > end_ns || stopping_.load(std::memory_order_acquire)) return false;
        std::this_thread::sleep_for(1ms);
    }
}

void CustodyWork::publish() {
    // The log's number holds: another is set by dcx custody start.
    if (++steps_ == 1 && view_.chain_set() && options_.log != nullptr &&
        view_.confirmations() != static_cast<std::uint64_t>(options_.config.confirmations))
        options_.log->warning("custody", "custody.confirmations is not what the venue follows the chain with",
                              {{"venue", std::uint64_t{view_.confirmations()}}});
    tell(custody_->alarms());
    CustodyState now{.counts = custody_->counts(),
                     .alarms = custody_->alarms(),
                     .steps = steps_,
                     .node_tip = custody_->node_tip(),
                     .tip = view_.chain_set() ? view_.tip() : 0,
                     .chain_set = view_.chain_set(),
                     .payouts_on = view_.payouts_on(),
                     .open_payouts = view_.payouts().size(),
                     .pending_withdrawals = view_.withdrawals().size(),
                     .orphaned_deposits = 0,
                     .unbacked = 0,
                     .stopped = {}};
    for (const auto& [hash, deposit] : view_.deposits())
        if (deposit.orphaned && !deposit.reversed) ++now.orphaned_deposits;
    for (const auto& [asset, amount] : view_.unbacked()) now.unbacked += amount.value;
    const std::scoped_lock lock(mutex_);
    state_ = std::move(now);
}

// Each once, when it is raised, says something else, and when it is over.
void CustodyWork::tell(const chain::CustodyAlarms& now) {
    if (options_.log == nullptr) return;
    for (const auto& [alarm, text] : now) {
        const auto before = told_.find(alarm);
        if (before != told_.end() && before->second == text) continue;
        options_.log->warning("custody", to_string(alarm), {{"what", text}});
    }
    for (const auto& [alarm, text] : told_)
        if (!now.contains(alarm)) options_.log->info("custody", "is over", {{"alarm", to_string(alarm)}});
    told_ = now;
}

CustodyState CustodyWork::state() const {
    const std::scoped_lock lock(mutex_);
    return state_;
}

}  // namespace dcx::app
