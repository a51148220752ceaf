// HistoryWork: the history store of a running venue, as ProjectionWork: a projector that reads the venue's event ring
// and views of its own of the journal. After an error that does not pass it lets go of the store, so that somebody can
// mend it (`dcx history rebuild`), and looks again ever more rarely.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "app/journal_room.h"
#include "app/projection_work.h"
#include "history/projector.h"
#include "history/store.h"

namespace dcx::app {

class HistoryWork final : public ProjectionWork {
  public:
    // `kind` as history::StoreOptions has it; its URL is that of the options.
    // `segment_bytes`: of the journal, for which a store on its disk leaves room.
    HistoryWork(const engine::DurableSequence& durable, const std::string& kind, std::uint64_t segment_bytes,
                ProjectionOptions options);
    ~HistoryWork() override { stop(); }

    // Takes away what was told before that day (history::Store::prune), soon; the log tells. Any thread.
    void request_prune(history::Day before);

  private:
    bool work() override;
    [[nodiscard]] int max_sleep_ms() override;
    [[nodiscard]] ProjectionState look() const override;
    void open();
    void let_go();
    bool prune();
    bool has_room();
    [[nodiscard]] ProjectionState look_locked() const;

    std::string kind_;
    JournalRoom room_;
    mutable std::mutex mutex_;  // for the other threads; this one alone changes what follows
    std::unique_ptr<history::Store> store_;
    std::unique_ptr<history::Projector> projector_;  // none: it has let go
    std::string no_room_;                            // why it waits; empty: it doesn't
    ProjectionState before_;                         // of the projectors before, and what they ended on
    std::optional<history::Day> prune_;              // asked for
    std::int64_t wait_ns_;
    std::int64_t again_at_ns_ = 0;
};

}  // namespace dcx::app
