// dcx order: orders, and the reports that answer them.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "app/trading_link.h"
#include "model/decimal.h"

namespace dcx::app {
namespace {

using Json = nlohmann::ordered_json;

const char* name_of(Side side) { return side == Side::buy ? "buy" : "sell"; }

class ReportPrinter {
  public:
    ReportPrinter(const MarketDirectory& link, bool json) : link_(link), json_(json) {}

    void print(const ExecutionReport& report) const {
        const InstrumentListed& market = link_.market(report.instrument);
        switch (report.exec_type) {
            case ExecType::accepted: return stand(report, market, "accepted");
            case ExecType::replaced: return stand(report, market, "amended");
            case ExecType::trade: return traded(report, market);
            case ExecType::canceled: return canceled(report, market, "canceled");
            case ExecType::expired: return canceled(report, market, "expired");
            case ExecType::restated: return stand(report, market, "restated");
            case ExecType::status: return status(report, market);
            case ExecType::rejected: throw Refused(report.reject_reason, RejectReason::none, report.wait_ns);
        }
        throw std::runtime_error("a report of an unknown kind");
    }

  private:
    // `sequence`: of the command that made it, by which its proof is asked for; 0: of none.
    void line(Json json, const std::string& text, Sequence sequence = {}) const {
        if (sequence) json["sequence"] = sequence.value;
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
              {"cl_ord_id", r.cl_ord_id.value},
              {"market", market.symbol.view()},
              {"side", name_of(r.side)},
              {"quantity", quantity},
              {"price", price},
              {"open", open}},
             text, r.header.event_sequence);
    }
    void traded(const ExecutionReport& r, const InstrumentListed& market) const {
        // A fee is taken off what was received; a rebate, below 0, comes in what was paid.
        const bool in_base = (r.side == Side::buy) == (r.fee.value >= 0);
        const AssetListed& received = link_.asset(in_base ? market.base : market.quote);
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
                 ", open " + open,
             r.header.event_sequence);
    }
    void canceled(const ExecutionReport& r, const InstrumentListed& market, const char* what) const {
        const std::string rest = units_text(r.order_qty.value - r.cum_qty.value, quantity_unit(market));
        const std::string reason(to_string(r.cancel_reason));
        line({{"report", what}, {"order_id", r.order_id.value}, {"quantity", rest}, {"reason", reason}},
             std::string(what) + " " + number(r.order_id) + " " + rest + " (" + reason + ")", r.header.event_sequence);
    }
    // The average price is told as the fraction that it is: of what was paid and what was filled.
    void status(const ExecutionReport& r, const InstrumentListed& market) const {
        const std::string quantity = units_text(r.order_qty.value, quantity_unit(market));
        const std::string price = units_text(r.price.value, price_unit(market));
        const std::string open = units_text(r.leaves_qty.value, quantity_unit(market));
        const std::string filled = units_text(r.cum_qty.value, quantity_unit(market));
        const std::string paid = units_text(r.cum_notional.value, unit_of(link_.asset(market.quote)));
        const std::string state(to_string(r.ord_status));
        Json json{{"report", "status"},      {"order_id", r.order_id.value},
                  {"status", state},         {"market", market.symbol.view()},
                  {"side", name_of(r.side)}, {"quantity", quantity},
                  {"price", price},          {"open", open},
                  {"filled", filled},        {"notional", paid}};
        if (r.expire_at) json["expire_at"] = r.expire_at.value;
        if (r.cancel_reason != CancelReason{}) json["reason"] = to_string(r.cancel_reason);
        line(json, state + " " + number(r.order_id) + " " + name_of(r.side) + " " + quantity + " @ " + price +
                       ", open " + open + ", filled " + filled + " for " + paid);
    }

    const MarketDirectory& link_;
    bool json_;
};

// Prints the first answer and what the same command made beside it. The session is ended before that: everything of a
// command is told before the end of a session that sent it.
void print_answer(TradingLink& link, const ExecutionReport& first, bool json) {
    const ReportPrinter printer(link, json);
    printer.print(first);
    if (!link.client().finish()) throw std::runtime_error("the session broke before all reports had come");
    while (link.client().has_execution())
        if (const auto more = link.client().next_execution();
            more->header.event_sequence == first.header.event_sequence)
            printer.print(*more);
}

TimeInForce time_in_force(const OrderOptions& options) {
    constexpr std::array names{"gtc", "ioc", "fok", "day", "gtd"};
    const auto named = std::ranges::find(names, options.time_in_force);
    if (named != names.end()) return TimeInForce{static_cast<std::uint8_t>(named - names.begin() + 1)};
    if (options.fok) return TimeInForce::fok;
    if (!options.expire.empty()) return TimeInForce::gtd;
    return options.ioc || options.market_order ? TimeInForce::ioc : TimeInForce::gtc;
}

// "+SECONDS" from now, or "2026-11-28T22:30:00Z".
Time expiry(const std::string& text) {
    if (text.starts_with('+')) {
        const auto seconds = parse_decimal(text.substr(1), 9);
        if (seconds) return Time{platform::SystemClock{}.wall_ns() + *seconds};
    }
    if (const auto when = parse_utc(text)) return *when;
    throw std::runtime_error("\"" + text + "\" is neither +SECONDS nor a time as 2026-11-28T22:30:00Z");
}

void place(const OrderOptions& options) {
    TradingLink link(DataFolder(options.tool.data), options.name);
    const InstrumentListed& market = link.market(options.market);
    PlaceOrder order{
        .price = Price{value_or_throw(parse_units(options.price, price_unit(market)))},
        .quantity = Quantity{value_or_throw(parse_units(options.quantity, quantity_unit(market)))},
        .instrument = market.instrument,
        .side = options.side == "buy" ? Side::buy : Side::sell,
        .type = options.market_order ? OrderType::market : OrderType::limit,
        .time_in_force = time_in_force(options),
        .flags = options.post_only ? kOrderPostOnly : std::uint8_t{0},
    };
    if (!options.expire.empty()) order.expire_at = expiry(options.expire);
    if (!options.budget.empty())
        order.budget = Amount{value_or_throw(parse_units(options.budget, unit_of(link.asset(market.quote))))};
    print_answer(link, link.answer(link.client().place(order)), options.tool.json);
}

void cancel(const OrderOptions& options) {
    TradingLink link(DataFolder(options.tool.data), options.name);
    const CancelOrder request{.order_id = OrderId{options.order_id}};
    print_answer(link, link.answer(link.client().cancel(request)), options.tool.json);
}

// The reports of one mass cancel, which have come before its own.
void print_canceled(TradingLink& link, const MassCanceled& mass, const ReportPrinter& printer) {
    for (std::uint32_t left = mass.canceled; left > 0;) {
        const ExecutionReport report = link.answer(link.client().next_execution());
        if (report.cancel_reason != CancelReason::mass_cancel || report.cl_ord_id != mass.cl_ord_id) continue;
        printer.print(report);
        --left;
    }
}

void cancel_all(const OrderOptions& options) {
    TradingLink link(DataFolder(options.tool.data), options.name);
    MassCancel request{.instrument = options.market.empty() ? InstrumentId{} : link.market(options.market).instrument,
                       .zero = {}};
    if (!options.side.empty()) request.side = options.side == "buy" ? Side::buy : Side::sell;
    const ReportPrinter printer(link, options.tool.json);
    std::uint64_t orders = 0;
    for (bool complete = false; !complete;) {
        const MassCanceled mass = link.answer(link.client().mass_cancel(request));
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
    TradingLink link(DataFolder(options.tool.data), options.name);
    (void)link.answer(link.client().request<SelfTradeRuleSet>(
        SetSelfTradeRule{.reference = 0, .account = link.account(), .rule = rule_named(options.rule), .zero = {}}));
    if (options.tool.json)
        std::printf("%s\n", Json{{"name", options.name}, {"self_trade", options.rule}}.dump().c_str());
    else
        std::printf("%s: self-trade rule %s\n", options.name.c_str(), options.rule.c_str());
}

template <class Query>
void tell_orders(TradingLink& link, const OrderOptions& options, const Query& query) {
    const auto answer = link.told(link.client().query(query));
    const ReportPrinter printer(link, options.tool.json);
    const auto reports = answer.template of<ExecutionReport>();
    for (const ExecutionReport& report : reports) printer.print(report);
    if constexpr (std::is_same_v<Query, OrderStatusQuery>) return;
    const Json json{{"orders", reports.size()}, {"since", answer.done.since.value}};
    const std::string since = std::is_same_v<Query, OrderHistoryQuery>
                                  ? ", complete since command " + std::to_string(answer.done.since.value)
                                  : "";
    std::printf("%s\n",
                options.tool.json ? json.dump().c_str() : (std::to_string(reports.size()) + " orders" + since).c_str());
}

void status(const OrderOptions& options) {
    if (options.order_id == 0 && options.cl_ord_id == 0)
        throw std::runtime_error("which order? Its number, or --cl-ord-id");
    TradingLink link(DataFolder(options.tool.data), options.name);
    tell_orders(
        link, options,
        OrderStatusQuery{
            .order_id = OrderId{options.order_id}, .cl_ord_id = ClOrdId{options.cl_ord_id}, .account = link.account()});
}

void open_orders(const OrderOptions& options) {
    TradingLink link(DataFolder(options.tool.data), options.name);
    const InstrumentId market = options.market.empty() ? InstrumentId{} : link.market(options.market).instrument;
    tell_orders(link, options, OpenOrdersQuery{.account = link.account(), .instrument = market});
}

void history(const OrderOptions& options) {
    TradingLink link(DataFolder(options.tool.data), options.name);
    tell_orders(link, options, OrderHistoryQuery{.account = link.account(), .count = options.count});
}

void amend(const OrderOptions& options) {
    TradingLink link(DataFolder(options.tool.data), options.name);
    const InstrumentListed& market = link.market(options.market);
    const AmendOrder request{
        .order_id = OrderId{options.order_id},
        .price = Price{value_or_throw(parse_units(options.price, price_unit(market)))},
        .quantity = Quantity{value_or_throw(parse_units(options.quantity, quantity_unit(market)))},
        .flags = options.replace ? kAmendReplace : std::uint8_t{0},
    };
    const ExecutionReport report = link.answer(link.client().amend(request));
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
    return run_order(options.tool, [&] { place(options); });
}
int order_cancel(const OrderOptions& options) {
    return run_order(options.tool, [&] { cancel(options); });
}
int order_amend(const OrderOptions& options) {
    return run_order(options.tool, [&] { amend(options); });
}
int order_cancel_all(const OrderOptions& options) {
    return run_order(options.tool, [&] { cancel_all(options); });
}
int order_self_trade(const OrderOptions& options) {
    return run_order(options.tool, [&] { self_trade(options); });
}
int order_status(const OrderOptions& options) {
    return run_order(options.tool, [&] { status(options); });
}
int order_open(const OrderOptions& options) {
    return run_order(options.tool, [&] { open_orders(options); });
}
int order_history(const OrderOptions& options) {
    return run_order(options.tool, [&] { history(options); });
}

}  // namespace dcx::app
