#include "engine/engine_start.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "engine/snapshots.h"

namespace dcx::engine {
namespace {

class Starting {
  public:
    Starting(const EngineGround& ground, const EngineOptions& options)
        : ground_(ground), options_(options), begun_at_(ground.clock.monotonic_ns()) {}

    std::expected<EngineStart, std::string> run() {
        if (!look_at_breadcrumb() || !load_snapshot() || !replay_log() || !begin_new_log() || !add_founding_keys() ||
            !open_writer())
            return std::unexpected(error_);
        start_.hash = replay_->hash();
        start_.since_checkpoint = replay_->since_checkpoint();
        // Whatever the process before died on, this one came past it, or it never was in the log.
        if (ground_.breadcrumb != nullptr) ground_.breadcrumb->forget();
        return std::move(start_);
    }

  private:
    // The lock comes first: a page that a running engine writes tells nothing.
    bool look_at_breadcrumb() {
        if (ground_.storage != nullptr)
            if (auto locked = ground_.storage->lock(); !locked) return refuse(locked.error().message);
        if (ground_.breadcrumb == nullptr) return true;
        start_.report.died_on = ground_.breadcrumb->look();
        const auto deadly = ground_.breadcrumb->deadly();
        if (!deadly || deadly->deaths < Breadcrumb::kDeathsAllowed) return true;
        return refuse("the engine died " + std::to_string(deadly->deaths) +
                      " times in a row while it applied the same command, and would die again: " + describe(*deadly) +
                      "\nTo go on without it: dcx journal quarantine DATA/journal --sequence " +
                      std::to_string(deadly->command.header.sequence.value));
    }

    bool load_snapshot() {
        if (ground_.warm != nullptr) {
            start_.core = std::move(ground_.warm->core);
            from_ = ground_.warm->place;
            mark_ = ground_.warm->mark;
            return begin_replay();
        }
        if (ground_.storage != nullptr && ground_.snapshots != nullptr) {
            auto result = engine::load_snapshot(*ground_.snapshots, ground_.memory);
            if (!result) return refuse(result.error().message);
            start_.report.skipped_snapshots = std::move(result->skipped);
            if (result->loaded) {
                start_.core = std::move(result->loaded->core);
                start_.report.snapshot = start_.core->sequence();
                from_ = result->loaded->place;
                mark_ = result->loaded->mark();
            }
        }
        return begin_replay();
    }

    bool begin_replay() {
        if (!start_.core) start_.core = std::make_unique<core::Core>(ground_.memory);
        if (ground_.breadcrumb != nullptr) {
            ground_.breadcrumb->applied_by_this_thread();
            start_.core->leave_trail(&ground_.breadcrumb->trail());
        }
        replay_.emplace(*start_.core, 0, mark_);
        return true;
    }

    bool replay_log() {
        if (ground_.storage != nullptr) {
            journal::Storage& log = !from_ && ground_.archived != nullptr ? *ground_.archived : *ground_.storage;
            if (options_.on_progress) gauge_.emplace(log, from_ ? from_->segment : 1, from_ ? from_->offset : 0);
            auto recovery =
                journal::recover(log, {.visit = [this](const auto& batch) { apply(batch); },
                                       .quarantined = [this](const auto& list) { replay_->set_quarantined(list); },
                                       .read_ahead = options_.read_ahead,
                                       .from = from_});
            if (!recovery) return refuse(recovery.error().message);
            if (replay_->failed()) return refuse(replay_->error());
            recovery_ = std::move(*recovery);
        }
        StartReport& report = start_.report;
        report.replayed = start_.core->sequence();
        report.seconds = seconds();
        report.tail = recovery_.tail;
        const Time wall{ground_.clock.wall_ns()};
        report.log_ahead_ns = std::max<std::int64_t>(0, start_.core->time().value - wall.value);
        now_ = std::max(start_.core->time(), wall);
        return true;
    }

    void apply(const journal::Batch& batch) {
        for (std::size_t i = 0; i < batch.commands.size(); ++i) {
            // After a refusal the rest is walked for nothing: recovery's own checks still deserve their say.
            replay_->forget_events();
            replay_->prefetch(batch.commands.subspan(i));
            if (!replay_->apply(batch.commands[i])) return;
        }
        if (options_.on_progress && seconds() >= told_at_ + 1) {
            told_at_ = seconds();
            options_.on_progress(
                {.commands = replay_->commands(), .seconds = told_at_, .fraction = gauge_->fraction(*batch.header)});
        }
    }

    bool begin_new_log() {
        // The journal counts epochs too and may be ahead: a start that wrote no StartEpoch has used its number.
        start_.report.epoch = std::max(start_.core->epoch(), recovery_.end.epoch) + 1;
        DCX_CHECK(options_.rules >= kOldestRules && options_.rules <= kNewestRules);
        start_.report.rules = start_.core->rules() != 0 ? start_.core->rules() : options_.rules;
        if (start_.core->started()) return true;
        if (start_.core->sequence()) return refuse("the log does not begin with a genesis");
        start_.report.fresh = true;
        Genesis genesis = options_.genesis;
        // The first segment of a log that never came to its first command has a venue's id already.
        if (!recovery_.empty()) genesis.venue_id = recovery_.venue_id;
        if (apply_own(genesis) == RejectReason::none) return true;
        return refuse("the core refuses the genesis: " + std::string{to_string(refusal_)});
    }

    // Also when a start before this one came no further than its genesis: what it had done of them is known then.
    bool add_founding_keys() {
        if (start_.core->epoch() != 0) return true;
        for (const GenesisKey& key : options_.founding_keys) {
            const RejectReason refused = apply_own(key);
            if (refused != RejectReason::none && refused != RejectReason::key_already_known)
                return refuse("the core refuses a founding key: " + std::string{to_string(refused)});
        }
        return true;
    }

    template <MessageBody Body>
    RejectReason apply_own(const Body& body) {
        const Command command = engine_command(body, Sequence{start_.core->sequence().value + 1}, now_);
        replay_->forget_events();
        DCX_CHECK(replay_->apply(command));
        const Event& answer = replay_->events().back();
        const bool refused = answer.header.kind == EventKind::command_rejected;
        refusal_ = refused ? answer.as<CommandRejected>().reason : RejectReason::none;
        start_.founding.push_back(command);
        return refusal_;
    }

    bool open_writer() {
        if (ground_.storage == nullptr) return true;
        auto writer = journal::Writer::open(*ground_.storage, recovery_,
                                            {.venue_id = options_.genesis.venue_id,
                                             .engine_version = kNewestRules,
                                             .now = now_,
                                             .segment_size = options_.segment_size,
                                             .background = options_.prepare_segments});
        if (!writer) return refuse(writer.error().message);
        start_.writer = std::move(*writer);
        return true;
    }

    [[nodiscard]] double seconds() const {
        return static_cast<double>(ground_.clock.monotonic_ns() - begun_at_) * 1e-9;
    }
    bool refuse(std::string why) {
        error_ = std::move(why);
        return false;
    }

    const EngineGround& ground_;
    const EngineOptions& options_;
    std::int64_t begun_at_;
    EngineStart start_;
    std::optional<journal::Position> from_;
    LogReplay::Mark mark_;
    std::optional<ReplayGauge> gauge_;
    std::optional<LogReplay> replay_;
    journal::Recovery recovery_;
    Time now_{};
    RejectReason refusal_{};  // of the last command of our own
    double told_at_ = 0;
    std::string error_;
};

}  // namespace

std::expected<EngineStart, std::string> start_engine(const EngineGround& ground, const EngineOptions& options) {
    return Starting(ground, options).run();
}

}  // namespace dcx::engine
