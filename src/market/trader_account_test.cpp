#include "market/trader_account.h"

#include <doctest/doctest.h>

#include "market/test_market.h"

using namespace dcx;
using namespace dcx::market;

namespace {

struct Fixture {
    Instrument instrument = test_markets()[0].instrument;
    TraderAccount account{instrument};

    Fixture() {
        account.restart(AccountId{9u}, ClOrdId{40ul});
        account.set_balance(instrument.base, Amount{1'000'000'000L});
        account.set_balance(instrument.quote, Amount{1'000'000'000L});
        account.set_balance(AssetId{3u}, Amount{5L});  // of no market of this account
    }
    PlaceOrder place(Side side, std::int64_t price, std::int64_t quantity) {
        return account.place({.side = side, .price = Price{price}, .quantity = Quantity{quantity}});
    }
    static ExecutionReport report(ExecType type, std::uint64_t order, std::uint64_t id) {
        ExecutionReport report;
        report.exec_type = type;
        report.order_id = OrderId{order};
        report.cl_ord_id = ClOrdId{id};
        return report;
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "account: numbers go on where the session stands") {
    CHECK(place(Side::buy, 100, 10).cl_ord_id == ClOrdId{41ul});
    CHECK(account.cancel_unknown(ClOrdId{3ul}).cl_ord_id == ClOrdId{42ul});
    CHECK(account.last_cl_ord_id() == ClOrdId{42ul});
}

TEST_CASE_FIXTURE(Fixture, "account: a request counts from its sending, a reject gives it back") {
    const auto order = place(Side::buy, 100, 1000);
    CHECK(account.free(Side::buy) == Amount{1'000'000'000L - 100'000});
    CHECK(account.free(Side::sell) == Amount{1'000'000'000L});
    CHECK(account.under_way() == 1);
    account.on_execution(report(ExecType::rejected, 0, order.cl_ord_id.value));
    CHECK(account.free(Side::buy) == Amount{1'000'000'000L});
    CHECK(account.orders().empty());
}

TEST_CASE_FIXTURE(Fixture, "account: fills move both balances, the fee comes off what is received") {
    const auto order = place(Side::buy, 100, 1000);
    account.on_execution(report(ExecType::accepted, 5, order.cl_ord_id.value));
    CHECK(account.under_way() == 0);
    ExecutionReport trade = report(ExecType::trade, 5, order.cl_ord_id.value);
    trade.side = Side::buy;
    trade.last_px = Price{90L};  // better than its own
    trade.last_qty = Quantity{400L};
    trade.leaves_qty = Quantity{600L};
    trade.cum_qty = Quantity{400L};
    trade.fee = Amount{7L};
    trade.ord_status = OrdStatus::partially_filled;
    account.on_execution(trade);
    CHECK(account.total(instrument.base) == Amount{1'000'000'000L + 400 * 10'000 - 7});
    CHECK(account.total(instrument.quote) == Amount{1'000'000'000L - 36'000});
    CHECK(account.free(Side::buy) == Amount{1'000'000'000L - 36'000 - 60'000});
    trade.last_qty = Quantity{600L};
    trade.ord_status = OrdStatus::filled;
    account.on_execution(trade);
    CHECK(account.orders().empty());
    CHECK(account.free(Side::buy) == Amount{1'000'000'000L - 90'000});
}

TEST_CASE_FIXTURE(Fixture, "account: an amend counts at its dearest until it is answered") {
    const auto order = place(Side::sell, 100, 1000);
    account.on_execution(report(ExecType::accepted, 5, order.cl_ord_id.value));
    const auto amend = account.amend(account.orders()[0], Price{120L}, Quantity{1500L}, false);
    CHECK(amend.quantity == Quantity{1500L});
    CHECK(account.free(Side::sell) == Amount{1'000'000'000L - 15'000'000});
    CHECK(account.own_best(Side::buy) == Price{100L});
    SUBCASE("refused: as before") {
        account.on_cancel_rejected({.order_id = OrderId{5ul}, .reason = RejectReason::insufficient_funds});
        CHECK(account.free(Side::sell) == Amount{1'000'000'000L - 10'000'000});
        CHECK(account.orders()[0].state == OrderState::open);
        CHECK(account.orders()[0].cl_ord_id == order.cl_ord_id);
    }
    SUBCASE("done: new number, price and quantity") {
        ExecutionReport replaced = report(ExecType::replaced, 5, amend.cl_ord_id.value);
        replaced.price = Price{120L};
        replaced.leaves_qty = Quantity{1500L};
        account.on_execution(replaced);
        CHECK(account.orders()[0].cl_ord_id == amend.cl_ord_id);
        CHECK(account.own_best(Side::buy) == Price{120L});
    }
    SUBCASE("the order is gone: forgotten") {
        account.on_cancel_rejected({.order_id = OrderId{5ul}, .reason = RejectReason::unknown_order});
        CHECK(account.orders().empty());
    }
}

TEST_CASE_FIXTURE(Fixture, "account: an order filled before forgets what is under way for it") {
    const auto order = place(Side::sell, 100, 1000);
    account.on_execution(report(ExecType::accepted, 5, order.cl_ord_id.value));
    (void)account.cancel(account.orders()[0]);
    ExecutionReport trade = report(ExecType::trade, 5, order.cl_ord_id.value);
    trade.side = Side::sell;
    trade.last_px = Price{100L};
    trade.last_qty = Quantity{1000L};
    trade.ord_status = OrdStatus::filled;
    account.on_execution(trade);
    account.on_cancel_rejected({.order_id = OrderId{5ul}, .reason = RejectReason::unknown_order});
    CHECK(account.orders().empty());
    CHECK(account.total(instrument.quote) == Amount{1'000'100'000L});
}

TEST_CASE_FIXTURE(Fixture, "account: quantity lost to the self-trade rule is held no more, and nothing is traded") {
    const auto order = place(Side::sell, 100, 1000);
    account.on_execution(report(ExecType::accepted, 5, order.cl_ord_id.value));
    ExecutionReport restated = report(ExecType::restated, 5, order.cl_ord_id.value);
    restated.side = Side::sell;
    restated.leaves_qty = Quantity{400L};
    account.on_execution(restated);
    CHECK(account.orders()[0].leaves == Quantity{400L});
    CHECK(account.free(Side::sell) == Amount{1'000'000'000L - 4'000'000});
    CHECK(account.total(instrument.base) == Amount{1'000'000'000L});
    // The rest goes the same way while a cancel is on its way.
    (void)account.cancel(account.orders()[0]);
    ExecutionReport canceled = report(ExecType::canceled, 5, order.cl_ord_id.value);
    canceled.cancel_reason = CancelReason::self_trade;
    account.on_execution(canceled);
    CHECK(account.orders().empty());
    account.on_cancel_rejected({.order_id = OrderId{5ul}, .reason = RejectReason::unknown_order});
    CHECK(account.free(Side::sell) == Amount{1'000'000'000L});
}

TEST_CASE_FIXTURE(Fixture, "account: a new login forgets all") {
    (void)place(Side::sell, 100, 1000);
    account.restart(AccountId{9u}, ClOrdId{77ul});
    CHECK(account.orders().empty());
    CHECK(account.free(Side::sell) == Amount{});
    CHECK(account.last_cl_ord_id() == ClOrdId{77ul});
}
