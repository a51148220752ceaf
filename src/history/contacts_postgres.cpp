#include "history/contacts.h"
#include "history/postgres_connection.h"
#include "history/postgres_schema.h"

namespace dcx::history {
namespace {

constexpr Oid kText = 25;

class PostgresContacts final : public Contacts {
  public:
    explicit PostgresContacts(const StoreOptions& options) : connection_(options.url, options.stop) {
        connection_.connect();
        set_up_reader(connection_);
        connection_.run("SET default_transaction_read_only = off");
    }

    std::optional<Contact> read(AccountId account) override {
        const PostgresResult row = connection_.run(
            "SELECT name, email, phone, address, note, changed_time::text FROM account_contacts WHERE "
            "account_id = " +
            std::to_string(account.value));
        if (PQntuples(row.get()) == 0) return std::nullopt;
        const auto text = [&](int column) {
            return std::string(PQgetvalue(row.get(), 0, column),
                               static_cast<std::size_t>(PQgetlength(row.get(), 0, column)));
        };
        return Contact{.account = account,
                       .name = text(0),
                       .email = text(1),
                       .phone = text(2),
                       .address = text(3),
                       .note = text(4),
                       .changed = Time{std::int64_t{std::stoll(text(5))}}};
    }

    void change(AccountId account, const ContactChange& change, Time now) override {
        check_contact(change);
        const std::string number = std::to_string(account.value);
        const PostgresResult known = connection_.run("SELECT 1 FROM accounts WHERE account_id = " + number);
        if (PQntuples(known.get()) == 0)
            throw HistoryError(ErrorCode::not_found, "the history knows no account " + number);
        // Numbers as literals, texts as parameters.
        std::string sql = contact_statement(change);
        sql.replace(sql.find("$1"), 2, number);
        sql.replace(sql.find("$7"), 2, std::to_string(now.value));
        for (int place = 2; place <= 6; ++place)
            sql.replace(sql.find("$" + std::to_string(place)), 2, "$" + std::to_string(place - 1));
        PostgresParameters parameters;
        for (const ContactField& field : fields_of(change)) {
            parameters.types.push_back(kText);
            parameters.add(field.text ? field.text->data() : "", field.text ? static_cast<int>(field.text->size()) : 0);
        }
        (void)connection_.run(sql, parameters);
    }

    Erased erase(AccountId account) override {
        const PostgresResult erased =
            connection_.run("DELETE FROM account_contacts WHERE account_id = " + std::to_string(account.value));
        const bool found = std::string_view(PQcmdTuples(erased.get())) != "0";
        // The dead row is on its page until this; a few rows, so it takes no time.
        (void)connection_.run("VACUUM account_contacts");
        return {.found = found, .kept = {}};
    }

  private:
    PostgresConnection connection_;
};

}  // namespace

std::unique_ptr<Contacts> open_postgres_contacts(const StoreOptions& options) {
    return std::make_unique<PostgresContacts>(options);
}

}  // namespace dcx::history
