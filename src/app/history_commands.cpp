// dcx history rebuild, catch-up, status, prune.
#include "app/history_commands.h"

#include <cstdio>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "app/decimals.h"
#include "app/history_ground.h"
#include "app/history_store.h"
#include "history/compare.h"
#include "history/row_reader.h"

namespace dcx::app {
namespace {

using Json = nlohmann::ordered_json;
using history::ErrorCode;
using history::HistoryError;

// Two projectors on one store: the second one hears that it is locked, but not by whom.
[[noreturn]] void explain(const HistoryError& e, const DataFolder& folder) {
    if (e.code() == ErrorCode::locked && folder.admin())
        throw std::runtime_error(std::string(e.what()) +
                                 "; the venue runs and writes to it: stop it first (it "
                                 "can prune by itself: dcx admin call prune-history)");
    throw e;
}

std::unique_ptr<history::Store> open_store(const HistoryGround& ground) {
    auto store = history::make_store(ground.store());
    try {
        store->open();
    } catch (const HistoryError& e) {
        explain(e, ground.folder());
    }
    return store;
}

int tell(const HistoryOptions& options, const history::Store& store, const Projected& done,
         const history::Cursor& cursor) {
    const Json line{{"store", store.name()},
                    {"sequence", cursor.sequence.value},
                    {"commands", done.commands},
                    {"rows", done.rows},
                    {"seconds", done.seconds}};
    if (options.tool.json)
        std::printf("%s\n", line.dump().c_str());
    else
        std::printf("%s: %llu rows of %llu commands in %.1f s, as of command %llu\n", store.name().c_str(),
                    static_cast<unsigned long long>(done.rows), static_cast<unsigned long long>(done.commands),
                    done.seconds, static_cast<unsigned long long>(cursor.sequence.value));
    return kDone;
}

// Of the file with its log, or of the database.
std::uint64_t bytes_of(const history::StoreOptions& options, history::StoreReader& reader) {
    std::uint64_t bytes = 0;
    if (options.kind == "sqlite") {
        for (const char* const part : {"", "-wal", "-shm"}) {
            std::error_code none;
            const auto size = std::filesystem::file_size(options.url + part, none);
            if (!none) bytes += size;
        }
        return bytes;
    }
    reader.select("SELECT pg_database_size(current_database())", {},
                  [&](history::Cells& cells) { bytes = static_cast<std::uint64_t>(cells.integer(0)); });
    return bytes;
}

}  // namespace

int history_rebuild(const HistoryOptions& options) {
    const HistoryGround ground(options);
    const auto store = open_store(ground);
    // The journal first: an old history is better than none.
    const auto end = ground.end();
    if (end.sequence.value == 0) throw std::runtime_error("the journal has no command: the store stays as it is");
    store->wipe();
    const Projected done = project(*store, ground.store_file(), ground, "rebuild");
    return tell(options, *store, done, store->cursor());
}

int history_catch_up(const HistoryOptions& options) {
    const HistoryGround ground(options);
    const auto store = open_store(ground);
    const Projected done = project(*store, ground.store_file(), ground, "catch-up");
    return tell(options, *store, done, store->cursor());
}

int history_status(const HistoryOptions& options) {
    const HistoryGround ground(options);
    const history::StoreOptions where = ground.store();
    const auto reader = history::open_reader(where);
    reader->begin_snapshot();
    const history::Cursor cursor = reader->cursor();
    const auto tables = history::table_sizes(*reader);
    const history::Day pruned = history::pruned_before(*reader);
    const std::uint64_t bytes = bytes_of(where, *reader);
    reader->end_snapshot();
    const HistoryGround::End end = ground.end();
    const std::uint64_t behind = end.sequence.value - std::min(end.sequence, cursor.sequence).value;
    Json rows = Json::object();
    std::uint64_t all = 0;
    for (const history::TableSize& table : tables) {
        rows[std::string(table.table)] = table.rows;
        all += table.rows;
    }
    const Time pruned_time{pruned.value * history::kDayNs};
    const Json line{{"store", where.kind},
                    {"sequence", cursor.sequence.value},
                    {"time", cursor.sequence.value == 0 ? "" : utc_text(cursor.time)},
                    {"journal_sequence", end.sequence.value},
                    {"lag_commands", behind},
                    {"pruned_before", pruned.value == 0 ? "" : utc_text(pruned_time).substr(0, 10)},
                    {"bytes", bytes},
                    {"rows", rows}};
    if (options.tool.json) return std::printf("%s\n", line.dump().c_str()), kDone;
    std::printf("%s, as of command %llu%s%s; the journal ends with %llu: %llu to be stored\n", where.kind.c_str(),
                static_cast<unsigned long long>(cursor.sequence.value), cursor.sequence.value == 0 ? "" : ", ",
                line["time"].get<std::string>().c_str(), static_cast<unsigned long long>(end.sequence.value),
                static_cast<unsigned long long>(behind));
    if (pruned.value != 0)
        std::printf("what was told before %s was taken away\n", line["pruned_before"].get<std::string>().c_str());
    for (const history::TableSize& table : tables)
        std::printf("%-20s %14llu rows\n", std::string(table.table).c_str(),
                    static_cast<unsigned long long>(table.rows));
    std::printf("%-20s %14llu rows, %llu bytes\n", "all", static_cast<unsigned long long>(all),
                static_cast<unsigned long long>(bytes));
    return kDone;
}

int history_prune(const HistoryOptions& options) {
    const HistoryGround ground(options);
    const auto store = open_store(ground);
    const auto before = prune_day(options.before, store->cursor().time);
    if (!before) throw std::runtime_error("--before: " + before.error());
    const std::uint64_t rows = store->prune(*before);
    if (options.tool.json)
        std::printf("%s\n", Json{{"pruned_before", options.before}, {"rows", rows}}.dump().c_str());
    else
        std::printf("%s: %llu rows of before %s were taken away\n", store->name().c_str(),
                    static_cast<unsigned long long>(rows), options.before.c_str());
    return kDone;
}

}  // namespace dcx::app
