// The canonical form of the state under SHA-256: field by field in a fixed order, so that neither padding nor the
// places of things in memory take part. Free slots do: which slot the next order gets is told in its events.
#include "core/core.h"
#include "core/state.h"

namespace dcx::core {
namespace {

class Canonical {
  public:
    template <class... Fields>
    void add(const Fields&... fields) {
        (hash_.update_value(fields), ...);
    }
    // Opens a section with its count, so that no two states can run into the same bytes.
    void section(char tag, std::uint64_t count) { add(tag, count); }
    Digest finish() { return hash_.finish(); }

  private:
    Sha256 hash_;
};

void add_registries(Canonical& out, const State& s) {
    out.section('K', s.key_count);
    for (std::uint32_t i = 1; i <= s.key_count; ++i)
        out.add(s.keys[i].public_key, s.keys[i].account, s.keys[i].permissions, s.keys[i].revoked);
    out.section('S', s.session_count);
    for (std::uint32_t i = 1; i <= s.session_count; ++i) {
        const Session& session = s.sessions[i];
        out.add(session.client_session, session.next_incoming, session.next_outgoing, session.last_cl_ord_id,
                session.key, session.established);
    }
    out.section('M', s.market_count);
    for (std::uint32_t i = 1; i <= s.market_count; ++i)
        out.add(s.markets[i].listing, s.markets[i].phase, s.markets[i].last_price);
}

void add_ledger(Canonical& out, const State& s) {
    out.section('A', s.ledger.asset_count());
    for (std::uint32_t i = 1; i <= s.ledger.asset_count(); ++i) {
        const Asset& asset = s.ledger.asset(AssetId{i});
        out.add(asset.symbol, asset.issue_cap, asset.scale);
    }
    out.section('C', s.ledger.account_count());
    for (std::uint32_t account = 1; account <= s.ledger.account_count(); ++account) {
        out.add(s.ledger.account(AccountId{account}).kind, s.ledger.account(AccountId{account}).self_trade_rule);
        for (std::uint32_t asset = 1; asset <= s.ledger.asset_count(); ++asset) {
            const Balance& balance = s.ledger.balance(AccountId{account}, AssetId{asset});
            out.add(balance.available, balance.held);
        }
    }
    out.section('T', s.transfer_ids.count());
    const TransferId floor = s.transfer_ids.floor();
    out.add(floor.low, floor.high);
    s.transfer_ids.for_each([&](const MoneyRequest& request) { out.add(request); });
}

void add_order(Canonical& out, std::uint32_t slot, const RestingOrder& order, const OpenOrder& details) {
    out.add(slot, order.id, order.open, order.price(), details.cl_ord_id, details.cum, details.account,
            details.instrument, details.session, details.maker_fee, details.taker_fee, details.fee_prepaid,
            details.side, details.type, details.time_in_force, details.flags);
}

void add_books(Canonical& out, const State& s) {
    out.section('O', s.store.orders.live());
    for (std::uint32_t i = 1; i <= s.market_count; ++i) {
        for (const Side side : {Side::buy, Side::sell}) {
            out.add(side);
            s.markets[i].book.for_each_level(s.store, side, [&](const Level& level) {
                for (std::uint32_t slot = level.head; slot != kNoSlot; slot = s.store.orders[slot].next)
                    add_order(out, slot, s.store.orders[slot], s.details[slot]);
                return true;
            });
        }
    }
    out.section('F', s.store.orders.used());
    for (std::uint32_t slot = s.store.orders.first_free(); slot != kNoSlot; slot = s.store.orders[slot].next)
        out.add(slot);
}

}  // namespace

Digest Core::state_hash() const {
    const State& s = *state_;
    Canonical out;
    out.section('V', s.started ? 1 : 0);
    out.add(s.genesis, s.sequence, s.time, s.epoch, s.last_order_id, s.last_trade_id);
    add_registries(out, s);
    add_ledger(out, s);
    add_books(out, s);
    return out.finish();
}

}  // namespace dcx::core
