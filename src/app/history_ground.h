// What the history commands work with: a venue's configuration and folder, its journal as far as it says itself that it
// is durable (whether a venue runs there or not), and its store. Opening changes nothing. Errors are HistoryError or
// std::runtime_error, for the operator. One thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/config.h"
#include "app/data_folder.h"
#include "app/history_commands.h"
#include "app/journal_folder.h"
#include "engine/past_events.h"
#include "history/store.h"
#include "journal/disk_storage.h"

namespace dcx::app {

class HistoryGround {
  public:
    explicit HistoryGround(const HistoryOptions& options);

    [[nodiscard]] const Config& config() const { return config_; }
    [[nodiscard]] const DataFolder& folder() const { return folder_; }
    // Refuses when the configuration has no store.
    [[nodiscard]] history::StoreOptions store() const;
    // Empty: it is no file.
    [[nodiscard]] std::string store_file() const;
    [[nodiscard]] engine::PastEvents::Ground log() const;
    // The last command that the journal itself knows as durable, and its time.
    struct End {
        Sequence sequence{};
        Time time{};
    };
    [[nodiscard]] End end() const;

  private:
    Config config_;
    DataFolder folder_;
    JournalFolder journal_;
    std::unique_ptr<journal::DiskStorage> snapshots_;
};

struct Projected {
    std::uint64_t commands{};
    std::uint64_t rows{};
    double seconds{};
};
// Stores all that the journal has behind the store's cursor, up to a command (that was durable); shows how far it is on
// stderr. An error that may pass is tried again once something was stored, and thrown before.
[[nodiscard]] Projected project(history::Store& store, const std::string& file, const HistoryGround& ground,
                                const char* what, const std::optional<Sequence>& until = std::nullopt);

}  // namespace dcx::app
