#include "history/postgres_connection.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>

#include "history/postgres_store.h"
#include "history/postgres_texts.h"

namespace dcx::history {
namespace {

// A server that takes connections and says nothing.
struct MuteServer {
    MuteServer() : listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(::listen(listener, 8) == 0);
        REQUIRE(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        port = ntohs(address.sin_port);
    }
    ~MuteServer() { ::close(listener); }
    MuteServer(const MuteServer&) = delete;
    MuteServer& operator=(const MuteServer&) = delete;

    int listener;
    int port = 0;
    [[nodiscard]] std::string url() const {
        return "postgresql://dcx:secret@127.0.0.1:" + std::to_string(port) + "/history?sslmode=disable";
    }
};

struct Refusal {
    ErrorCode code{};
    std::string text;
};
template <class Call>
Refusal refusal_of(const Call& call) {
    try {
        call();
    } catch (const HistoryError& error) {
        return {error.code(), error.what()};
    }
    return {};
}

}  // namespace

TEST_CASE("postgres connection: a url that can't be read is refused without its password") {
    for (const char* url : {"", "history", "/var/run", "postgresql://dcx:secret@[::1/history", "passwort=secret",
                            "password='secret", "postgresql://dcx:secret@host/history?no_such=option"}) {
        CAPTURE(url);
        const Refusal refusal = refusal_of([&] { (void)make_postgres_store({.kind = "postgresql", .url = url}); });
        CHECK(refusal.code == ErrorCode::bad_url);
        CHECK(refusal.text.find("secret") == std::string::npos);
    }
}

TEST_CASE("postgres connection: its name has no password") {
    const auto name = [](const char* url) { return make_postgres_store({.kind = "postgresql", .url = url})->name(); };
    CHECK(name("postgresql://dcx:secret@db.example:5433/history") == "PostgreSQL database history at db.example:5433");
    CHECK(name("host=/run/postgresql user=dcx password=secret") == "PostgreSQL database dcx at /run/postgresql");
    CHECK(name("port=1 dbname=a") == "PostgreSQL database a at port 1");
}

TEST_CASE("postgres connection: a server that never answers is a timeout") {
    const MuteServer server;
    PostgresConnection connection(server.url(), nullptr, {.connect_ns = 300'000'000});
    const Refusal refusal = refusal_of([&] { connection.connect(); });
    CHECK(refusal.code == ErrorCode::timeout);
    CHECK(refusal.text.find("secret") == std::string::npos);
    CHECK_FALSE(connection.connected());
}

TEST_CASE("postgres connection: a stop ends waiting for a server that never answers") {
    const MuteServer server;
    std::atomic<bool> stop{true};
    const auto store = make_postgres_store({.kind = "postgresql", .url = server.url(), .stop = &stop});
    CHECK(refusal_of([&] { store->open(); }).code == ErrorCode::stopped);
    CHECK(refusal_of([&] { store->open(); }).code == ErrorCode::stopped);
    CHECK(refusal_of([&] { (void)store->cursor(); }).code == ErrorCode::unreachable);
}

TEST_CASE("postgres connection: nobody there is unreachable") {
    std::string url;
    {
        const MuteServer gone;
        url = gone.url();
    }
    const auto store = make_postgres_store({.kind = "postgresql", .url = url});
    CHECK(refusal_of([&] { store->open(); }).code == ErrorCode::unreachable);
    CHECK(refusal_of([&] { (void)open_postgres_reader({.kind = "postgresql", .url = "host=/nowhere"}); }).code ==
          ErrorCode::unreachable);
}

TEST_CASE("postgres connection: what an SQLSTATE means") {
    const auto code = [](const char* sqlstate) { return error_of_sqlstate(sqlstate); };
    for (const char* passes : {"40001", "40P01", "57014", "55P03"}) CHECK(code(passes) == ErrorCode::conflict);
    for (const char* away : {"08006", "57P01", "57P02", "57P03", "53300", "53200", "25006", "3D000", "58030", "40003"})
        CHECK(code(away) == ErrorCode::unreachable);
    for (const char* refused : {"28P01", "28000", "42501"}) CHECK(code(refused) == ErrorCode::credentials);
    for (const char* broken : {"23505", "23502", "22003", "42P01", "42703", "XX001"})
        CHECK(code(broken) == ErrorCode::damaged);
    CHECK(code("53100") == ErrorCode::disk_full);
    CHECK(code("42601") == ErrorCode::internal);
    CHECK(code("") == ErrorCode::internal);
}

}  // namespace dcx::history
