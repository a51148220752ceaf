// Fold: events into rows, the one place that says what a row is made of. It knows nothing of stores: its state is what
// StoredState holds, so it can go on from any cursor, and the same events give the same rows wherever the batches were
// cut (tests/history holds it to a naive twin).
//
// It trusts no event to fit: one that contradicts what it knows (an unknown order, a balance that does not follow from
// the postings) throws HistoryError impossible_event, and nothing of its batch can be had any more: from then on
// apply() and seal() throw the same.
//
// One thread. Memory: accounts, keys and sessions, balances and four bytes for each account below the highest that has
// one of an asset, open orders, pending transfers, the batch.
#pragma once

#include <memory>

#include "history/row_batch.h"
#include "history/store.h"
#include "model/event.h"

namespace dcx::history {

class Fold {
  public:
    // Goes on from there; a cursor without a venue: with the log's first command. `stored` is asked for rows of the
    // past when a trade is taken back, and outlives the fold. HistoryError damaged for a state that has gaps.
    Fold(const StoredState& state, StoredRows& stored);
    ~Fold();
    Fold(const Fold&) = delete;
    Fold& operator=(const Fold&) = delete;

    // The next event of the log: commands follow without a gap, as their events do. Restored events are none of it and
    // are refused. An error of `stored` is thrown before anything has changed: the same event may be given again.
    void apply(const Event& event);
    // All events of the last command have been given: a batch may end here.
    [[nodiscard]] bool at_boundary() const;
    // So far; what seal() will write.
    [[nodiscard]] std::size_t rows() const;
    // The batch since the last forget(), with the state rows as they are now. At a boundary. Valid until the next call
    // of anything but units() and cursor(). More events may follow before it is forgotten: then it is sealed again.
    [[nodiscard]] const RowBatch& seal();
    // It is stored: the next one begins.
    void forget();

    // Of the last whole command.
    [[nodiscard]] const Cursor& cursor() const;
    [[nodiscard]] const Units& units() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace dcx::history
