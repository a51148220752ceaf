// ReadingStore: an empty store of the kind that the environment names, with rows put into it and a reader on it.
#pragma once

#include <memory>
#include <string>

#include "history/row_reader.h"
#include "history/store.h"

namespace dcx::reading {

class ReadingStore {
  public:
    ReadingStore();
    ~ReadingStore();
    ReadingStore(const ReadingStore&) = delete;
    ReadingStore& operator=(const ReadingStore&) = delete;

    void put(const history::RowBatch& batch, const history::Units& units) { store_->commit(batch, units); }
    [[nodiscard]] history::Store& store() { return *store_; }
    [[nodiscard]] std::unique_ptr<history::StoreReader> reader() const { return history::open_reader(options_); }
    [[nodiscard]] const history::StoreOptions& options() const { return options_; }
    [[nodiscard]] bool sqlite() const { return options_.kind == "sqlite"; }

  private:
    std::string folder_;  // of a SQLite file; empty: none
    history::StoreOptions options_;
    std::unique_ptr<history::Store> store_;
};

}  // namespace dcx::reading
