#include "history/projector.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace dcx::history {
namespace {

constexpr std::size_t kEventsAtOnce = 1024;
// What nobody has rows of is not stored as often: the cursor alone.
constexpr std::int64_t kEmptyLingers = 10;
// A small batch costs the store nearly as much as one of this size: pages, a log record for each, a sync.
constexpr std::size_t kSmallBatch = 1000;
constexpr std::int64_t kSmallLingers = 5;
// While the log's time is far behind, or what fills a batch comes slowly.
constexpr std::int64_t kBehindLingers = 50;
constexpr std::int64_t kActiveNs = 1'000'000'000;
constexpr int kActiveSleepMs = 5;
constexpr int kIdleSleepMs = 20;
constexpr int kStoppedSleepMs = 1000;

}  // namespace

std::string_view to_string(ProjectorHealth::Stage stage) {
    switch (stage) {
        case ProjectorHealth::Stage::opening: return "opening";
        case ProjectorHealth::Stage::running: return "running";
        case ProjectorHealth::Stage::retrying: return "retrying";
        case ProjectorHealth::Stage::stopped: return "stopped";
    }
    return "?";
}

Projector::Projector(Store& store, OpenSource open_source, Clock& clock, const ProjectorOptions& options)
    : store_(store), open_source_(std::move(open_source)), clock_(clock), options_(options) {}

Projector::~Projector() = default;

bool Projector::poll() {
    using Stage = ProjectorHealth::Stage;
    const Stage stage = health_.stage.load(std::memory_order_relaxed);
    if (stage == Stage::stopped || clock_.monotonic_ns() < retry_due_ns_) return false;
    try {
        const bool worked = step();
        if (stage != Stage::running) set_stage(Stage::running, {});
        note_waiting();
        if (worked) active_ns_ = clock_.monotonic_ns();
        return worked;
    } catch (const HistoryError& error) {
        failed(error);
    } catch (const std::exception& error) {
        failed(HistoryError(ErrorCode::internal, error.what()));
    }
    return true;
}

bool Projector::step() {
    if (!store_open_) reach_store();
    if (fold_ == nullptr) {
        begin();
        return true;
    }
    if (committing_) {
        commit();
        return true;
    }
    return read();
}

// At the start, and after every error: where does it stand?
void Projector::reach_store() {
    store_.open();
    if (fold_ != nullptr) {
        const Cursor cursor = store_.cursor();
        // The answer to our commit may have been lost. Anywhere else somebody else has put it: a rebuild, a backup.
        const bool ours = cursor == stored_ || (committing_ && cursor == fold_->cursor());
        if (!ours) begin_anew();
    }
    store_open_ = true;
}

void Projector::begin_anew() {
    source_.reset();
    fold_.reset();
    committing_ = pending_ = nothing_ = false;
}

void Projector::begin() {
    const StoredState state = store_.load();
    source_ = open_source_(state.cursor);
    fold_ = std::make_unique<Fold>(state, store_);
    stored_ = state.cursor;
    health_.sequence.store(stored_.sequence.value, std::memory_order_relaxed);
    health_.time.store(stored_.time.value, std::memory_order_relaxed);
}

bool Projector::read() {
    const std::int64_t now = clock_.monotonic_ns();
    const std::span<const Event> events = ask_source();
    nothing_ = events.empty();
    if (!events.empty()) {
        if (!pending_) {
            pending_ = true;
            oldest_ = events.front().header.time;
            pending_since_ns_ = now;
        }
        fold(events, due(now));
    }
    if (pending_ && fold_->at_boundary() && due(now)) {
        commit();
        return true;
    }
    return !nothing_ || source_->busy();
}

std::span<const Event> Projector::ask_source() {
    try {
        const auto events = source_->peek(kEventsAtOnce);
        const LogSource::Progress progress = source_->progress();
        health_.read.store(progress.at.value, std::memory_order_relaxed);
        health_.wanted.store(std::max(progress.at, progress.wanted).value, std::memory_order_relaxed);
        return events;
    } catch (...) {
        // What it gave is not stored in part: it is read again, once that is possible.
        begin_anew();
        throw;
    }
}

// All of the events, or up to the end of a command when the batch is full.
void Projector::fold(std::span<const Event> events, bool full) {
    std::size_t done = 0;
    try {
        while (done < events.size()) {
            fold_->apply(events[done]);
            ++done;
            if (full && fold_->at_boundary()) break;
        }
    } catch (...) {
        // The one that failed comes again, if that can help.
        source_->release(done);
        throw;
    }
    newest_ = events[done - 1].header.time;
    source_->release(done);
}

bool Projector::due(std::int64_t now) const {
    const std::size_t rows = fold_->rows();
    if (rows >= options_.max_rows) return true;
    const std::int64_t lingers = rows == 0 ? kEmptyLingers : rows < kSmallBatch ? kSmallLingers : 1;
    const std::int64_t linger = options_.linger_ns * lingers;
    const std::int64_t waited = now - pending_since_ns_;
    if (waited >= linger * kBehindLingers) return true;
    // Nothing more comes for now: it may have been quiet for long.
    if (nothing_ && !source_->busy()) return std::max(waited, now - committed_ns_) >= linger;
    const bool behind = clock_.wall_ns() - newest_.value > options_.behind_ns;
    return waited >= linger && !behind;
}

void Projector::commit() {
    const std::int64_t begin = clock_.monotonic_ns();
    committing_ = true;
    const RowBatch& batch = fold_->seal();
    const std::size_t rows = batch.rows();
    store_.commit(batch, fold_->units());
    stored_ = batch.to;
    fold_->forget();
    committing_ = pending_ = false;
    committed_ns_ = clock_.monotonic_ns();
    health_.commit_ns.store(committed_ns_ - begin, std::memory_order_relaxed);
    health_.rows.fetch_add(rows, std::memory_order_relaxed);
    health_.commits.fetch_add(1, std::memory_order_relaxed);
    health_.time.store(stored_.time.value, std::memory_order_relaxed);
    // Release: who sees this sequence finds its rows.
    health_.sequence.store(stored_.sequence.value, std::memory_order_release);
}

void Projector::failed(const HistoryError& error) {
    using Stage = ProjectorHealth::Stage;
    health_.errors.fetch_add(1, std::memory_order_relaxed);
    store_open_ = false;
    if (may_pass(error.code()) || error.code() == ErrorCode::stopped) {
        // Whoever lost a conflict may try again at once.
        const std::int64_t wait = error.code() == ErrorCode::conflict ? options_.retry_ns / 20 : options_.retry_ns;
        retry_due_ns_ = clock_.monotonic_ns() + wait;
        return set_stage(Stage::retrying, error.what());
    }
    // The memory of a core may go with it.
    begin_anew();
    set_stage(Stage::stopped, error.what());
}

void Projector::set_stage(ProjectorHealth::Stage stage, const std::string& reason) {
    {
        const std::lock_guard guard(mutex_);
        reason_ = reason;
    }
    health_.stage.store(stage, std::memory_order_release);
}

void Projector::note_waiting() {
    const bool somewhere = fold_ == nullptr || !nothing_ || source_->busy();
    const Time waiting = pending_ ? oldest_ : somewhere ? stored_.time : Time{};
    health_.waiting_time.store(waiting.value, std::memory_order_relaxed);
}

int Projector::max_sleep_ms() {
    using Stage = ProjectorHealth::Stage;
    const std::int64_t now = clock_.monotonic_ns();
    if (health_.stage.load(std::memory_order_relaxed) == Stage::stopped) return kStoppedSleepMs;
    if (now < retry_due_ns_)
        return static_cast<int>(std::min<std::int64_t>((retry_due_ns_ - now) / 1'000'000 + 1, kStoppedSleepMs));
    return pending_ || now - active_ns_ < kActiveNs ? kActiveSleepMs : kIdleSleepMs;
}

void Projector::flush() {
    if (health_.stage.load(std::memory_order_relaxed) != ProjectorHealth::Stage::running || fold_ == nullptr) return;
    if (!pending_ || !fold_->at_boundary()) return;
    try {
        commit();
        note_waiting();
    } catch (const HistoryError& error) {
        failed(error);
    } catch (const std::exception& error) {
        failed(HistoryError(ErrorCode::internal, error.what()));
    }
}

bool Projector::caught_up() const { return fold_ != nullptr && !pending_ && nothing_ && !source_->busy(); }

std::string Projector::reason() const {
    const std::lock_guard guard(mutex_);
    return reason_;
}

}  // namespace dcx::history
