#include "engine/engine.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

namespace dcx::engine {
namespace {

// Deadlines may lie in another year.
constexpr std::int64_t kMaxSleepMs = 60'000;

std::uint32_t saturated_wait_ns(Time received, Time taken) {
    const std::int64_t wait = taken.value - received.value;
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(wait, 0, std::numeric_limits<std::uint32_t>::max()));
}

// These are the engine's to log: a false checkpoint would make the log unreadable for ever.
bool is_engines_own(CommandKind kind) {
    return kind == CommandKind::genesis || kind == CommandKind::genesis_key || kind == CommandKind::start_epoch ||
           kind == CommandKind::checkpoint || kind == CommandKind::tick || kind == CommandKind::handover;
}

}  // namespace

std::expected<std::unique_ptr<Engine>, std::string> Engine::open(const EngineGround& ground,
                                                                 const EngineOptions& options) {
    auto start = start_engine(ground, options);
    if (!start) return std::unexpected(std::move(start.error()));
    return std::unique_ptr<Engine>(new Engine(ground, options, std::move(*start)));
}

Engine::Engine(const EngineGround& ground, const EngineOptions& options, EngineStart start)
    : clock_(ground.clock),
      bell_(ground.bell),
      memory_(ground.memory),
      breadcrumb_(ground.breadcrumb),
      report_(std::move(start.report)),
      core_(std::move(start.core)),
      hash_(start.hash),
      log_clock_(ground.clock, core_->time()),
      events_(std::bit_ceil(std::max<std::size_t>(options.event_ring_capacity, 2 * core_->max_events_per_command())),
              ground.memory),
      last_(core_->sequence()),
      max_events_(core_->max_events_per_command()),
      checkpoint_every_(options.checkpoint_every),
      since_checkpoint_(start.since_checkpoint) {
    DCX_CHECK(checkpoint_every_ > 0);
    applied_.store(last_.value, std::memory_order_relaxed);
    if (!start.writer) {
        buffer_.resize(kMaxTaken);
        durable_.advance(last_);
        return;
    }
    durable_.advance(report_.replayed);
    journal_ = std::make_unique<JournalThread>(
        JournalThread::Options{.writer = std::move(start.writer), .ring_capacity = options.command_ring_capacity},
        clock_, memory_, durable_, status_);
    for (const Command& command : start.founding) DCX_CHECK(journal_->commands().try_write(command));
    journal_->commands().flush();
}

Engine::~Engine() = default;

ring::Channel<Submission>& Engine::add_producer(std::size_t capacity) {
    return producers_.add(capacity, memory_, bell_);
}

LiveSource& Engine::add_reader(platform::Doorbell& bell) { return add_public_reader(bell, {}); }

LiveSource& Engine::add_public_reader(platform::Doorbell& bell, std::span<LiveSource* const> followed) {
    // The engine rings for what it publishes, the journal for what becomes durable: both through DurableSequence.
    durable_.add_bell(bell);
    std::vector<const LiveSource::EventReader*> readers;
    for (LiveSource* source : followed) {
        source->reader().add_follower(bell);
        readers.push_back(&source->reader());
    }
    sources_.push_back(std::make_unique<LiveSource>(events_.add_reader(), durable_, std::move(readers)));
    return *sources_.back();
}

void Engine::request_stop() {
    stop_requested_.store(true, std::memory_order_release);
    bell_.ring();
}

bool Engine::poll() {
    if (closed_ || status_.ended()) return false;
    const bool stopping = stop_requested_.load(std::memory_order_acquire);
    if (stopping) status_.move_to(EngineState::stopping);
    if (!log_clock_.look()) [[unlikely]] {
        halt(log_clock_.jump_text());
        return false;
    }
    // Who is told to stop has no use for the rest of the telling.
    if (!restored_ && !stopping) return tell_restored_state();

    const bool worked = apply_staged();
    // As long as readers hold the room, nothing new is taken: what is stamped must be applied first.
    if (!staged_.empty()) return worked;
    if (stage_next()) {
        apply_staged();
        return true;
    }
    return (stopping && epoch_started_ && finish()) || worked;
}

// The next commands of the log, if there are any and there is room for them.
bool Engine::stage_next() {
    if (!epoch_started_) return start_epoch();
    // Relaxed: what is asked for may come a round later.
    if (since_checkpoint_ >= checkpoint_every_ || checkpoint_wanted_.load(std::memory_order_relaxed))
        return stage_checkpoint();
    if (handover_wanted_.load(std::memory_order_relaxed) != 0) return stage_handover();
    return stage_submissions() || (deadline_due() && stage_own(Tick{}));
}

// By the time that commands would be stamped with now.
bool Engine::deadline_due() const { return core_->next_deadline() <= log_clock_.now(); }

int Engine::max_sleep_ms() {
    if (closed_ || status_.ended()) return platform::any_sleep_ms;
    // Nobody rings when a reader made room or the disk did.
    if (!epoch_started_ || !staged_.empty() || stop_requested_.load(std::memory_order_relaxed)) return 1;
    if (waits_for_disk_) return 1;
    const Time deadline = core_->next_deadline();
    if (deadline == kNever) return platform::any_sleep_ms;
    constexpr std::int64_t ns_per_ms = 1'000'000;
    return static_cast<int>(
        std::clamp<std::int64_t>((deadline.value - clock_.wall_ns()) / ns_per_ms + 1, 1, kMaxSleepMs));
}

bool Engine::tell_restored_state() {
    const std::size_t room = std::min<std::size_t>(events_.free_slots(), kMaxTaken);
    if (room < 2) return false;
    EventWriter out{.slots = events_.slots(), .mask = events_.mask(), .position = events_.position()};
    restored_ = core_->restore(restore_cursor_, out, room);
    events_.publish(out.position);
    durable_.wake_if_visible(last_);
    return true;
}

// Live as soon as it is staged: whatever is taken from now on comes after it in the log.
bool Engine::start_epoch() {
    if (breadcrumb_ != nullptr) breadcrumb_->applied_by_this_thread();
    const StartEpoch epoch{.epoch = report_.epoch, .engine_version = report_.rules, .newest_rules = kNewestRules};
    if (!stage_own(epoch)) return false;
    epoch_started_ = true;
    status_.move_to(EngineState::live);
    return true;
}

std::span<Command> Engine::room_for_commands(std::size_t wanted) {
    if (!journal_) return std::span{buffer_}.first(std::min(wanted, buffer_.size()));
    const auto room = journal_->commands().claim(wanted);
    waits_for_disk_ = room.empty();
    return room;
}

// From here on the commands are on their way to the disk. They stay where they are until the engine itself writes over
// them, so the core reads them from the same place.
void Engine::stage(std::span<Command> commands) {
    if (journal_) journal_->commands().publish(commands.size());
    staged_ = commands;
}

bool Engine::stage_submissions() {
    const std::uint64_t to_checkpoint = checkpoint_every_ - since_checkpoint_;
    const auto room = room_for_commands(static_cast<std::size_t>(std::min<std::uint64_t>(kMaxTaken, to_checkpoint)));
    std::size_t taken = 0;
    producers_.visit([&](ring::Channel<Submission>& producer) {
        taken += take_from(producer, room.subspan(taken));
        return taken < room.size();
    });
    if (taken == 0) return false;
    since_checkpoint_ += taken;
    stage(room.first(taken));
    return true;
}

std::size_t Engine::take_from(ring::Channel<Submission>& producer, std::span<Command> room) {
    const auto submissions = producer.peek(room.size());
    if (submissions.empty()) return 0;
    // After the look at the ring, or a message would be received after it was sequenced. A jump since the last look is
    // the next poll's to find; its time is not used.
    if (!log_clock_.look()) return 0;
    // What is due comes first.
    if (deadline_due()) return 0;
    const Time now = log_clock_.now();
    for (std::size_t i = 0; i < submissions.size(); ++i) {
        Command& command = room[i];
        command = submissions[i].command;
        DCX_CHECK(!is_engines_own(command.header.kind));
        command.header.sequence = last_ = Sequence{last_.value + 1};
        command.header.time = now;
        command.header.wait_ns = saturated_wait_ns(submissions[i].received, now);
    }
    const std::size_t taken = submissions.size();
    producer.release(taken);
    return taken;
}

template <MessageBody Body>
bool Engine::stage_own(const Body& body) {
    DCX_CHECK(staged_.empty());
    const auto room = room_for_commands(1);
    if (room.empty()) return false;
    last_ = Sequence{last_.value + 1};
    room[0] = engine_command(body, last_, log_clock_.now());
    ++since_checkpoint_;
    stage(room);
    return true;
}

// Only when everything stamped is applied: it holds the hash of all events before it.
bool Engine::stage_checkpoint() {
    if (!stage_own(Checkpoint{.event_hash = hash_.value()})) return false;
    since_checkpoint_ = 0;
    checkpoint_wanted_.store(false, std::memory_order_relaxed);
    return true;
}

void Engine::request_handover(std::uint32_t grace_ms) {
    handover_wanted_.store(std::uint64_t{grace_ms} + 1, std::memory_order_relaxed);
    bell_.ring();
}

// Whatever ends from now on is stamped behind it.
bool Engine::stage_handover() {
    const std::uint64_t wanted = handover_wanted_.load(std::memory_order_relaxed);
    if (!stage_own(Handover{.grace_ms = static_cast<std::uint32_t>(wanted - 1), .zero = 0})) return false;
    handover_wanted_.store(0, std::memory_order_relaxed);
    handover_logged_.store(true, std::memory_order_release);
    return true;
}

bool Engine::apply_staged() {
    bool worked = false;
    while (!staged_.empty()) {
        EventWriter out{.slots = events_.slots(), .mask = events_.mask(), .position = events_.position()};
        const ring::Position begin = out.position;
        const Sequence first = staged_.front().header.sequence;
        const auto most = staged_.first(std::min(staged_.size(), kMaxApplied));
        if (!events_.has_room(max_events_)) break;
        const std::size_t count = core_->apply(most, out, events_.free_slots_known());
        events_.advance(out.position);
        staged_ = staged_.subspan(count);
        publish(first, begin);
        worked = true;
    }
    return worked;
}

// The events from `begin` on, of the commands from `first` to the last applied.
void Engine::publish(Sequence first, ring::Position begin) {
    const ring::Position end = events_.position();
    const Time now{clock_.wall_ns()};
    for (ring::Position at = begin; at != end; ++at) {
        Event& event = events_.slot(at);
        event.header.applied_time = now;
        hash_.add(event);
    }
    events_.publish(end);
    applied_.store(core_->sequence().value, std::memory_order_relaxed);
    if (!journal_) durable_.advance(core_->sequence());
    durable_.wake_if_visible(first);
}

bool Engine::finish() {
    if (!stage_checkpoint()) return false;
    closed_ = true;
    // What readers have no room for is in the log; the next start tells it.
    apply_staged();
    if (journal_)
        journal_->close();
    else
        status_.move_to(EngineState::stopped);
    return true;
}

void Engine::halt(std::string reason) {
    status_.fail(std::move(reason));
    durable_.wake_readers();
}

}  // namespace dcx::engine
