// dcx ledger audit: the invariants of the ledger, one line each, from the figures that the gateway adds up from events.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/venue_link.h"
#include "base/checked.h"
#include "model/decimal.h"

namespace dcx::app {
namespace {

using Json = nlohmann::ordered_json;

int128 from_halves(const std::array<std::uint64_t, 2>& halves) {
    return static_cast<int128>((static_cast<uint128>(halves[1]) << 64) | halves[0]);
}

class AuditPrinter {
  public:
    AuditPrinter(const ToolOptions& options, VenueLink& link) : options_(options), link_(link) {}

    // False when an invariant does not hold.
    bool print(const AuditFigures& figures) {
        const AssetListed& asset = link_.asset(figures.asset);
        symbol_ = std::string(asset.symbol.view());
        scale_ = asset.scale;
        const int128 minted = from_halves(figures.minted);
        const int128 burned = from_halves(figures.burned);
        const int128 held_apart =
            int128{figures.held.value} - figures.held_by_orders.value - figures.held_by_pendings.value;
        check("sum of available and held of all accounts", figures.sum.value, figures.sum.value == 0);
        check("minted less burned less issued", minted - burned - figures.issued.value,
              minted - burned == figures.issued.value);
        check("held less what open orders and pending transfers hold", held_apart, held_apart == 0);
        count("accounts that hold what they should not", figures.misheld);
        count("balances below zero", figures.negative);
        count("balances other than their turnover", figures.unbalanced);
        tell("issued", figures.issued.value);
        tell("minted", minted);
        tell("burned", burned);
        tell("held by open orders", figures.held_by_orders.value);
        tell("held by pending transfers", figures.held_by_pendings.value);
        return holds_;
    }
    [[nodiscard]] bool holds() const { return holds_; }

  private:
    void check(const char* what, int128 figure, bool holds) { line(what, decimal_text(figure, scale_), holds); }
    void count(const char* what, std::uint32_t figure) { line(what, std::to_string(figure), figure == 0); }
    void line(const char* what, const std::string& figure, bool holds) {
        holds_ = holds_ && holds;
        if (options_.json)
            std::printf(
                "%s\n",
                Json{{"asset", symbol_}, {"invariant", what}, {"figure", figure}, {"holds", holds}}.dump().c_str());
        else
            std::printf("%s %-60s %24s %s\n", symbol_.c_str(), what, figure.c_str(), holds ? "ok" : "BROKEN");
    }
    void tell(const char* what, int128 figure) {
        const std::string text = decimal_text(figure, scale_);
        if (options_.json)
            std::printf("%s\n", Json{{"asset", symbol_}, {"of", what}, {"figure", text}}.dump().c_str());
        else
            std::printf("%s %-60s %24s\n", symbol_.c_str(), what, text.c_str());
    }

    const ToolOptions& options_;
    VenueLink& link_;
    std::string symbol_;
    unsigned scale_ = 0;
    bool holds_ = true;
};

bool audit(const LedgerOptions& options) {
    VenueLink link(DataFolder(options.tool.data), kOperator);
    const auto answer = value_or_throw(link.client().query<AuditFigures>(AuditQuery{}));
    AuditPrinter printer(options.tool, link);
    for (const AuditFigures& figures : answer.parts) printer.print(figures);
    const auto as_of = answer.done.as_of.value;
    if (options.tool.json)
        std::printf("%s\n", Json{{"audit", printer.holds() ? "ok" : "broken"}, {"as_of", as_of}}.dump().c_str());
    else
        std::printf("%s as of command %llu\n", printer.holds() ? "all hold" : "NOT ALL HOLD",
                    static_cast<unsigned long long>(as_of));
    return printer.holds();
}

}  // namespace

int ledger_audit(const LedgerOptions& options) {
    bool holds = false;
    const int code = run_tool(options.tool, [&] { holds = audit(options); });
    return code == kDone && !holds ? kFailed : code;
}

}  // namespace dcx::app
