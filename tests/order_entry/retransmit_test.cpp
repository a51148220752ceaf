// Every report that a session was ever told can be asked for again, byte for byte but for the stamps of its sending:
// from the gateway's memory or from the journal, after restarts, from snapshots and without.
#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "gateway/binary/reports.h"
#include "gateway/binary/wire_client.h"
#include "order_entry/live_venue.h"

using namespace dcx;
using namespace dcx::client;
using namespace dcx::order_entry_test;
using gateway::WireClient;

namespace {

using Bytes = std::vector<std::byte>;

// As it is sent again, whatever it was sent at first.
Bytes without_stamps(const WireClient::Received& received) {
    Bytes bytes(sizeof(FrameHeader) + received.block.size());
    std::memcpy(bytes.data(), &received.header, sizeof received.header);
    std::memcpy(bytes.data() + sizeof(FrameHeader), received.block.data(), received.block.size());
    gateway::make_again(bytes.data(), Time{});
    return bytes;
}

// A session over its own socket: it keeps all reports it was ever told by number, across connections.
class Recorder {
  public:
    Recorder(const LiveVenue& venue, const ClientKey& key, std::uint64_t client_session)
        : venue_(venue), key_(key), client_session_(client_session) {}

    void connect() {
        wire_ = std::make_unique<WireClient>(reactor_, venue_.endpoint().port);
        until([&] { return wire_->challenged; });
        wire_->send_negotiate(key_.seed, key_.key, client_session_);
        negotiated_ = take(kTemplateNegotiated).as<Negotiated>();
        wire_->send(Establish{.heartbeat_ms = 60'000});
        take(kTemplateEstablished);
        sequence_ = negotiated_.next_incoming;
        cl_ord_id_ = negotiated_.last_cl_ord_id;
        told_ = std::max(told_, negotiated_.next_outgoing);
    }
    void disconnect() {
        wire_->send(Terminate{.code = TerminateCode::finished});
        until([&] { return wire_->closed(); });
        drain();
        wire_.reset();
    }
    void place(Side side, std::int64_t price, std::int64_t quantity) {
        cl_ord_id_ = ClOrdId{cl_ord_id_.value + 1};
        wire_->command(PlaceOrder{.cl_ord_id = cl_ord_id_,
                                  .price = Price{price},
                                  .quantity = Quantity{quantity},
                                  .account = key_.account,
                                  .instrument = InstrumentId{1u},
                                  .side = side,
                                  .type = OrderType::limit,
                                  .time_in_force = TimeInForce::gtc},
                       sequence_++);
    }
    void mass_cancel() {
        cl_ord_id_ = ClOrdId{cl_ord_id_.value + 1};
        wire_->command(MassCancel{.cl_ord_id = cl_ord_id_, .account = key_.account}, sequence_++);
    }
    // Whatever was told meanwhile.
    void drain() {
        for (int i = 0; i < 3; ++i) reactor_.poll(1);
        while (auto received = wire_->next()) keep(*received);
    }
    // Asks for reports and compares those that were told before; the reason when it was refused.
    RejectReason check(std::uint64_t from, std::uint32_t count) {
        drain();
        wire_->send(RetransmitRequest{.from = from, .count = count});
        std::uint64_t next = from;
        for (;;) {
            const WireClient::Received received = take();
            if (received.header.template_id == kTemplateRetransmitDone) {
                const auto done = received.as<RetransmitDone>();
                CHECK(done.from == from);
                CHECK(done.count == next - from);
                if (done.reason == RejectReason::none) CHECK(done.count == count);
                return done.reason;
            }
            // Live ones go on in their own order.
            if (received.header.sequence >= told_) {
                keep(received);
                continue;
            }
            REQUIRE(received.header.sequence == next++);
            ReportHeader header;
            std::memcpy(&header, received.block.data(), sizeof header);
            CHECK(header.sent.value == 0);
            CHECK(header.matched.value == 0);
            CHECK(header.durable.value == 0);
            const auto [known, fresh] = reports_.try_emplace(received.header.sequence, without_stamps(received));
            if (!fresh) REQUIRE(known->second == without_stamps(received));
        }
    }
    [[nodiscard]] std::uint64_t told() const { return told_; }
    [[nodiscard]] std::size_t known() const { return reports_.size(); }
    [[nodiscard]] WireClient& wire() { return *wire_; }
    WireClient::Received take() {
        until([&] { return !wire_->received.empty(); });
        return *wire_->next();
    }
    WireClient::Received take(std::uint16_t template_id) {
        for (;;) {
            const auto received = take();
            if (received.header.template_id == template_id) return received;
            keep(received);
        }
    }

  private:
    template <class Condition>
    void until(const Condition& condition) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
        while (!condition()) {
            REQUIRE(std::chrono::steady_clock::now() < end);
            reactor_.poll(5);
        }
    }
    void keep(const WireClient::Received& received) {
        if (received.header.sequence == 0) return;
        CHECK(received.header.sequence == told_);
        told_ = received.header.sequence + 1;
        reports_[received.header.sequence] = without_stamps(received);
    }

    const LiveVenue& venue_;
    ClientKey key_;
    std::uint64_t client_session_;
    net::Reactor reactor_;
    std::unique_ptr<WireClient> wire_;
    Negotiated negotiated_;
    std::uint64_t sequence_ = 1;
    ClOrdId cl_ord_id_{};
    std::uint64_t told_ = 1;  // the next one
    std::map<std::uint64_t, Bytes> reports_;
};

std::vector<ClientKey> found_market(LiveVenue& venue, std::size_t traders) {
    auto op = venue.connect(kOperatorKey);
    REQUIRE(op->list_asset({.symbol = AssetSymbol{"DEC"}, .issue_cap = Amount{kMaxIssue}, .scale = 8}).has_value());
    REQUIRE(op->list_asset({.symbol = AssetSymbol{"USD"}, .issue_cap = Amount{kMaxIssue}, .scale = 8}).has_value());
    REQUIRE(op->list_instrument({.symbol = Symbol{"DEC/USD"},
                                 .base = AssetId{1u},
                                 .quote = AssetId{2u},
                                 .tick_mantissa = 1,
                                 .lot_mantissa = 1,
                                 .max_quantity = Quantity{std::int64_t{1'000'000}},
                                 .maker_fee = FeeRate{100},
                                 .taker_fee = FeeRate{1000},
                                 .tick_scale = 4,
                                 .lot_scale = 4})
                .has_value());
    const auto now =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
    Random random{5};
    std::vector<ClientKey> keys;
    for (std::size_t i = 0; i < traders; ++i) {
        const auto account = op->open_account({.account_kind = AccountKind::customer});
        REQUIRE(account.has_value());
        const Ed25519Seed seed{std::byte{0xBB}, std::byte{static_cast<std::uint8_t>(i)}};
        const auto key = op->add_key({.public_key = ed25519_public_key(seed),
                                      .account = account->account,
                                      .permissions = kPermitRead | kPermitTrade});
        REQUIRE(key.has_value());
        for (const std::uint32_t asset : {1u, 2u})
            REQUIRE(
                op->mint({.id = make_transfer_id(static_cast<std::uint64_t>(now.count()), random.next(), random.next()),
                          .amount = Amount{std::int64_t{1'000'000'000'000}},
                          .account = account->account,
                          .asset = AssetId{asset}})
                    .has_value());
        keys.push_back({.key = key->key, .account = account->account, .seed = seed});
    }
    return keys;
}

}  // namespace

TEST_CASE("every report ever told can be asked for again and equals the first, across restarts and snapshots") {
    gateway::GatewayOptions options;
    options.recent_reports = 40 * 256;  // few, so that most come from the journal
    LiveVenue venue(options);
    const auto keys = found_market(venue, 3);
    std::vector<std::unique_ptr<Recorder>> sessions;
    for (std::uint64_t i = 0; i < 5; ++i)
        sessions.push_back(std::make_unique<Recorder>(venue, keys[i % keys.size()], 100 + i));
    Random random{11};
    for (int life = 0; life < 4; ++life) {
        CAPTURE(life);
        std::vector<Recorder*> here;
        for (auto& session : sessions)
            if (life == 3 || random.chance(70)) here.push_back(session.get());
        for (Recorder* session : here) session->connect();
        for (int i = 0; i < 60 && !here.empty(); ++i) {
            Recorder& session = *here[random.below(here.size())];
            if (random.chance(5))
                session.mass_cancel();
            else
                session.place(random.chance(50) ? Side::buy : Side::sell,
                              90 + static_cast<std::int64_t>(random.below(20)),
                              1 + static_cast<std::int64_t>(random.below(50)));
        }
        for (Recorder* session : here) session->drain();
        for (Recorder* session : here) {
            const std::uint64_t told = session->told();
            if (told == 1) continue;
            for (int i = 0; i < 3; ++i) {
                const std::uint64_t from = 1 + random.below(told - 1);
                const auto count = static_cast<std::uint32_t>(1 + random.below(told - from));
                CHECK(session->check(from, count) == RejectReason::none);
            }
            CHECK(session->check(1, static_cast<std::uint32_t>(told - 1)) == RejectReason::none);
        }
        for (Recorder* session : here) session->disconnect();
        venue.stop();
        if (life % 2 == 0) venue.take_snapshot();
        venue.start();
    }
    for (auto& session : sessions) {
        session->connect();
        const std::uint64_t told = session->told();
        CHECK(session->check(1, static_cast<std::uint32_t>(told - 1)) == RejectReason::none);
        CHECK(session->known() == told - 1);
        CHECK(session->known() > 10);
        // Neither what there is not yet nor anything beside.
        CHECK(session->check(1, static_cast<std::uint32_t>(told)) == RejectReason::retransmit_out_of_range);
        CHECK(session->check(told, 1) == RejectReason::retransmit_out_of_range);
        CHECK(session->check(~std::uint64_t{0}, 100'000) == RejectReason::retransmit_out_of_range);
        CHECK(session->check(~std::uint64_t{0} - 5, 100) == RejectReason::retransmit_out_of_range);
        session->disconnect();
    }
}

TEST_CASE("what a command that comes again did is had by its number: the report of the first time") {
    LiveVenue venue;
    const auto keys = found_market(venue, 1);
    Recorder session(venue, keys[0], 7);
    session.connect();
    session.place(Side::buy, 100, 5);
    const auto first = session.take(kTemplateExecutionReport);
    // The same once more, as after a connection that was lost before the report came.
    session.wire().command(PlaceOrder{.cl_ord_id = ClOrdId{std::uint64_t{1}},
                                      .price = Price{std::int64_t{100}},
                                      .quantity = Quantity{std::int64_t{5}},
                                      .account = keys[0].account,
                                      .instrument = InstrumentId{1u},
                                      .side = Side::buy,
                                      .type = OrderType::limit,
                                      .time_in_force = TimeInForce::gtc},
                           1);
    const auto told = session.take(kTemplateNotApplied).as<NotApplied>();
    CHECK(told.reason == RejectReason::exists);
    CHECK(told.next_sequence == 2);
    session.wire().send(RetransmitRequest{.from = 1, .count = 1});
    const auto again = session.take(kTemplateExecutionReport);
    CHECK(without_stamps(again) == without_stamps(first));
    CHECK(session.take(kTemplateRetransmitDone).as<RetransmitDone>().reason == RejectReason::none);
    session.disconnect();
    venue.stop();
    CHECK(venue.core().open_orders() == 1);
}
