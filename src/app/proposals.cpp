#include "app/proposals.h"

#include <cstdio>
#include <cstring>

#include "base/sha256.h"
#include "model/chain_address.h"
#include "model/decimal.h"

namespace dcx::app {
namespace {

using Body = std::array<std::byte, kProposalBodySize>;

// Names and decimals of one venue.
class Renderer {
  public:
    explicit Renderer(const VenueLink& link) : link_(link) {}

    Json render(CommandKind kind, const Body& body) const {
        switch (kind) {
            case CommandKind::mint: return money(as<Mint>(body));
            case CommandKind::burn: return money(as<Burn>(body));
            case CommandKind::transfer: return money(as<Transfer>(body));
            case CommandKind::activate_rules: return {{"version", as<ActivateRules>(body).version}};
            case CommandKind::bust_trade: return {{"trade", as<BustTrade>(body).trade_id.value}};
            case CommandKind::add_key: {
                const auto key = as<AddKey>(body);
                return {{"public_key", to_hex(key.public_key)},
                        {"account", key.account.value},
                        {"permissions", key.permissions},
                        {"person", key.person.value}};
            }
            case CommandKind::revoke_key: return {{"key", as<RevokeKey>(body).key.value}};
            case CommandKind::open_account: {
                const auto open = as<OpenAccount>(body);
                return {{"reference", open.reference},
                        {"owner", open.owner.value},
                        {"kind", open.account_kind == AccountKind::market_maker ? "market_maker" : "customer"}};
            }
            case CommandKind::freeze_account: {
                const auto freeze = as<FreezeAccount>(body);
                return {{"account", freeze.account.value}, {"frozen", freeze.frozen != 0}};
            }
            case CommandKind::register_address: {
                const auto address = as<RegisterAddress>(body);
                return {{"account", address.account.value},
                        {"index", address.index},
                        {"address", address_text(address.address)}};
            }
            case CommandKind::set_phase: {
                const auto phase = as<SetPhase>(body);
                return {{"market", market(phase.instrument)}, {"halted", phase.phase == Phase::halted}};
            }
            case CommandKind::set_kill_switch: {
                const auto kill = as<SetKillSwitch>(body);
                return {{"account", kill.account.value}, {"market", market(kill.instrument)}, {"on", kill.on != 0}};
            }
            default: return limits(kind, body);
        }
    }

  private:
    template <MessageBody Command>
    static Command as(const Body& body) {
        Command result;
        std::memcpy(static_cast<void*>(&result), body.data(), sizeof result);
        return result;
    }
    Json limits(CommandKind kind, const Body& body) const {
        switch (kind) {
            case CommandKind::set_asset_limits: {
                const auto limits = as<SetAssetLimits>(body);
                return {{"asset", asset(limits.asset)},
                        {"mint_ceiling", amount(limits.asset, limits.mint_ceiling)},
                        {"dual_control_above", amount(limits.asset, limits.dual_control_above)},
                        {"transfer_fee", limits.transfer_fee.value}};
            }
            case CommandKind::set_fees: {
                const auto fees = as<SetFees>(body);
                return {{"market", market(fees.instrument)},
                        {"tier", fees.tier},
                        {"maker_fee", fees.maker_fee.value},
                        {"taker_fee", fees.taker_fee.value}};
            }
            case CommandKind::set_market_limits: return market_limits(as<SetMarketLimits>(body));
            case CommandKind::set_account_limits: {
                const auto limits = as<SetAccountLimits>(body);
                return {{"account", limits.account.value},
                        {"max_open_orders", limits.max_open_orders},
                        {"orders_per_second", limits.orders_per_second},
                        {"burst", limits.burst},
                        {"fee_tier", limits.fee_tier}};
            }
            case CommandKind::set_position_limits: {
                const auto limits = as<SetPositionLimits>(body);
                return {{"account", limits.account.value},
                        {"market", market(limits.instrument)},
                        {"max_position_lots", limits.max_position.value},
                        {"max_daily_loss_minor_units", limits.max_daily_loss.value}};
            }
            case CommandKind::list_asset: {
                const auto listing = as<ListAsset>(body);
                return {{"symbol", listing.symbol.view()},
                        {"scale", listing.scale},
                        {"issue_cap", decimal_text(listing.issue_cap.value, listing.scale)}};
            }
            case CommandKind::list_instrument: return listing(as<ListInstrument>(body));
            default: return custody(kind, body);
        }
    }
    Json custody(CommandKind kind, const Body& body) const {
        switch (kind) {
            case CommandKind::set_chain: {
                const auto set = as<SetChain>(body);
                return {{"asset", asset(set.asset)},
                        {"height", set.height},
                        {"hash", to_hex(set.hash)},
                        {"confirmations", set.confirmations}};
            }
            case CommandKind::register_venue_address: {
                const auto hot = as<RegisterVenueAddress>(body);
                return {{"hot", hot.index}, {"address", address_text(hot.address)}};
            }
            case CommandKind::set_withdrawal_limits: {
                const auto limits = as<SetWithdrawalLimits>(body);
                return {{"asset", asset(limits.asset)},
                        {"daily_limit", amount(limits.asset, limits.daily_limit)},
                        {"dual_control_above", amount(limits.asset, limits.dual_control_above)},
                        {"cooling_s", limits.cooling_s},
                        {"allow_list", limits.allow_list != 0}};
            }
            case CommandKind::release_withdrawal: {
                const auto release = as<ReleaseWithdrawal>(body);
                return {{"withdrawal", transfer_id_text(release.id)}, {"scope", release.scope.value}};
            }
            case CommandKind::resolve_payout: {
                const auto resolve = as<ResolvePayout>(body);
                return {{"payout", to_hex(resolve.tx_hash)},
                        {"outcome", resolve.outcome == PayoutOutcome::paid ? "paid" : "not_paid"}};
            }
            case CommandKind::set_payouts: return {{"payouts", as<SetPayouts>(body).on != 0 ? "on" : "off"}};
            case CommandKind::cover_loss: {
                const auto cover = as<CoverLoss>(body);
                return {{"asset", asset(cover.asset)}, {"amount", amount(cover.asset, cover.amount)}};
            }
            default: return {{"body", to_hex(body)}};
        }
    }
    Json market_limits(const SetMarketLimits& limits) const {
        return {{"market", market(limits.instrument)},
                {"min_quantity_lots", limits.min_quantity.value},
                {"max_quantity_lots", limits.max_quantity.value},
                {"min_notional_minor_units", limits.min_notional.value},
                {"max_notional_minor_units", limits.max_notional.value},
                {"reference_price_ticks", limits.reference_price.value},
                {"collar_bp", limits.collar_bp},
                {"max_orders", limits.max_orders},
                {"day_end_s", limits.day_end_s}};
    }
    Json listing(const ListInstrument& listing) const {
        return {{"symbol", listing.symbol.view()},
                {"base", asset(listing.base)},
                {"quote", asset(listing.quote)},
                {"tick", decimal_text(listing.tick_mantissa, listing.tick_scale)},
                {"lot", decimal_text(listing.lot_mantissa, listing.lot_scale)},
                {"max_quantity_lots", listing.max_quantity.value},
                {"min_notional_minor_units", listing.min_notional.value},
                {"maker_fee", listing.maker_fee.value},
                {"taker_fee", listing.taker_fee.value}};
    }
    Json money(const Transfer& transfer) const {
        return {{"id", transfer_id_text(transfer.id)},
                {"amount", amount(transfer.asset, transfer.amount)},
                {"asset", asset(transfer.asset)},
                {"from", transfer.debit_account.value},
                {"to", transfer.credit_account.value}};
    }
    template <class Issue>
    Json money(const Issue& issue) const {
        Json json{{"id", transfer_id_text(issue.id)},
                  {"amount", amount(issue.asset, issue.amount)},
                  {"asset", asset(issue.asset)},
                  {"account", issue.account.value}};
        if constexpr (std::is_same_v<Issue, Mint>)
            json["source"] = issue.source == MintSource::deposit ? "deposit" : "issue";
        return json;
    }
    // A number where the venue knows no name: an approver sees what he signs, whatever it is.
    std::string market(InstrumentId id) const {
        if (!id) return "all";
        for (const InstrumentListed& listed : link_.listings().instruments)
            if (listed.instrument == id) return std::string(listed.symbol.view());
        return "#" + std::to_string(id.value);
    }
    std::string asset(AssetId id) const {
        for (const AssetListed& listed : link_.listings().assets)
            if (listed.asset == id) return std::string(listed.symbol.view());
        return "#" + std::to_string(id.value);
    }
    std::string amount(AssetId id, Amount amount) const {
        for (const AssetListed& listed : link_.listings().assets)
            if (listed.asset == id) return units_text(amount.value, unit_of(listed));
        return std::to_string(amount.value) + " minor units";
    }

    const VenueLink& link_;
};

}  // namespace

Json command_json(CommandKind kind, const Body& body, const VenueLink& link) {
    return Renderer(link).render(kind, body);
}

Json proposal_json(const Proposal& proposal, const VenueLink& link) {
    return {{"proposal", proposal.proposal.value},
            {"command", to_string(proposal.proposed)},
            {"says", command_json(proposal.proposed, proposal.body, link)},
            {"proposer", proposal.proposer.value},
            {"approved_by", proposal.approved_by.value},
            {"expires", proposal.expires.value}};
}

std::string proposal_text(const Json& proposal) {
    std::string text = "proposal " + proposal["proposal"].dump() + ": " + proposal["command"].get<std::string>();
    for (const auto& [key, value] : proposal["says"].items())
        text += "\n  " + key + " " + (value.is_string() ? value.get<std::string>() : value.dump());
    const auto approved = proposal["approved_by"].get<std::uint32_t>();
    text += "\n  proposed by key " + proposal["proposer"].dump();
    return text + (approved == 0 ? ", approved by nobody" : ", approved by key " + std::to_string(approved));
}

void propose(VenueLink& link, const AdminOptions& options, CommandKind kind, const Body& body) {
    const auto proposed = value_or_throw(link.client().request<CommandProposed>(Propose{
        .proposed = kind, .zero = 0, .lifetime_s = static_cast<std::uint32_t>(options.lifetime_s), .body = body}));
    const Json json = proposal_json({.proposal = proposed.proposal,
                                     .expires = proposed.expires,
                                     .proposer = proposed.proposer,
                                     .approved_by = {},
                                     .proposed = kind,
                                     .zero = {},
                                     .body = body},
                                    link);
    std::printf("%s\n", options.tool.json ? json.dump().c_str() : proposal_text(json).c_str());
}

}  // namespace dcx::app
