#include "app/custody_metrics.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "app/custody_work.h"

namespace dcx::app {

void append_custody(PrometheusText& out, const CustodyWork& custody) {
    const CustodyState state = custody.state();
    out.gauge("dcx_custody_chain_set", state.chain_set ? 1 : 0, "1 while the venue follows a chain.");
    out.gauge("dcx_custody_tip", state.tip, "Height of the newest block that the venue has.");
    out.gauge("dcx_custody_node_tip", state.node_tip, "Height of the node's newest block, when it was asked last.");
    out.gauge("dcx_custody_payouts_on", state.payouts_on ? 1 : 0, "1 while withdrawals and sweeps are paid.");
    out.gauge("dcx_custody_open_payouts", state.open_payouts, "Payouts that are prepared or posted.");
    out.gauge("dcx_custody_pending_withdrawals", state.pending_withdrawals, "Withdrawals that are not paid whole.");
    out.gauge("dcx_custody_orphaned_deposits", state.orphaned_deposits,
              "Credited deposits whose block the chain has no more.");
    out.gauge("dcx_custody_unbacked", static_cast<std::uint64_t>(std::max<std::int64_t>(state.unbacked, 0)),
              "Minor units that reversed deposits left without coin.");
    out.family("dcx_custody_alarm", "gauge", "1 while this alarm stands (docs/custody.md).");
    for (std::uint8_t number = 1; number <= static_cast<std::uint8_t>(chain::CustodyAlarm::venue_refused); ++number) {
        const auto alarm = static_cast<chain::CustodyAlarm>(number);
        out.sample("alarm", to_string(alarm), state.alarms.contains(alarm) ? 1 : 0);
    }
    out.counter("dcx_custody_steps_total", state.steps, "Looks at the node.");
    out.counter("dcx_custody_blocks_total", state.counts.blocks, "Blocks followed.");
    out.counter("dcx_custody_deposits_total", state.counts.deposits, "Deposits credited, or credited again.");
    out.counter("dcx_custody_deposits_refused_total", state.counts.deposits_refused, "Coin that came and is nobody's.");
    out.counter("dcx_custody_rewinds_total", state.counts.rewinds, "Times that the chain forgot blocks.");
    out.counter("dcx_custody_payouts_posted_total", state.counts.payouts_posted, "Parts of withdrawals sent.");
    out.counter("dcx_custody_sweeps_posted_total", state.counts.sweeps_posted, "Sweeps sent.");
    out.counter("dcx_custody_payouts_settled_total", state.counts.payouts_settled, "Payouts confirmed, of both kinds.");
    out.counter("dcx_custody_payouts_abandoned_total", state.counts.payouts_abandoned, "Prepared, and never sent.");
    out.counter("dcx_custody_node_errors_total", state.counts.node_errors, "Calls that the node did not answer well.");
}

nlohmann::ordered_json custody_details(const CustodyWork& custody) {
    const CustodyState state = custody.state();
    nlohmann::ordered_json out;
    out["chain_set"] = state.chain_set;
    out["tip"] = state.tip;
    out["node_tip"] = state.node_tip;
    out["payouts_on"] = state.payouts_on;
    out["open_payouts"] = state.open_payouts;
    out["pending_withdrawals"] = state.pending_withdrawals;
    if (!state.stopped.empty()) out["stopped"] = state.stopped;
    nlohmann::ordered_json alarms = nlohmann::ordered_json::object();
    for (const auto& [alarm, text] : state.alarms) alarms[std::string{to_string(alarm)}] = text;
    out["alarms"] = alarms;
    return out;
}

}  // namespace dcx::app
