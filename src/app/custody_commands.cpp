#include "app/custody_commands.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "app/proposals.h"
#include "app/venue_link.h"
#include "chain/signer_client.h"
#include "model/chain_address.h"

namespace dcx::app {
namespace {

void print(const CustodyToolOptions& options, const Json& json, const std::string& text) {
    std::printf("%s\n", options.admin.tool.json ? json.dump().c_str() : text.c_str());
}

Digest hash_of(const std::string& text) {
    Digest hash{};
    if (!from_hex(text, hash)) throw std::runtime_error("a hash is 64 hexadecimal digits: " + text);
    return hash;
}

ChainAddress address_of(const std::string& text) {
    const auto address = parse_address(text);
    if (!address) throw std::runtime_error("not an address: " + std::string{to_string(address.error())});
    return *address;
}

VenueLink operator_link(const CustodyToolOptions& options) {
    return {DataFolder(options.admin.tool.data), options.admin.key};
}

// An operator's command, sent or proposed; proposed tells itself.
template <EventBody Answer, MessageBody Request>
void carry_out(const CustodyToolOptions& options, VenueLink& link, const Request& request, const Json& json,
               const std::string& text) {
    if (send_or_propose<Answer>(link, options.admin, request)) print(options, json, text);
}

CustodyToolOptions by_two(CustodyToolOptions options) {
    options.admin.propose = true;
    return options;
}

std::int64_t amount_of(const std::string& text, const Unit& unit) {
    return text == "0" ? 0 : value_or_throw(parse_units(text, unit));
}

void start(const CustodyToolOptions& options) {
    VenueLink link = operator_link(options);
    const SetChain set{.hash = hash_of(options.hash),
                       .height = options.height,
                       .asset = link.asset(options.admin.asset).asset,
                       .confirmations = options.confirmations};
    carry_out<ChainSet>(options, link, set,
                        {{"height", set.height}, {"hash", options.hash}, {"confirmations", set.confirmations}},
                        "follows the chain from block " + std::to_string(set.height) + ", " +
                            std::to_string(set.confirmations) + " confirmations");
}

void hot(const CustodyToolOptions& options) {
    VenueLink link = operator_link(options);
    const RegisterVenueAddress registration{
        .index = options.index, .address = address_of(options.address), .role = VenueAddressRole::hot, .zero = {}};
    carry_out<VenueAddressRegistered>(options, link, registration,
                                      {{"index", options.index}, {"address", options.address}},
                                      "hot address " + std::to_string(options.index) + " is " + options.address);
}

void deposit_address(const CustodyToolOptions& options) {
    const DataFolder folder(options.admin.tool.data);
    VenueLink link(folder, options.admin.key);
    const AccountId account = key_of(folder, options.admin.account).account;
    const RegisterAddress registration{
        .account = account, .index = options.index, .address = address_of(options.address), .zero = {}};
    carry_out<AddressRegistered>(options, link, registration,
                                 {{"account", account.value}, {"index", options.index}, {"address", options.address}},
                                 options.admin.account + " has the deposit address " + options.address);
}

void payouts(const CustodyToolOptions& options) {
    VenueLink link = operator_link(options);
    const bool on = options.word == "on";
    const SetPayouts set{.reference = 1, .on = std::uint8_t{on}, .zero = {}};
    carry_out<PayoutsSet>(on ? by_two(options) : options, link, set, {{"payouts", options.word}},
                          "payouts are " + options.word);
}

void release(const CustodyToolOptions& options) {
    const DataFolder folder(options.admin.tool.data);
    VenueLink link(folder, options.admin.key);
    carry_out<WithdrawalReleased>(by_two(options), link,
                                  ReleaseWithdrawal{.id = value_or_throw(parse_transfer_id(options.admin.id)),
                                                    .scope = key_of(folder, options.admin.account).account,
                                                    .zero = 0},
                                  {{"released", options.admin.id}}, "released " + options.admin.id);
}

void resolve(const CustodyToolOptions& options) {
    VenueLink link = operator_link(options);
    const ResolvePayout said{.tx_hash = hash_of(options.hash),
                             .outcome = options.word == "paid" ? PayoutOutcome::paid : PayoutOutcome::not_paid,
                             .zero = {}};
    carry_out<PayoutResolved>(by_two(options), link, said, {{"resolved", options.hash}}, "resolved " + options.hash);
}

void cover(const CustodyToolOptions& options) {
    VenueLink link = operator_link(options);
    const AssetListed& asset = link.asset(options.admin.asset);
    const CoverLoss loss{.amount = Amount{value_or_throw(parse_units(options.admin.amount, unit_of(asset)))},
                         .asset = asset.asset,
                         .zero = 0};
    carry_out<LossCovered>(options, link, loss, {{"covered", options.admin.amount}},
                           "covered " + options.admin.amount + " by the error account");
}

void limits(const CustodyToolOptions& options) {
    VenueLink link = operator_link(options);
    const AssetListed& asset = link.asset(options.admin.asset);
    const std::string above = options.admin.dual_control_above.empty() ? "0" : options.admin.dual_control_above;
    const SetWithdrawalLimits set{.daily_limit = Amount{amount_of(options.daily_limit, unit_of(asset))},
                                  .dual_control_above = Amount{amount_of(above, unit_of(asset))},
                                  .asset = asset.asset,
                                  .cooling_s = options.cooling_s,
                                  .allow_list = std::uint8_t{options.allow_list},
                                  .zero = {}};
    carry_out<WithdrawalLimitsSet>(options, link, set,
                                   {{"asset", options.admin.asset},
                                    {"daily_limit", options.daily_limit},
                                    {"dual_control_above", above},
                                    {"cooling_s", options.cooling_s},
                                    {"allow_list", options.allow_list}},
                                   "limits of withdrawals are set");
}

void allow(const CustodyToolOptions& options) {
    const DataFolder folder(options.admin.tool.data);
    VenueLink link(folder, options.admin.account);
    const bool on = options.word != "off";
    (void)value_or_throw(link.client().request<AddressAllowed>(AllowAddress{.reference = 1,
                                                                            .account = link.account(),
                                                                            .address = address_of(options.address),
                                                                            .allowed = std::uint8_t{on},
                                                                            .zero = {}}));
    print(options, {{"address", options.address}, {"allowed", on}},
          options.address + (on ? " is allowed" : " is no longer allowed"));
}

void sign(const CustodyToolOptions& options) {
    chain::SignerClient signer(options.socket);
    const auto made = value_or_throw(signer.sign({.from = {options.path_account, options.index},
                                                  .recipient = options.address,
                                                  .amount = options.units,
                                                  .nonce = options.nonce,
                                                  .timestamp_s = static_cast<std::int64_t>(options.nonce / 1000),
                                                  .metadata = "{}",
                                                  .type = "standard"}));
    print(options, {{"hash", to_hex(made.hash)}, {"body", made.body}}, made.body);
}

}  // namespace

int custody_start(const CustodyToolOptions& options) {
    return run_tool(options.admin.tool, [&] { start(options); });
}
int custody_hot(const CustodyToolOptions& options) {
    return run_tool(options.admin.tool, [&] { hot(options); });
}
int custody_deposit_address(const CustodyToolOptions& options) {
    return run_tool(options.admin.tool, [&] { deposit_address(options); });
}
int custody_payouts(const CustodyToolOptions& options) {
    return run_tool(options.admin.tool, [&] { payouts(options); });
}
int custody_release(const CustodyToolOptions& options) {
    return run_tool(options.admin.tool, [&] { release(options); });
}
int custody_resolve(const CustodyToolOptions& options) {
    return run_tool(options.admin.tool, [&] { resolve(options); });
}
int custody_cover(const CustodyToolOptions& options) {
    return run_tool(options.admin.tool, [&] { cover(options); });
}
int custody_limits(const CustodyToolOptions& options) {
    return run_tool(options.admin.tool, [&] { limits(options); });
}
int custody_allow(const CustodyToolOptions& options) {
    return run_tool(options.admin.tool, [&] { allow(options); });
}
int custody_sign(const CustodyToolOptions& options) {
    return run_tool(options.admin.tool, [&] { sign(options); });
}

}  // namespace dcx::app
