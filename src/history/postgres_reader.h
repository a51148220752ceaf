// PostgresReader: rows of a PostgreSQL database, binary, one by one as they come. It uses a connection that somebody
// else opens: the store's own, or a reading one (open_postgres_reader). Contract: row_reader.h.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "history/postgres_connection.h"
#include "history/row_reader.h"

namespace dcx::history {

class PostgresReader : public StoreReader {
  public:
    explicit PostgresReader(PostgresConnection& connection) : connection_(connection) {}

    void select(std::string_view sql, std::span<const Parameter> parameters,
                const std::function<void(Cells&)>& row) override;
    void begin_snapshot() override;
    void end_snapshot() override;
    [[nodiscard]] bool by_days() const override { return true; }

  protected:
    // Before each statement that begins something.
    virtual void prepare_connection() {}

  private:
    PostgresConnection& connection_;
    bool in_snapshot_ = false;
};

}  // namespace dcx::history
