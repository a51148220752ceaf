// Contacts: names and contact data of accounts. No event tells them, nothing of the venue needs them, and rebuilding
// leaves them alone: they stand in a table of their own so that they can be erased alone. Changed beside a running
// venue: this is the only thing that anybody but the projector writes to the store, one row at a time.
//
// Erased means gone from the store's files as far as the store lets us: SQLite overwrites the text and empties its log,
// PostgreSQL takes the dead rows away. Backups of the store, and PostgreSQL's WAL archives, are whoever keeps them's.
//
// One thread. Throws HistoryError; bad_request for a text that is too long or no UTF-8.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "history/store.h"
#include "model/types.h"

namespace dcx::history {

inline constexpr std::size_t kMaxContactText = 1000;  // bytes

struct Contact {
    AccountId account{};
    std::string name{};
    std::string email{};
    std::string phone{};
    std::string address{};
    std::string note{};
    Time changed{};
};
// What is not given stays as it is.
struct ContactChange {
    std::optional<std::string> name{};
    std::optional<std::string> email{};
    std::optional<std::string> phone{};
    std::optional<std::string> address{};
    std::optional<std::string> note{};
};

class Contacts {
  public:
    virtual ~Contacts() = default;
    virtual std::optional<Contact> read(AccountId account) = 0;
    // Throws not_found when the history knows no such account.
    virtual void change(AccountId account, const ContactChange& change, Time now) = 0;
    // Whether there was anything. `kept`, when not empty, says for a person where the text may still be.
    struct Erased {
        bool found{};
        std::string kept;
    };
    virtual Erased erase(AccountId account) = 0;
};

// Connects. Throws HistoryError, not_there when there is no store yet.
[[nodiscard]] std::unique_ptr<Contacts> open_contacts(const StoreOptions& options);

// Each field of the change with the name of its column; of those that are given, when `given`.
struct ContactField {
    const char* column;
    const std::optional<std::string>& text;
};
[[nodiscard]] std::array<ContactField, 5> fields_of(const ContactChange& change);
// Throws bad_request.
void check_contact(const ContactChange& change);
// One statement for both stores: $1 the account, $2 ... $6 the texts ("" when not given), $7 the time.
[[nodiscard]] std::string contact_statement(const ContactChange& change);

// Of contacts_sqlite.cpp and contacts_postgres.cpp.
[[nodiscard]] std::unique_ptr<Contacts> open_sqlite_contacts(const StoreOptions& options);
[[nodiscard]] std::unique_ptr<Contacts> open_postgres_contacts(const StoreOptions& options);

}  // namespace dcx::history
