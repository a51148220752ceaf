// SmallVenue: a twin with two markets, four traders and two operators, for cases whose answers were worked out by hand
// from docs/rules.md. After every command the twin's own invariants are checked. For tests, one thread.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/ed25519.h"
#include "reference/twin.h"

namespace dcx::reference {

inline constexpr std::int64_t kMs = 1'000'000;
inline constexpr std::int64_t kSecond = 1'000 * kMs;
inline constexpr std::int64_t kDay = 86'400 * kSecond;
// 12:00 UTC of some day.
inline constexpr std::int64_t kNoon = 19'675 * kDay + kDay / 2;

inline constexpr std::uint32_t kAlice = 6;
inline constexpr std::uint32_t kBob = 7;
inline constexpr std::uint32_t kCarol = 8;
inline constexpr std::uint32_t kAlicesDesk = 9;  // a sub-account
inline constexpr std::uint32_t kOp = 1;          // sessions
inline constexpr std::uint32_t kOtherOp = 2;
inline constexpr std::uint32_t kOfAlice = 3;
inline constexpr std::uint32_t kOfBob = 4;
inline constexpr std::uint32_t kOfCarol = 5;
inline constexpr std::uint32_t kOfAliceToo = 6;
inline constexpr std::int64_t kRich = 1'000'000'000;

template <class Body>
Body body_of(const Event& event) {
    REQUIRE(to_string(event.header.kind) == to_string(Body::kind));
    return event.as<Body>();
}

inline Ed25519Seed seed(unsigned char first) {
    Ed25519Seed result{};
    result[0] = std::byte{first};
    return result;
}

struct Asked {
    std::uint32_t from = kOfAlice;
    std::uint32_t account = 0;  // 0: that of the session
    Side side = Side::buy;
    std::int64_t quantity = 1;
    std::int64_t price = 100;
    TimeInForce tif = TimeInForce::gtc;
    OrderType type = OrderType::limit;
    std::uint8_t flags = 0;
    std::int64_t expire_at = 0;
    std::int64_t budget = 0;
    std::uint32_t instrument = 1;
};

// Two assets of scale 0 and two markets where tick and lot are 1: a notional is price times quantity.
struct SmallVenue {
    Twin twin;
    std::int64_t now = kNoon;
    std::uint64_t sequence = 0;
    std::uint64_t number = 0;
    std::vector<Event> events;

    explicit SmallVenue(std::uint32_t max_fills = 100) {
        Genesis g{.operator_key = ed25519_public_key(seed(1)),
                  .max_accounts = 20,
                  .max_assets = 2,
                  .max_instruments = 2,
                  .max_orders = 20,
                  .max_sessions = 20,
                  .max_keys = 20,
                  .max_price_levels = 20,
                  .max_fills_per_command = max_fills,
                  .max_transfer_ids = 1000};
        send(g, 0);
        session(1);
        for (const char* symbol : {"BASE", "QUOTE"})
            send(ListAsset{.symbol = AssetSymbol{symbol}, .issue_cap = Amount{kMaxIssue}});
        for (const char* symbol : {"B/Q", "B/Q.2"})
            send(ListInstrument{.symbol = Symbol{symbol},
                                .base = AssetId{1u},
                                .quote = AssetId{2u},
                                .tick_mantissa = 1,
                                .lot_mantissa = 1,
                                .max_quantity = Quantity{std::int64_t{1'000'000}}});
        for (int i = 0; i < 3; ++i) send(OpenAccount{.account_kind = AccountKind::customer});
        send(OpenAccount{.owner = AccountId{kAlice}, .account_kind = AccountKind::customer});
        send(AddKey{.public_key = ed25519_public_key(seed(2)),
                    .permissions = kPermitAll,
                    .person = PersonId{std::uint32_t{2}}});
        session(2);
        for (const std::uint32_t account : {kAlice, kBob, kCarol}) {
            AddKey key{.account = AccountId{account}, .permissions = kPermitTrade | kPermitTransfer};
            key.public_key[0] = static_cast<std::byte>(account);
            send(key);
        }
        for (std::uint32_t key = 3; key <= 5; ++key) session(key);
        send(NegotiateSession{.client_session = 2, .key = KeyId{3u}}, 0);
        send(EstablishSession{}, kOfAliceToo);
        for (const std::uint32_t account : {kAlice, kBob, kCarol, kAlicesDesk})
            for (const std::uint32_t asset : {1u, 2u}) mint(account, asset, kRich);
    }

    void session(std::uint32_t key) {
        send(NegotiateSession{.client_session = 1, .key = KeyId{key}}, 0);
        send(EstablishSession{}, key);
    }
    void mint(std::uint32_t account, std::uint32_t asset, std::int64_t amount) {
        send(Mint{.id = make_transfer_id(static_cast<std::uint64_t>(now / kMs), 0, ++number * 4),
                  .amount = Amount{amount},
                  .account = AccountId{account},
                  .asset = AssetId{asset}});
        REQUIRE(events[0].header.kind == EventKind::transferred);
    }
    void pay(std::uint32_t from, std::uint32_t to, std::uint32_t asset, std::int64_t amount) {
        send(Transfer{.id = make_transfer_id(static_cast<std::uint64_t>(now / kMs), 0, ++number * 4),
                      .amount = Amount{amount},
                      .debit_account = AccountId{from},
                      .credit_account = AccountId{to},
                      .asset = AssetId{asset}});
        REQUIRE(events[0].header.kind == EventKind::transferred);
    }

    template <class Body>
    const std::vector<Event>& send(const Body& body, std::uint32_t from = kOp) {
        const CommandHeader header{.sequence = Sequence{++sequence},
                                   .time = Time{now},
                                   .session_sequence = twin.next_incoming(SessionId{from}),
                                   .session = SessionId{from}};
        events = twin.apply(Command::make(body, header));
        CHECK(twin.check() == "");
        return events;
    }
    const std::vector<Event>& place(const Asked& o) {
        constexpr std::array<std::uint32_t, 7> accounts = {0, 0, 0, kAlice, kBob, kCarol, kAlice};
        return send(PlaceOrder{.cl_ord_id = ClOrdId{++number},
                               .price = Price{o.price},
                               .quantity = Quantity{o.quantity},
                               .account = AccountId{o.account != 0 ? o.account : accounts.at(o.from)},
                               .instrument = InstrumentId{o.instrument},
                               .side = o.side,
                               .type = o.type,
                               .time_in_force = o.tif,
                               .flags = o.flags,
                               .expire_at = Time{o.expire_at},
                               .budget = Amount{o.budget}},
                    o.from);
    }
    // Its id; it must be accepted.
    std::uint64_t placed(const Asked& o) {
        place(o);
        return body_of<OrderAccepted>(events[0]).order_id.value;
    }
    RejectReason refused(const Asked& o) {
        place(o);
        return events[0].header.kind == EventKind::order_rejected ? events[0].as<OrderRejected>().reason
                                                                  : RejectReason::none;
    }
    RejectReason amend_refused(std::uint64_t order, std::int64_t quantity, std::int64_t price,
                               std::uint32_t from = kOfAlice, std::uint32_t account = kAlice) {
        send(AmendOrder{.cl_ord_id = ClOrdId{++number},
                        .order_id = OrderId{order},
                        .price = Price{price},
                        .quantity = Quantity{quantity},
                        .account = AccountId{account}},
             from);
        return events[0].header.kind == EventKind::cancel_rejected ? events[0].as<CancelRejected>().reason
                                                                   : RejectReason::none;
    }
    RejectReason command_refused() const {
        return events[0].header.kind == EventKind::command_rejected ? events[0].as<CommandRejected>().reason
                                                                    : RejectReason::none;
    }
    // Of the events of the last command.
    std::vector<std::uint64_t> canceled(CancelReason reason) const {
        std::vector<std::uint64_t> ids;
        for (const Event& e : events)
            if (e.header.kind == EventKind::order_canceled && e.as<OrderCanceled>().reason == reason)
                ids.push_back(e.as<OrderCanceled>().order_id.value);
        return ids;
    }
    Ticked tick() {
        send(Tick{}, 0);
        return body_of<Ticked>(events.back());
    }
    SetMarketLimits market_limits() const {
        return {.min_quantity = Quantity{std::int64_t{1}},
                .max_quantity = Quantity{std::int64_t{1'000'000}},
                .max_notional = Amount{kMaxIssue},
                .instrument = InstrumentId{1u}};
    }
    std::int64_t available(std::uint32_t account, std::uint32_t asset) const {
        return twin.balance(AccountId{account}, AssetId{asset}).available.value;
    }
    std::int64_t held(std::uint32_t account, std::uint32_t asset) const {
        return twin.balance(AccountId{account}, AssetId{asset}).held.value;
    }
    std::int64_t net(std::uint32_t account) const {
        return static_cast<std::int64_t>(twin.exposure(AccountId{account}, InstrumentId{1u}).net);
    }
    std::int64_t cash(std::uint32_t account) const {
        return static_cast<std::int64_t>(twin.exposure(AccountId{account}, InstrumentId{1u}).cash);
    }

    // Proposed by one operator, approved by both; the events of the second approval stay, without ProposalApproved.
    template <class Body>
    void by_two(const Body& body) {
        Propose propose{.proposed = Body::kind, .lifetime_s = 3600};
        std::memcpy(propose.body.data(), &body, sizeof body);
        send(propose);
        const auto proposed = body_of<CommandProposed>(events[0]);
        const ApprovalMessage message{.proposal = proposed.proposal,
                                      .expires = proposed.expires,
                                      .proposed = Body::kind,
                                      .proposer = KeyId{1u},
                                      .body = propose.body};
        for (unsigned char key = 1; key <= 2; ++key)
            send(Approve{.proposal = proposed.proposal,
                         .signature = ed25519_sign(seed(key), std::as_bytes(std::span{&message, 1}))},
                 key == 1 ? kOp : kOtherOp);
        REQUIRE(body_of<ProposalApproved>(events[0]).complete == 1);
        events.erase(events.begin());
    }
    void bust(std::uint64_t trade) { by_two(BustTrade{.trade_id = TradeId{trade}}); }
};

}  // namespace dcx::reference
