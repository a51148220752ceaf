#include "history/store.h"

#include "history/postgres_store.h"
#include "history/row_reader.h"
#include "history/sqlite_store.h"

namespace dcx::history {
namespace {

[[noreturn]] void refuse_kind(const std::string& kind) {
    throw HistoryError(ErrorCode::bad_url,
                       "there is no store of kind \"" + kind + "\": history.store is \"sqlite\" or \"postgresql\"");
}

}  // namespace

std::unique_ptr<Store> make_store(const StoreOptions& options) {
    if (options.kind == "sqlite") return make_sqlite_store(options);
    if (options.kind == "postgresql") return make_postgres_store(options);
    refuse_kind(options.kind);
}

std::unique_ptr<StoreReader> open_reader(const StoreOptions& options) {
    if (options.kind == "sqlite") return open_sqlite_reader(options);
    if (options.kind == "postgresql") return open_postgres_reader(options);
    refuse_kind(options.kind);
}

}  // namespace dcx::history
