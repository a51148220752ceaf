// dcx order: orders, and the reports that answer them.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/venue_link.h"

namespace dcx::app {
namespace {

using Json = nlohmann::ordered_json;

const char* name_of(Side side) { return side == Side::buy ? "buy" : "sell"; }

class ReportPrinter {
  public:
    ReportPrinter(const VenueLink& link, bool json) : link_(link), json_(json) {}

    void print(const ExecutionReport& report) const {
        const InstrumentListed& market = link_.market(report.instrument);
        switch (report.exec_type) {
            case ExecType::accepted: return stand(report, market, "accepted");
            case ExecType::replaced: return stand(report, market, "amended");
            case ExecType::trade: return traded(report, market);
            case ExecType::canceled: return canceled(report, market);
            case ExecType::restated: return stand(report, market, "restated");
            case ExecType::rejected: throw Refused(report.reject_reason, RejectReason::none);
        }
        throw std::runtime_error("a report of an unknown kind");
    }

  private:
    void line(const Json& json, const std::string& text) const {
        std::printf("%s\n", json_ ? json.dump().c_str() : text.c_str());
    }
    static std::string number(OrderId id) { return "#" + std::to_string(id.value); }

    void stand(const ExecutionReport& r, const InstrumentListed& market, const char* what) const {
        const std::string quantity = units_text(r.order_qty.value, quantity_unit(market));
        const std::string open = units_text(r.leaves_qty.value, quantity_unit(market));
        const std::string price = units_text(r.price.value, price_unit(market));
        std::string text =
            std::string(what) + " " + number(r.order_id) + " " + name_of(r.side) + " " + quantity + " @ " + price;
        if (r.leaves_qty != r.order_qty) text += ", open " + open;
        line({{"report", what},
              {"order_id", r.order_id.value},
              {"market", market.symbol.view()},
              {"side", name_of(r.side)},
              {"quantity", quantity},
              {"price", price},
              {"open", open}},
             text);
    }
    void traded(const ExecutionReport& r, const InstrumentListed& market) const {
        const AssetListed& received = link_.asset(r.side == Side::buy ? market.base : market.quote);
        const std::string quantity = units_text(r.last_qty.value, quantity_unit(market));
        const std::string open = units_text(r.leaves_qty.value, quantity_unit(market));
        const std::string price = units_text(r.last_px.value, price_unit(market));
        const std::string fee = units_text(r.fee.value, unit_of(received));
        const std::string asset(received.symbol.view());
        line({{"report", "traded"},
              {"order_id", r.order_id.value},
              {"trade_id", r.trade_id.value},
              {"quantity", quantity},
              {"price", price},
              {"fee", fee},
              {"fee_asset", asset},
              {"open", open}},
             "traded " + number(r.order_id) + " " + quantity + " @ " + price + ", fee " + fee + " " + asset +
                 ", open " + open);
    }
    void canceled(const ExecutionReport& r, const InstrumentListed& market) const {
        const std::string rest = units_text(r.order_qty.value - r.cum_qty.value, quantity_unit(market));
        const std::string reason(to_string(r.cancel_reason));
        line({{"report", "canceled"}, {"order_id", r.order_id.value}, {"quantity", rest}, {"reason", reason}},
             "canceled " + number(r.order_id) + " " + rest + " (" + reason + ")");
    }

    const VenueLink& link_;
    bool json_;
};

// Prints the first answer and what the same command made beside it. The session is ended before that: everything of a
// command is told before the end of a session that sent it.
void print_answer(VenueLink& link, const ExecutionReport& first, bool json) {
    const ReportPrinter printer(link, json);
    printer.print(first);
    if (!link.client().finish()) throw std::runtime_error("the session broke before all reports had come");
    while (const auto more = link.client().next_execution())
        if (more->header.event_sequence == first.header.event_sequence) printer.print(*more);
}

TimeInForce time_in_force(const OrderOptions& options) {
    if (options.fok) return TimeInForce::fok;
    return options.ioc || options.market_order ? TimeInForce::ioc : TimeInForce::gtc;
}

void place(const OrderOptions& options) {
    VenueLink link(DataFolder(options.tool.data), options.name);
    const InstrumentListed& market = link.market(options.market);
    const PlaceOrder order{
        .price = Price{value_or_throw(parse_units(options.price, price_unit(market)))},
        .quantity = Quantity{value_or_throw(parse_units(options.quantity, quantity_unit(market)))},
        .instrument = market.instrument,
        .side = options.side == "buy" ? Side::buy : Side::sell,
        .type = options.market_order ? OrderType::market : OrderType::limit,
        .time_in_force = time_in_force(options),
        .flags = options.post_only ? kOrderPostOnly : std::uint8_t{0},
    };
    print_answer(link, value_or_throw(link.client().place(order)), options.tool.json);
}

void cancel(const OrderOptions& options) {
    VenueLink link(DataFolder(options.tool.data), options.name);
    const CancelOrder request{.order_id = OrderId{options.order_id}};
    print_answer(link, value_or_throw(link.client().cancel(request)), options.tool.json);
}

// The reports of one mass cancel, which have come before its own.
void print_canceled(VenueLink& link, const MassCanceled& mass, const ReportPrinter& printer) {
    for (std::uint32_t left = mass.canceled; left > 0;) {
        const ExecutionReport report = value_or_throw(link.client().next_execution());
        if (report.cancel_reason != CancelReason::mass_cancel || report.cl_ord_id != mass.cl_ord_id) continue;
        printer.print(report);
        --left;
    }
}

void cancel_all(const OrderOptions& options) {
    VenueLink link(DataFolder(options.tool.data), options.name);
    MassCancel request{.instrument = options.market.empty() ? InstrumentId{} : link.market(options.market).instrument,
                       .zero = {}};
    if (!options.side.empty()) request.side = options.side == "buy" ? Side::buy : Side::sell;
    const ReportPrinter printer(link, options.tool.json);
    std::uint64_t orders = 0;
    for (bool complete = false; !complete;) {
        const MassCanceled mass = value_or_throw(link.client().mass_cancel(request));
        print_canceled(link, mass, printer);
        orders += mass.canceled;
        complete = mass.complete != 0;
    }
    if (options.tool.json)
        std::printf("%s\n", Json{{"report", "mass_canceled"}, {"orders", orders}}.dump().c_str());
    else
        std::printf("canceled %ju order%s\n", static_cast<std::uintmax_t>(orders), orders == 1 ? "" : "s");
}

SelfTradeRule rule_named(const std::string& name) {
    const auto found = std::ranges::find(kSelfTradeRules, name);
    if (found == kSelfTradeRules.end()) throw std::runtime_error("no self-trade rule is called \"" + name + "\"");
    return SelfTradeRule{static_cast<std::uint8_t>(found - kSelfTradeRules.begin())};
}

void self_trade(const OrderOptions& options) {
    VenueLink link(DataFolder(options.tool.data), options.name);
    value_or_throw(link.client().set_self_trade_rule(
        {.reference = 0, .account = link.account(), .rule = rule_named(options.rule), .zero = {}}));
    if (options.tool.json)
        std::printf("%s\n", Json{{"name", options.name}, {"self_trade", options.rule}}.dump().c_str());
    else
        std::printf("%s: self-trade rule %s\n", options.name.c_str(), options.rule.c_str());
}

void amend(const OrderOptions& options) {
    VenueLink link(DataFolder(options.tool.data), options.name);
    const InstrumentListed& market = link.market(options.market);
    const AmendOrder request{
        .order_id = OrderId{options.order_id},
        .price = Price{value_or_throw(parse_units(options.price, price_unit(market)))},
        .quantity = Quantity{value_or_throw(parse_units(options.quantity, quantity_unit(market)))},
        .flags = options.replace ? kAmendReplace : std::uint8_t{0},
    };
    const ExecutionReport report = value_or_throw(link.client().amend(request));
    print_answer(link, report, options.tool.json);
    // An amend does not name its market, so the venue could not refuse: what was meant in one market's units was taken
    // in another's.
    if (report.instrument != market.instrument)
        throw std::runtime_error("order " + std::to_string(options.order_id) + " is in " +
                                 std::string(link.market(report.instrument).symbol.view()) + ", not in " +
                                 options.market + ": look at what it has become");
}

}  // namespace

int order_place(const OrderOptions& options) {
    return run_tool(options.tool, [&] { place(options); });
}
int order_cancel(const OrderOptions& options) {
    return run_tool(options.tool, [&] { cancel(options); });
}
int order_amend(const OrderOptions& options) {
    return run_tool(options.tool, [&] { amend(options); });
}
int order_cancel_all(const OrderOptions& options) {
    return run_tool(options.tool, [&] { cancel_all(options); });
}
int order_self_trade(const OrderOptions& options) {
    return run_tool(options.tool, [&] { self_trade(options); });
}

}  // namespace dcx::app
