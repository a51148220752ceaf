// DropCopies: which connections get copies of the execution reports of which accounts. One thread. A connection stands
// in it at most once.
#pragma once

#include <cstdint>
#include <iterator>
#include <map>
#include <vector>

#include "model/types.h"

namespace dcx::gateway {

class DropCopies {
  public:
    // Account 0: of all.
    void set(std::uint64_t connection, KeyId key, AccountId account) {
        remove(connection);
        by_account_[account].push_back({connection, key});
    }
    void remove(std::uint64_t connection) {
        erase_if([&](const Reader& reader) { return reader.connection == connection; });
    }
    // A revoked key learns nothing more.
    void remove_key(KeyId key) {
        erase_if([&](const Reader& reader) { return reader.key == key; });
    }
    [[nodiscard]] bool empty() const { return by_account_.empty(); }
    // Calls visit(connection) for each that gets what happens to the account; `owner` is that of a sub-account, else 0.
    template <class Visit>
    void each(AccountId account, AccountId owner, Visit&& visit) const {
        visit_all(AccountId{}, visit);
        visit_all(account, visit);
        if (owner) visit_all(owner, visit);
    }

  private:
    struct Reader {
        std::uint64_t connection{};
        KeyId key{};
    };
    template <class Visit>
    void visit_all(AccountId account, Visit&& visit) const {
        const auto found = by_account_.find(account);
        if (found == by_account_.end()) return;
        for (const Reader& reader : found->second) visit(reader.connection);
    }
    template <class Condition>
    void erase_if(const Condition& condition) {
        for (auto entry = by_account_.begin(); entry != by_account_.end();) {
            std::erase_if(entry->second, condition);
            entry = entry->second.empty() ? by_account_.erase(entry) : std::next(entry);
        }
    }

    std::map<AccountId, std::vector<Reader>> by_account_;
};

}  // namespace dcx::gateway
