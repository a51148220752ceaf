// Golden bytes of commands and events: they stand in journals and on the wire. A change here is a change of format.
#include <doctest/doctest.h>

#include <cstring>
#include <set>
#include <span>
#include <string>

#include "base/sha256.h"
#include "model/command.h"
#include "model/event.h"

using namespace dcx;

namespace {

template <class T>
std::string hex(const T& value) {
    return to_hex(std::as_bytes(std::span{&value, 1}));
}

}  // namespace

TEST_CASE("layout: a command's bytes") {
    CommandHeader header{};
    header.sequence = Sequence{std::uint64_t{0x0102030405060708}};
    header.time = Time{std::int64_t{0x1112131415161718}};
    header.session_sequence = 0x21;
    header.session = SessionId{0x22u};
    header.wait_ns = 0x23;
    header.gateway = 0x24;
    const auto command = Command::make(PlaceOrder{.cl_ord_id = ClOrdId{std::uint64_t{0x31}},
                                                  .price = Price{std::int64_t{0x32}},
                                                  .quantity = Quantity{std::int64_t{0x33}},
                                                  .account = AccountId{0x34u},
                                                  .instrument = InstrumentId{0x35u},
                                                  .side = Side::sell,
                                                  .type = OrderType::limit,
                                                  .time_in_force = TimeInForce::ioc,
                                                  .flags = 1,
                                                  .zero = 0},
                                       header);
    const std::string expected =
        "08070605040302011817161514131211"
        "210000000000000022000000230000001e00000024000000"
        "3100000000000000320000000000000033000000000000003400000035000000020102010000000000" +
        std::string(94, '0');
    CHECK(hex(command) == expected);
}

TEST_CASE("layout: an event's bytes, and nothing left behind a short body") {
    Event event;
    std::memset(static_cast<void*>(&event), 0xFF, sizeof event);
    event.header = {.sequence = Sequence{std::uint64_t{1}},
                    .time = Time{std::int64_t{2}},
                    .applied_time = Time{std::int64_t{3}},
                    .index = 4,
                    .session = SessionId{5u},
                    .wait_ns = 6,
                    .kind = {},
                    .flags = kLastOfCommand,
                    .gateway = 7,
                    .zero = 0};
    event.set(SessionEstablished{.connection = 8, .session = SessionId{9u}, .zero = 0});
    const std::string expected =
        "010000000000000002000000000000000300000000000000"
        "0400000005000000060000001500010007000000"
        "00000000"
        "08000000000000000900000000000000" +
        std::string(128, '0');
    CHECK(hex(event) == expected);
}

TEST_CASE("layout: the bytes of self-trade rules and mass cancels") {
    CHECK(hex(MassCancel{.cl_ord_id = ClOrdId{std::uint64_t{0x41}},
                         .account = AccountId{0x42u},
                         .instrument = InstrumentId{0x43u},
                         .side = Side::sell,
                         .scope = MassCancelScope::session}) ==
          "4100000000000000"
          "4200000043000000"
          "0201000000000000");
    CHECK(hex(MassCanceled{.cl_ord_id = ClOrdId{std::uint64_t{0x41}},
                           .account = AccountId{0x42u},
                           .instrument = InstrumentId{0x43u},
                           .canceled = 0x44,
                           .side = Side::sell,
                           .complete = 1}) ==
          "4100000000000000"
          "4200000043000000"
          "4400000002010000");
    CHECK(hex(SetSelfTradeRule{
              .reference = 0x51, .account = AccountId{0x52u}, .rule = SelfTradeRule::decrement_and_cancel}) ==
          "5100000000000000"
          "5200000004000000");
    CHECK(hex(SelfTradeRuleSet{.reference = 0x51, .account = AccountId{0x52u}, .rule = SelfTradeRule::cancel_both}) ==
          "5100000000000000"
          "5200000003000000");
    CHECK(hex(AccountOpened{.reference = 0x51,
                            .account = AccountId{0x52u},
                            .account_kind = AccountKind::market_maker,
                            .self_trade_rule = SelfTradeRule::cancel_taker}) ==
          "5100000000000000"
          "5200000000000000"
          "0201000000000000");
    CHECK(hex(OrderDecremented{.order_id = OrderId{std::uint64_t{0x61}},
                               .cl_ord_id = ClOrdId{std::uint64_t{0x62}},
                               .price = Price{std::int64_t{0x63}},
                               .quantity = Quantity{std::int64_t{0x64}},
                               .leaves = Quantity{std::int64_t{0x65}},
                               .cum = Quantity{std::int64_t{0x66}},
                               .account = AccountId{0x67u},
                               .instrument = InstrumentId{0x68u},
                               .available = Amount{std::int64_t{0x69}},
                               .held = Amount{std::int64_t{0x6A}},
                               .side = Side::buy,
                               .rested = 1}) ==
          "61000000000000006200000000000000"
          "63000000000000006400000000000000"
          "65000000000000006600000000000000"
          "67000000680000006900000000000000"
          "6a000000000000000101000000000000");
}

TEST_CASE("layout: the bytes of money requests") {
    const TransferId id{.low = 0x11, .high = 0x12};
    const TransferId pending_id{.low = 0x13, .high = 0x14};
    ChainAddress address{.hash = {}, .kind = AddressKind::decms};
    address.hash.fill(std::byte{0xAA});
    CHECK(hex(PendTransfer{.id = id,
                           .amount = Amount{std::int64_t{0x15}},
                           .timeout_ns = 0x16,
                           .debit_account = AccountId{0x17u},
                           .credit_account = AccountId{0x18u},
                           .asset = AssetId{0x19u},
                           .linked = 1,
                           .zero = {}}) ==
          "11000000000000001200000000000000"
          "15000000000000001600000000000000"
          "17000000180000001900000001000000");
    CHECK(hex(PostTransfer{.id = id,
                           .pending_id = pending_id,
                           .amount = Amount{std::int64_t{0x15}},
                           .scope = AccountId{0x17u},
                           .zero = 0}) ==
          "11000000000000001200000000000000"
          "13000000000000001400000000000000"
          "15000000000000001700000000000000");
    CHECK(hex(VoidTransfer{.id = id, .pending_id = pending_id, .scope = AccountId{0x17u}, .zero = 0}) ==
          "11000000000000001200000000000000"
          "13000000000000001400000000000000"
          "1700000000000000");
    CHECK(hex(Withdraw{.id = id,
                       .amount = Amount{std::int64_t{0x15}},
                       .account = AccountId{0x17u},
                       .asset = AssetId{0x19u},
                       .address = address,
                       .zero = {}}) ==
          "11000000000000001200000000000000"
          "15000000000000001700000019000000"
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          "aaaaaaaa02000000");
    CHECK(hex(Transferred{.id = id,
                          .amount = Amount{std::int64_t{0x15}},
                          .debit_before = Amount{std::int64_t{0x21}},
                          .debit_after = Amount{std::int64_t{0x22}},
                          .credit_before = Amount{std::int64_t{0x23}},
                          .credit_after = Amount{std::int64_t{0x24}},
                          .debit_account = AccountId{0x17u},
                          .credit_account = AccountId{0x18u},
                          .asset = AssetId{0x19u},
                          .transfer_kind = TransferKind::post,
                          .zero = {}}) ==
          "11000000000000001200000000000000"
          "15000000000000002100000000000000"
          "22000000000000002300000000000000"
          "24000000000000001700000018000000"
          "1900000005000000");
    CHECK(hex(PendingResolved{.id = id,
                              .pending_id = pending_id,
                              .amount = Amount{std::int64_t{0x15}},
                              .released = Amount{std::int64_t{0x21}},
                              .available = Amount{std::int64_t{0x22}},
                              .held = Amount{std::int64_t{0x23}},
                              .account = AccountId{0x17u},
                              .asset = AssetId{0x19u},
                              .scope = AccountId{0x18u},
                              .state = PendingState::voided,
                              .zero = {}}) ==
          "11000000000000001200000000000000"
          "13000000000000001400000000000000"
          "15000000000000002100000000000000"
          "22000000000000002300000000000000"
          "17000000190000001800000002000000");
}

TEST_CASE("layout: the bytes of an order that expires, of limits and of what two persons sign") {
    CHECK(hex(PlaceOrder{.cl_ord_id = ClOrdId{std::uint64_t{1}},
                         .price = Price{std::int64_t{2}},
                         .quantity = Quantity{std::int64_t{3}},
                         .account = AccountId{4u},
                         .instrument = InstrumentId{5u},
                         .side = Side::buy,
                         .type = OrderType::market,
                         .time_in_force = TimeInForce::gtd,
                         .flags = 1,
                         .zero = 0,
                         .expire_at = Time{std::int64_t{6}},
                         .budget = Amount{std::int64_t{7}}}) ==
          "01000000000000000200000000000000"
          "03000000000000000400000005000000"
          "01020501000000000600000000000000"
          "0700000000000000");
    CHECK(hex(SetMarketLimits{.min_quantity = Quantity{std::int64_t{1}},
                              .max_quantity = Quantity{std::int64_t{2}},
                              .min_notional = Amount{std::int64_t{3}},
                              .max_notional = Amount{std::int64_t{4}},
                              .reference_price = Price{std::int64_t{5}},
                              .instrument = InstrumentId{6u},
                              .collar_bp = 7,
                              .max_orders = 8,
                              .day_end_s = 9}) ==
          "01000000000000000200000000000000"
          "03000000000000000400000000000000"
          "05000000000000000600000007000000"
          "0800000009000000");
    CHECK(hex(StartEpoch{.epoch = 1, .engine_version = 2, .newest_rules = 3}) == "01000000000000000200000003000000");
    CHECK(hex(Handover{.grace_ms = 1, .zero = 0}) == "0100000000000000");
    CHECK(hex(ActivateRules{.version = 1, .zero = 0}) == "0100000000000000");
    CHECK(hex(RulesActivated{.version = 2, .before = 1}) == "0200000001000000");
    ApprovalMessage message;
    message.venue_id.fill(std::byte{0xBB});
    message.proposal = ProposalId{std::uint64_t{1}};
    message.expires = Time{std::int64_t{2}};
    message.proposed = CommandKind::mint;
    message.proposer = KeyId{3u};
    message.body.fill(std::byte{0xCC});
    CHECK(hex(message) ==
          "6463782d617070726f76652d76310000"
          "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
          "01000000000000000200000000000000"
          "2900000003000000" +
              std::string(160, 'c'));
}

TEST_CASE("layout: every kind has a name of its own and every body fits") {
    std::set<std::string_view> names;
    for (std::uint16_t kind = 0; kind < 100; ++kind) {
        const auto name = to_string(static_cast<CommandKind>(kind));
        if (name == "unknown") {
            CHECK(body_size(static_cast<CommandKind>(kind)) == 0);
            continue;
        }
        CHECK(names.insert(name).second);
        CHECK(body_size(static_cast<CommandKind>(kind)) <= kMessageBodySize);
    }
    CHECK(names.size() == 58);
    names.clear();
    for (std::uint16_t kind = 0; kind < 100; ++kind) {
        const auto name = to_string(static_cast<EventKind>(kind));
        if (name != "unknown") CHECK(names.insert(name).second);
    }
    CHECK(names.size() == 70);
    names.clear();
    for (std::uint16_t reason = 0; reason < 1000; ++reason) {
        const auto name = to_string(static_cast<RejectReason>(reason));
        if (name != "unknown") CHECK(names.insert(name).second);
    }
    CHECK(names.size() == 114);
    names.clear();
    for (std::uint16_t reason = 1; reason < 256; ++reason) {
        const auto name = to_string(static_cast<CancelReason>(reason));
        if (name != "unknown") CHECK(names.insert(name).second);
    }
    CHECK(names.size() == 11);
}

TEST_CASE("transfer ids: UUIDv7 in layout and order") {
    const auto id = make_transfer_id(0x0123456789AB, 0xFFFF, ~std::uint64_t{0});
    CHECK(id.well_formed());
    CHECK(id.unix_ms() == 0x0123456789AB);
    CHECK(id.high == 0x0123456789AB7FFF);
    CHECK((id.low >> 62) == 2);
    CHECK(make_transfer_id(5, 0xFFF, ~std::uint64_t{0}) < make_transfer_id(6, 0, 0));
    CHECK_FALSE(TransferId{}.well_formed());
    CHECK_FALSE(TransferId{.low = id.low, .high = id.high & ~std::uint64_t{0xF000}}.well_formed());
}
