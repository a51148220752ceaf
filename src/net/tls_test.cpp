#include "net/tls.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <atomic>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>

#include "net/test_certificates.h"
#include "net/test_peer.h"
#include "net/test_support.h"

namespace dcx::net {

namespace {

using test::Certificates;
using test::made;
using test::Peer;
using test::RawClient;
using test::run_until;
using test::to_bytes;
using test::to_string;

// Answers with what it is told, over TLS.
struct Echoing {
    explicit Echoing(const Certificates& certificates, Reactor::Options options = {}, bool allow_1_2 = false)
        : reactor(options), listener(reactor, {}, [this](Socket socket) {
              connections.push_back(std::make_unique<TcpConnection>(reactor, std::move(socket), tcp, peer));
          }) {
        tcp.tls = made(TlsContext::server(certificates.files(), allow_1_2));
        tcp.output_limit = 8 * 1024 * 1024;
        peer.consume = [](TcpConnection& connection, std::span<std::byte> bytes) {
            CHECK(connection.send(bytes));
            return bytes.size();
        };
        REQUIRE(listener.start().has_value());
    }
    [[nodiscard]] Endpoint endpoint(const TlsTrust& trust) const {
        return {"127.0.0.1", listener.port(), made(TlsContext::client(trust))};
    }
    TcpOptions tcp;
    Reactor reactor;
    Peer peer;
    std::vector<std::unique_ptr<TcpConnection>> connections;
    TcpListener listener;
};

}  // namespace

TEST_CASE("TLS between two of ours: early words, floods both ways, the last words, an orderly end") {
    const Certificates certificates;
    Echoing server(certificates);
    Peer client;
    TlsTrust trust;
    SUBCASE("believed by its authority and name") { trust = {certificates.certificate("server"), "localhost", ""}; }
    SUBCASE("believed by its authority and address") { trust = {certificates.certificate("server"), "127.0.0.1", ""}; }
    SUBCASE("believed by its fingerprint") { trust.fingerprint = certificates.fingerprint("server"); }
    TcpConnection connection(server.reactor, server.endpoint(trust), {.output_limit = 8 * 1024 * 1024}, client);
    CHECK(connection.send(to_bytes("early")));
    REQUIRE(run_until(server.reactor, [&] { return client.all() == "early"; }));
    CHECK(client.connected);
    CHECK(connection.bytes_written() == 5);
    CHECK(connection.bytes_received() == 5);
    std::string flood;
    for (int i = 0; i < 500'000; ++i) flood += std::to_string(i) + ";";
    client.seen.clear();
    CHECK(connection.send(to_bytes(flood)));
    REQUIRE(run_until(server.reactor, [&] {
        std::size_t size = 0;
        for (const auto& part : client.seen) size += part.size();
        return size >= flood.size();
    }));
    CHECK(client.all() == flood);
    CHECK(connection.pending_output() == 0);
    server.peer.consume = [](TcpConnection& last, std::span<std::byte> bytes) {
        CHECK(last.send(to_bytes("goodbye")));
        last.close_after_flush("enough");
        return bytes.size();
    };
    client.seen.clear();
    CHECK(connection.send(to_bytes("end")));
    CHECK(run_until(server.reactor, [&] { return client.closes == 1 && server.peer.closes == 1; }));
    CHECK(client.all() == "goodbye");
    CHECK(client.cause == CloseCause::peer);
    CHECK(server.peer.text == "enough");
}

TEST_CASE("a client believes nobody else") {
    const Certificates certificates;
    Echoing server(certificates);
    Peer client;
    TlsTrust trust;
    std::string why;
    SUBCASE("another authority") {
        trust = {certificates.certificate("other"), "localhost", ""};
        why = "not believed";
    }
    SUBCASE("another name") {
        trust = {certificates.certificate("server"), "example.com", ""};
        why = "not believed";
    }
    SUBCASE("another fingerprint") {
        trust.fingerprint = certificates.fingerprint("other");
        why = "pinned";
    }
    TcpConnection connection(server.reactor, server.endpoint(trust), {.output_limit = 8 * 1024 * 1024}, client);
    CHECK(connection.send(to_bytes("secret")));
    CHECK(run_until(server.reactor, [&] { return client.closes == 1 && server.peer.closes == 1; }));
    CHECK(client.cause == CloseCause::error);
    CHECK(client.text.find(why) != std::string::npos);
    CHECK_FALSE(client.connected);
    CHECK(server.peer.calls == 0);
}

TEST_CASE("what is no TLS, a handshake that stops, and one byte at a time") {
    const Certificates certificates;
    ManualClock clock;
    Echoing server(certificates, {.clock = &clock});
    SUBCASE("something else") {
        RawClient client(server.listener.port());
        client.send("GET / HTTP/1.1\r\n\r\n");
        CHECK(run_until(server.reactor, [&] { return server.peer.closes == 1; }));
        CHECK(server.peer.text.starts_with("TLS: "));
        CHECK(client.wait_for_end(server.reactor));
    }
    SUBCASE("silence") {
        RawClient client(server.listener.port());
        REQUIRE(run_until(server.reactor, [&] { return !server.connections.empty(); }));
        clock.advance(5'000'000'001);
        CHECK(run_until(server.reactor, [&] { return server.peer.closes == 1; }));
        CHECK(server.peer.cause == CloseCause::timeout);
    }
    SUBCASE("a beginning and then the end") {
        RawClient client(server.listener.port());
        client.send(std::string("\x16\x03\x01\x02\x00\x01\x00", 7));
        client.shutdown_write();
        CHECK(run_until(server.reactor, [&] { return server.peer.closes == 1; }));
    }
    SUBCASE("a client whose bytes come one by one through somebody between") {
        // Relays a real client's bytes singly.
        Reactor& reactor = server.reactor;
        Peer client;
        Peer behind;
        std::unique_ptr<TcpConnection> front;
        std::unique_ptr<TcpConnection> back;
        Peer before;
        TcpListener between(reactor, {}, [&](Socket socket) {
            front = std::make_unique<TcpConnection>(reactor, std::move(socket), TcpOptions{}, before);
            back = std::make_unique<TcpConnection>(reactor, Endpoint{"127.0.0.1", server.listener.port()}, TcpOptions{},
                                                   behind);
        });
        before.consume = [&](TcpConnection&, std::span<std::byte> bytes) {
            if (!bytes.empty()) CHECK(back->send(bytes.first(1)));
            back->flush();
            return std::size_t{1};
        };
        behind.consume = [&](TcpConnection&, std::span<std::byte> bytes) {
            CHECK(front->send(bytes));
            return bytes.size();
        };
        REQUIRE(between.start().has_value());
        TcpConnection connection(
            reactor,
            Endpoint{"127.0.0.1", between.port(),
                     made(TlsContext::client({certificates.certificate("server"), "localhost", ""}))},
            {}, client);
        CHECK(connection.send(to_bytes("through a needle's eye")));
        CHECK(run_until(reactor, [&] {
            // What was left comes again when something is asked of the connection.
            if (front != nullptr) {
                front->pause_reading();
                front->resume_reading();
            }
            return client.all() == "through a needle's eye";
        }));
        connection.close_now();
        CHECK(run_until(reactor, [&] { return client.closes == 1; }));
        front.reset();
        back.reset();
    }
}

TEST_CASE("openssl's own client is served, by TLS 1.3 and, where it is allowed, 1.2") {
    const Certificates certificates;
    bool allow_1_2 = false;
    std::string version;
    bool served = true;
    SUBCASE("1.3") { version = "-tls1_3"; }
    SUBCASE("1.2 where it is allowed") {
        version = "-tls1_2";
        allow_1_2 = true;
    }
    SUBCASE("1.2 where it is not") {
        version = "-tls1_2";
        served = false;
    }
    Echoing server(certificates, {}, allow_1_2);
    server.peer.consume = [](TcpConnection& connection, std::span<std::byte> bytes) {
        CHECK(connection.send(bytes));
        connection.close_after_flush();
        return bytes.size();
    };
    std::atomic<int> code{-1};
    std::thread client([&] {
        const std::string command = "echo hello from afar | timeout 20 openssl s_client " + version +
                                    " -quiet -verify_return_error -verify_hostname localhost -CAfile " +
                                    certificates.certificate("server") +
                                    " -connect 127.0.0.1:" + std::to_string(server.listener.port()) + " > " +
                                    certificates.folder + "/heard 2> " + certificates.folder + "/s_client";
        code = std::system(command.c_str());
    });
    CHECK(run_until(server.reactor, [&] { return code >= 0; }));
    client.join();
    CHECK((certificates.read("heard") == "hello from afar\n") == served);
    CHECK((server.peer.calls == 1) == served);
}

TEST_CASE("certificates that cannot serve are refused with what to do about it") {
    const Certificates certificates;
    const auto refused = [&](const TlsFiles& files, const char* why) {
        const auto result = TlsContext::server(files, false);
        REQUIRE_FALSE(result.has_value());
        INFO(result.error().text);
        CHECK(result.error().text.find(why) != std::string::npos);
    };
    const TlsFiles good = certificates.files();
    std::string colons = certificates.fingerprint("server");
    std::erase(colons, ':');
    std::string own = made(TlsContext::server(good, false))->fingerprint();
    for (char& c : own) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    CHECK(own == colons);
    refused({certificates.folder + "/none.pem", good.key}, "cannot be read: No such file");
    refused({good.certificate, certificates.folder + "/none.key"}, "give the PEM file of its private key");
    refused({good.key, good.key}, "is no PEM certificate");
    refused({good.certificate, good.certificate}, "is no PEM private key");
    refused({good.certificate, certificates.key("other")}, "is not that of certificate");
    certificates.run("openssl ec -in " + good.key + " -out " + certificates.key("locked") + " -aes128 -passout pass:x");
    refused({good.certificate, certificates.key("locked")}, "without a passphrase");
    CHECK_FALSE(TlsContext::client({"", "localhost", ""}).has_value());
    CHECK_FALSE(TlsContext::client({good.certificate, "", ""}).has_value());
    CHECK_FALSE(TlsContext::client({"", "", "abc"}).has_value());
    CHECK_FALSE(TlsContext::client({"", "", std::string(64, 'g')}).has_value());
}

}  // namespace dcx::net
