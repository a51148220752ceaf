// The venue's proofs while it runs: what the auditor has audited goes to the recorder, and a checkpoint is asked for
// when one is due. On the auditor's thread; request() and the readers any.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "engine/audit_observer.h"
#include "platform/log.h"
#include "platform/pollable.h"
#include "proof/recorder.h"

namespace dcx::engine {
class Engine;
}

namespace dcx::app {

class ProofWork final : public engine::AuditObserver, public platform::Pollable {
  public:
    struct Options {
        proof::RecorderOptions recorder;
        std::int64_t interval_ns = 0;  // between checkpoints; 0: on demand alone
        platform::Log* log = nullptr;
    };
    // Without an engine nothing is due by itself.
    ProofWork(Options options, Clock& clock, engine::Engine* engine = nullptr);

    std::expected<void, engine::ObserverError> open() override;
    [[nodiscard]] Sequence seen() const override { return recorder_.seen(); }
    void audited(const Command& command, std::span<const Event> events) override { recorder_.audited(command, events); }
    std::expected<void, engine::ObserverError> batch_audited(std::uint64_t number, const Digest& hash,
                                                             const core::Core& core, std::uint64_t event_hash) override;
    std::expected<void, engine::ObserverError> flush() override;
    void left_behind(const std::string& why) override;

    bool poll() override;

    // Behind the last batch there is, without an engine.
    std::expected<void, engine::ObserverError> checkpoint_now(const core::Core& core, std::uint64_t event_hash);

    // A checkpoint of all that is durable now, at least; returns the last command of that.
    Sequence request();
    // At the end of the first batch that holds this command or a later one.
    void request(Sequence at_least) { recorder_.request_checkpoint(at_least); }
    [[nodiscard]] const proof::RecorderHealth& health() const { return recorder_.health(); }
    [[nodiscard]] const proof::Published& published() const { return recorder_.published(); }
    // Why nothing is recorded for now, or any more; empty: all is well.
    [[nodiscard]] std::string reason() const;
    [[nodiscard]] std::uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }

  private:
    std::expected<void, engine::ObserverError> told(std::expected<void, proof::ProofError> result);
    void set_reason(const std::string& reason);
    void log_checkpoint();

    Options options_;
    Clock& clock_;
    engine::Engine* engine_;
    proof::Recorder recorder_;
    std::uint64_t logged_checkpoint_ = 0;
    bool opened_ = false;
    bool flush_failed_ = false;  // the last of them, and nothing came after it
    std::int64_t next_look_ns_;
    std::int64_t next_flush_ns_ = 0;
    std::int64_t asked_at_ns_ = 0;
    std::atomic<std::uint64_t> failures_{0};
    std::atomic<std::uint64_t> asked_{0};  // checkpoints asked of the journal that a request needs
    mutable std::mutex mutex_;
    std::string reason_;
};

}  // namespace dcx::app
