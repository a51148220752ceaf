#include "history/postgres_texts.h"

#include <libpq-fe.h>

#include <algorithm>
#include <memory>

namespace dcx::history {

namespace {

struct FreeOptions {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

}  // namespace

std::string postgres_one_line(std::string_view text) {
    std::string line;
    for (const char c : text)
        if (c == '\n' || c == '\t') {
            if (!line.empty() && line.back() != ' ') line += ' ';
        } else {
            line += c;
        }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    return line;
}

std::size_t find_sqlstate(std::string_view text) {
    for (std::size_t at = text.rfind(":  "); at != std::string_view::npos && at != 0; at = text.rfind(":  ", at - 1)) {
        const std::string_view rest = text.substr(at + 3);
        if (rest.size() < 6 || rest[5] != ':') continue;
        const auto fits = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); };
        if (std::all_of(rest.begin(), rest.begin() + 5, fits)) return at + 3;
    }
    return std::string_view::npos;
}

std::string postgres_name(const std::string& url) {
    // What libpq says of a text that it can't read may hold the password, so its words are not passed on.
    const auto refuse = [](const std::string& text) {
        throw HistoryError(ErrorCode::bad_url,
                           "history.url " + text + ": postgresql://user@host:port/database or host=… dbname=…");
    };
    if (url.empty()) refuse("is empty");
    char* message = nullptr;
    const std::unique_ptr<PQconninfoOption, FreeOptions> options(PQconninfoParse(url.c_str(), &message));
    PQfreemem(message);
    if (options == nullptr) refuse("can't be read");
    std::string host, port, database, user;
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val == nullptr) continue;
        const std::string_view keyword = option->keyword;
        if (keyword == "host" || (keyword == "hostaddr" && host.empty())) host = option->val;
        if (keyword == "port") port = option->val;
        if (keyword == "dbname") database = option->val;
        if (keyword == "user") user = option->val;
    }
    std::string name = "PostgreSQL database";
    if (!database.empty() || !user.empty()) name += " " + (database.empty() ? user : database);
    if (!host.empty()) name += " at " + host;
    if (!port.empty()) name += (host.empty() ? " at port " : ":") + port;
    return name;
}

ErrorCode error_of_sqlstate(std::string_view sqlstate) {
    const std::string_view kind = sqlstate.substr(0, 2);
    if (sqlstate == "53100") return ErrorCode::disk_full;
    if (sqlstate == "40003") return ErrorCode::unreachable;  // whether it was committed is not known
    // Undone because of somebody else, and may work the next time: also a statement that was canceled, and a lock that
    // another holds.
    if (kind == "40" || sqlstate == "57014" || sqlstate == "55P03" || sqlstate == "55006") return ErrorCode::conflict;
    if (kind == "28" || sqlstate == "42501") return ErrorCode::credentials;
    // No connection, too many, out of memory, shutting down, starting up, a standby, a database that is not there yet,
    // an error of its disk.
    if (kind == "08" || kind == "53" || kind == "57" || kind == "58" || sqlstate == "25006" || sqlstate == "3D000")
        return ErrorCode::unreachable;
    // Constraints, values, tables and columns that are not there, damaged pages.
    if (kind == "23" || kind == "22" || kind == "XX" || sqlstate == "42P01" || sqlstate == "42703" ||
        sqlstate == "42804" || sqlstate == "42P10")
        return ErrorCode::damaged;
    return ErrorCode::internal;
}

}  // namespace dcx::history
