#include "history/event_json.h"

#include <array>
#include <concepts>
#include <string_view>
#include <type_traits>
#include <utility>

#include "model/chain_address.h"

namespace dcx::history {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

void append_hex(std::string& to, std::uint64_t value, int digits) {
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) to += kHexDigits[value >> shift & 0xF];
}

class Fields {
  public:
    template <class T>
        requires std::integral<T> || std::is_enum_v<T>
    void add(std::string_view name, T value) {
        begin(name);
        if constexpr (std::is_enum_v<T>)
            text_ += std::to_string(static_cast<std::underlying_type_t<T>>(value));
        else
            text_ += std::to_string(value);
    }
    template <class Tag, class Rep>
    void add(std::string_view name, Strong<Tag, Rep> value) {
        add(name, value.value);
    }
    template <std::size_t N>
    void add(std::string_view name, const FixedString<N>& value) {
        string(name, value.view());
    }
    template <std::size_t N>
    void add(std::string_view name, const std::array<std::byte, N>& value) {
        begin(name);
        text_ += '"';
        for (const std::byte b : value) append_hex(text_, std::to_integer<std::uint64_t>(b), 2);
        text_ += '"';
    }
    void add(std::string_view name, const TransferId& id) {
        begin(name);
        text_ += '"';
        append_hex(text_, id.high >> 32, 8);
        text_ += '-';
        append_hex(text_, id.high >> 16 & 0xFFFF, 4);
        text_ += '-';
        append_hex(text_, id.high & 0xFFFF, 4);
        text_ += '-';
        append_hex(text_, id.low >> 48, 4);
        text_ += '-';
        append_hex(text_, id.low & 0xFFFF'FFFF'FFFF, 12);
        text_ += '"';
    }
    void add(std::string_view name, const ChainAddress& address) { string(name, address_text(address)); }
    [[nodiscard]] std::string done() { return std::move(text_) + '}'; }

  private:
    void begin(std::string_view name) {
        text_ += text_.empty() ? "{\"" : ",\"";
        text_ += name;
        text_ += "\":";
    }
    // Symbols come from operators: nothing in them can end the text.
    void string(std::string_view name, std::string_view value) {
        begin(name);
        text_ += '"';
        for (const char c : value) {
            const auto byte = static_cast<unsigned char>(c);
            if (c == '"' || c == '\\') {
                text_ += '\\';
                text_ += c;
            } else if (byte < 0x20 || byte > 0x7E) {
                text_ += "\\u";
                append_hex(text_, byte, 4);
            } else {
                text_ += c;
            }
        }
        text_ += '"';
    }
    std::string text_;
};

void tell(Fields& f, const GenesisApplied& e) {
    f.add("venue_id", e.venue_id);
    f.add("simulated", e.simulated);
    f.add("dual_control", e.dual_control);
}
void tell(Fields& f, const EpochStarted& e) { f.add("epoch", e.epoch); }
void tell(Fields& f, const HandoverLogged& e) { f.add("grace_ms", e.grace_ms); }
void tell(Fields& f, const CommandRejected& e) {
    f.add("id", e.id);
    f.add("reference", e.reference);
    f.add("session_sequence", e.session_sequence);
    f.add("command", e.command);
    f.add("reason", e.reason);
    f.add("detail", e.detail);
}
void tell(Fields& f, const AccountOpened& e) {
    f.add("reference", e.reference);
    f.add("account", e.account);
    f.add("owner", e.owner);
    f.add("account_kind", e.account_kind);
    f.add("self_trade_rule", e.self_trade_rule);
    f.add("flags", e.flags);
}
void tell(Fields& f, const KeyAdded& e) {
    f.add("public_key", e.public_key);
    f.add("key", e.key);
    f.add("account", e.account);
    f.add("permissions", e.permissions);
    f.add("revoked", e.revoked);
    f.add("person", e.person);
}
void tell(Fields& f, const KeyRevoked& e) { f.add("key", e.key); }
void tell(Fields& f, const AssetListed& e) {
    f.add("symbol", e.symbol);
    f.add("issue_cap", e.issue_cap);
    f.add("asset", e.asset);
    f.add("scale", e.scale);
}
void tell(Fields& f, const InstrumentListed& e) {
    f.add("symbol", e.symbol);
    f.add("instrument", e.instrument);
    f.add("base", e.base);
    f.add("quote", e.quote);
    f.add("maker_fee", e.maker_fee);
    f.add("taker_fee", e.taker_fee);
    f.add("tick_scale", e.tick_scale);
    f.add("lot_scale", e.lot_scale);
    f.add("phase", e.phase);
    f.add("tick_mantissa", e.tick_mantissa);
    f.add("lot_mantissa", e.lot_mantissa);
    f.add("max_quantity", e.max_quantity);
    f.add("min_notional", e.min_notional);
    f.add("last_price", e.last_price);
}
void tell(Fields& f, const PhaseChanged& e) {
    f.add("instrument", e.instrument);
    f.add("phase", e.phase);
}
void tell(Fields& f, const SelfTradeRuleSet& e) {
    f.add("reference", e.reference);
    f.add("account", e.account);
    f.add("rule", e.rule);
}
void tell(Fields& f, const AccountFrozen& e) {
    f.add("reference", e.reference);
    f.add("account", e.account);
    f.add("frozen", e.frozen);
}
void tell(Fields& f, const AddressRegistered& e) {
    f.add("account", e.account);
    f.add("index", e.index);
    f.add("address", e.address);
}
void tell(Fields& f, const AssetLimitsSet& e) {
    f.add("mint_ceiling", e.mint_ceiling);
    f.add("dual_control_above", e.dual_control_above);
    f.add("asset", e.asset);
    f.add("transfer_fee", e.transfer_fee);
}
void tell(Fields& f, const FeesSet& e) {
    f.add("instrument", e.instrument);
    f.add("maker_fee", e.maker_fee);
    f.add("taker_fee", e.taker_fee);
    f.add("tier", e.tier);
}
void tell(Fields& f, const MarketLimitsSet& e) {
    f.add("min_quantity", e.min_quantity);
    f.add("max_quantity", e.max_quantity);
    f.add("min_notional", e.min_notional);
    f.add("max_notional", e.max_notional);
    f.add("reference_price", e.reference_price);
    f.add("instrument", e.instrument);
    f.add("collar_bp", e.collar_bp);
    f.add("max_orders", e.max_orders);
    f.add("day_end_s", e.day_end_s);
}
void tell(Fields& f, const AccountLimitsSet& e) {
    f.add("account", e.account);
    f.add("max_open_orders", e.max_open_orders);
    f.add("orders_per_second", e.orders_per_second);
    f.add("burst", e.burst);
    f.add("fee_tier", e.fee_tier);
}
void tell(Fields& f, const PositionLimitsSet& e) {
    f.add("max_position", e.max_position);
    f.add("max_daily_loss", e.max_daily_loss);
    f.add("account", e.account);
    f.add("instrument", e.instrument);
}
void tell(Fields& f, const KillSwitchSet& e) {
    f.add("reference", e.reference);
    f.add("account", e.account);
    f.add("instrument", e.instrument);
    f.add("canceled", e.canceled);
    f.add("on", e.on);
    f.add("complete", e.complete);
}
void tell(Fields& f, const RulesActivated& e) {
    f.add("version", e.version);
    f.add("before", e.before);
}
void tell(Fields& f, const CommandProposed& e) {
    f.add("proposal", e.proposal);
    f.add("expires", e.expires);
    f.add("proposer", e.proposer);
    f.add("proposed", e.proposed);
    f.add("approved_by", e.approved_by);
}
void tell(Fields& f, const ProposalBody& e) { f.add("body", e.body); }
void tell(Fields& f, const ProposalApproved& e) {
    f.add("proposal", e.proposal);
    f.add("key", e.key);
    f.add("person", e.person);
    f.add("complete", e.complete);
}
void tell(Fields& f, const ProposalExpired& e) { f.add("proposal", e.proposal); }
void tell(Fields& f, const TradeBusted& e) {
    f.add("trade_id", e.trade_id);
    f.add("traded", e.traded);
    f.add("price", e.price);
    f.add("quantity", e.quantity);
    f.add("buyer", e.buyer);
    f.add("seller", e.seller);
    f.add("instrument", e.instrument);
    f.add("taker_side", e.taker_side);
}
void tell(Fields& f, const Transferred& e) {
    f.add("id", e.id);
    f.add("amount", e.amount);
    f.add("debit_before", e.debit_before);
    f.add("debit_after", e.debit_after);
    f.add("credit_before", e.credit_before);
    f.add("credit_after", e.credit_after);
    f.add("debit_account", e.debit_account);
    f.add("credit_account", e.credit_account);
    f.add("asset", e.asset);
    f.add("transfer_kind", e.transfer_kind);
}
void tell(Fields& f, const TransferPended& e) {
    f.add("id", e.id);
    f.add("amount", e.amount);
    f.add("available", e.available);
    f.add("held", e.held);
    f.add("expires", e.expires);
    f.add("debit_account", e.debit_account);
    f.add("credit_account", e.credit_account);
    f.add("asset", e.asset);
    f.add("scope", e.scope);
}
void tell(Fields& f, const PendingResolved& e) {
    f.add("id", e.id);
    f.add("pending_id", e.pending_id);
    f.add("amount", e.amount);
    f.add("released", e.released);
    f.add("available", e.available);
    f.add("held", e.held);
    f.add("account", e.account);
    f.add("asset", e.asset);
    f.add("scope", e.scope);
    f.add("state", e.state);
}
void tell(Fields& f, const ChainSet& e) {
    f.add("hash", e.hash);
    f.add("height", e.height);
    f.add("asset", e.asset);
    f.add("confirmations", e.confirmations);
}
void tell(Fields& f, const ChainRewound& e) {
    f.add("hash", e.hash);
    f.add("height", e.height);
    f.add("from_height", e.from_height);
    f.add("orphaned", e.orphaned);
    f.add("retired", e.retired);
    f.add("lost", e.lost);
}
void tell(Fields& f, const DepositReversed& e) {
    f.add("tx_hash", e.tx_hash);
    f.add("taken", e.taken);
    f.add("covered", e.covered);
    f.add("unbacked", e.unbacked);
    f.add("unbacked_total", e.unbacked_total);
    f.add("account", e.account);
    f.add("asset", e.asset);
}
void tell(Fields& f, const LossCovered& e) {
    f.add("amount", e.amount);
    f.add("unbacked_total", e.unbacked_total);
    f.add("asset", e.asset);
}
void tell(Fields& f, const VenueAddressRegistered& e) {
    f.add("last_nonce", e.last_nonce);
    f.add("index", e.index);
    f.add("address", e.address);
    f.add("role", e.role);
    f.add("flags", e.flags);
}
void tell(Fields& f, const AddressAllowed& e) {
    f.add("reference", e.reference);
    f.add("since", e.since);
    f.add("account", e.account);
    f.add("address", e.address);
    f.add("allowed", e.allowed);
}
void tell(Fields& f, const WithdrawalLimitsSet& e) {
    f.add("daily_limit", e.daily_limit);
    f.add("dual_control_above", e.dual_control_above);
    f.add("asset", e.asset);
    f.add("cooling_s", e.cooling_s);
    f.add("allow_list", e.allow_list);
}
void tell(Fields& f, const WithdrawalReleased& e) {
    f.add("id", e.id);
    f.add("scope", e.scope);
}
void tell(Fields& f, const PayoutResolved& e) {
    f.add("tx_hash", e.tx_hash);
    f.add("id", e.id);
    f.add("account", e.account);
    f.add("outcome", e.outcome);
    f.add("payout_kind", e.payout_kind);
}
void tell(Fields& f, const PayoutsSet& e) {
    f.add("reference", e.reference);
    f.add("on", e.on);
}
void tell(Fields& f, const AnchorRecorded& e) {
    f.add("digest", e.digest);
    f.add("tx_hash", e.tx_hash);
    f.add("checkpoint", e.checkpoint);
    f.add("height", e.height);
    f.add("place", e.place);
    f.add("state", e.state);
}

}  // namespace

std::string audit_detail(const Event& event) {
    Fields fields;
    switch (event.header.kind) {
        case EventKind::genesis_applied: tell(fields, event.as<GenesisApplied>()); break;
        case EventKind::epoch_started: tell(fields, event.as<EpochStarted>()); break;
        case EventKind::handover_logged: tell(fields, event.as<HandoverLogged>()); break;
        case EventKind::command_rejected: tell(fields, event.as<CommandRejected>()); break;
        case EventKind::account_opened: tell(fields, event.as<AccountOpened>()); break;
        case EventKind::key_added: tell(fields, event.as<KeyAdded>()); break;
        case EventKind::key_revoked: tell(fields, event.as<KeyRevoked>()); break;
        case EventKind::asset_listed: tell(fields, event.as<AssetListed>()); break;
        case EventKind::instrument_listed: tell(fields, event.as<InstrumentListed>()); break;
        case EventKind::phase_changed: tell(fields, event.as<PhaseChanged>()); break;
        case EventKind::self_trade_rule_set: tell(fields, event.as<SelfTradeRuleSet>()); break;
        case EventKind::account_frozen: tell(fields, event.as<AccountFrozen>()); break;
        case EventKind::address_registered: tell(fields, event.as<AddressRegistered>()); break;
        case EventKind::asset_limits_set: tell(fields, event.as<AssetLimitsSet>()); break;
        case EventKind::fees_set: tell(fields, event.as<FeesSet>()); break;
        case EventKind::market_limits_set: tell(fields, event.as<MarketLimitsSet>()); break;
        case EventKind::account_limits_set: tell(fields, event.as<AccountLimitsSet>()); break;
        case EventKind::position_limits_set: tell(fields, event.as<PositionLimitsSet>()); break;
        case EventKind::kill_switch_set: tell(fields, event.as<KillSwitchSet>()); break;
        case EventKind::rules_activated: tell(fields, event.as<RulesActivated>()); break;
        case EventKind::command_proposed: tell(fields, event.as<CommandProposed>()); break;
        case EventKind::proposal_body: tell(fields, event.as<ProposalBody>()); break;
        case EventKind::proposal_approved: tell(fields, event.as<ProposalApproved>()); break;
        case EventKind::proposal_expired: tell(fields, event.as<ProposalExpired>()); break;
        case EventKind::trade_busted: tell(fields, event.as<TradeBusted>()); break;
        case EventKind::chain_set: tell(fields, event.as<ChainSet>()); break;
        case EventKind::chain_rewound: tell(fields, event.as<ChainRewound>()); break;
        case EventKind::deposit_reversed: tell(fields, event.as<DepositReversed>()); break;
        case EventKind::loss_covered: tell(fields, event.as<LossCovered>()); break;
        case EventKind::venue_address_registered: tell(fields, event.as<VenueAddressRegistered>()); break;
        case EventKind::address_allowed: tell(fields, event.as<AddressAllowed>()); break;
        case EventKind::withdrawal_limits_set: tell(fields, event.as<WithdrawalLimitsSet>()); break;
        case EventKind::withdrawal_released: tell(fields, event.as<WithdrawalReleased>()); break;
        case EventKind::payout_resolved: tell(fields, event.as<PayoutResolved>()); break;
        case EventKind::payouts_set: tell(fields, event.as<PayoutsSet>()); break;
        case EventKind::anchor_recorded: tell(fields, event.as<AnchorRecorded>()); break;
        case EventKind::transferred: tell(fields, event.as<Transferred>()); break;
        case EventKind::transfer_pended: tell(fields, event.as<TransferPended>()); break;
        case EventKind::pending_resolved: tell(fields, event.as<PendingResolved>()); break;
        default: return {};
    }
    return fields.done();
}

}  // namespace dcx::history
