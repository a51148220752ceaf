// The state told as events, so that a fresh reader can begin: registries with their limits, balances, pending
// transfers, proposals, sessions, then the books.
#include "core/apply.h"
#include "core/core.h"
#include "core/custody/telling.h"

namespace dcx::core {
namespace {

// Sections in the order in which they are told. A cursor's `item` counts within a section.
enum Section : std::uint32_t {
    accounts,
    account_limits,
    account_rates,
    addresses,
    keys,
    assets,
    asset_limits,
    markets,
    market_limits,
    fees,
    position_limits,
    venue,
    balances,
    pending,
    custody,
    proposals,
    sessions,
    orders,
    done
};

class Telling {
  public:
    Telling(const State& state, RestoreCursor& cursor, EventWriter& out, std::uint64_t room)
        : s_(state), cursor_(cursor), out_(out), room_(room) {}

    // True when everything has been told.
    bool run() {
        while (room_ > 0 && cursor_.section < done) {
            if (!tell_item()) {
                ++cursor_.section;
                cursor_.item = 0;
                cursor_.within = 0;
            }
        }
        if (room_ == 0 || cursor_.section != done) return false;
        emit(RestoreCompleted{.venue_id = s_.genesis.venue_id,
                              .epoch = s_.epoch,
                              .last_trade_id = TradeId{s_.last_trade_id},
                              .simulated = s_.genesis.simulated,
                              .zero = {}});
        out_.at(out_.position - 1).header.flags |= kLastOfCommand;
        return true;
    }

  private:
    template <EventBody Body>
    void emit(const Body& body) {
        Event event;
        event.set(body);
        put(event);
    }
    // With its header.
    void put(const Event& told) {
        Event& event = out_.append();
        event = told;
        event.header = {.sequence = s_.sequence,
                        .time = s_.time,
                        .applied_time = {},
                        .index = cursor_.index++,
                        .session = {},
                        .wait_ns = 0,
                        .kind = told.header.kind,
                        .flags = kRestored,
                        .gateway = 0,
                        .zero = 0};
        --room_;
    }

    // The section's next item, if it has one.
    bool tell_item() {
        const auto next = static_cast<std::uint32_t>(cursor_.item + 1);
        switch (cursor_.section) {
            case accounts: return next <= s_.ledger.account_count() && tell_account(AccountId{next});
            case account_limits: return tell_account_limits();
            case account_rates: return tell_account_rate();
            case addresses: return next <= s_.address_count && tell_address(s_.addresses[next]);
            case keys: return next <= s_.key_count && tell_key(KeyId{next});
            case assets: return next <= s_.ledger.asset_count() && tell_asset(AssetId{next});
            case asset_limits: return next <= s_.ledger.asset_count() && tell_asset_limits(AssetId{next});
            case markets: return next <= s_.market_count && tell_market(s_.markets[next]);
            case market_limits: return next <= s_.market_count && tell_market_limits(s_.markets[next]);
            case fees: return tell_fees();
            case position_limits: return tell_position_limits();
            case venue: return tell_kill_switches();
            case balances: return tell_balance();
            case pending: return tell_pending();
            case custody: return tell_custody();
            case proposals: return tell_proposal();
            case sessions: return next <= s_.session_count && tell_session(SessionId{next});
            default: return tell_order();
        }
    }
    bool tell_account(AccountId id) {
        const Account& account = s_.ledger.account(id);
        emit(AccountOpened{.reference = 0,
                           .account = id,
                           .owner = account.owner,
                           .account_kind = account.kind,
                           .self_trade_rule = account.self_trade_rule,
                           .flags = account.flags,
                           .zero = {}});
        return ++cursor_.item;
    }
    // Limits that are none are not told.
    bool tell_account_limits() {
        for (; cursor_.item < s_.ledger.account_count(); ++cursor_.item) {
            const AccountId id{static_cast<std::uint32_t>(cursor_.item) + 1};
            const Account& account = s_.ledger.account(id);
            if (account.max_open_orders == 0 && account.orders_per_second == 0 && account.fee_tier == 0) continue;
            emit(AccountLimitsSet{.account = id,
                                  .max_open_orders = account.max_open_orders,
                                  .orders_per_second = account.orders_per_second,
                                  .burst = account.burst,
                                  .fee_tier = account.fee_tier,
                                  .zero = {}});
            return ++cursor_.item;
        }
        return false;
    }
    // Full ones are not told.
    bool tell_account_rate() {
        for (; cursor_.item < s_.ledger.account_count(); ++cursor_.item) {
            const AccountId id{static_cast<std::uint32_t>(cursor_.item) + 1};
            const Account& account = s_.ledger.account(id);
            if (account.throttled_until <= s_.time) continue;
            emit(AccountRateRestored{.full_at = account.throttled_until, .account = id, .zero = 0});
            return ++cursor_.item;
        }
        return false;
    }
    bool tell_address(const RegisteredAddress& address) {
        emit(AddressRegistered{
            .account = address.account, .index = address.index, .address = address.address, .zero = {}});
        return ++cursor_.item;
    }
    bool tell_asset_limits(AssetId id) {
        const AssetLimits& limits = s_.ledger.limits(id);
        emit(AssetLimitsSet{.mint_ceiling = limits.mint_ceiling,
                            .dual_control_above = limits.dual_control_above,
                            .asset = id,
                            .transfer_fee = limits.transfer_fee});
        return ++cursor_.item;
    }
    bool tell_market_limits(const Market& market) {
        emit(market.limits);
        return ++cursor_.item;
    }
    // Items count (market, tier) pairs; those as listed are passed over.
    bool tell_fees() {
        for (; cursor_.item < std::uint64_t{s_.market_count} * kFeeTiers; ++cursor_.item) {
            const Market& market = s_.markets[cursor_.item / kFeeTiers + 1];
            const auto tier = static_cast<std::uint8_t>(cursor_.item % kFeeTiers);
            const FeeRates& rates = market.fees[tier];
            if (rates.maker == market.listing.maker_fee && rates.taker == market.listing.taker_fee) continue;
            emit(FeesSet{.instrument = market.listing.instrument,
                         .maker_fee = rates.maker,
                         .taker_fee = rates.taker,
                         .tier = tier,
                         .zero = {}});
            return ++cursor_.item;
        }
        return false;
    }
    bool tell_position_limits() {
        for (; cursor_.item < std::uint64_t{s_.ledger.account_count()} * s_.market_count; ++cursor_.item) {
            const AccountId account{static_cast<std::uint32_t>(cursor_.item / s_.market_count) + 1};
            const InstrumentId instrument{static_cast<std::uint32_t>(cursor_.item % s_.market_count) + 1};
            const Exposure& exposure = s_.exposures(account, instrument);
            if (!exposure.max_position && !exposure.max_daily_loss) continue;
            emit(PositionLimitsSet{.max_position = exposure.max_position,
                                   .max_daily_loss = exposure.max_daily_loss,
                                   .account = account,
                                   .instrument = instrument});
            return ++cursor_.item;
        }
        return false;
    }
    // Of the markets, then of the venue (accounts have theirs in AccountOpened); only those that are on.
    bool tell_kill_switches() {
        for (; cursor_.item <= s_.market_count; ++cursor_.item) {
            const auto market = static_cast<std::uint32_t>(cursor_.item == s_.market_count ? 0 : cursor_.item + 1);
            const bool killed = market == 0 ? s_.killed : s_.markets[market].killed;
            const DeadlineHandle left = market == 0 ? s_.kill_deadline : s_.markets[market].kill_deadline;
            if (!killed) continue;
            emit(KillSwitchSet{.reference = 0,
                               .account = {},
                               .instrument = InstrumentId{market},
                               .canceled = 0,
                               .on = 1,
                               .complete = std::uint8_t{left == 0},
                               .zero = {}});
            return ++cursor_.item;
        }
        return false;
    }
    // `within` is the slot told last.
    bool tell_pending() {
        const std::uint32_t slot =
            cursor_.within == 0 ? s_.pending.first() : s_.pending[static_cast<std::uint32_t>(cursor_.within)].next;
        if (slot == 0) return false;
        const PendingTransfer& pending = s_.pending[slot];
        const Balance& balance = s_.ledger.balance(pending.debit, pending.asset);
        if (pending.withdrawal())
            emit(WithdrawalRequested{.id = pending.id,
                                     .amount = pending.amount,
                                     .available = balance.available,
                                     .held = balance.held,
                                     .account = pending.debit,
                                     .asset = pending.asset,
                                     .scope = pending.scope,
                                     .address = pending.address,
                                     .zero = {}});
        else
            emit(TransferPended{.id = pending.id,
                                .amount = pending.amount,
                                .available = balance.available,
                                .held = balance.held,
                                .expires = s_.deadlines.time_of(pending.deadline),
                                .debit_account = pending.debit,
                                .credit_account = pending.credit,
                                .asset = pending.asset,
                                .scope = pending.scope});
        cursor_.within = slot;
        return true;
    }
    bool tell_custody() {
        Event event;
        const bool told = next_of_custody(s_, cursor_, event);
        if (told) put(event);
        return told;
    }
    // Two events each; `within` tells whether the first one is out.
    bool tell_proposal() {
        if (cursor_.item >= s_.proposal_count) return false;
        const Proposal& proposal = s_.proposals[cursor_.item];
        if (cursor_.within == 0) {
            emit(CommandProposed{.proposal = proposal.id,
                                 .expires = s_.deadlines.time_of(proposal.deadline),
                                 .proposer = proposal.proposer,
                                 .proposed = proposal.proposed,
                                 .zero = 0,
                                 .approved_by = proposal.approved_by,
                                 .zero_too = 0});
            return ++cursor_.within;
        }
        emit(ProposalBody{.body = proposal.body});
        cursor_.within = 0;
        return ++cursor_.item;
    }
    bool tell_key(KeyId id) {
        const Key& key = s_.keys[id.value];
        emit(KeyAdded{.public_key = key.public_key,
                      .key = id,
                      .account = key.account,
                      .permissions = key.permissions,
                      .revoked = key.revoked,
                      .person = key.person,
                      .zero = 0});
        return ++cursor_.item;
    }
    bool tell_asset(AssetId id) {
        const Asset& asset = s_.ledger.asset(id);
        emit(AssetListed{.symbol = asset.symbol,
                         .issue_cap = asset.issue_cap,
                         .asset = id,
                         .scale = static_cast<std::uint8_t>(asset.scale),
                         .zero = {}});
        return ++cursor_.item;
    }
    bool tell_market(const Market& market) {
        InstrumentListed listing = market.listing;
        listing.phase = market.phase;
        listing.last_price = market.last_price;
        emit(listing);
        return ++cursor_.item;
    }
    // Items count (account, asset) pairs; pairs that hold nothing are passed over.
    bool tell_balance() {
        const std::uint64_t assets_count = s_.ledger.asset_count();
        for (; cursor_.item < s_.ledger.account_count() * assets_count; ++cursor_.item) {
            const AccountId account{static_cast<std::uint32_t>(cursor_.item / assets_count) + 1};
            const AssetId asset{static_cast<std::uint32_t>(cursor_.item % assets_count) + 1};
            const Balance& balance = s_.ledger.balance(account, asset);
            if (balance.debits == 0 && balance.credits == 0) continue;  // nothing ever moved here
            emit(BalanceRestored{.available = balance.available,
                                 .held = balance.held,
                                 .debits_low = static_cast<std::uint64_t>(balance.debits),
                                 .debits_high = static_cast<std::uint64_t>(balance.debits >> 64),
                                 .credits_low = static_cast<std::uint64_t>(balance.credits),
                                 .credits_high = static_cast<std::uint64_t>(balance.credits >> 64),
                                 .account = account,
                                 .asset = asset});
            return ++cursor_.item;
        }
        return false;
    }
    bool tell_session(SessionId id) {
        const Session& session = s_.sessions[id.value];
        emit(SessionRestored{.client_session = session.client_session,
                             .next_incoming = session.next_incoming,
                             .next_outgoing = session.next_outgoing,
                             .last_cl_ord_id = session.last_cl_ord_id,
                             .session = id,
                             .key = session.key});
        return ++cursor_.item;
    }
    // `item` is market x 2 + side; `within` the slot told last, 0 at a side's start.
    bool tell_order() {
        for (; cursor_.item < std::uint64_t{s_.market_count} * 2; ++cursor_.item, cursor_.within = 0) {
            const auto market = static_cast<std::uint32_t>(cursor_.item / 2) + 1;
            const Side side = cursor_.item % 2 == 0 ? Side::buy : Side::sell;
            const std::uint32_t slot = next_slot(s_.markets[market].book, side);
            if (slot == kNoSlot) continue;
            const RestingOrder& order = s_.store.orders[slot];
            const OpenOrder& details = s_.details[slot];
            emit(OrderRestored{.order_id = order.id,
                               .cl_ord_id = details.cl_ord_id,
                               .price = order.price(),
                               .quantity = details.cum + order.open,
                               .leaves = order.open,
                               .account = details.account,
                               .instrument = details.instrument,
                               .slot = OrderSlot{slot},
                               .owner = details.session,
                               .side = side,
                               .flags = details.flags,
                               .time_in_force = details.time_in_force,
                               .zero = {},
                               .expire_at = s_.deadlines.time_of(details.deadline),
                               .cum_notional = details.cum_notional});
            cursor_.within = slot;
            return true;
        }
        return false;
    }
    [[nodiscard]] std::uint32_t next_slot(const Book& book, Side side) const {
        if (cursor_.within == 0) return book.empty(side) ? kNoSlot : book.level(s_.store, side, book.best(side))->head;
        return book.behind(s_.store, static_cast<std::uint32_t>(cursor_.within));
    }

    const State& s_;
    RestoreCursor& cursor_;
    EventWriter& out_;
    std::uint64_t room_;
};

}  // namespace

bool Core::restore(RestoreCursor& cursor, EventWriter& out, std::uint64_t room) const {
    return Telling(*state_, cursor, out, room).run();
}

}  // namespace dcx::core
