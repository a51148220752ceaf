// The history store in a PostgreSQL database (14 or newer). Contract: store.h.
//
// One transaction a batch, with its cursor: few rows as statements in a pipeline, many by binary COPY
// (postgres_writer.h). Tables of what is told once have a partition a day, made by the batch that needs it. The lock of
// the one writer is an advisory lock of the session, so the url must lead to the server itself or to a pooler that
// gives each client a session of its own. The schema is the first of the url's search_path that is there.
//
// After any error the connection is closed and the next call connects again; it then asks the cursor what became of a
// commit. Needs the rights to create tables and temporary ones and to write in its schema.
#pragma once

#include <memory>

#include "history/postgres_connection.h"
#include "history/row_reader.h"
#include "history/store.h"

namespace dcx::history {

[[nodiscard]] std::unique_ptr<Store> make_postgres_store(const StoreOptions& options);
[[nodiscard]] std::unique_ptr<Store> make_postgres_store(const StoreOptions& options, const PostgresTimeouts& timeouts);
[[nodiscard]] std::unique_ptr<StoreReader> open_postgres_reader(const StoreOptions& options);

}  // namespace dcx::history
