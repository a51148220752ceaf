// The store that the one list of cases runs against: by default a SQLite file in a folder of its own; with
// DCX_STORE_KIND=postgresql a fresh database beside tests/servers/with_servers.py, or the one of DCX_STORE_URL, which
// is emptied.
#pragma once

#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "history/row_reader.h"
#include "history/store.h"
#include "servers/server_control.h"

namespace dcx::history {

class StoreUnderTest {
  public:
    StoreUnderTest() {
        const std::string kind = servers::environment("DCX_STORE_KIND");
        options_.kind = kind.empty() ? "sqlite" : kind;
        if (options_.kind == "sqlite") {
            folder_ = (std::filesystem::temp_directory_path() / "dcx-store-XXXXXX").string();
            if (::mkdtemp(folder_.data()) == nullptr) throw std::runtime_error("no folder in " + folder_);
            options_.url = folder_ + "/history.sqlite";
        } else if (!servers::environment("DCX_SERVERS_CONTROL").empty()) {
            options_.url = servers::control("postgres database");
        } else {
            options_.url = servers::environment("DCX_STORE_URL");
            sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        }
    }
    ~StoreUnderTest() {
        if (!folder_.empty()) std::filesystem::remove_all(folder_);
    }
    StoreUnderTest(const StoreUnderTest&) = delete;
    StoreUnderTest& operator=(const StoreUnderTest&) = delete;

    [[nodiscard]] const StoreOptions& options() const { return options_; }
    // Not open.
    [[nodiscard]] std::unique_ptr<Store> store() const { return make_store(options_); }
    [[nodiscard]] std::unique_ptr<Store> open_store() const {
        auto made = store();
        made->open();
        return made;
    }
    [[nodiscard]] std::unique_ptr<StoreReader> reader() const { return open_reader(options_); }
    // By another client.
    void sql(const std::string& text) const {
        if (options_.kind == "sqlite") {
            sqlite3* connection = nullptr;
            char* error = nullptr;
            if (::sqlite3_open(options_.url.c_str(), &connection) != SQLITE_OK ||
                ::sqlite3_exec(connection, text.c_str(), nullptr, nullptr, &error) != SQLITE_OK)
                throw std::runtime_error(text + ": " + (error != nullptr ? error : "can't be opened"));
            ::sqlite3_close(connection);
            return;
        }
        const std::unique_ptr<PGconn, decltype(&::PQfinish)> connection(::PQconnectdb(options_.url.c_str()),
                                                                        ::PQfinish);
        ::PQsetNoticeReceiver(connection.get(), [](void*, const PGresult*) {}, nullptr);
        const std::unique_ptr<PGresult, decltype(&::PQclear)> result(::PQexec(connection.get(), text.c_str()),
                                                                     ::PQclear);
        const auto status = ::PQresultStatus(result.get());
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
            throw std::runtime_error(text + ": " + ::PQerrorMessage(connection.get()));
    }

  private:
    StoreOptions options_;
    std::string folder_;
};

}  // namespace dcx::history
