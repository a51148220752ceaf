#include "app/history_ground.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <thread>

#include "app/history_source.h"
#include "app/history_store.h"
#include "app/journal_room.h"
#include "app/progress.h"
#include "app/projection_log.h"
#include "history/projector.h"
#include "journal/snapshot.h"
#include "journal/tail.h"
#include "platform/system_clock.h"

namespace dcx::app {
namespace {

using namespace std::chrono_literals;
using history::ErrorCode;
using history::HistoryError;

Config config_of(const std::string& path) {
    if (path.empty()) return Config::defaults();
    auto config = read_config(path);
    if (!config) throw std::runtime_error(config.error().text);
    return std::move(*config);
}

JournalFolder journal_of(const DataFolder& folder, const std::string& archive) {
    auto journal = JournalFolder::open(folder.journal(), archive);
    if (!journal) throw HistoryError(ErrorCode::log_unreadable, journal.error().message);
    return std::move(*journal);
}

}  // namespace

HistoryGround::HistoryGround(const HistoryOptions& options)
    : config_(config_of(options.config)),
      folder_(options.tool.data),
      journal_(journal_of(folder_, config_.journal.archive)) {
    if (std::filesystem::is_directory(folder_.snapshots())) snapshots_ = open_for_reading(folder_.snapshots());
}

std::string HistoryGround::store_file() const { return store().kind == "sqlite" ? store().url : std::string{}; }

history::StoreOptions HistoryGround::store() const {
    if (config_.history.store == "none")
        throw std::runtime_error("history.store is \"none\": there is nothing to work on");
    return history_store_of(config_, folder_);
}

engine::PastEvents::Ground HistoryGround::log() const {
    const bool packed = journal_.archive() != nullptr;
    return {
        .journal = journal_.live(), .archived = packed ? &journal_.whole() : nullptr, .snapshots = snapshots_.get()};
}

// From the newest snapshot on: its state is not needed to read the batches behind it.
HistoryGround::End HistoryGround::end() const {
    std::optional<journal::Position> from;
    End end;
    if (snapshots_ != nullptr)
        for (const std::string& name : journal::list_snapshots(*snapshots_).value_or(std::vector<std::string>{}))
            if (const auto header = journal::Snapshot::read_header(*snapshots_, name)) {
                end = {.sequence = Sequence{header->sequence}, .time = Time{header->log_time}};
                from = journal::position_of(*header);
                break;
            }
    auto tail = journal::Tail::open(from ? journal_.live() : journal_.whole(), from);
    if (!tail) throw HistoryError(ErrorCode::log_unreadable, tail.error().message);
    for (;;) {
        const auto batch = tail->next();
        if (!batch) throw HistoryError(ErrorCode::log_unreadable, batch.error().message);
        if (!*batch) return end;
        if ((*batch)->commands.empty()) continue;
        const auto& last = (*batch)->commands.back().header;
        end = {.sequence = last.sequence, .time = last.time};
    }
}

Projected project(history::Store& store, const std::string& file, const HistoryGround& ground, const char* what,
                  const std::optional<Sequence>& until) {
    platform::SystemClock clock;
    const Sequence end = until ? *until : ground.end().sequence;
    JournalSource* source = nullptr;
    Sequence began{};
    history::Projector projector(
        store,
        [&](const history::Cursor& cursor) {
            began = cursor.sequence;
            auto made = std::make_unique<JournalSource>(
                ground.log(), engine::JournalLog::Options{.from = mark_of(cursor), .until = until});
            source = made.get();
            return made;
        },
        clock);
    const history::ProjectorHealth& health = projector.health();
    const auto seconds = [&, from = clock.monotonic_ns()] {
        return static_cast<double>(clock.monotonic_ns() - from) / 1e9;
    };
    const auto show = [&](bool last) {
        const std::uint64_t commands = health.sequence - std::min(began.value, health.sequence.load());
        const double all = static_cast<double>(end.value - std::min(began, end).value);
        const engine::ReplayProgress progress{.commands = commands,
                                              .seconds = seconds(),
                                              .fraction = last || all <= 0 ? 1 : static_cast<double>(commands) / all};
        show_projection(what, progress, health.rows);
    };
    JournalRoom room(file, ground.folder().journal(),
                     static_cast<std::uint64_t>(ground.config().journal.segment_mib) << 20, clock);
    std::string told;
    double shown = 0;
    for (;;) {
        if (!room.refusal().empty()) throw std::runtime_error(room.refusal());
        const bool worked = projector.poll();
        switch (health.stage.load()) {
            case history::ProjectorHealth::Stage::stopped: throw std::runtime_error(projector.reason());
            case history::ProjectorHealth::Stage::retrying:
                if (health.commits == 0) throw std::runtime_error(projector.reason());
                if (told != projector.reason()) std::fprintf(stderr, "%s\n", (told = projector.reason()).c_str());
                break;
            default: break;
        }
        if (source != nullptr && source->log().at_end()) {
            projector.flush();
            if (projector.caught_up()) break;
        }
        if (seconds() - shown >= 1) {
            shown = seconds();
            show(false);
        }
        if (!worked) std::this_thread::sleep_for(1ms);
    }
    if (health.rows > 0) show(true);
    return {.commands = health.sequence - began.value, .rows = health.rows, .seconds = seconds()};
}

}  // namespace dcx::app
