#include "app/audit_threads.h"

namespace dcx::app {

AuditThreads::AuditThreads(const proof::RecordAuditOptions& options) {
    for (std::size_t i = 0; i < kLoads; ++i) {
        loads_.push_back(std::make_unique<Load>());
        empty_.push_back(loads_.back().get());
    }
    load_ = empty_.back();
    empty_.pop_back();
    for (std::size_t i = 0; i < kWorkers; ++i) {
        proof::RecordAuditOptions half = options;
        half.event_tree = i == 0;
        half.the_rest = i != 0;
        workers_[i].audit = std::make_unique<proof::RecordAudit>(std::move(half));
    }
    for (Worker& worker : workers_) worker.thread = std::thread([this, &worker] { run(worker); });
}

AuditThreads::~AuditThreads() { finish(); }

void AuditThreads::finish() {
    if (!workers_[0].thread.joinable()) return;
    hand_over();
    {
        const std::lock_guard guard(mutex_);
        ended_ = true;
    }
    changed_.notify_all();
    for (Worker& worker : workers_) {
        worker.thread.join();
        worker.audit->finish();
    }
}

const proof::RecordFinding& AuditThreads::finding(proof::RecordPart part) const {
    const bool events = part == proof::RecordPart::event_tree || part == proof::RecordPart::event_roots;
    return workers_[events ? 0 : 1].audit->finding(part);
}

void AuditThreads::hand_over() {
    std::unique_lock lock(mutex_);
    load_->left = kWorkers;
    for (Worker& worker : workers_) worker.full.push_back(load_);
    changed_.notify_all();
    changed_.wait(lock, [this] { return !empty_.empty(); });
    load_ = empty_.back();
    empty_.pop_back();
    load_->commands.clear();
    load_->event_counts.clear();
    load_->events.clear();
    load_->checkpoint.reset();
}

void AuditThreads::run(Worker& worker) {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [&] { return !worker.full.empty() || ended_; });
        if (worker.full.empty()) return;
        Load* const load = worker.full.front();
        worker.full.pop_front();
        lock.unlock();
        take(*worker.audit, *load);
        lock.lock();
        if (--load->left == 0) {
            empty_.push_back(load);
            changed_.notify_all();
        }
    }
}

void AuditThreads::take(proof::RecordAudit& audit, const Load& load) {
    std::span<const Event> events = load.events;
    for (std::size_t i = 0; i < load.commands.size(); ++i) {
        audit.audited(load.commands[i], events.first(load.event_counts[i]));
        events = events.subspan(load.event_counts[i]);
    }
    if (load.checkpoint) audit.checkpoint(*load.checkpoint);
}

}  // namespace dcx::app
