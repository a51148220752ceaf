// dcx history check: every row made again from the journal, in a file of its own, and compared.
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>

#include "app/history_commands.h"
#include "app/history_ground.h"
#include "history/compare.h"
#include "history/row_reader.h"

namespace dcx::app {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kTold = 20;

// Where the rows are made again: on the store's disk, which has room for them if any has.
class Scratch {
  public:
    explicit Scratch(const fs::path& beside) {
        std::string name = (beside / "history-check-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::system_error(errno, std::generic_category(), "a folder beside the store: " + name);
        folder_ = name;
    }
    ~Scratch() {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    [[nodiscard]] history::StoreOptions store() const {
        return {.kind = "sqlite", .url = (folder_ / "history.sqlite").string()};
    }

  private:
    fs::path folder_;
};

// What is read between is of one commit.
class Snapshot {
  public:
    explicit Snapshot(history::StoreReader& reader) : reader_(reader) { reader_.begin_snapshot(); }
    ~Snapshot() {
        try {
            reader_.end_snapshot();
        } catch (const history::HistoryError&) {  // the connection is gone, and the snapshot with it
        }
    }
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

  private:
    history::StoreReader& reader_;
};

fs::path folder_beside(const history::StoreOptions& store, const DataFolder& data) {
    if (store.kind != "sqlite") return data.path();
    const fs::path parent = fs::path(store.url).parent_path();
    return parent.empty() ? fs::path(".") : parent;
}

std::string text_of(const history::Cursor& cursor) {
    return "command " + std::to_string(cursor.sequence.value) + ", event hash " + std::to_string(cursor.event_hash) +
           ", time " + std::to_string(cursor.time.value);
}

}  // namespace

int history_check(const HistoryOptions& options) {
    const HistoryGround ground(options);
    const history::StoreOptions where = ground.store();
    const auto reader = history::open_reader(where);
    const Scratch scratch(folder_beside(where, ground.folder()));
    const auto made = history::make_store(scratch.store());
    // Most of it before the snapshot, which would hold up the store's housekeeping.
    const Sequence first = reader->cursor().sequence;
    (void)project(*made, scratch.store().url, ground, "check", first);

    const Snapshot snapshot(*reader);
    const history::Cursor cursor = reader->cursor();
    if (cursor.sequence > first) (void)project(*made, scratch.store().url, ground, "check", cursor.sequence);
    const history::Day pruned = history::pruned_before(*reader);
    if (pruned.value != 0) (void)made->prune(pruned);
    const auto remade = history::open_reader(scratch.store());
    const Snapshot same(*remade);

    const auto tell = [&](std::string_view table, const std::string& text) {
        if (options.tool.json)
            std::printf("%s\n", Json{{"table", table}, {"difference", text}}.dump().c_str());
        else
            std::printf("%s: %s\n", std::string(table).c_str(), text.c_str());
    };
    history::Comparison result;
    if (const history::Cursor expected = remade->cursor(); expected != cursor) {
        ++result.differences;
        tell("history_cursor", text_of(cursor) + "; should be " + text_of(expected));
    }
    const history::Comparison rows = history::compare_stores(
        *reader, *remade, kTold, [&](const history::Difference& one) { tell(one.table, one.text); });
    result.rows = rows.rows;
    result.differences += rows.differences;
    const bool equal = result.differences == 0;
    if (options.tool.json)
        std::printf("%s\n", Json{{"equal", equal},
                                 {"sequence", cursor.sequence.value},
                                 {"rows", result.rows},
                                 {"differences", result.differences}}
                                .dump()
                                .c_str());
    else if (equal)
        std::printf("equal: %llu rows, as of command %llu\n", static_cast<unsigned long long>(result.rows),
                    static_cast<unsigned long long>(cursor.sequence.value));
    else
        std::printf(
            "NOT equal: %llu differences in %llu rows, as of command %llu; `dcx history rebuild` makes them anew\n",
            static_cast<unsigned long long>(result.differences), static_cast<unsigned long long>(result.rows),
            static_cast<unsigned long long>(cursor.sequence.value));
    return equal ? kDone : kFailed;
}

}  // namespace dcx::app
