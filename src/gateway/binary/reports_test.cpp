#include "gateway/binary/reports.h"

#include <doctest/doctest.h>

using namespace dcx;
using namespace dcx::gateway;

namespace {

Quantity lots(std::int64_t value) { return Quantity{value}; }
Price ticks(std::int64_t value) { return Price{value}; }
ClOrdId client_id(std::uint64_t value) { return ClOrdId{value}; }

template <EventBody Body>
Event event_of(const Body& body) {
    Event event;
    event.header = {.sequence = Sequence{std::uint64_t{90}},
                    .time = Time{std::int64_t{5000}},
                    .applied_time = Time{std::int64_t{5100}},
                    .index = 3,
                    .session = SessionId{1u},
                    .wait_ns = 400};
    event.set(body);
    return event;
}

struct Sent {
    ReportBytes bytes{};
    Frame frame;

    explicit Sent(const Event& event, const TradeExecuted* trade = nullptr, const KnownOrder* order = nullptr) {
        const std::size_t size = encode_report(event,
                                               {.sequence = 12,
                                                .durable = Time{std::int64_t{5200}},
                                                .durability = Durability::disk,
                                                .trade = trade,
                                                .order = order},
                                               bytes);
        stamp_sent(bytes.data(), Time{std::int64_t{5300}});
        const auto decoded = decode_frame({bytes.data(), size}, response_block_size);
        REQUIRE(decoded.has_value());
        REQUIRE(decoded->complete());
        REQUIRE(decoded->header.length == size);
        frame = *decoded;
    }
    [[nodiscard]] ExecutionReport execution() const {
        REQUIRE(frame.header.template_id == kTemplateExecutionReport);
        return frame.as<ExecutionReport>();
    }
};

}  // namespace

TEST_CASE("every report is stamped with where its time went, and named by its event") {
    const Sent sent{event_of(OrderAccepted{})};
    CHECK(sent.frame.header.sequence == 12);
    CHECK(sent.frame.header.sending_time.value == 5300);
    const ReportHeader header = sent.execution().header;
    CHECK(header.received.value == 4600);
    CHECK(header.sequenced.value == 5000);
    CHECK(header.matched.value == 5100);
    CHECK(header.durable.value == 5200);
    CHECK(header.sent.value == 5300);
    CHECK(header.event_sequence.value == 90);
    CHECK(header.event_index == 3);
    CHECK(header.durability == Durability::disk);
}

TEST_CASE("accepted and rejected") {
    const auto accepted = Sent{event_of(OrderAccepted{.order_id = OrderId{std::uint64_t{8}},
                                                      .cl_ord_id = client_id(2),
                                                      .price = ticks(100),
                                                      .quantity = lots(7),
                                                      .account = AccountId{6u},
                                                      .instrument = InstrumentId{1u},
                                                      .slot = OrderSlot{4u},
                                                      .side = Side::sell})}
                              .execution();
    CHECK(accepted.exec_type == ExecType::accepted);
    CHECK(accepted.ord_status == OrdStatus::accepted);
    CHECK(accepted.order_id.value == 8);
    CHECK(accepted.cl_ord_id == client_id(2));
    CHECK(accepted.price == ticks(100));
    CHECK(accepted.order_qty == lots(7));
    CHECK(accepted.leaves_qty == lots(7));
    CHECK(accepted.cum_qty == lots(0));
    CHECK(accepted.slot.value == 4);
    CHECK(accepted.side == Side::sell);

    const auto rejected =
        Sent{event_of(OrderRejected{
                 .cl_ord_id = client_id(3), .quantity = lots(7), .reason = RejectReason::insufficient_funds})}
            .execution();
    CHECK(rejected.exec_type == ExecType::rejected);
    CHECK(rejected.ord_status == OrdStatus::rejected);
    CHECK(rejected.order_id.value == 0);
    CHECK(rejected.leaves_qty == lots(0));
    CHECK(rejected.reject_reason == RejectReason::insufficient_funds);
}

TEST_CASE("a fill takes price, quantity, trade and what is filled so far from the trade before it") {
    const TradeExecuted trade{.trade_id = TradeId{std::uint64_t{55}},
                              .maker_order_id = OrderId{std::uint64_t{8}},
                              .taker_order_id = OrderId{std::uint64_t{9}},
                              .price = ticks(101),
                              .quantity = lots(5),
                              .maker_cum = lots(15),
                              .taker_cum = lots(5)};
    const auto maker = Sent{event_of(OrderFilled{.order_id = OrderId{std::uint64_t{8}},
                                                 .leaves = lots(2),
                                                 .fee = Amount{std::int64_t{3}},
                                                 .side = Side::sell,
                                                 .liquidity = Liquidity::maker}),
                            &trade}
                           .execution();
    CHECK(maker.exec_type == ExecType::trade);
    CHECK(maker.ord_status == OrdStatus::partially_filled);
    CHECK(maker.last_px == ticks(101));
    CHECK(maker.last_qty == lots(5));
    CHECK(maker.trade_id.value == 55);
    CHECK(maker.cum_qty == lots(15));
    CHECK(maker.leaves_qty == lots(2));
    CHECK(maker.order_qty == lots(17));
    CHECK(maker.fee.value == 3);
    CHECK(maker.liquidity == Liquidity::maker);

    const auto taker = Sent{event_of(OrderFilled{.order_id = OrderId{std::uint64_t{9}},
                                                 .leaves = lots(0),
                                                 .side = Side::buy,
                                                 .liquidity = Liquidity::taker}),
                            &trade}
                           .execution();
    CHECK(taker.ord_status == OrdStatus::filled);
    CHECK(taker.cum_qty == lots(5));
    CHECK(taker.order_qty == lots(5));
}

TEST_CASE("canceled names the order's own number only when somebody asked") {
    OrderCanceled canceled{.cl_ord_id = client_id(6),
                           .orig_cl_ord_id = client_id(5),
                           .quantity = lots(4),
                           .cum = lots(3),
                           .reason = CancelReason::requested};
    const auto requested = Sent{event_of(canceled)}.execution();
    CHECK(requested.exec_type == ExecType::canceled);
    CHECK(requested.ord_status == OrdStatus::canceled);
    CHECK(requested.cl_ord_id == client_id(6));
    CHECK(requested.orig_cl_ord_id == client_id(5));
    CHECK(requested.order_qty == lots(7));
    CHECK(requested.leaves_qty == lots(0));
    CHECK(requested.cum_qty == lots(3));
    CHECK(requested.cancel_reason == CancelReason::requested);

    canceled.cl_ord_id = client_id(5);
    canceled.reason = CancelReason::ioc_remainder;
    const auto remainder = Sent{event_of(canceled)}.execution();
    CHECK(remainder.orig_cl_ord_id == client_id(0));
    CHECK(remainder.cancel_reason == CancelReason::ioc_remainder);
}

TEST_CASE("canceled by a mass cancel: its number and the order's, by the venue's rules the order's alone") {
    OrderCanceled canceled{.cl_ord_id = client_id(9), .orig_cl_ord_id = client_id(5), .quantity = lots(4)};
    canceled.reason = CancelReason::mass_cancel;
    const auto of_many = Sent{event_of(canceled)}.execution();
    CHECK(of_many.cl_ord_id == client_id(9));
    CHECK(of_many.orig_cl_ord_id == client_id(5));
    CHECK(of_many.cancel_reason == CancelReason::mass_cancel);
    canceled.cl_ord_id = client_id(5);
    for (const auto reason : {CancelReason::fill_limit, CancelReason::fok_unfilled, CancelReason::self_trade}) {
        canceled.reason = reason;
        const auto report = Sent{event_of(canceled)}.execution();
        CHECK(report.exec_type == ExecType::canceled);
        CHECK(report.cl_ord_id == client_id(5));
        CHECK(report.orig_cl_ord_id == client_id(0));
        CHECK(report.cancel_reason == reason);
    }
}

TEST_CASE("decremented is told as restated, with what is left") {
    OrderDecremented decremented{.order_id = OrderId{std::uint64_t{8}},
                                 .cl_ord_id = client_id(5),
                                 .price = ticks(99),
                                 .quantity = lots(6),
                                 .leaves = lots(4),
                                 .cum = lots(3),
                                 .account = AccountId{6u},
                                 .instrument = InstrumentId{1u},
                                 .side = Side::sell,
                                 .rested = 1};
    const auto restated = Sent{event_of(decremented)}.execution();
    CHECK(restated.exec_type == ExecType::restated);
    CHECK(restated.ord_status == OrdStatus::partially_filled);
    CHECK(restated.order_id.value == 8);
    CHECK(restated.cl_ord_id == client_id(5));
    CHECK(restated.orig_cl_ord_id == client_id(0));
    CHECK(restated.price == ticks(99));
    CHECK(restated.order_qty == lots(7));
    CHECK(restated.leaves_qty == lots(4));
    CHECK(restated.cum_qty == lots(3));
    CHECK(restated.account.value == 6);
    CHECK(restated.instrument.value == 1);
    CHECK(restated.side == Side::sell);
    CHECK(restated.last_qty == lots(0));
    CHECK(restated.cancel_reason == CancelReason{});
    decremented.cum = lots(0);
    CHECK(Sent{event_of(decremented)}.execution().ord_status == OrdStatus::accepted);
}

TEST_CASE("amended is told as replaced") {
    const OrderAmended amended{.cl_ord_id = client_id(7),
                               .orig_cl_ord_id = client_id(5),
                               .price = ticks(99),
                               .leaves = lots(4),
                               .cum = lots(3)};
    const auto replaced = Sent{event_of(amended)}.execution();
    CHECK(replaced.exec_type == ExecType::replaced);
    CHECK(replaced.ord_status == OrdStatus::partially_filled);
    CHECK(replaced.order_qty == lots(7));
    CHECK(replaced.orig_cl_ord_id == client_id(5));
}

TEST_CASE("everything else is its event's body behind a report header") {
    const Sent sent{event_of(CancelRejected{.cl_ord_id = client_id(4),
                                            .orig_cl_ord_id = client_id(1),
                                            .command = CommandKind::amend_order,
                                            .reason = RejectReason::unknown_order})};
    CHECK(sent.frame.header.template_id == kReportTemplate + static_cast<int>(EventKind::cancel_rejected));
    struct Report {
        ReportHeader header{};
        CancelRejected body{};
    };
    const auto report = sent.frame.as<Report>();
    CHECK(report.header.event_sequence.value == 90);
    CHECK(report.body.cl_ord_id == client_id(4));
    CHECK(report.body.reason == RejectReason::unknown_order);
}

TEST_CASE("an order that expires is told as expired, with what it has traded") {
    const OrderCanceled canceled{.order_id = OrderId{std::uint64_t{8}},
                                 .cl_ord_id = client_id(5),
                                 .quantity = lots(4),
                                 .cum = lots(3),
                                 .reason = CancelReason::expired,
                                 .rested = 1};
    const KnownOrder known{.price = ticks(70),
                           .cum_notional = Amount{std::int64_t{210}},
                           .expire_at = Time{std::int64_t{900}},
                           .session = SessionId{4u},
                           .type = OrderType::limit,
                           .time_in_force = TimeInForce::day,
                           .flags = kOrderPostOnly};
    const auto report = Sent{event_of(canceled), nullptr, &known}.execution();
    CHECK(report.exec_type == ExecType::expired);
    CHECK(report.ord_status == OrdStatus::expired);
    CHECK(report.cancel_reason == CancelReason::expired);
    CHECK(report.cum_qty == lots(3));
    CHECK(report.cum_notional.value == 210);
    CHECK(report.expire_at.value == 900);
    CHECK(report.time_in_force == TimeInForce::day);
    CHECK(report.flags == kExecutionPostOnly);
    CHECK(report.session == SessionId{4u});
    CHECK(report.orig_cl_ord_id == client_id(0));
}

TEST_CASE("a throttled order is told how long to wait") {
    const OrderRejected rejected{.reason = RejectReason::throttled, .wait_ns = 1500};
    const auto report = Sent{event_of(rejected)}.execution();
    CHECK(report.reject_reason == RejectReason::throttled);
    CHECK(report.wait_ns == 1500);
    CHECK(report.session == SessionId{1u});
}

TEST_CASE("a drop copy is the report, marked and without a number") {
    ReportBytes bytes{};
    const OrderAccepted accepted{.order_id = OrderId{std::uint64_t{8}}, .flags = kOrderPostOnly};
    const std::size_t size = encode_report(event_of(accepted), {.sequence = 12}, bytes);
    mark_copy(bytes.data());
    const auto frame = decode_frame({bytes.data(), size}, response_block_size);
    CHECK(frame->header.sequence == 0);
    CHECK(frame->as<ExecutionReport>().flags == (kExecutionCopy | kExecutionPostOnly));
    CHECK(is_execution(EventKind::order_accepted));
    CHECK_FALSE(is_execution(EventKind::cancel_rejected));
}
