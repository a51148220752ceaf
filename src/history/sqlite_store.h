// The history store in a SQLite file, which the program brings with it. Contract: store.h.
//
// The file is in WAL mode: readers see whole commits while the one writer goes on. A commit is not synced: a power cut
// may take the last ones away, never a part of one, and the projector makes them again from the journal. The writer
// holds a lock on FILE.lock. Everything of it is for its owner's eyes only (0600).
#pragma once

#include <memory>

#include "history/row_reader.h"
#include "history/store.h"

namespace dcx::history {

[[nodiscard]] std::unique_ptr<Store> make_sqlite_store(const StoreOptions& options);
// Works beside a writer and without one. Throws HistoryError, not_there when there is no file.
[[nodiscard]] std::unique_ptr<StoreReader> open_sqlite_reader(const StoreOptions& options);

}  // namespace dcx::history
