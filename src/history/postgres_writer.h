// PostgresWriter: the rows of one batch into their tables, within a transaction that the caller has begun. Few rows of
// a table are single statements, sent without waiting for answers; many go by binary COPY: straight into the table when
// they are new, into a temporary one and from there by one statement when they change rows (docs/decisions/0034).
//
// One thread, one session: it remembers which statements and temporary tables the session has.
#pragma once

#include <set>
#include <string>

#include "history/copy_encoder.h"
#include "history/postgres_connection.h"
#include "history/row_batch.h"

namespace dcx::history {

class PostgresWriter {
  public:
    explicit PostgresWriter(PostgresConnection& connection) : connection_(connection) {}
    // Another session: nothing is prepared in it yet.
    void forget() {
        prepared_.clear();
        staged_.clear();
    }

    // In a pipeline: the tables that have few rows. Each statement must change exactly one row.
    void send_few(const RowBatch& batch, CopyEncoder& encoder);
    // Outside of one: all others.
    void copy_many(const RowBatch& batch, CopyEncoder& encoder);

  private:
    enum class Way { insert, update, upsert };
    template <class Row>
    void send(const std::vector<Row>& rows, Way way, CopyEncoder& encoder);
    template <class Row>
    void copy(const std::vector<Row>& rows, Way way, CopyEncoder& encoder);
    template <class Row>
    void copy_rows(const std::string& target, const std::vector<Row>& rows, CopyEncoder& encoder);

    PostgresConnection& connection_;
    std::set<std::string> prepared_;
    std::set<std::string> staged_;
    PostgresParameters parameters_;
};

}  // namespace dcx::history
