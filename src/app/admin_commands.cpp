// dcx admin: the operator's hand on the markets.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/venue_link.h"

namespace dcx::app {
namespace {

void set_phase(const AdminOptions& options, Phase phase) {
    VenueLink link(DataFolder(options.tool.data), kOperator);
    const InstrumentId market = options.market.empty() ? InstrumentId{} : link.market(options.market).instrument;
    value_or_throw(link.client().set_phase({.instrument = market, .phase = phase, .zero = {}}));
    const char* const name = phase == Phase::halted ? "halted" : "trading";
    if (options.tool.json) {
        nlohmann::ordered_json line{{"phase", name}, {"market", nullptr}};
        if (market) line["market"] = options.market;
        std::printf("%s\n", line.dump().c_str());
    } else {
        std::printf("%s: %s\n", market ? options.market.c_str() : "all markets", name);
    }
}

}  // namespace

int admin_halt(const AdminOptions& options) {
    return run_tool(options.tool, [&] { set_phase(options, Phase::halted); });
}
int admin_resume(const AdminOptions& options) {
    return run_tool(options.tool, [&] { set_phase(options, Phase::trading); });
}

}  // namespace dcx::app
