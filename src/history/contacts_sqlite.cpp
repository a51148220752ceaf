#include <filesystem>

#include "history/contacts.h"
#include "history/sqlite_connection.h"
#include "history/sqlite_schema.h"

namespace dcx::history {
namespace {

class SqliteContacts final : public Contacts {
  public:
    explicit SqliteContacts(const StoreOptions& options)
        : connection_(options.url, SqliteConnection::Access::write, options.stop) {
        check_sqlite_schema(connection_, options.url);
        // What is deleted or replaced is overwritten with zeros.
        connection_.run("PRAGMA secure_delete = ON");
    }

    std::optional<Contact> read(AccountId account) override {
        SqliteStatement row(connection_,
                            "SELECT name, email, phone, address, note, changed_time FROM account_contacts WHERE "
                            "account_id = $1");
        row.bind(1, account.value);
        if (!row.step()) return std::nullopt;
        const auto text = [&](int place) {
            const auto* const bytes = ::sqlite3_column_text(row.get(), place);
            const auto size = static_cast<std::size_t>(::sqlite3_column_bytes(row.get(), place));
            return std::string(reinterpret_cast<const char*>(bytes), size);
        };
        return Contact{.account = account,
                       .name = text(0),
                       .email = text(1),
                       .phone = text(2),
                       .address = text(3),
                       .note = text(4),
                       .changed = Time{row.integer(5)}};
    }

    void change(AccountId account, const ContactChange& change, Time now) override {
        check_contact(change);
        SqliteTransaction transaction(connection_);
        {
            SqliteStatement known(connection_, "SELECT 1 FROM accounts WHERE account_id = $1");
            known.bind(1, account.value);
            if (!known.step())
                throw HistoryError(ErrorCode::not_found,
                                   "the history knows no account " + std::to_string(account.value));
        }
        SqliteStatement statement(connection_, contact_statement(change));
        statement.bind(1, account.value);
        int place = 2;
        for (const ContactField& field : fields_of(change))
            statement.bind_text(place++, field.text ? std::string_view(*field.text) : std::string_view(""));
        statement.bind(place, now.value);
        statement.run();
        transaction.commit();
    }

    Erased erase(AccountId account) override {
        SqliteStatement statement(connection_, "DELETE FROM account_contacts WHERE account_id = $1");
        statement.bind(1, account.value);
        statement.run();
        const bool found = connection_.changes() > 0;
        // The log has the old page until it is written back and cut. A reader with a snapshot keeps it from that.
        if (connection_.integer("PRAGMA wal_checkpoint(TRUNCATE)") == 0) return {.found = found, .kept = {}};
        return {.found = found,
                .kept =
                    "another program reads the store: its log (the file with -wal behind its name) may hold the old "
                    "text still; erase once more when that reader is done"};
    }

  private:
    SqliteConnection connection_;
};

}  // namespace

std::unique_ptr<Contacts> open_sqlite_contacts(const StoreOptions& options) {
    std::error_code none;
    if (!std::filesystem::exists(options.url, none))
        throw HistoryError(ErrorCode::not_there, options.url + ": there is no history yet");
    return std::make_unique<SqliteContacts>(options);
}

}  // namespace dcx::history
