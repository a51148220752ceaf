// AnchorStore: the queue of anchors on disk (SQLite, WAL, synchronous = FULL: what a call has returned from survives a
// crash of the machine). One writer at a time, any number of readers beside it. Throws std::runtime_error with a text
// that names the file. One thread for each object.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "chain/anchor.h"

struct sqlite3;

namespace dcx::chain {

class AnchorStore {
  public:
    enum class Access : std::uint8_t { read, write };
    // For writing it is made if it is not there. A file of another program, or of a later version of this one, is
    // refused; another writer is waited for for five seconds. One that is being made is empty for its readers.
    AnchorStore(const std::string& path, Access access);
    ~AnchorStore();
    AnchorStore(const AnchorStore&) = delete;
    AnchorStore& operator=(const AnchorStore&) = delete;

    // In the order of checkpoint, place, attempt.
    [[nodiscard]] std::vector<Anchor> all();
    [[nodiscard]] std::vector<Anchor> of_checkpoint(std::uint64_t checkpoint);
    // Of a place: those that are not done, and those done of which the log does not know yet; the oldest first.
    [[nodiscard]] std::vector<Anchor> open(AnchorPlace place);
    [[nodiscard]] std::vector<Anchor> untold();
    // Of a place: the newest confirmed ones, the newest first.
    [[nodiscard]] std::vector<Anchor> confirmed(AnchorPlace place, unsigned most);
    [[nodiscard]] std::uint64_t newest_checkpoint(AnchorPlace place);  // that was ever put in; 0: none
    [[nodiscard]] PlaceMemory memory(AnchorPlace place);
    struct Counts {
        std::uint64_t open = 0;
        std::uint64_t confirmed = 0;
        std::uint64_t lost = 0;
        std::uint64_t newest_confirmed = 0;  // checkpoint
    };
    [[nodiscard]] Counts counts(AnchorPlace place);

    // All of these, or none, in one durable step.
    struct Step {
        std::vector<Anchor> anchors;  // new, or in the place of the one of the same name
        std::optional<std::pair<AnchorPlace, PlaceMemory>> memory;
    };
    void commit(const Step& step);

    // For tests: called before and after each commit; may throw.
    std::function<void()> around_commit;

  private:
    std::vector<Anchor> select(const std::string& where, std::int64_t a = 0, std::int64_t b = 0);
    void run(const char* sql);

    std::string path_;
    sqlite3* db_ = nullptr;
    bool made_ = true;
};

}  // namespace dcx::chain
