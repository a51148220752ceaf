#include "history/contacts.h"

#include <cstdint>

#include "history/history_error.h"

namespace dcx::history {
namespace {

[[noreturn]] void refuse(const char* column, const char* what) {
    throw HistoryError(ErrorCode::bad_request, std::string("the ") + column + " of a contact " + what);
}

// Bytes of the character that begins at `at`, 0 when there is none in UTF-8 (its shortest form, no surrogates).
std::size_t character(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t lead = byte(at);
    if (lead < 0x80) return 1;
    const std::size_t count = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || at + count > text.size()) return 0;
    for (std::size_t i = 1; i < count; ++i)
        if ((byte(at + i) & 0xC0) != 0x80) return 0;
    const std::uint8_t second = byte(at + 1);
    const bool wrong = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
                       (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F);
    return wrong ? 0 : count;
}

}  // namespace

std::array<ContactField, 5> fields_of(const ContactChange& change) {
    return {{{"name", change.name},
             {"email", change.email},
             {"phone", change.phone},
             {"address", change.address},
             {"note", change.note}}};
}

void check_contact(const ContactChange& change) {
    for (const ContactField& field : fields_of(change)) {
        if (!field.text) continue;
        if (field.text->size() > kMaxContactText) refuse(field.column, "is too long: 1,000 bytes at most");
        for (std::size_t at = 0; at < field.text->size();) {
            const std::size_t count = character(*field.text, at);
            if (count == 0) refuse(field.column, "is no UTF-8");
            const auto byte = static_cast<std::uint8_t>((*field.text)[at]);
            if ((byte < 0x20 && byte != '\n') || byte == 0x7F) refuse(field.column, "has control characters");
            at += count;
        }
    }
}

std::string contact_statement(const ContactChange& change) {
    std::string sql =
        "INSERT INTO account_contacts (account_id, name, email, phone, address, note, changed_time) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account_id) DO UPDATE SET changed_time = "
        "excluded.changed_time";
    for (const ContactField& field : fields_of(change))
        if (field.text) sql += std::string(", ") + field.column + " = excluded." + field.column;
    return sql;
}

std::unique_ptr<Contacts> open_contacts(const StoreOptions& options) {
    if (options.kind == "sqlite") return open_sqlite_contacts(options);
    if (options.kind == "postgresql") return open_postgres_contacts(options);
    throw HistoryError(ErrorCode::bad_url, "there is no store of kind \"" + options.kind + "\"");
}

}  // namespace dcx::history
