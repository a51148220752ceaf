#include "app/proof_work.h"

#include <algorithm>
#include <utility>

#include "engine/engine.h"

namespace dcx::app {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
// The first start lists its markets first.
constexpr std::int64_t kFirstLookNs = 5 * kSecond;
constexpr std::int64_t kFlushEveryNs = 5 * kSecond;

}  // namespace

ProofWork::ProofWork(Options options, Clock& clock, engine::Engine* engine)
    : options_(std::move(options)),
      clock_(clock),
      engine_(engine),
      recorder_(options_.recorder),
      next_look_ns_(clock.monotonic_ns() + kFirstLookNs) {}

std::expected<void, engine::ObserverError> ProofWork::open() {
    auto result = told(recorder_.open());
    if (result && health().made_again.load(std::memory_order_relaxed) && options_.log != nullptr)
        options_.log->warning("proof", "what was recorded is made again from the journal",
                              {{"from", recorder_.seen().value}});
    if (result && engine_ != nullptr && recorder_.seen() > engine_->durable())
        return std::unexpected(engine::ObserverError{
            .difference = true,
            .text = "the proofs were recorded up to command " + std::to_string(recorder_.seen().value) +
                    ", and the journal ends at " + std::to_string(engine_->durable().value)});
    logged_checkpoint_ = health().checkpoint.load(std::memory_order_relaxed);
    opened_ = result.has_value();
    return result;
}

std::expected<void, engine::ObserverError> ProofWork::batch_audited(std::uint64_t number, const Digest& hash,
                                                                    const core::Core& core, std::uint64_t event_hash) {
    auto result = told(recorder_.batch_audited(number, hash, core, event_hash));
    flush_failed_ = false;
    log_checkpoint();
    return result;
}

std::expected<void, engine::ObserverError> ProofWork::checkpoint_now(const core::Core& core, std::uint64_t event_hash) {
    return told(recorder_.checkpoint_now(core, event_hash));
}

std::expected<void, engine::ObserverError> ProofWork::flush() {
    if (!opened_) return {};
    auto result = told(recorder_.flush());
    flush_failed_ = !result;
    return result;
}

void ProofWork::left_behind(const std::string& why) {
    opened_ = false;
    set_reason("proofs can't go on where they ended, the journal has no way there: " + why);
}

void ProofWork::log_checkpoint() {
    const std::uint64_t number = health().checkpoint.load(std::memory_order_relaxed);
    if (number == std::exchange(logged_checkpoint_, number) || options_.log == nullptr) return;
    options_.log->info("proof", "checkpoint",
                       {{"number", number},
                        {"sequence", health().checkpoint_sequence.load(std::memory_order_relaxed)},
                        {"ms", health().checkpoint_ns.load(std::memory_order_relaxed) / 1'000'000}});
}

std::expected<void, engine::ObserverError> ProofWork::told(std::expected<void, proof::ProofError> result) {
    if (result) {
        set_reason({});
        return {};
    }
    failures_.fetch_add(1, std::memory_order_relaxed);
    const std::string text = result.error().text();
    set_reason(text);
    return std::unexpected(engine::ObserverError{.difference = proof::is_difference(result.error()), .text = text});
}

// Told once for as long as it is the same.
void ProofWork::set_reason(const std::string& reason) {
    {
        const std::lock_guard guard(mutex_);
        if (reason_ == reason) return;
        reason_ = reason;
    }
    if (options_.log == nullptr) return;
    if (reason.empty())
        options_.log->info("proof", "is recorded again");
    else
        options_.log->error("proof", "nothing is recorded", {{"reason", reason}});
}

std::string ProofWork::reason() const {
    const std::lock_guard guard(mutex_);
    return reason_;
}

Sequence ProofWork::request() {
    const Sequence durable = engine_ == nullptr ? Sequence{} : engine_->durable();
    recorder_.request_checkpoint(durable);
    asked_.fetch_add(1, std::memory_order_release);
    return durable;
}

bool ProofWork::poll() {
    if (engine_ == nullptr) return false;
    const std::int64_t now = clock_.monotonic_ns();
    // So that what others follow, the public match log, lags by seconds and not by what memory holds.
    // What else blocks is not cured by it.
    if (opened_ && now >= next_flush_ns_ && (flush_failed_ || reason().empty())) {
        next_flush_ns_ = now + kFlushEveryNs;
        static_cast<void>(flush());
    }
    // A checkpoint is made at the end of a batch: where nothing else comes, this one's.
    if (asked_.exchange(0, std::memory_order_acquire) != 0 && engine_->status().accepting())
        engine_->request_checkpoint();
    if (options_.interval_ns == 0 || now < next_look_ns_) return false;
    next_look_ns_ = now + std::min(options_.interval_ns, 10 * kSecond);
    if (clock_.wall_ns() - health().checkpoint_time.load(std::memory_order_relaxed) < options_.interval_ns)
        return false;
    request();
    return true;
}

}  // namespace dcx::app
