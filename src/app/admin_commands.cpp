// dcx admin: the operators' hands on the markets, and what needs two of them.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/proposals.h"
#include "app/venue_link.h"
#include "base/ed25519.h"

namespace dcx::app {
namespace {

void line(const ToolOptions& options, const Json& json, const std::string& text) {
    std::printf("%s\n", options.json ? json.dump().c_str() : text.c_str());
}

void set_phase(const AdminOptions& options, Phase phase) {
    VenueLink link(DataFolder(options.tool.data), options.key);
    const InstrumentId market = options.market.empty() ? InstrumentId{} : link.market(options.market).instrument;
    value_or_throw(link.client().set_phase({.instrument = market, .phase = phase, .zero = {}}));
    const char* const name = phase == Phase::halted ? "halted" : "trading";
    Json json{{"phase", name}, {"market", nullptr}};
    if (market) json["market"] = options.market;
    line(options.tool, json, (market ? options.market : "all markets") + ": " + name);
}

void kill(const AdminOptions& options, bool on) {
    const DataFolder folder(options.tool.data);
    VenueLink link(folder, options.key);
    const InstrumentId market = options.market.empty() ? InstrumentId{} : link.market(options.market).instrument;
    const AccountId account = options.account.empty() ? AccountId{} : named_account(folder, options.account).id;
    const auto set = value_or_throw(link.client().request<KillSwitchSet>(
        SetKillSwitch{.account = account, .instrument = market, .on = std::uint8_t{on}, .zero = {}}));
    const std::string what = account ? options.account : market ? options.market : "venue";
    Json json{{"kill", on}, {"of", what}, {"canceled", set.canceled}, {"complete", set.complete != 0}};
    line(options.tool, json,
         what + ": " +
             (on ? "killed, " + std::to_string(set.canceled) + " orders canceled" : "orders are taken again") +
             (set.complete != 0 ? "" : ", the rest at once"));
}

// ---- what money there is

TransferId id_of(VenueLink& link, const AdminOptions& options) {
    return options.id.empty() ? link.new_transfer_id() : value_or_throw(parse_transfer_id(options.id));
}

template <class Request>
void issue(const AdminOptions& options, Request request, const char* verb) {
    const DataFolder folder(options.tool.data);
    VenueLink link(folder, options.key);
    const AssetListed& asset = link.asset(options.asset);
    request.id = id_of(link, options);
    request.asset = asset.asset;
    request.amount = Amount{value_or_throw(parse_units(options.amount, unit_of(asset)))};
    const AccountId account = named_account(folder, options.account).id;
    if constexpr (std::is_same_v<Request, Transfer>) {
        request.debit_account = account;
        request.credit_account = named_account(folder, options.to).id;
    } else {
        request.account = account;
    }
    if (!send_or_propose<Transferred>(link, options, request)) return;
    line(options.tool,
         {{verb, options.amount},
          {"asset", options.asset},
          {"account", options.account},
          {"id", transfer_id_text(request.id)}},
         std::string(verb) + " " + options.amount + " " + options.asset);
}

// A key for one more person; its file is completed when the venue has taken it.
void key(const AdminOptions& options) {
    const DataFolder folder(options.tool.data);
    if (std::filesystem::exists(folder.key(options.account)))
        throw std::runtime_error(folder.key(options.account) + " exists");
    client::ClientKey key{.key = {}, .account = {}, .seed = {}};
    random_bytes(key.seed);
    folder.write_proposed(options.account, key);
    const AddKey request{.public_key = ed25519_public_key(key.seed),
                         .account = {},
                         .permissions = kPermitAll,
                         .person = PersonId{static_cast<std::uint32_t>(options.number)}};
    try {
        VenueLink link(folder, options.key);
        const auto added = send_or_propose<KeyAdded>(link, options, request);
        if (!added) return;
        const std::string file = folder.complete_key(added->public_key, added->key);
        line(options.tool, {{"key", added->key.value}, {"person", added->person.value}, {"file", file}},
             "key " + std::to_string(added->key.value) + " in " + file);
    } catch (const Refused&) {
        folder.remove_proposed(options.account);
        throw;
    }
}

void bust(const AdminOptions& options) {
    VenueLink link(DataFolder(options.tool.data), options.key);
    (void)send_or_propose<TradeBusted>(link, options, BustTrade{.trade_id = TradeId{options.number}});
}

void activate_rules(const AdminOptions& options) {
    VenueLink link(DataFolder(options.tool.data), options.key);
    const ActivateRules request{.version = static_cast<std::uint32_t>(options.number), .zero = 0};
    const auto activated = send_or_propose<RulesActivated>(link, options, request);
    if (!activated) return;
    line(options.tool, {{"rules", activated->version}, {"before", activated->before}},
         "rules " + std::to_string(activated->version) + " are in force, until now " +
             std::to_string(activated->before));
}

// ---- two persons

std::vector<Proposal> proposals_of(VenueLink& link) {
    return value_or_throw(link.client().query<Proposal>(ProposalsQuery{})).parts;
}

void proposals(const AdminOptions& options) {
    VenueLink link(DataFolder(options.tool.data), options.key);
    const auto all = proposals_of(link);
    for (const Proposal& proposal : all) {
        const Json json = proposal_json(proposal, link);
        line(options.tool, json, proposal_text(json));
    }
    if (all.empty() && !options.tool.json) std::printf("nothing is proposed\n");
}

// What the approved command did, as far as it needs to be told here.
void tell_outcome(const AdminOptions& options, const client::KeptReport& report) {
    const DataFolder folder(options.tool.data);
    const Event& event = report.event;
    if (event.header.kind == EventKind::command_rejected) {
        const auto rejected = event.as<CommandRejected>();
        throw Refused(rejected.reason, rejected.detail);
    }
    Json json{{"outcome", to_string(event.header.kind)}};
    std::string text(to_string(event.header.kind));
    if (event.header.kind == EventKind::key_added) {
        const auto added = event.as<KeyAdded>();
        const std::string file = folder.complete_key(added.public_key, added.key);
        json["key"] = added.key.value;
        json["account"] = added.account.value;
        if (!file.empty()) json["file"] = file;
        text += " " + std::to_string(added.key.value) + (file.empty() ? "" : " in " + file);
    }
    line(options.tool, json, text);
}

void approve(const AdminOptions& options) {
    const DataFolder folder(options.tool.data);
    VenueLink link(folder, options.key);
    const auto all = proposals_of(link);
    const auto found = std::ranges::find(all, ProposalId{options.number}, &Proposal::proposal);
    if (found == all.end()) throw Refused(RejectReason::unknown_proposal, RejectReason::none);
    const Json json = proposal_json(*found, link);
    line(options.tool, json, proposal_text(json));
    // Signed is what was just shown, not what the venue may hold by then.
    const ApprovalMessage message{.venue_id = link.client().client().venue().venue_id,
                                  .proposal = found->proposal,
                                  .expires = found->expires,
                                  .proposed = found->proposed,
                                  .zero = 0,
                                  .proposer = found->proposer,
                                  .body = found->body};
    const client::ClientKey key = key_of(folder, options.key);
    const auto approved = value_or_throw(link.client().request<ProposalApproved>(Approve{
        .proposal = found->proposal, .signature = ed25519_sign(key.seed, std::as_bytes(std::span{&message, 1}))}));
    line(options.tool,
         {{"approved", found->proposal.value}, {"person", approved.person.value}, {"complete", approved.complete != 0}},
         "approved by person " + std::to_string(approved.person.value) +
             (approved.complete != 0 ? ", carried out:" : ", one more is needed"));
    // Everything of the command is told before the end of the session.
    if (!link.client().finish()) throw std::runtime_error("the session broke before the outcome was told");
    for (const client::KeptReport& report : link.client().others()) tell_outcome(options, report);
}

}  // namespace

int admin_halt(const AdminOptions& options) {
    return run_tool(options.tool, [&] { set_phase(options, Phase::halted); });
}
int admin_resume(const AdminOptions& options) {
    return run_tool(options.tool, [&] { set_phase(options, Phase::trading); });
}
int admin_kill(const AdminOptions& options) {
    return run_tool(options.tool, [&] { kill(options, true); });
}
int admin_unkill(const AdminOptions& options) {
    return run_tool(options.tool, [&] { kill(options, false); });
}
int admin_key(const AdminOptions& options) {
    return run_tool(options.tool, [&] { key(options); });
}
int admin_mint(const AdminOptions& options) {
    return run_tool(options.tool, [&] { issue(options, Mint{}, "minted"); });
}
int admin_burn(const AdminOptions& options) {
    return run_tool(options.tool, [&] { issue(options, Burn{}, "burned"); });
}
int admin_transfer(const AdminOptions& options) {
    return run_tool(options.tool, [&] { issue(options, Transfer{}, "transferred"); });
}
int admin_bust(const AdminOptions& options) {
    return run_tool(options.tool, [&] { bust(options); });
}
int admin_activate_rules(const AdminOptions& options) {
    return run_tool(options.tool, [&] { activate_rules(options); });
}
int admin_proposals(const AdminOptions& options) {
    return run_tool(options.tool, [&] { proposals(options); });
}
int admin_approve(const AdminOptions& options) {
    return run_tool(options.tool, [&] { approve(options); });
}

}  // namespace dcx::app
