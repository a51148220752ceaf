// dcx ledger, the part that opens accounts and tells what is in them. Opening, limits and the audit are the operator's.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/proposals.h"
#include "app/venue_link.h"
#include "base/ed25519.h"
#include "model/chain_address.h"

namespace dcx::app {
namespace {

// File names, and what people type: no surprise in either.
bool is_name(const std::string& name) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    return !name.empty() && name.size() <= 32 && name[0] != '-' && std::ranges::all_of(name, plain);
}

void line(const ToolOptions& options, const Json& json, const std::string& text) {
    std::printf("%s\n", options.json ? json.dump().c_str() : text.c_str());
}

// The key that a venue with dual control adds only when two persons have approved it: until then it stands in a file of
// its own, which `dcx admin approve` completes.
void propose_key(VenueLink& link, const LedgerOptions& options, const client::ClientKey& key, const AddKey& request) {
    const DataFolder folder(options.tool.data);
    const std::string file = folder.proposed_key(options.name);
    folder.write_proposed(options.name, key);
    AdminOptions admin;
    admin.tool = options.tool;
    admin.propose = true;
    line(options.tool, {{"name", options.name}, {"account", key.account.value}, {"key", nullptr}, {"file", file}},
         options.name + " has account " + std::to_string(key.account.value) + "; its key waits for two persons:");
    (void)send_or_propose<KeyAdded>(link, admin, request);
}

void open(const LedgerOptions& options) {
    if (!is_name(options.name)) throw std::runtime_error("a name has 1 to 32 letters, digits, dashes and underscores");
    const DataFolder folder(options.tool.data);
    const std::string file = folder.key(options.name);
    if (std::filesystem::exists(file) || std::filesystem::exists(folder.proposed_key(options.name)))
        throw std::runtime_error(file + " exists: \"" + options.name + "\" has an account");
    const AccountId owner = options.owner.empty() ? AccountId{} : key_of(folder, options.owner).account;
    VenueLink link(folder, kOperator);
    client::BlockingClient& venue = link.client();
    const auto kind = options.market_maker ? AccountKind::market_maker : AccountKind::customer;
    const auto account =
        value_or_throw(venue.open_account({.reference = 0, .owner = owner, .account_kind = kind, .zero = {}})).account;
    client::ClientKey key{.key = {}, .account = account, .seed = {}};
    random_bytes(key.seed);
    const AddKey request{.public_key = ed25519_public_key(key.seed),
                         .account = account,
                         .permissions = kPermitRead | kPermitTrade | kPermitTransfer | kPermitWithdraw};
    const auto added = venue.add_key(request);
    if (!added && added.error().reason == RejectReason::dual_control_required)
        return propose_key(link, options, key, request);
    key.key = value_or_throw(added).key;
    if (const auto written = client::write_key_file(file, key); !written) {
        // A key that nobody has must not stay valid.
        const auto revoked = venue.revoke_key({.key = key.key, .zero = 0});
        throw std::runtime_error(
            written.error() + (revoked ? "" : "; key " + std::to_string(key.key.value) + " is still valid, revoke it"));
    }
    line(options.tool, {{"name", options.name}, {"account", account.value}, {"key", key.key.value}, {"file", file}},
         options.name + " has account " + std::to_string(account.value) + ", key in " + file);
}

void balance(const LedgerOptions& options) {
    const DataFolder folder(options.tool.data);
    const NamedAccount named = named_account(folder, options.name);
    VenueLink link(folder, named.signer);
    auto balances = value_or_throw(link.client().balances(named.id));
    std::ranges::sort(balances, {}, &Balance::asset);
    Json lines = Json::array();
    bool any = false;
    for (const Balance& balance : balances) {
        const AssetListed& asset = link.asset(balance.asset);
        const std::string symbol(asset.symbol.view());
        const std::string available = units_text(balance.available.value, unit_of(asset));
        const std::string held = units_text(balance.held.value, unit_of(asset));
        if (options.tool.json) {
            lines.push_back({{"asset", symbol}, {"available", available}, {"held", held}});
        } else if (balance.available || balance.held) {
            std::printf("%s %s available, %s held\n", symbol.c_str(), available.c_str(), held.c_str());
            any = true;
        }
    }
    if (options.tool.json)
        std::printf("%s\n", Json{{"name", options.name}, {"balances", lines}}.dump().c_str());
    else if (!any)
        std::printf("nothing\n");
}

void pendings(const LedgerOptions& options) {
    const DataFolder folder(options.tool.data);
    const NamedAccount named = named_account(folder, options.name);
    VenueLink link(folder, named.signer);
    const auto answer = value_or_throw(link.client().query<PendingTransfer>(PendingsQuery{.account = named.id}));
    for (const PendingTransfer& pending : answer.parts) {
        const AssetListed& asset = link.asset(pending.asset);
        const std::string id = transfer_id_text(pending.id);
        const std::string amount = units_text(pending.amount.value, unit_of(asset));
        const std::string symbol(asset.symbol.view());
        const std::string address = address_text(pending.address);
        Json json{{"pending", id},
                  {"amount", amount},
                  {"asset", symbol},
                  {"from", pending.debit_account.value},
                  {"to", pending.credit_account.value},
                  {"scope", pending.scope.value},
                  {"expires", pending.expires.value}};
        if (!address.empty()) json["address"] = address;
        line(options.tool, json,
             id + " " + amount + " " + symbol + " from " + std::to_string(pending.debit_account.value) + " to " +
                 (address.empty() ? std::to_string(pending.credit_account.value) : address));
    }
    if (answer.parts.empty() && !options.tool.json) std::printf("nothing\n");
}

void print_entry(const ToolOptions& options, const VenueLink& link, const StatementEntry& entry) {
    const AssetListed& asset = link.asset(entry.asset);
    const Unit unit = unit_of(asset);
    const std::string symbol(asset.symbol.view());
    const std::string kind(to_string(entry.kind));
    const std::string amount = units_text(entry.amount.value, unit);
    const std::string after = units_text(entry.after.value, unit);
    Json json{{"entry", entry.number},
              {"kind", kind},
              {"asset", symbol},
              {"amount", amount},
              {"before", units_text(entry.before.value, unit)},
              {"after", after},
              {"time", entry.time.value},
              {"sequence", entry.event_sequence.value},
              {"index", entry.event_index}};
    if (entry.counterparty) json["counterparty"] = entry.counterparty.value;
    if (entry.trade_id) json["trade_id"] = entry.trade_id.value;
    if (entry.id.high != 0) json["id"] = transfer_id_text(entry.id);
    line(options, json, kind + " " + amount + " " + symbol + ", then " + after);
}

void statement(const LedgerOptions& options) {
    const DataFolder folder(options.tool.data);
    const NamedAccount named = named_account(folder, options.name);
    VenueLink link(folder, named.signer);
    const AssetId asset = options.asset.empty() ? AssetId{} : link.asset(options.asset).asset;
    const auto answer = value_or_throw(link.client().query<StatementEntry>(
        StatementQuery{.account = named.id, .asset = asset, .count = options.count}));
    for (const StatementEntry& entry : answer.parts) print_entry(options.tool, link, entry);
    const auto since = answer.done.since.value;
    line(options.tool, {{"entries", answer.parts.size()}, {"since", since}, {"as_of", answer.done.as_of.value}},
         std::to_string(answer.parts.size()) + " entries, complete since command " + std::to_string(since));
}

void freeze(const LedgerOptions& options, bool frozen) {
    const DataFolder folder(options.tool.data);
    VenueLink link(folder, kOperator);
    value_or_throw(link.client().request<AccountFrozen>(
        FreezeAccount{.account = named_account(folder, options.name).id, .frozen = std::uint8_t{frozen}, .zero = {}}));
    line(options.tool, {{"name", options.name}, {"frozen", frozen}},
         options.name + (frozen ? " is frozen" : " is no longer frozen"));
}

std::vector<DepositAddress> addresses_of(VenueLink& link, AccountId account) {
    return value_or_throw(link.client().query<DepositAddress>(AddressesQuery{.account = account})).parts;
}

void address(const LedgerOptions& options) {
    const DataFolder folder(options.tool.data);
    const NamedAccount named = named_account(folder, options.name);
    VenueLink link(folder, options.address.empty() ? named.signer : kOperator);
    auto known = addresses_of(link, named.id);
    if (!options.address.empty()) {
        const auto parsed = parse_address(options.address);
        if (!parsed)
            throw std::runtime_error("\"" + options.address +
                                     "\" is no address: " + std::string(to_string(parsed.error())));
        value_or_throw(link.client().request<AddressRegistered>(
            RegisterAddress{.account = named.id,
                            .index = static_cast<std::uint32_t>(known.size()) + 1,
                            .address = *parsed,
                            .zero = {}}));
        known = addresses_of(link, named.id);
        known.erase(known.begin(), known.end() - 1);
    }
    for (const DepositAddress& one : known) {
        const std::string text = address_text(one.address);
        line(options.tool, {{"name", options.name}, {"index", one.index}, {"address", text}},
             std::to_string(one.index) + " " + text);
    }
}

}  // namespace

int ledger_open(const LedgerOptions& options) {
    return run_tool(options.tool, [&] { open(options); });
}
int ledger_balance(const LedgerOptions& options) {
    return run_tool(options.tool, [&] { balance(options); });
}
int ledger_pendings(const LedgerOptions& options) {
    return run_tool(options.tool, [&] { pendings(options); });
}
int ledger_statement(const LedgerOptions& options) {
    return run_tool(options.tool, [&] { statement(options); });
}
int ledger_freeze(const LedgerOptions& options) {
    return run_tool(options.tool, [&] { freeze(options, true); });
}
int ledger_thaw(const LedgerOptions& options) {
    return run_tool(options.tool, [&] { freeze(options, false); });
}
int ledger_address(const LedgerOptions& options) {
    return run_tool(options.tool, [&] { address(options); });
}

}  // namespace dcx::app
