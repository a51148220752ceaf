// The client against a venue that is scripted frame by frame; against a gateway it is tested in tests/order_entry.
#include "client/order_entry_client.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"

using namespace dcx;
using namespace dcx::client;

namespace {

constexpr std::int64_t kMs = 1'000'000;
const ClientKey kKey{.key = KeyId{4u}, .account = AccountId{3u}, .seed = {std::byte{9}}};

// What listens, takes one connection, and says whatever a test wants.
class ScriptedVenue final : public net::TcpConnection::Owner {
  public:
    explicit ScriptedVenue(net::Reactor& reactor)
        : listener_(reactor, {}, [this, &reactor](net::Socket socket) {
              connection_ = std::make_unique<net::TcpConnection>(reactor, std::move(socket), net::TcpOptions{}, *this);
          }) {
        REQUIRE(listener_.start().has_value());
    }
    [[nodiscard]] std::uint16_t port() const { return listener_.port(); }
    [[nodiscard]] bool connected() const { return connection_ != nullptr; }
    [[nodiscard]] bool gone() const { return gone_; }
    void send(std::span<const std::byte> bytes) { REQUIRE(connection_->send(bytes)); }
    template <WireBlock Block>
    void say(const Block& block, std::uint64_t sequence = 0) {
        send(make_frame(block, Time{}, sequence).bytes());
    }

    std::vector<FrameHeader> heard;
    Negotiate negotiate;
    PlaceOrder last_order;

  private:
    std::size_t on_data(net::TcpConnection&, std::span<std::byte> bytes) override {
        std::size_t taken = 0;
        for (;;) {
            const auto frame = decode_frame(bytes.subspan(taken), request_block_size);
            REQUIRE(frame.has_value());
            if (!frame->complete()) return taken;
            heard.push_back(frame->header);
            if (frame->header.template_id == kTemplateNegotiate) negotiate = frame->as<Negotiate>();
            if (frame->header.template_id == 30) last_order = frame->as<PlaceOrder>();
            taken += frame->header.length;
        }
    }
    void on_closed(net::TcpConnection&, const net::Closed&) override { gone_ = true; }

    net::TcpListener listener_;
    std::unique_ptr<net::TcpConnection> connection_;
    bool gone_ = false;
};

class Rig final : public OrderEntryClient::Owner {
  public:
    Rig() {
        client =
            std::make_unique<OrderEntryClient>(reactor,
                                               ClientOptions{.endpoint = {.address = "127.0.0.1", .port = venue.port()},
                                                             .key = kKey,
                                                             .client_session = 12,
                                                             .heartbeat_ms = 1000,
                                                             .clock = &clock},
                                               *this);
        until([&] { return venue.connected(); });
    }
    template <class Condition>
    void until(const Condition& condition) {
        for (int i = 0; i < 5000; ++i) {
            if (condition()) return;
            reactor.poll(i > 20 ? 1 : 0);
        }
        FAIL("it never came");
    }
    void pass(std::int64_t ms) {
        clock.advance(ms * kMs);
        for (int i = 0; i < 3; ++i) reactor.poll(0);
    }
    void log_in() {
        venue.say(Challenge{.nonce = {std::byte{5}}, .venue_id = {std::byte{6}}});
        until([&] { return venue.heard.size() == 1; });
        venue.say(Negotiated{.client_session = 12,
                             .next_incoming = 5,
                             .next_outgoing = 8,
                             .last_cl_ord_id = ClOrdId{std::uint64_t{30}},
                             .session = SessionId{2u},
                             .key = kKey.key,
                             .account = kKey.account});
        until([&] { return venue.heard.size() == 2; });
        venue.say(Established{.heartbeat_ms = 1000, .durability = Durability::memory});
        until([&] { return ready; });
    }
    void expect_closed() {
        until([&] { return closed; });
        CHECK_FALSE(client->ready());
    }

    void on_ready(OrderEntryClient&) override { ready = true; }
    void on_execution(OrderEntryClient&, const ExecutionReport&, std::uint64_t) override { ++executions; }
    void on_not_applied(OrderEntryClient&, const NotApplied& told) override { not_applied = told.reason; }
    void on_retransmit_done(OrderEntryClient&, const RetransmitDone&) override { ++retransmitted; }
    void on_closed(OrderEntryClient&, const ClientClosed& end) override {
        CHECK_FALSE(closed);
        closed = true;
        code = end.code;
        refused = end.refused;
        text = end.text;
    }

    ManualClock clock;
    net::Reactor reactor{net::Reactor::Options{.clock = &clock}};
    ScriptedVenue venue{reactor};
    std::unique_ptr<OrderEntryClient> client;
    bool ready = false;
    bool closed = false;
    int executions = 0;
    int retransmitted = 0;
    RejectReason not_applied{};
    TerminateCode code{};
    RejectReason refused{};
    std::string text;
};

}  // namespace

TEST_CASE("login signs this challenge for this session, and the numbers go on from the venue's") {
    Rig rig;
    CHECK_FALSE(rig.client->place({}));
    rig.log_in();
    CHECK(rig.venue.heard[0].template_id == kTemplateNegotiate);
    CHECK(rig.venue.heard[1].template_id == kTemplateEstablish);
    const NegotiateMessage message{
        .nonce = {std::byte{5}}, .venue_id = {std::byte{6}}, .client_session = 12, .key = kKey.key};
    CHECK(ed25519_verify(ed25519_public_key(kKey.seed), std::as_bytes(std::span{&message, 1}),
                         rig.venue.negotiate.signature));
    CHECK(rig.client->durability() == Durability::memory);

    CHECK(rig.client->place({.quantity = Quantity{std::int64_t{1}}}).value == 31);
    CHECK(rig.client->place({.cl_ord_id = ClOrdId{std::uint64_t{50}}, .account = AccountId{77u}}).value == 50);
    CHECK(rig.client->cancel({}).value == 51);
    CHECK(rig.client->send(Transfer{}) == 8);
    CHECK(rig.client->last_sequence() == 8);
    rig.until([&] { return rig.venue.heard.size() == 6; });
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(rig.venue.heard[2 + i].sequence == 5 + i);
        CHECK(rig.venue.heard[2 + i].sending_time.value == rig.clock.wall_ns());
    }
    CHECK(rig.venue.last_order.account == AccountId{77u});
}

TEST_CASE("heartbeats in silence only, with the next sequence") {
    Rig rig;
    rig.log_in();
    const std::size_t before = rig.venue.heard.size();
    for (int i = 0; i < 4; ++i) {
        rig.client->place({});
        rig.pass(334);
    }
    for (std::size_t i = before; i < rig.venue.heard.size(); ++i) CHECK(rig.venue.heard[i].template_id == 30);
    rig.pass(334);
    rig.until([&] { return rig.venue.heard.back().template_id == kTemplateHeartbeat; });
    CHECK(rig.venue.heard.back().sequence == 0);
}

TEST_CASE("a silent venue is left, one that speaks is not") {
    Rig rig;
    rig.log_in();
    for (int i = 0; i < 8; ++i) {
        rig.pass(900);
        rig.venue.say(Heartbeat{});
        rig.pass(0);
        rig.reactor.poll(1);
    }
    CHECK_FALSE(rig.closed);
    rig.pass(3400);
    rig.expect_closed();
    CHECK(rig.text == "the venue is silent");
    CHECK(rig.code == TerminateCode{});
}

TEST_CASE("a venue that does not let us in") {
    Rig rig;
    SUBCASE("by saying nothing") {
        rig.pass(15'001);
        rig.expect_closed();
        CHECK(rig.text == "the venue did not let us in in time");
    }
    SUBCASE("by refusing the session") {
        rig.venue.say(Challenge{});
        rig.venue.say(NegotiateRejected{.client_session = 12, .reason = RejectReason::session_in_use});
        rig.venue.say(Terminate{.code = TerminateCode::refused});
        rig.expect_closed();
        CHECK(rig.code == TerminateCode::refused);
        CHECK(rig.refused == RejectReason::session_in_use);
    }
    CHECK_FALSE(rig.ready);
}

TEST_CASE("what no venue would say ends the connection") {
    Rig rig;
    SUBCASE("noise") {
        const std::string noise(100, 'x');
        rig.venue.send(std::as_bytes(std::span{noise}));
    }
    SUBCASE("a session before a challenge") { rig.venue.say(Negotiated{}); }
    SUBCASE("established out of turn") { rig.venue.say(Established{}); }
    SUBCASE("two challenges") {
        rig.venue.say(Challenge{});
        rig.venue.say(Challenge{});
    }
    SUBCASE("report numbers that go back") {
        rig.log_in();
        rig.venue.say(ExecutionReport{}, 7);
    }
    rig.expect_closed();
    rig.until([&] { return rig.venue.gone(); });
}

TEST_CASE("passed over report numbers are counted") {
    Rig rig;
    rig.log_in();
    rig.venue.say(ExecutionReport{}, 8);
    rig.venue.say(ExecutionReport{}, 11);
    rig.until([&] { return rig.executions == 2; });
    CHECK(rig.client->skipped_reports() == 2);
}

TEST_CASE("commands that were not taken are counted again") {
    Rig rig;
    rig.log_in();
    for (int i = 0; i < 3; ++i) rig.client->place({});
    SUBCASE("from the one that the venue waits for") {
        rig.venue.say(NotApplied{.next_sequence = 6, .sequence = 6, .wait_ns = 1, .reason = RejectReason::throttled});
        rig.until([&] { return rig.not_applied == RejectReason::throttled; });
        CHECK(rig.client->next_sequence() == 6);
        CHECK(rig.client->send(Transfer{}) == 6);
    }
    SUBCASE("but not when they had been") {
        rig.venue.say(NotApplied{.next_sequence = 8, .sequence = 5, .reason = RejectReason::exists});
        rig.until([&] { return rig.not_applied == RejectReason::exists; });
        CHECK(rig.client->next_sequence() == 8);
    }
    SUBCASE("and never from one that was not sent") {
        rig.venue.say(NotApplied{.next_sequence = 9, .sequence = 9, .reason = RejectReason::out_of_sequence});
        rig.expect_closed();
        CHECK(rig.text == "the venue asks for a command that was never sent");
    }
}

TEST_CASE("reports of before come only when they were asked for") {
    Rig rig;
    rig.log_in();
    CHECK(rig.client->request_reports(3, 2));
    CHECK_FALSE(rig.client->request_reports(3, 2));
    rig.venue.say(ExecutionReport{}, 3);
    rig.venue.say(ExecutionReport{}, 8);
    rig.venue.say(ExecutionReport{}, 4);
    rig.venue.say(RetransmitDone{.from = 3, .count = 2});
    rig.until([&] { return rig.retransmitted == 1; });
    CHECK(rig.executions == 3);
    CHECK(rig.client->skipped_reports() == 0);
    rig.venue.say(ExecutionReport{}, 4);
    rig.expect_closed();
}

TEST_CASE("a port where nobody listens") {
    Rig rig;
    OrderEntryClient nowhere{rig.reactor, {.endpoint = {.address = "127.0.0.1", .port = 1}, .key = kKey}, rig};
    rig.until([&] { return rig.closed; });
    CHECK_FALSE(rig.text.empty());
}
