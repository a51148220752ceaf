// The audit log of the naive history: details are read from the bytes of an event's body by a table of its layout,
// written from model/event.h and not from its structs.
#include <algorithm>
#include <span>
#include <stdexcept>
#include <string_view>

#include "history/naive_history.h"
#include "model/chain_address.h"

namespace dcx::naive {

using namespace history;

namespace {

// The fields of a body in their order: name:type with u1 u2 u4 u8 i4 i8 (numbers of so many bytes), s8 s16 (text), b…
// (bytes, as hex), id (a request's), ad (a chain address); -N are N bytes that are told by nobody.
std::string_view layout_of(EventKind kind) {
    switch (kind) {
        case EventKind::genesis_applied: return "venue_id:b16 simulated:u1 dual_control:u1";
        case EventKind::epoch_started: return "epoch:u8";
        case EventKind::handover_logged: return "grace_ms:u4";
        case EventKind::command_rejected:
            return "id:id reference:u8 session_sequence:u8 command:u2 reason:u2 detail:u2";
        case EventKind::account_opened:
            return "reference:u8 account:u4 owner:u4 account_kind:u1 self_trade_rule:u1 flags:u1";
        case EventKind::key_added: return "public_key:b32 key:u4 account:u4 permissions:u4 revoked:u4 person:u4";
        case EventKind::key_revoked: return "key:u4";
        case EventKind::asset_listed: return "symbol:s8 issue_cap:i8 asset:u4 scale:u1";
        case EventKind::instrument_listed:
            return "symbol:s16 instrument:u4 base:u4 quote:u4 maker_fee:i4 taker_fee:i4 tick_scale:u1 lot_scale:u1 "
                   "phase:u1 -1 tick_mantissa:i8 lot_mantissa:i8 max_quantity:i8 min_notional:i8 last_price:i8";
        case EventKind::phase_changed: return "instrument:u4 phase:u1";
        case EventKind::self_trade_rule_set: return "reference:u8 account:u4 rule:u1";
        case EventKind::account_frozen: return "reference:u8 account:u4 frozen:u1";
        case EventKind::address_registered: return "account:u4 index:u4 address:ad";
        case EventKind::asset_limits_set: return "mint_ceiling:i8 dual_control_above:i8 asset:u4 transfer_fee:i4";
        case EventKind::fees_set: return "instrument:u4 maker_fee:i4 taker_fee:i4 tier:u1";
        case EventKind::market_limits_set:
            return "min_quantity:i8 max_quantity:i8 min_notional:i8 max_notional:i8 reference_price:i8 instrument:u4 "
                   "collar_bp:u4 max_orders:u4 day_end_s:u4";
        case EventKind::account_limits_set:
            return "account:u4 max_open_orders:u4 orders_per_second:u4 burst:u4 fee_tier:u1";
        case EventKind::position_limits_set: return "max_position:i8 max_daily_loss:i8 account:u4 instrument:u4";
        case EventKind::kill_switch_set: return "reference:u8 account:u4 instrument:u4 canceled:u4 on:u1 complete:u1";
        case EventKind::rules_activated: return "version:u4 before:u4";
        case EventKind::command_proposed: return "proposal:u8 expires:i8 proposer:u4 proposed:u2 -2 approved_by:u4";
        case EventKind::proposal_body: return "body:b80";
        case EventKind::proposal_approved: return "proposal:u8 key:u4 person:u4 complete:u1";
        case EventKind::proposal_expired: return "proposal:u8";
        case EventKind::trade_busted:
            return "trade_id:u8 traded:i8 price:i8 quantity:i8 buyer:u4 seller:u4 instrument:u4 taker_side:u1";
        case EventKind::transferred:
            return "id:id amount:i8 debit_before:i8 debit_after:i8 credit_before:i8 credit_after:i8 debit_account:u4 "
                   "credit_account:u4 asset:u4 transfer_kind:u1";
        case EventKind::transfer_pended:
            return "id:id amount:i8 available:i8 held:i8 expires:i8 debit_account:u4 credit_account:u4 asset:u4 "
                   "scope:u4";
        case EventKind::pending_resolved:
            return "id:id pending_id:id amount:i8 released:i8 available:i8 held:i8 account:u4 asset:u4 scope:u4 "
                   "state:u1";
        case EventKind::chain_set: return "hash:b32 height:u8 asset:u4 confirmations:u4";
        case EventKind::chain_rewound: return "hash:b32 height:u8 from_height:u8 orphaned:u4 retired:u4 lost:u1";
        case EventKind::deposit_reversed:
            return "tx_hash:b32 taken:i8 covered:i8 unbacked:i8 unbacked_total:i8 account:u4 asset:u4";
        case EventKind::loss_covered: return "amount:i8 unbacked_total:i8 asset:u4";
        case EventKind::venue_address_registered: return "last_nonce:u8 index:u4 address:ad role:u1 flags:u1";
        case EventKind::address_allowed: return "reference:u8 since:i8 account:u4 address:ad allowed:u1";
        case EventKind::withdrawal_limits_set:
            return "daily_limit:i8 dual_control_above:i8 asset:u4 cooling_s:u4 allow_list:u1";
        case EventKind::withdrawal_released: return "id:id scope:u4";
        case EventKind::payout_resolved: return "tx_hash:b32 id:id account:u4 outcome:u1 payout_kind:u1";
        case EventKind::payouts_set: return "reference:u8 on:u1";
        case EventKind::anchor_recorded: return "digest:b32 tx_hash:b32 checkpoint:u8 height:u4 place:u1 state:u1";
        default: return {};
    }
}

std::uint64_t number_at(std::span<const std::byte> bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<std::uint64_t>(bytes[i]);
    return value;
}

std::string hex(std::uint64_t value, unsigned digits) {
    std::string text;
    for (unsigned i = digits; i-- > 0;) text += "0123456789abcdef"[value >> (4 * i) & 15];
    return text;
}

std::string quoted(std::string_view raw) {
    std::string text = "\"";
    for (const char c : raw) {
        if (c == '\0') break;
        if (c == '"' || c == '\\') text += '\\';
        text += c;
    }
    return text + '"';
}

class Body {
  public:
    explicit Body(const Event& event) : left_(event.body) {}
    void skip(std::size_t count) { left_ = left_.subspan(count); }
    std::string value(std::string_view type) {
        if (type == "id") {
            const std::uint64_t low = number_at(take(8));
            const std::uint64_t high = number_at(take(8));
            const std::string digits = hex(high, 16) + hex(low, 16);
            return '"' + digits.substr(0, 8) + '-' + digits.substr(8, 4) + '-' + digits.substr(12, 4) + '-' +
                   digits.substr(16, 4) + '-' + digits.substr(20) + '"';
        }
        if (type == "ad") {
            ChainAddress address;
            const auto hash = take(address.hash.size());
            std::copy(hash.begin(), hash.end(), address.hash.begin());
            address.kind = static_cast<AddressKind>(take(1)[0]);
            return quoted(address_text(address));
        }
        const auto bytes = take(std::stoul(std::string(type.substr(1))));
        const std::uint64_t number = bytes.size() <= 8 ? number_at(bytes) : 0;
        switch (type[0]) {
            case 'u': return std::to_string(number);
            case 'i':
                return bytes.size() == 4 ? std::to_string(static_cast<std::int32_t>(number))
                                         : std::to_string(static_cast<std::int64_t>(number));
            case 's': return quoted({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
            default: break;
        }
        std::string text;
        for (const std::byte byte : bytes) text += hex(static_cast<std::uint64_t>(byte), 2);
        return '"' + text + '"';
    }

  private:
    std::span<const std::byte> take(std::size_t count) {
        const auto bytes = left_.first(count);
        left_ = left_.subspan(count);
        return bytes;
    }
    std::span<const std::byte> left_;
};

std::string detail_of(const Event& event) {
    std::string_view layout = layout_of(event.header.kind);
    Body body(event);
    std::string text;
    while (!layout.empty()) {
        const std::size_t end = std::min(layout.find(' '), layout.size());
        const std::string_view field = layout.substr(0, end);
        layout.remove_prefix(std::min(end + 1, layout.size()));
        if (field[0] == '-') {
            body.skip(std::stoul(std::string(field.substr(1))));
            continue;
        }
        const std::size_t colon = field.find(':');
        text += text.empty() ? "{" : ",";
        text += quoted(field.substr(0, colon)) + ':' + body.value(field.substr(colon + 1));
    }
    return text + "}";
}

// Only when an operator's session did it: anybody else's are his own business.
bool only_of_operators(EventKind kind) {
    return kind == EventKind::command_rejected || kind == EventKind::self_trade_rule_set ||
           kind == EventKind::transferred || kind == EventKind::transfer_pended || kind == EventKind::pending_resolved;
}

}  // namespace

void NaiveHistory::audit(const Event& event) {
    const EventHeader& header = event.header;
    if (layout_of(header.kind).empty()) return;
    AuditRow row;
    if (header.session) {
        const auto session = sessions_.find(header.session);
        if (session == sessions_.end()) throw std::runtime_error("naive history: a report to a session nobody made");
        row.key_id = session->second.key_id;
        row.person_id = keys_.at(row.key_id).person_id;
    }
    const bool by_operator = header.session && !keys_.at(row.key_id).account_id;
    if (only_of_operators(header.kind) && !by_operator) return;
    row.day = day_of(header.time);
    row.sequence = header.sequence;
    row.event_index = header.index;
    row.time = header.time;
    row.kind = header.kind;
    row.session_id = header.session;
    row.detail = detail_of(event);
    audits_.push_back(row);
}

}  // namespace dcx::naive
