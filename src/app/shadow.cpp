#include "app/shadow.h"

#include <cerrno>
#include <chrono>
#include <thread>

#include "app/admin_client.h"
#include "app/exit_code.h"

namespace dcx::app {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kAskEvery = 200 * kMs;
constexpr std::int64_t kTellEvery = 1'000 * kMs;
// Longer than a venue takes to drain.
constexpr std::int64_t kLetGoLimit = 60'000 * kMs;

std::unique_ptr<journal::DiskStorage> open_folder(const std::string& path) {
    auto storage = journal::DiskStorage::open(path);
    if (!storage) throw StartRefused(ExitCode::journal_refused, storage.error().message);
    return std::move(*storage);
}

}  // namespace

Shadow::Shadow(const DataFolder& folder, const ShadowOptions& options, platform::Log& log)
    : folder_(folder),
      options_(options),
      log_(log),
      memory_(std::make_unique<platform::HugePageMemory>(options.memory)),
      journal_(open_folder(folder.journal())),
      archive_(options.archive.empty() ? nullptr : open_folder(options.archive)),
      snapshots_(open_folder(folder.snapshots())) {
    if (archive_) whole_ = std::make_unique<journal::ArchiveView>(*journal_, *archive_);
    engine::AuditorOptions auditor;
    // Those are the running venue's to take.
    auditor.snapshot_every = 0;
    auditor.snapshot_every_ns = 0;
    auditor_ = std::make_unique<engine::Auditor>(engine::AuditorGround{.clock = clock_,
                                                                       .memory = *memory_,
                                                                       .journal = *journal_,
                                                                       .archived = whole_.get(),
                                                                       .snapshots = snapshots_.get()},
                                                 auditor);
}

void Shadow::follow() {
    // Bounded: a running venue may write faster than this thread reads for a while.
    for (int i = 0; i < 1'000 && auditor_->poll(); ++i) {
    }
    if (auditor_->health().failed) throw StartRefused(ExitCode::journal_refused, auditor_->reason());
}

bool Shadow::locked() {
    const auto locked = journal_->lock();
    if (!locked && locked.error().code != EWOULDBLOCK)
        throw StartRefused(ExitCode::journal_refused, locked.error().message);
    return locked.has_value();
}

// A venue that does not answer may be about to end: its lock tells.
void Shadow::ask(const char* action, const std::string& query) {
    const auto answer = call_admin(folder_, action, query);
    if (answer && answer->status == 200) return;
    log_.warning("shadow", "the running venue does not do what it is asked",
                 {{"action", action}, {"reason", answer ? answer->body : answer.error()}});
}

std::unique_ptr<TakenOver> Shadow::run(const StopSignals& signals) {
    const engine::AuditorHealth& health = auditor_->health();
    std::int64_t asked_at = 0;
    std::int64_t told_at = 0;
    std::int64_t handover_at = 0;  // 0: not asked for yet
    for (;;) {
        follow();
        const std::int64_t now = clock_.monotonic_ns();
        if (locked()) {
            if (handover_at == 0) handover_at = now;
            break;
        }
        if (handover_at != 0) {
            if (now - handover_at > kLetGoLimit)
                throw StartRefused(ExitCode::folder_busy,
                                   "the running venue did not let go of the journal within a minute");
            std::this_thread::sleep_for(std::chrono::microseconds(200));
            continue;
        }
        if (now - told_at > kTellEvery) {
            told_at = now;
            log_.info("shadow", "following",
                      {{"sequence", auditor_->sequence().value},
                       {"checkpoints", health.checkpoints.load(std::memory_order_relaxed)}});
        }
        if (health.checkpoints.load(std::memory_order_relaxed) >= options_.checkpoints) {
            log_.info("shadow", "asking for the handover", {{"sequence", auditor_->sequence().value}});
            handover_at = clock_.monotonic_ns();
            ask("handover", "?grace_ms=" + std::to_string(options_.grace_ms));
        } else if (now - asked_at > kAskEvery) {
            asked_at = now;
            ask("checkpoint");
        }
        if (signals.wait(1) == Asked::stop) return nullptr;
    }
    // What is left beyond the last watermark is the start's to judge.
    follow();
    auto core = auditor_->take_over();
    if (!core) throw StartRefused(ExitCode::journal_refused, auditor_->reason());
    auto taken = std::make_unique<TakenOver>();
    taken->memory = std::move(memory_);
    taken->journal = std::move(journal_);
    taken->core = std::move(*core);
    taken->since_ns = handover_at;
    return taken;
}

}  // namespace dcx::app
