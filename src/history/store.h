// Store: where a projector puts its rows: a SQLite file or a PostgreSQL database. Every function that talks to the
// store may throw HistoryError. One thread; the program has one writing store a database at a time, held by a lock of
// the store's own (HistoryError locked for the second).
//
// What is stored is either a whole batch with its cursor or nothing of it, whatever dies when.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "history/history_error.h"
#include "history/row_batch.h"

namespace dcx::history {

// What the fold has to ask of rows that it does not keep (only when a trade is taken back).
class StoredRows {
  public:
    virtual ~StoredRows() = default;
    // Of [from, to), in the order of the log; those taken back among them.
    virtual std::vector<TradeRow> trades(InstrumentId market, Time from, Time to) = 0;
    virtual std::vector<TradeBustRow> trade_busts(InstrumentId market, Time traded_from, Time traded_to) = 0;
    // That begin in [from, to), oldest first.
    virtual std::vector<CandleRow> candles(InstrumentId market, std::uint32_t interval_s, Time from, Time to) = 0;
};

class Store : public StoredRows {
  public:
    // Connects, takes the lock and applies the migrations it lacks. After an error, or when it is open already, again.
    virtual void open() = 0;
    // Where the rows end; of a new store one without a venue.
    virtual Cursor cursor() = 0;
    virtual StoredState load() = 0;
    // Puts the batch and its cursor, if the store stands at batch.from; a no-op when it stands at batch.to already
    // (the answer to a commit was lost). HistoryError `damaged` when it stands anywhere else.
    virtual void commit(const RowBatch& batch, const Units& units) = 0;
    // Takes away all rows and the cursor, but names and contacts.
    virtual void wipe() = 0;
    // Takes away what was told before that day, and orders closed before it; returns how many rows that were (0 where
    // whole partitions go uncounted). State stays.
    virtual std::uint64_t prune(Day before) = 0;
    // For messages: what it is and where, without a password.
    [[nodiscard]] virtual std::string name() const = 0;
};

struct StoreOptions {
    std::string kind = "sqlite";  // or "postgresql"
    std::string url;              // sqlite: the file; postgresql: libpq's URI or key=value form
    // When it becomes true, whatever waits gives up with HistoryError `stopped`. Outlives the store.
    const std::atomic<bool>* stop = nullptr;
};
// Does not connect yet. Throws HistoryError bad_url.
[[nodiscard]] std::unique_ptr<Store> make_store(const StoreOptions& options);

}  // namespace dcx::history
