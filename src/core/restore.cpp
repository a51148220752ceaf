// The state told as events, so that a fresh reader can begin: registries, balances, sessions, then the books.
#include "core/apply.h"
#include "core/core.h"

namespace dcx::core {
namespace {

// Sections in the order in which they are told. A cursor's `item` counts within a section.
enum Section : std::uint32_t { accounts, keys, assets, markets, balances, sessions, orders, done };

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
        Event& event = out_.append();
        event.header = {.sequence = s_.sequence,
                        .time = s_.time,
                        .applied_time = {},
                        .index = cursor_.index++,
                        .session = {},
                        .wait_ns = 0,
                        .kind = Body::kind,
                        .flags = kRestored,
                        .gateway = 0,
                        .zero = 0};
        event.set(body);
        --room_;
    }

    // The section's next item, if it has one.
    bool tell_item() {
        const auto next = static_cast<std::uint32_t>(cursor_.item + 1);
        switch (cursor_.section) {
            case accounts: return next <= s_.ledger.account_count() && tell_account(AccountId{next});
            case keys: return next <= s_.key_count && tell_key(KeyId{next});
            case assets: return next <= s_.ledger.asset_count() && tell_asset(AssetId{next});
            case markets: return next <= s_.market_count && tell_market(s_.markets[next]);
            case balances: return tell_balance();
            case sessions: return next <= s_.session_count && tell_session(SessionId{next});
            default: return tell_order();
        }
    }
    bool tell_account(AccountId id) {
        const Account& account = s_.ledger.account(id);
        emit(AccountOpened{.reference = 0,
                           .account = id,
                           .account_kind = account.kind,
                           .self_trade_rule = account.self_trade_rule,
                           .zero = {}});
        return ++cursor_.item;
    }
    bool tell_key(KeyId id) {
        const Key& key = s_.keys[id.value];
        emit(KeyAdded{.public_key = key.public_key,
                      .key = id,
                      .account = key.account,
                      .permissions = key.permissions,
                      .revoked = key.revoked});
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
            if (!balance.available && !balance.held) continue;
            emit(BalanceRestored{
                .available = balance.available, .held = balance.held, .account = account, .asset = asset});
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
                               .zero = {}});
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
