// PendingBook: transfers in two phases, or withdrawals, that are still pending, and those that changed in this batch.
#pragma once

#include <tuple>
#include <unordered_map>
#include <vector>

#include "history/fold_parts.h"
#include "history/row_batch.h"

namespace dcx::history {

template <class Row>
class PendingBook {
  public:
    explicit PendingBook(const std::vector<Row>& stored) {
        for (const Row& row : stored) rows_.emplace(Key{row.scope, row.id}, Entry{row});
    }

    void add(const Row& row) {
        const auto [at, is_new] = rows_.emplace(Key{row.scope, row.id}, Entry{row, true});
        require(is_new, "an id that is pending already");
        changed_.push_back(&at->second);
    }
    // Null when nothing of that id is pending.
    [[nodiscard]] const Row* find(AccountId scope, TransferId id) const {
        const auto at = rows_.find(Key{scope, id});
        return at == rows_.end() || at->second.row.state != PendingState::pending ? nullptr : &at->second.row;
    }
    // Of one that find() has found. It leaves the memory with its batch.
    Row& resolve(AccountId scope, TransferId id) {
        Entry& entry = rows_.at(Key{scope, id});
        if (!entry.changed) changed_.push_back(&entry);
        entry.changed = true;
        return entry.row;
    }

    [[nodiscard]] std::size_t changed() const { return changed_.size(); }
    void seal(std::vector<Row>& out) {
        out.clear();
        for (const Entry* entry : changed_) out.push_back(entry->row);
        std::ranges::sort(out, {}, [](const Row& row) { return std::tuple(row.scope, row.id); });
    }
    void forget() {
        for (Entry* entry : changed_) {
            entry->changed = false;
            if (entry->row.state != PendingState::pending) rows_.erase(Key{entry->row.scope, entry->row.id});
        }
        changed_.clear();
    }

  private:
    struct Entry {
        Row row;
        bool changed = false;
    };
    struct Key {
        AccountId scope{};
        TransferId id{};
        bool operator==(const Key&) const = default;
    };
    struct Hash {
        std::size_t operator()(const Key& key) const {
            // Clients choose the random bits of their ids: mixed, so that they can't choose where these stand.
            std::uint64_t mixed = key.id.low * 0x9E3779B97F4A7C15u ^ key.id.high ^ key.scope.value;
            mixed ^= mixed >> 32;
            return static_cast<std::size_t>(mixed * 0x9E3779B97F4A7C15u);
        }
    };
    std::unordered_map<Key, Entry, Hash> rows_;
    std::vector<Entry*> changed_;  // a map's elements stay where they are
};

}  // namespace dcx::history
