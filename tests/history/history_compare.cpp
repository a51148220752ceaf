// dcx_history_compare: makes all rows of a journal anew by the naive history and compares them with what a store holds,
// row for row, up to the store's cursor. It reads both beside a running venue and changes nothing.
//
// Prints the differences. Exit code: 0 all rows are equal, 1 they are not, 2 something could not be read, 3 nothing was
// stored yet.
#include <cstdio>
#include <memory>
#include <string>

#include "base/memory.h"
#include "engine/replayer.h"
#include "history/naive_history.h"
#include "history/stored_tables.h"
#include "history/table_differences.h"
#include "journal/archive.h"
#include "journal/disk_storage.h"

namespace dcx::naive {
namespace {

constexpr int kEqual = 0;
constexpr int kDifferent = 1;
constexpr int kUnreadable = 2;
constexpr int kNothingThere = 3;
constexpr std::size_t kDifferencesShown = 5;

struct Options {
    std::string journal;
    std::string archive;
    std::string store = "sqlite";
    std::string url;
    std::uint64_t at_least = 0;  // how far the store must have come
};

bool parse(int argc, char** argv, Options& options) {
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view name = argv[i];
        if (name == "--journal")
            options.journal = argv[i + 1];
        else if (name == "--archive")
            options.archive = argv[i + 1];
        else if (name == "--store")
            options.store = argv[i + 1];
        else if (name == "--url")
            options.url = argv[i + 1];
        else if (name == "--at-least")
            options.at_least = std::stoull(argv[i + 1]);
        else
            return false;
    }
    return argc % 2 == 1 && !options.journal.empty() && !options.url.empty();
}

class Journal {
  public:
    explicit Journal(const Options& options) : live_(open(options.journal)) {
        if (options.archive.empty()) return;
        archive_ = open(options.archive);
        view_ = std::make_unique<journal::ArchiveView>(*live_, *archive_);
    }
    // Up to that command, which it must have.
    void replay(NaiveHistory& history, Sequence last) {
        HeapMemory memory;
        auto source = engine::Replayer::open(view_ ? static_cast<journal::Storage&>(*view_) : *live_, memory);
        if (!source) throw std::runtime_error(source.error());
        engine::Replayer& replayer = **source;
        while (history.cursor().sequence < last) {
            const auto events = replayer.peek(1024);
            if (events.empty()) break;
            std::size_t taken = 0;
            while (taken < events.size() && events[taken].header.sequence <= last) history.apply(events[taken++]);
            replayer.release(taken);
            if (taken < events.size()) break;
        }
        if (replayer.failed()) throw std::runtime_error(replayer.error());
    }

  private:
    static std::unique_ptr<journal::DiskStorage> open(const std::string& folder) {
        auto storage = journal::DiskStorage::open(folder);
        if (!storage) throw std::runtime_error(storage.error().message);
        return std::move(*storage);
    }

    std::unique_ptr<journal::DiskStorage> live_;
    std::unique_ptr<journal::DiskStorage> archive_;
    std::unique_ptr<journal::ArchiveView> view_;
};

int compare(const Options& options) {
    const Stored stored = read_store({.kind = options.store, .url = options.url});
    const history::Cursor& cursor = stored.cursor;
    const unsigned long long sequence = cursor.sequence.value;
    if (sequence == 0) {
        std::printf("nothing is stored yet, and %zu rows\n", stored.tables.rows());
        return stored.tables.rows() == 0 ? kNothingThere : kDifferent;
    }
    if (sequence < options.at_least) {
        std::printf("the store has only come to command %llu\n", sequence);
        return kDifferent;
    }
    NaiveHistory history;
    Journal(options).replay(history, cursor.sequence);
    std::uint64_t differences = 0;
    if (history.cursor() != cursor) {
        ++differences;
        std::printf("the cursors differ: command %llu and hash %016llx by the journal, %llu and %016llx by the store\n",
                    static_cast<unsigned long long>(history.cursor().sequence.value),
                    static_cast<unsigned long long>(history.cursor().event_hash), sequence,
                    static_cast<unsigned long long>(cursor.event_hash));
    }
    differences += compare_tables(history.tables(), stored.tables, kDifferencesShown,
                                  [](const std::string& text) { std::printf("%s\n", text.c_str()); });
    std::printf("%s: %zu rows as of command %llu, %llu differences\n", differences == 0 ? "equal" : "different",
                stored.tables.rows(), sequence, static_cast<unsigned long long>(differences));
    return differences == 0 ? kEqual : kDifferent;
}

}  // namespace
}  // namespace dcx::naive

int main(int argc, char** argv) {
    dcx::naive::Options options;
    if (!dcx::naive::parse(argc, argv, options)) {
        std::fprintf(stderr,
                     "usage: dcx_history_compare --journal DIR [--archive DIR] --store sqlite|postgresql --url URL "
                     "[--at-least SEQUENCE]\n");
        return dcx::naive::kUnreadable;
    }
    try {
        return dcx::naive::compare(options);
    } catch (const dcx::history::HistoryError& error) {
        std::fprintf(stderr, "dcx_history_compare: %s\n", error.what());
        return error.code() == dcx::history::ErrorCode::not_there ? dcx::naive::kNothingThere : dcx::naive::kUnreadable;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "dcx_history_compare: %s\n", error.what());
        return dcx::naive::kUnreadable;
    }
}
