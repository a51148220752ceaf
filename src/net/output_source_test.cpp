// Output from an owner's memory: whatever a write takes, what arrives is whole messages in order, with what was queued
// between two writes in between. Each case runs over the backend that the environment names.
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "net/output_pieces.h"
#include "net/test_certificates.h"
#include "net/test_peer.h"
#include "net/test_support.h"

namespace dcx::net {

namespace {

using test::Peer;
using test::RawClient;
using test::run_until;
using test::to_bytes;

// "<kind><number>:<filling>;" with a filling that its number tells.
std::string message_of(char kind, std::size_t number, std::size_t filling) {
    return kind + std::to_string(number) + ":" + std::string(filling, static_cast<char>('a' + number % 26)) + ";";
}

// Messages that stand in two places each, as in a ring that wraps.
class Messages final : public OutputSource {
  public:
    void add(std::size_t filling) { waiting_.push_back(message_of('s', made_++, filling)); }
    void gather(OutputPieces& pieces) override {
        for (std::size_t i = 0; i < waiting_.size() && !pieces.full(); ++i) {
            const auto bytes = to_bytes(waiting_[i]);
            const std::size_t cut = bytes.size() / 3;
            if (pieces.add(bytes.first(cut))) pieces.add(bytes.subspan(cut));
        }
    }
    void taken(std::size_t bytes, OutputPieces& rest) override {
        while (bytes > 0) {
            REQUIRE_FALSE(waiting_.empty());
            ++given_;
            if (bytes < waiting_.front().size()) {
                ++torn_;
                last_ = std::move(waiting_.front());
                waiting_.pop_front();
                rest.add(to_bytes(last_).subspan(bytes));
                return;
            }
            bytes -= waiting_.front().size();
            waiting_.pop_front();
        }
    }
    [[nodiscard]] bool empty() const { return waiting_.empty(); }
    [[nodiscard]] std::size_t given() const { return given_; }
    [[nodiscard]] std::size_t torn() const { return torn_; }

  private:
    std::deque<std::string> waiting_;
    std::string last_;
    std::size_t made_ = 0;
    std::size_t given_ = 0;  // begun
    std::size_t torn_ = 0;
};

// The system's, but that a send takes no more than it is told, then nothing until it is told anew.
class StingyKernel final : public Kernel {
  public:
    int poll_create() override { return linux_kernel().poll_create(); }
    int poll_control(int poll_fd, int operation, int fd, epoll_event* event) override {
        return linux_kernel().poll_control(poll_fd, operation, fd, event);
    }
    int poll_wait(int poll_fd, std::span<epoll_event> events, std::int64_t timeout_ns) override {
        return linux_kernel().poll_wait(poll_fd, events, timeout_ns);
    }
    std::expected<int, Error> listen_on(const Endpoint& endpoint, const Listening& how) override {
        return linux_kernel().listen_on(endpoint, how);
    }
    std::expected<int, Error> start_connect(const Endpoint& endpoint) override {
        return linux_kernel().start_connect(endpoint);
    }
    std::expected<std::uint16_t, Error> local_port(int fd) override { return linux_kernel().local_port(fd); }
    std::string peer(int fd) override { return linux_kernel().peer(fd); }
    int accept(int listener) override { return linux_kernel().accept(listener); }
    ssize_t receive(int fd, std::span<std::byte> out) override { return linux_kernel().receive(fd, out); }
    ssize_t send(int fd, std::span<const std::byte> bytes) override {
        const std::size_t size = std::min(bytes.size(), takes);
        if (size == 0) {
            errno = EAGAIN;
            return -1;
        }
        takes = 0;
        return linux_kernel().send(fd, bytes.first(size));
    }
    ssize_t send_pieces(int fd, OutputPieces& pieces) override {
        std::string all;
        for (std::size_t i = 0; i < pieces.count(); ++i) all += test::to_string(pieces[i]);
        return send(fd, to_bytes(all));
    }
    void end_output(int fd) override { linux_kernel().end_output(fd); }
    int socket_error(int fd) override { return linux_kernel().socket_error(fd); }
    void close(int fd) override { linux_kernel().close(fd); }
    bool drain(int event_fd) override { return linux_kernel().drain(event_fd); }

    std::size_t takes = 0;
};

struct Sender {
    explicit Sender(Kernel* kernel = nullptr, TcpOptions options = {})
        : reactor({.kernel = kernel}), listener(reactor, {}, [this, options](Socket socket) {
              const int small = 4096;
              ::setsockopt(socket.fd(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
              connection = std::make_unique<TcpConnection>(reactor, std::move(socket), options, peer);
              connection->set_source(&source);
          }) {
        REQUIRE(listener.start().has_value());
    }
    Reactor reactor;
    Peer peer;
    Messages source;
    std::unique_ptr<TcpConnection> connection;
    TcpListener listener;
};

}  // namespace

TEST_CASE("a write may stop at every byte: what is queued meanwhile comes behind the message that was begun") {
    StingyKernel kernel;
    Sender sender{&kernel};
    RawClient client(sender.listener.port());
    REQUIRE(run_until(sender.reactor, [&] { return sender.connection != nullptr; }));
    const std::string queued = message_of('q', 0, 3);
    const std::array messages{message_of('s', 0, 5), message_of('s', 1, 0), message_of('s', 2, 9)};
    std::size_t first = 0;
    const std::size_t whole = queued.size() + messages[0].size() + messages[1].size() + messages[2].size();
    for (std::size_t stop = 1; stop <= whole; ++stop) {
        std::string expected = queued;
        std::array<std::string, 3> now;
        // Other numbers than the last time have other lengths.
        std::size_t at = expected.size();
        bool placed = false;
        for (std::size_t i = 0; i < 3; ++i) {
            sender.source.add(5 - i);
            now[i] = message_of('s', first + i, 5 - i);
            if (at >= stop && !placed) {
                expected += message_of('q', 1, 2);
                placed = true;
            }
            expected += now[i];
            at += now[i].size();
        }
        if (!placed) expected += message_of('q', 1, 2);
        first += 3;
        REQUIRE(sender.connection->send(to_bytes(queued)));
        sender.connection->source_ready();
        kernel.takes = stop;
        sender.connection->flush();
        REQUIRE(sender.connection->send(to_bytes(message_of('q', 1, 2))));
        std::string got;
        REQUIRE(run_until(sender.reactor, [&] {
            kernel.takes = 1'000;
            client.receive();
            return client.received().size() >= expected.size();
        }));
        CHECK(client.take() == expected);
        CHECK(sender.source.empty());
        CHECK(sender.connection->pending_output() == 0);
        CHECK(sender.connection->bytes_written() == sender.connection->bytes_queued());
    }
    CHECK(sender.source.torn() > 10);
}

namespace {

// Sends and queues at random to a reader who stalls; `receive` brings what has come, when it is wanted.
template <class Receive>
void run_with_stalls(Sender& sender, Receive&& receive) {
    Random random(5);
    std::deque<std::size_t> begun;  // of the source, when the n-th was queued
    std::size_t queued = 0;
    std::size_t seen = 0;
    std::size_t queued_seen = 0;
    std::string input;
    const auto read = [&](bool wanted) {
        input += receive(wanted);
        std::size_t at = 0;
        for (std::size_t end; (end = input.find(';', at)) != input.npos; at = end + 1) {
            const std::string message = input.substr(at, end + 1 - at);
            const std::size_t colon = message.find(':');
            const std::size_t number = std::stoul(message.substr(1, colon - 1));
            REQUIRE(message == message_of(message[0], number, message.size() - colon - 2));
            if (message[0] == 's') {
                REQUIRE(number == seen++);
            } else {
                REQUIRE(number == queued_seen++);
                REQUIRE(seen == begun.front());
                begun.pop_front();
            }
        }
        input.erase(0, at);
    };
    for (int step = 0; step < 3'000; ++step) {
        for (std::uint64_t i = random.below(4); i > 0; --i)
            sender.source.add(random.chance(3) ? random.below(30'000) : random.below(300));
        sender.connection->source_ready();
        if (random.chance(30) && sender.connection->send(to_bytes(message_of('q', queued, random.below(2'000))))) {
            begun.push_back(sender.source.given());
            ++queued;
        }
        if (random.chance(20)) sender.connection->flush();
        sender.reactor.poll(0);
        read(random.chance(step % 500 < 250 ? 2 : 40));
    }
    REQUIRE(run_until(sender.reactor, [&] {
        read(true);
        return sender.source.empty() && sender.connection->pending_output() == 0 && begun.empty() &&
               seen == sender.source.given();
    }));
    CHECK(input.empty());
    CHECK(sender.source.torn() > 1);
    CHECK(queued > 100);
}

}  // namespace

TEST_CASE("small buffers and a reader who stalls: nothing is lost, torn or out of order") {
    Sender sender;
    RawClient client(sender.listener.port(), 4096);
    REQUIRE(run_until(sender.reactor, [&] { return sender.connection != nullptr; }));
    run_with_stalls(sender, [&](bool wanted) {
        if (wanted) client.receive();
        return client.take();
    });
}

TEST_CASE("the same under TLS, where a stalled reader's encrypted bytes are few") {
    const test::Certificates certificates;
    Sender sender{nullptr, {.tls = test::made(TlsContext::server(certificates.files(), false))}};
    const auto tls = test::made(TlsContext::client({certificates.certificate("server"), "localhost", ""}));
    Peer reader;
    TcpConnection client(sender.reactor, Endpoint{"127.0.0.1", sender.listener.port(), tls}, {}, reader);
    REQUIRE(run_until(sender.reactor, [&] { return reader.connected && sender.connection != nullptr; }));
    std::size_t most = 0;
    run_with_stalls(sender, [&](bool wanted) {
        wanted ? client.resume_reading() : client.pause_reading();
        std::string come = reader.all();
        reader.seen.clear();
        most = std::max(most, sender.connection->pending_output());
        return come;
    });
    // Mostly what was queued by hand.
    CHECK(most < 1024 * 1024);
}

TEST_CASE("a source that is taken away is not asked again, and a closed connection does not ask") {
    Sender sender;
    RawClient client(sender.listener.port());
    REQUIRE(run_until(sender.reactor, [&] { return sender.connection != nullptr; }));
    sender.source.add(10);
    sender.connection->source_ready();
    sender.connection->set_source(nullptr);
    CHECK(sender.connection->send(to_bytes("end")));
    sender.connection->close_after_flush();
    REQUIRE(client.wait_for_end(sender.reactor));
    CHECK(client.received() == "end");
    CHECK_FALSE(sender.source.empty());
}

}  // namespace dcx::net
