// The canonical form of the state under SHA-256: field by field in a fixed order, so that neither padding nor the
// places of things in memory take part. Free slots do: which slot the next order gets is told in its events.
#include <array>
#include <cstring>
#include <type_traits>

#include "core/core.h"
#include "core/state.h"

namespace dcx::core {
namespace {

class Canonical {
  public:
    template <class... Fields>
    void add(const Fields&... fields) {
        (put(fields), ...);
    }
    // Opens a section with its count, so that no two states can run into the same bytes.
    void section(char tag, std::uint64_t count) { add(tag, count); }
    Digest finish() {
        flush();
        return hash_.finish();
    }

  private:
    template <class T>
    void put(const T& value) {
        static_assert(std::has_unique_object_representations_v<T> && sizeof(T) <= sizeof(buffer_));
        if (sizeof(T) > buffer_.size() - used_) flush();
        std::memcpy(buffer_.data() + used_, &value, sizeof(T));
        used_ += sizeof(T);
    }
    void flush() {
        hash_.update(std::span(buffer_).first(used_));
        used_ = 0;
    }

    Sha256 hash_;
    // A call for each field would cost more than its bytes.
    std::array<std::byte, 16'384> buffer_;
    std::size_t used_ = 0;
};

void add_registries(Canonical& out, const State& s) {
    out.section('K', s.key_count);
    for (std::uint32_t i = 1; i <= s.key_count; ++i)
        out.add(s.keys[i].public_key, s.keys[i].account, s.keys[i].permissions, s.keys[i].person, s.keys[i].revoked);
    out.section('S', s.session_count);
    for (std::uint32_t i = 1; i <= s.session_count; ++i) {
        const Session& session = s.sessions[i];
        out.add(session.client_session, session.next_incoming, session.next_outgoing, session.last_cl_ord_id,
                session.key, session.established, session.grace_ms, session.disconnect_scope, session.dead_man_scope,
                session.group_refused, s.deadlines.time_of(session.disconnect), s.deadlines.time_of(session.dead_man));
        const std::uint32_t members = session.group == 0 ? 0 : s.groups[session.group].count;
        out.section('G', members);
        for (std::uint32_t m = 0; m < members; ++m) out.add(s.groups[session.group].members[m]);
    }
    out.section('M', s.market_count);
    for (std::uint32_t i = 1; i <= s.market_count; ++i) {
        const Market& market = s.markets[i];
        out.add(market.listing, market.limits, market.phase, market.killed, market.last_price,
                s.deadlines.time_of(market.kill_deadline));
        for (const FeeRates& rates : market.fees) out.add(rates.maker, rates.taker);
    }
    out.section('P', s.proposal_count);
    for (const Proposal& p : s.proposals.first(s.proposal_count))
        out.add(p.id, p.proposer, p.approved_by, p.proposed, s.deadlines.time_of(p.deadline), p.body);
    out.section('D', s.address_count);
    for (std::uint32_t i = 1; i <= s.address_count; ++i)
        out.add(s.addresses[i].address, s.addresses[i].zero, s.addresses[i].account, s.addresses[i].index);
}

void add_ledger(Canonical& out, const State& s) {
    out.section('A', s.ledger.asset_count());
    for (std::uint32_t i = 1; i <= s.ledger.asset_count(); ++i) {
        const Asset& asset = s.ledger.asset(AssetId{i});
        const AssetLimits& limits = s.ledger.limits(AssetId{i});
        out.add(asset.symbol, asset.issue_cap, asset.scale, limits.mint_ceiling, limits.dual_control_above,
                limits.transfer_fee, limits.mint_day, limits.minted);
    }
    out.section('C', s.ledger.account_count());
    for (std::uint32_t account = 1; account <= s.ledger.account_count(); ++account) {
        const Account& a = s.ledger.account(AccountId{account});
        out.add(a.kind, a.self_trade_rule, a.fee_tier, a.flags, a.owner, a.max_open_orders, a.orders_per_second,
                a.burst, a.throttled_until, a.addresses, s.deadlines.time_of(a.kill_deadline));
        for (std::uint32_t asset = 1; asset <= s.ledger.asset_count(); ++asset) {
            const Balance& balance = s.ledger.balance(AccountId{account}, AssetId{asset});
            out.add(balance.available, balance.held, balance.debits, balance.credits);
        }
        for (std::uint32_t market = 1; market <= s.market_count; ++market) {
            const Exposure& e = s.exposures(AccountId{account}, InstrumentId{market});
            out.add(e.cash, e.net, e.max_position, e.max_daily_loss, e.day);
        }
    }
    out.section('T', s.transfer_ids.count());
    const TransferId floor = s.transfer_ids.floor();
    out.add(floor.low, floor.high);
    s.transfer_ids.for_each([&](const MoneyRequest& request) { out.add(request); });
    out.section('W', s.pending.count());
    out.add(s.pending.last_number());
    for (std::uint32_t slot = s.pending.first(); slot != 0; slot = s.pending[slot].next) {
        const PendingTransfer& p = s.pending[slot];
        out.add(p.id, p.amount, p.number, p.scope, p.debit, p.credit, p.asset, p.session,
                s.deadlines.time_of(p.deadline), p.address);
    }
}

void add_order(Canonical& out, std::uint32_t slot, const RestingOrder& order, const OpenOrder& details, Time expires) {
    out.add(slot, order.id, order.open, order.price(), details.cl_ord_id, details.cum, details.cum_notional, expires,
            details.account, details.instrument, details.session, details.maker_fee, details.taker_fee,
            details.fee_prepaid, details.side, details.type, details.time_in_force, details.flags);
}

void add_books(Canonical& out, const State& s) {
    out.section('O', s.store.orders.live());
    for (std::uint32_t i = 1; i <= s.market_count; ++i) {
        for (const Side side : {Side::buy, Side::sell}) {
            out.add(side);
            s.markets[i].book.for_each_level(s.store, side, [&](const Level& level) {
                for (std::uint32_t slot = level.head; slot != kNoSlot; slot = s.store.orders[slot].next)
                    add_order(out, slot, s.store.orders[slot], s.details[slot],
                              s.deadlines.time_of(s.details[slot].deadline));
                return true;
            });
        }
    }
    out.section('F', s.store.orders.used());
    for (std::uint32_t slot = s.store.orders.first_free(); slot != kNoSlot; slot = s.store.orders[slot].next)
        out.add(slot);
    out.section('R', s.last_trade_id);
    for (std::uint64_t id = s.trades.first(s.last_trade_id); id <= s.last_trade_id; ++id) out.add(s.trades.of(id));
}

void add_signing(Canonical& out, const SigningEras& eras, const SigningAddress& address) {
    out.add(address.signed_before(), eras.retired(address), address.last_nonce, address.busy);
}

void add_chain(Canonical& out, const State& s) {
    const Custody& c = s.custody;
    out.section('N', c.chain.era());
    out.add(c.chain.asset(), c.chain.confirmations(), c.payouts_on);
    const std::uint64_t oldest = c.chain.is_set() ? c.chain.oldest() : 1;
    const std::uint64_t blocks = c.chain.is_set() ? c.chain.height() - oldest + 1 : 0;
    out.section('B', blocks);
    out.add(oldest);
    for (std::uint64_t i = 0; i < blocks; ++i) out.add(c.chain.block(oldest + i).hash);
    out.section('d', c.deposits.count());
    for (std::uint32_t i = 1; i <= c.deposits.count(); ++i) {
        const Deposit& d = c.deposits[i];
        out.add(d.tx_hash, d.amount, d.height, d.account, d.asset, d.index, d.position, d.era, d.orphaned, d.reversed);
    }
    out.section('v', c.venue_address_count);
    for (std::uint32_t i = 1; i <= c.venue_address_count; ++i) {
        out.add(c.venue_addresses[i].address, c.venue_addresses[i].role);
        add_signing(out, c.eras, c.venue_addresses[i].signing);
    }
    for (std::uint32_t i = 1; i <= s.address_count; ++i) add_signing(out, c.eras, s.addresses[i].signing);
}

void add_payouts(Canonical& out, const State& s) {
    const Custody& c = s.custody;
    out.section('p', c.payouts.count());
    for (std::uint32_t slot = c.payouts.first(); slot != 0; slot = c.payouts[slot].next) {
        const Payout& p = c.payouts[slot];
        out.add(p.tx_hash, p.id, p.amount, p.nonce, p.account, p.index, p.to_index, p.kind, p.posted);
    }
    out.section('c', c.payouts.closed_count());
    c.payouts.for_each_closed([&](const ChainHash& hash) { out.add(hash); });
    for (std::uint32_t slot = s.pending.first(); slot != 0; slot = s.pending[slot].next)
        out.add(s.pending[slot].released, s.pending[slot].settled);
    for (std::uint32_t i = 1; i <= s.ledger.asset_count(); ++i) {
        const AssetCustody& a = c.assets[i];
        out.add(a.daily_limit, a.dual_control_above, a.cooling_s, a.allow_list, a.unbacked);
    }
    out.section('a', c.allowed.count());
    for (std::uint32_t i = 1; i <= s.ledger.account_count(); ++i)
        for (std::uint32_t slot = s.ledger.account(AccountId{i}).first_allowed; slot != 0; slot = c.allowed[slot].next)
            out.add(i, c.allowed[slot].address, c.allowed[slot].since);
    // A day that is over says nothing any more.
    c.withdrawn.for_each(day_of(s.time),
                         [&](const WithdrawnSum& sum) { out.add('w', sum.account, sum.asset, sum.amount); });
}

}  // namespace

Digest Core::state_hash() const {
    const State& s = *state_;
    Canonical out;
    out.section('V', s.started ? 1 : 0);
    out.add(s.genesis, s.sequence, s.time, s.epoch, s.last_order_id, s.last_trade_id, s.last_proposal_id, s.founding,
            s.killed, s.deadlines.time_of(s.kill_deadline));
    // Only where they say something: a state of older rules has the hash that older programs gave it.
    if (s.newest_rules != 0 || s.rules > kOldestRules) {
        out.section('U', s.rules);
        out.add(s.newest_rules);
    }
    if (s.handover_grace_ms != 0) out.section('H', s.handover_grace_ms);
    add_registries(out, s);
    add_ledger(out, s);
    add_books(out, s);
    // Before these rules there is nothing of it.
    if (s.has_custody()) {
        add_chain(out, s);
        add_payouts(out, s);
    }
    return out.finish();
}

}  // namespace dcx::core
