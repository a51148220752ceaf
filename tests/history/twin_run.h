// TwinRun: one venue under random commands, its events given to the naive history and to a fold with a store, which is
// cut, restarted and failed at random. After every commit (or, where that takes long, at the end) all tables are equal,
// row for row, or the test ends.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/memory.h"
#include "base/random.h"
#include "core/core.h"
#include "history/fold.h"
#include "history/naive_history.h"
#include "history/store.h"
#include "model/event_writer.h"
#include "reference/command_generator.h"

namespace dcx::naive {

// What runs met, by name: what is not met any more is not tested any more.
class Met {
  public:
    void event(const Event& event);
    // At the end of a run.
    void rows(const Tables& tables);
    void count(const std::string& what, std::uint64_t times = 1) { counts_[what] += times; }
    // A venue ends: what is remembered of its events is forgotten.
    void next_run();

    // All that was to be met and was not, each with a space before it.
    [[nodiscard]] std::string missing() const;
    [[nodiscard]] std::string text() const;

  private:
    std::map<std::string, std::uint64_t> counts_;
    std::map<InstrumentId, Time> last_trade_;
};

// The store of a run, new and empty.
struct TwinStore {
    // Also after a restart, as a new process would have it. Not used any more once it is called again.
    std::function<history::Store&()> open;
    std::function<Tables()> tables;  // what it holds
    unsigned compare_percent = 100;  // of commits
};

class TwinRun {
  public:
    TwinRun(std::uint64_t seed, Met& met, const TwinStore& store);
    void run(std::uint64_t commands);

  private:
    void name_deposits(Command& command);
    void take(const Event& event);
    void give(const Event& event);
    void at_boundary();
    void commit();
    void restart();
    void compare();

    std::uint64_t seed_;
    Met& met_;
    Random random_;
    HeapMemory memory_;
    core::Core core_{memory_};
    EventBuffer buffer_{64};
    NaiveHistory naive_;
    TwinStore twin_store_;
    history::Store* store_;
    std::unique_ptr<history::Fold> fold_;
    std::set<SessionId> operators_;
    std::vector<Event> unstored_;  // events behind the store's cursor
    unsigned commit_percent_;      // of boundaries
    unsigned restart_percent_;     // of commits
};

}  // namespace dcx::naive
