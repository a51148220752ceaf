// The schema of the stores: numbered files in migrations/, applied in order, each in one transaction with its row in
// the table schema_migrations. Once released a file is never changed: what must be changed is a new file.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace dcx::history {

struct Migration {
    std::uint32_t version{};  // from 1, without gaps: the number its file begins with
    std::string_view name;    // the file's
    std::string_view sql;
};

[[nodiscard]] std::span<const Migration> sqlite_migrations();
[[nodiscard]] std::span<const Migration> postgresql_migrations();

}  // namespace dcx::history
