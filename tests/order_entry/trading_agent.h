// A trader on a TradingClient who believes nothing: he keeps what he gave and what he was told, and holds every report
// against the promise (each once, in the order of the numbers, one answer to each command), and in the end his whole
// account against the venue's.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "client/trading_client.h"
#include "order_entry/small_market.h"

namespace dcx::order_entry_test {

class TradingAgent final : public client::TradingClient::Owner {
  public:
    TradingAgent(net::Reactor& reactor, client::TradingOptions options, std::uint64_t seed) : random_(seed) {
        client = std::make_unique<client::TradingClient>(reactor, std::move(options), *this);
    }

    // Without a word to anybody, as a process dies; and another one in its place.
    // What had not been sent is not in the state file: nobody will know of it, and its numbers may be given again.
    void die() {
        for (const client::OutboxCommand& command : client->unanswered_commands())
            if (command.sequence == 0 && !command.taken) forgotten.insert(command.cl_ord_id);
        client.reset();
    }
    void live(net::Reactor& reactor, client::TradingOptions options) {
        client = std::make_unique<client::TradingClient>(reactor, std::move(options), *this);
    }

    // Something that a trader would do.
    void act() {
        const std::uint64_t what = random_.below(100);
        const Side side = random_.chance(50) ? Side::buy : Side::sell;
        const std::int64_t price = 10'000 + random_.between(-20, 60) * (side == Side::buy ? -1 : 1);
        if (what < 60 || open.empty())
            return note(client->place(limit_order(side, price, random_.between(10, 500) * lots,
                                                  what < 10 ? TimeInForce::ioc : TimeInForce::gtc)));
        auto order = open.begin();
        std::advance(order, static_cast<std::ptrdiff_t>(random_.below(open.size())));
        if (what < 80) return note(client->cancel({.order_id = order->first}));
        if (what < 98)
            return note(client->amend({.order_id = order->first,
                                       .price = Price{price},
                                       .quantity = Quantity{random_.between(500, 900) * lots},
                                       .flags = kAmendReplace}));
        note(client->mass_cancel({.side = side, .zero = {}}));
    }

    // Refused, and behind everything that was done before: a barrier.
    void ask_for_nothing() { note(client->cancel({.order_id = OrderId{std::uint64_t{1} << 62}})); }

    [[nodiscard]] bool settled() const {
        return client->state() == client::TradingState::current && client->unanswered() == 0;
    }

    // What the venue says of the account is what the reports have told.
    void compare(SmallMarket& market, AccountId account) const {
        std::map<OrderId, std::int64_t> theirs;
        for (const ExecutionReport& report : market.open_orders(account))
            theirs[report.order_id] = report.leaves_qty.value;
        CHECK(theirs == open);
        const auto balances = market.balances(account);
        CHECK(balances.at(1).available.value + balances.at(1).held.value == base);
        CHECK(balances.at(2).available.value + balances.at(2).held.value == quote);
        for (const auto& [cl_ord_id, answers] : given)
            CHECK_MESSAGE((answers == 1 || (answers == 0 && forgotten.contains(cl_ord_id))),
                          "command " << cl_ord_id.value << " has " << answers << " answers");
    }

    void on_state(client::TradingClient&, client::TradingState, std::string_view) override {}
    void on_execution(client::TradingClient&, const ExecutionReport& report, std::uint64_t sequence) override {
        count(sequence);
        const std::int64_t leaves = report.leaves_qty.value;
        switch (report.exec_type) {
            case ExecType::accepted:
                CHECK(orders_seen.emplace(report.order_id, report.cl_ord_id).second);
                [[fallthrough]];
            case ExecType::replaced:
                answer(report.cl_ord_id);
                open[report.order_id] = leaves;
                break;
            case ExecType::rejected: answer(report.cl_ord_id); break;
            case ExecType::trade: trade(report); break;
            case ExecType::canceled:
                // Of a cancel or a mass cancel it carries that one's number, of an immediate order its own.
                if (report.cancel_reason == CancelReason::requested) answer(report.cl_ord_id);
                open.erase(report.order_id);
                return;
            default: FAIL("a report that nobody asked for");
        }
        if (leaves == 0 && report.exec_type != ExecType::rejected) open.erase(report.order_id);
    }
    void on_report(client::TradingClient&, const client::Report& report,
                   const client::OutboxCommand* command) override {
        count(report.sequence);
        CHECK(command != nullptr);
        if (report.kind == EventKind::cancel_rejected)
            answer(report.as<CancelRejected>().cl_ord_id);
        else if (report.kind == EventKind::mass_canceled)
            answer(report.as<MassCanceled>().cl_ord_id);
        else
            FAIL("a report of another kind");
    }
    void on_unanswered(client::TradingClient&, const client::OutboxCommand& command,
                       client::Unanswered reason) override {
        REQUIRE(given.contains(command.cl_ord_id));
        ++given[command.cl_ord_id];
        ++(reason == client::Unanswered::unknown ? unknown : unsent);
    }
    void on_reports_lost(client::TradingClient&, const client::ReportGap& gap, RejectReason) override {
        CHECK(gap.from == next_report);
        next_report = gap.end;
        lost += gap.count();
    }
    void on_throttled(client::TradingClient&, std::int64_t) override { ++throttled; }
    void on_closed(client::TradingClient&, const client::ClientClosed& end) override {
        closed = true;
        why = end.text;
    }

    std::unique_ptr<client::TradingClient> client;
    std::map<ClOrdId, int> given;  // and how often its outcome was told
    std::set<ClOrdId> forgotten;
    std::map<OrderId, ClOrdId> orders_seen;
    std::map<OrderId, std::int64_t> open;  // leaves
    std::int64_t lots = 1;                 // a factor of all quantities
    std::int64_t base = kFunds;
    std::int64_t quote = kFunds;
    std::uint64_t next_report = 1;
    std::size_t answered = 0;
    std::size_t unsent = 0;
    std::size_t unknown = 0;
    std::size_t throttled = 0;
    std::uint64_t lost = 0;
    std::size_t fills = 0;
    bool closed = false;
    std::string why;

  private:
    void note(ClOrdId cl_ord_id) {
        if (!cl_ord_id || given.emplace(cl_ord_id, 0).second) return;
        CHECK(given[cl_ord_id] == 0);
        CHECK(forgotten.erase(cl_ord_id) == 1);
    }
    void count(std::uint64_t sequence) {
        CHECK(sequence == next_report);
        next_report = sequence + 1;
    }
    void answer(ClOrdId cl_ord_id) {
        REQUIRE(given.contains(cl_ord_id));
        CHECK(++given[cl_ord_id] == 1);
        ++answered;
    }
    void trade(const ExecutionReport& report) {
        ++fills;
        const std::int64_t paid = report.last_px.value * report.last_qty.value;
        const std::int64_t moved = report.last_qty.value * kBasePerLot;
        CHECK(report.fee.value >= 0);
        if (report.side == Side::buy) {
            base += moved - report.fee.value;
            quote -= paid;
        } else {
            base -= moved;
            quote += paid - report.fee.value;
        }
        open[report.order_id] = report.leaves_qty.value;
    }

    Random random_;
};

}  // namespace dcx::order_entry_test
