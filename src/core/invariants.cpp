// Every promise about the state, recomputed from scratch. For tests, the simulator and audits; slow.
#include <map>
#include <sstream>

#include "core/core.h"
#include "core/state.h"

namespace dcx::core {
namespace {

using Held = std::map<std::pair<std::uint32_t, std::uint32_t>, int128>;

void check_queue(const State& s, const Market& market, Side side, const Level& level, Held& held,
                 std::ostringstream& broken, std::uint32_t& count) {
    const Price price = price_of(level.key);
    std::uint32_t previous = kNoSlot;
    Quantity open{};
    std::uint32_t orders = 0;
    for (std::uint32_t slot = level.head; slot != kNoSlot; slot = s.store.orders[slot].next) {
        const RestingOrder& order = s.store.orders[slot];
        const OpenOrder& details = s.details[slot];
        if (++count > s.store.orders.live()) break;  // a loop in the queue; the count tells
        if (order.prev != previous || order.price() != price || order.side() != side || details.side != side ||
            details.instrument != market.instrument.id || order.open.value <= 0)
            broken << "order " << order.id.value << " does not belong where it stands; ";
        if (s.find_order(order.id, OrderSlot{}) != slot) broken << "order " << order.id.value << " is not indexed; ";
        if (s.find_order(details.session, details.cl_ord_id) != slot)
            broken << "order " << order.id.value << " is not indexed by cl_ord_id; ";
        const AssetId asset = State::paid_asset(market.instrument, side);
        held[{details.account.value, asset.value}] += State::hold_of(market.instrument, side, price, order.open).value;
        open += order.open;
        ++orders;
        previous = slot;
    }
    if (level.tail != previous) broken << "a queue's tail is not its last order; ";
    if (level.open != open || level.orders != orders) broken << "a level's sums are not those of its queue; ";
}

void check_books(const State& s, Held& held, std::ostringstream& broken) {
    std::uint32_t count = 0;
    std::uint32_t levels = 0;
    for (std::uint32_t i = 1; i <= s.market_count; ++i) {
        const Market& market = s.markets[i];
        for (const Side side : {Side::buy, Side::sell})
            market.book.for_each_level(s.store, side, [&](const Level& level) {
                if (level.head == kNoSlot) broken << "an empty level; ";
                check_queue(s, market, side, level, held, broken, count);
                ++levels;
                return true;
            });
        if (!market.book.empty(Side::buy) && !market.book.empty(Side::sell) &&
            market.book.best(Side::buy) >= market.book.best(Side::sell))
            broken << "instrument " << i << " is crossed; ";
    }
    if (levels != s.store.levels.in_use)
        broken << "levels: " << levels << " in books, " << s.store.levels.in_use << " counted; ";
    if (count != s.store.orders.live())
        broken << "open orders: " << count << " in books, " << s.store.orders.live() << " in use; ";
}

// Every open order is in its account's list once, and nothing else is, in the order of ids.
void check_lists(const State& s, std::ostringstream& broken) {
    std::uint32_t count = 0;
    for (std::uint32_t i = 1; i <= s.ledger.account_count(); ++i) {
        const Account& account = s.ledger.account(AccountId{i});
        std::uint32_t previous = kNoSlot;
        OrderId last{};
        std::uint32_t own = 0;
        for (std::uint32_t slot = account.first_order; slot != kNoSlot; slot = s.details[slot].account_next) {
            if (++count > s.store.orders.live()) break;
            ++own;
            if (s.details[slot].account != AccountId{i} || s.details[slot].account_prev != previous ||
                s.store.orders[slot].id <= last)
                broken << "account " << i << " has a wrong list of orders; ";
            previous = slot;
            last = s.store.orders[slot].id;
        }
        if (account.last_order != previous) broken << "account " << i << " has a list without its end; ";
        if (account.open_orders != own) broken << "account " << i << " counts its open orders wrongly; ";
    }
    if (count != s.store.orders.live()) broken << count << " orders in the accounts' lists; ";
}

// What sessions keep of their keys.
void check_sessions(const State& s, std::ostringstream& broken) {
    if (s.handover_grace_ms > kMaxGraceMs) broken << "a handover with too long a grace; ";
    for (std::uint32_t i = 1; i <= s.session_count; ++i) {
        const Session& session = s.sessions[i];
        const Key& key = s.keys[session.key.value];
        if (session.account != key.account || session.permissions != key.permissions ||
            session.key_revoked != key.revoked)
            broken << "session " << i << " is not as its key is; ";
    }
}

// What exposures keep of open orders, added up again.
void check_exposures(const State& s, std::ostringstream& broken) {
    struct Open {
        int128 buy = 0;
        int128 sell = 0;
        std::uint32_t orders = 0;
    };
    std::map<std::pair<std::uint32_t, std::uint32_t>, Open> expected;
    for (std::uint32_t i = 1; i <= s.ledger.account_count(); ++i)
        for (std::uint32_t slot = s.ledger.account(AccountId{i}).first_order; slot != kNoSlot;
             slot = s.details[slot].account_next) {
            Open& open = expected[{i, s.details[slot].instrument.value}];
            (s.details[slot].side == Side::buy ? open.buy : open.sell) += s.store.orders[slot].open.value;
            ++open.orders;
        }
    for (std::uint32_t i = 1; i <= s.ledger.account_count(); ++i)
        for (std::uint32_t m = 1; m <= s.market_count; ++m) {
            const Exposure& exposure = s.exposures(AccountId{i}, InstrumentId{m});
            const Open open = expected[{i, m}];
            if (exposure.open_buy.value != open.buy || exposure.open_sell.value != open.sell ||
                exposure.open_orders != open.orders)
                broken << "account " << i << " has a wrong exposure in market " << m << "; ";
        }
}

void check_pending(const State& s, Held& held, std::ostringstream& broken) {
    std::uint32_t count = 0;
    for (std::uint32_t slot = s.pending.first(); slot != 0 && count <= s.pending.count();
         slot = s.pending[slot].next, ++count) {
        const PendingTransfer& pending = s.pending[slot];
        if (s.pending.find(pending.scope, pending.id) != slot) broken << "a pending transfer is not indexed; ";
        if (pending.amount.value < 1) broken << "a pending transfer of nothing; ";
        held[{pending.debit.value, pending.asset.value}] += pending.amount.value;
    }
    if (count != s.pending.count()) broken << count << " pending transfers in their list; ";
}

void check_ledger(const State& s, const Held& held, std::ostringstream& broken) {
    for (std::uint32_t asset = 1; asset <= s.ledger.asset_count(); ++asset) {
        int128 sum = 0;
        for (std::uint32_t account = 1; account <= s.ledger.account_count(); ++account) {
            const Balance& b = s.ledger.balance(AccountId{account}, AssetId{asset});
            sum += int128{b.available.value} + b.held.value;
            if (b.held.value < 0 || (AccountId{account} != kIssuanceAccount && b.available.value < 0))
                broken << "account " << account << " is below zero in asset " << asset << "; ";
            const auto expected = held.find({account, asset});
            if (b.held.value != (expected == held.end() ? 0 : expected->second))
                broken << "account " << account << " holds " << b.held.value << " of asset " << asset
                       << ", not what its open orders and pending transfers need; ";
            if (int128{b.available.value} + b.held.value != static_cast<int128>(b.credits - b.debits))
                broken << "account " << account << " has a turnover in asset " << asset << " that is not its balance; ";
        }
        if (sum != 0) broken << "asset " << asset << " does not sum to zero; ";
        if (s.ledger.balance(kIssuanceAccount, AssetId{asset}).held) broken << "the issuance account holds; ";
        const Amount issued = s.ledger.issued(AssetId{asset});
        if (issued.value < 0 || issued > s.ledger.asset(AssetId{asset}).issue_cap)
            broken << "asset " << asset << " is issued beyond its cap; ";
    }
}

// The venue pays each withdrawal by one payout at a time, and no more than it asked for.
void check_payouts(const State& s, std::ostringstream& broken) {
    const Payouts& payouts = s.custody.payouts;
    std::uint32_t count = 0;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> payers;
    for (std::uint32_t slot = payouts.first(); slot != 0 && count <= payouts.count();
         slot = payouts[slot].next, ++count) {
        const Payout& payout = payouts[slot];
        if (payouts.find(payout.tx_hash) != slot) broken << "a payout is not indexed; ";
        const bool sweep = payout.kind == PayoutKind::sweep;
        const std::uint32_t address = sweep ? s.find_address(payout.account, payout.index) : payout.index;
        if (sweep ? address == 0 : !s.custody.has_venue_address(address)) {
            broken << "a payout from nowhere; ";
            continue;
        }
        const SigningAddress& payer = sweep ? s.addresses[address].signing : s.custody.venue_addresses[address].signing;
        if (++payers[{sweep ? 1 : 0, address}] != 1 || payer.busy == 0 || payer.last_nonce != payout.nonce)
            broken << "an address pays twice at a time; ";
        if (sweep != (payout.pending == 0)) broken << "a payout of nothing; ";
        if (payout.pending == 0) continue;
        const PendingTransfer& pending = s.pending[payout.pending];
        if (pending.payout != slot || pending.id != payout.id || pending.scope != payout.account ||
            !pending.withdrawal() || payout.amount.value < 1 || payout.amount > pending.amount - pending.settled)
            broken << "a payout that is not its withdrawal's; ";
    }
    if (count != payouts.count()) broken << count << " payouts in their list; ";
    std::uint32_t busy = 0;
    for (std::uint32_t i = 1; i <= s.address_count; ++i) busy += s.addresses[i].signing.busy;
    for (std::uint32_t i = 1; i <= s.custody.venue_address_count; ++i)
        busy += s.custody.venue_addresses[i].signing.busy;
    if (busy != count) broken << busy << " addresses are busy with " << count << " payouts; ";
    for (std::uint32_t slot = s.pending.first(); slot != 0; slot = s.pending[slot].next) {
        const PendingTransfer& pending = s.pending[slot];
        const bool settled_some = pending.settled.value > 0 && pending.settled < pending.amount;
        if (pending.settled && (!pending.withdrawal() || !settled_some)) broken << "a withdrawal is paid too much; ";
        if (pending.payout != 0 && payouts[pending.payout].pending != slot) broken << "a withdrawal's payout is gone; ";
    }
}

void check_custody(const State& s, std::ostringstream& broken) {
    const Custody& custody = s.custody;
    if (custody.payouts_on && !custody.chain.is_set()) broken << "payouts are on without a chain; ";
    std::uint32_t orphans_listed = 0;
    std::uint32_t listed = 0;
    // Counted, as nothing is above the greatest height.
    const std::uint64_t oldest = custody.chain.is_set() ? custody.chain.oldest() : 0;
    const std::uint64_t blocks = custody.chain.is_set() ? custody.chain.height() - oldest + 1 : 0;
    for (std::uint64_t height = oldest; height - oldest < blocks; ++height)
        for (std::uint32_t slot = custody.chain.block(height).first_deposit;
             slot != 0 && listed <= custody.deposits.count(); slot = custody.deposits[slot].next, ++listed)
            if (custody.deposits[slot].orphaned != 0 || custody.deposits[slot].height != height) ++orphans_listed;
    if (orphans_listed != 0) broken << orphans_listed << " deposits stand in a block that is not theirs; ";
    std::uint32_t expected = 0;
    for (std::uint32_t i = 1; i <= custody.deposits.count(); ++i) {
        const Deposit& deposit = custody.deposits[i];
        if (custody.deposits.find(deposit.tx_hash) != i) broken << "a deposit is not indexed; ";
        if (deposit.reversed != 0 && deposit.orphaned == 0) broken << "a deposit was reversed that still counts; ";
        if (deposit.orphaned == 0 && custody.chain.is_set() && deposit.era == custody.chain.era() &&
            custody.chain.remembers(deposit.height))
            ++expected;
    }
    if (listed != expected) broken << listed << " deposits in blocks, not " << expected << "; ";
    for (std::uint32_t i = 1; i <= s.ledger.asset_count(); ++i)
        if (custody.assets[i].unbacked.value < 0) broken << "asset " << i << " is backed by more than it has; ";
    std::uint32_t allowed = 0;
    for (std::uint32_t i = 1; i <= s.ledger.account_count(); ++i)
        for (std::uint32_t slot = s.ledger.account(AccountId{i}).first_allowed; slot != 0;
             slot = custody.allowed[slot].next)
            ++allowed;
    if (allowed != custody.allowed.count()) broken << allowed << " allowed addresses in their lists; ";
}

}  // namespace

std::string Core::check_invariants() const {
    std::ostringstream broken;
    Held held;
    check_books(*state_, held, broken);
    check_lists(*state_, broken);
    check_sessions(*state_, broken);
    check_exposures(*state_, broken);
    check_pending(*state_, held, broken);
    check_ledger(*state_, held, broken);
    if (state_->has_custody()) {
        check_payouts(*state_, broken);
        check_custody(*state_, broken);
    }
    return broken.str();
}

}  // namespace dcx::core
