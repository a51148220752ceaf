// What commands will touch, brought into the cache while those before them are applied. Four looks at each command: at
// what its bytes name, then at what that names, then at that one's neighbours, then at whom it trades with. A look
// reads only what the look before it has fetched, changes nothing, and any bytes are harmless.
#include <algorithm>
#include <cstddef>

#include "core/core.h"
#include "core/state.h"

namespace dcx::core {
namespace {

// Commands ahead of the one that is applied next.
constexpr std::size_t kBytesAhead = 20;
constexpr std::size_t kFirstLook = 12;
constexpr std::size_t kSecondLook = 7;
constexpr std::size_t kThirdLook = 3;
constexpr std::size_t kLastLook = 1;

void fetch(const void* address) { __builtin_prefetch(address); }

class Looks {
  public:
    Looks(const State& state, Lookahead& seen) : s_(state), seen_(seen) {}

    void first(const Command& c) {
        Lookahead::Command& seen = seen_.begin(c);
        if (!s_.has(c.header.session)) return;
        fetch(&s_.sessions[c.header.session.value]);
        switch (c.header.kind) {
            case CommandKind::place_order: {
                const auto body = c.as<PlaceOrder>();
                if (!account(body.account)) return;
                seen.kind = Lookahead::Kind::place;
                if (s_.has(body.instrument)) {
                    const Instrument& instrument = s_.markets[body.instrument.value].instrument;
                    balance(body.account, State::paid_asset(instrument, body.side));
                    exposure(body.account, body.instrument);
                }
                s_.cl_ord_index.prefetch(hash_of_count(body.cl_ord_id.value, c.header.session.value));
                return;
            }
            case CommandKind::cancel_order: {
                const auto body = c.as<CancelOrder>();
                return change(seen, body.account, body.order_id, body.slot_hint, body.orig_cl_ord_id, c.header.session);
            }
            case CommandKind::amend_order: {
                const auto body = c.as<AmendOrder>();
                return change(seen, body.account, body.order_id, body.slot_hint, body.orig_cl_ord_id, c.header.session);
            }
            case CommandKind::transfer: {
                const auto body = c.as<Transfer>();
                balance(body.debit_account, body.asset);
                balance(body.credit_account, body.asset);
                account(body.debit_account);
                s_.transfer_ids.prefetch(body.debit_account, body.id);
                return;
            }
            default: return;
        }
    }

    // The order that a cancel or an amend names, most likely; of a new order, the one before it in its account's list.
    void second(const Command& c) {
        Lookahead::Command& seen = seen_.of(c);
        switch (seen.kind) {
            case Lookahead::Kind::none: return;
            case Lookahead::Kind::place: {
                // Another command of this number may have been looked at before.
                const AccountId account = c.as<PlaceOrder>().account;
                if (!s_.ledger.has(account)) return;
                seen.slot = s_.ledger.account(account).last_order;
                break;
            }
            case Lookahead::Kind::by_slot: break;
            case Lookahead::Kind::by_id: seen.slot = s_.order_index.likely(seen.hash); break;
            case Lookahead::Kind::by_cl_ord_id: seen.slot = s_.cl_ord_index.likely(seen.hash); break;
        }
        s_.store.orders.prefetch(seen.slot);
        fetch(&s_.details[seen.slot]);
    }

    void third(const Command& c) {
        Lookahead::Command& seen = seen_.of(c);
        if (seen.kind == Lookahead::Kind::none) return;
        if (seen.kind == Lookahead::Kind::place) {
            seen.slot = first_maker(c.as<PlaceOrder>());
            fetch(&s_.details[seen.slot]);
            return;
        }
        const RestingOrder& order = s_.store.orders[seen.slot];
        s_.store.orders.prefetch(order.prev);
        s_.store.orders.prefetch(order.next);
        const OpenOrder& details = s_.details[seen.slot];
        fetch(&s_.details[details.account_prev]);
        fetch(&s_.details[details.account_next]);
        if (s_.has(details.instrument)) {
            balance(details.account, State::paid_asset(s_.market_of(details).instrument, details.side));
            exposure(details.account, details.instrument);
        }
        // Its entry of the other index goes with it.
        if (seen.kind == Lookahead::Kind::by_cl_ord_id)
            s_.order_index.prefetch(hash_of_count(order.id.value));
        else
            s_.cl_ord_index.prefetch(hash_of_count(details.cl_ord_id.value, details.session.value));
    }

    // An order that trades at once: the money of both sides, and all that goes with the other one when it is filled.
    void last(const Command& c) const {
        const Lookahead::Command seen = seen_.of(c);
        if (seen.kind != Lookahead::Kind::place || seen.slot == kNoSlot) return;
        const OpenOrder& details = s_.details[seen.slot];
        if (!s_.has(details.instrument)) return;
        const Instrument& instrument = s_.market_of(details).instrument;
        for (const AccountId account : {details.account, c.as<PlaceOrder>().account}) {
            balance(account, instrument.base);
            balance(account, instrument.quote);
        }
        exposure(details.account, details.instrument);
        account(details.account);
        fetch(&s_.details[details.account_prev]);
        fetch(&s_.details[details.account_next]);
        s_.order_index.prefetch(hash_of_count(s_.store.orders[seen.slot].id.value));
        s_.cl_ord_index.prefetch(hash_of_count(details.cl_ord_id.value, details.session.value));
        fetch(&s_.sessions[details.session.value]);
    }

    // The looks that the first commands of a batch would have had.
    void begin(std::span<const Command> batch) {
        for (const Command& c : batch.first(std::min(batch.size(), kFirstLook))) first(c);
        for (const Command& c : batch.first(std::min(batch.size(), kSecondLook))) second(c);
        for (const Command& c : batch.first(std::min(batch.size(), kThirdLook))) third(c);
        if (!batch.empty()) last(batch.front());
    }

  private:
    // Whom the order would meet now; 0 when it would not trade.
    [[nodiscard]] std::uint32_t first_maker(const PlaceOrder& place) const {
        if (!s_.has(place.instrument) || (place.side != Side::buy && place.side != Side::sell) ||
            place.price.value < 1 || place.price.value > kMaxPrice)
            return kNoSlot;
        const Book& book = s_.markets[place.instrument.value].book;
        return book.crosses(key_of(place.side, place.price)) ? book.front(s_.store, opposite(place.side)) : kNoSlot;
    }
    bool account(AccountId id) const {
        if (!s_.ledger.has(id)) return false;
        fetch(&s_.ledger.account(id));
        return true;
    }
    void balance(AccountId account, AssetId asset) const {
        if (s_.ledger.has(account) && s_.ledger.has(asset)) fetch(&s_.ledger.balance(account, asset));
    }
    void exposure(AccountId account, InstrumentId instrument) const {
        if (s_.ledger.has(account)) fetch(&s_.exposures(account, instrument));
    }
    void change(Lookahead::Command& seen, AccountId of, OrderId id, OrderSlot hint, ClOrdId orig, SessionId session) {
        account(of);
        if (id && hint && hint.value <= s_.store.orders.capacity()) {
            seen.kind = Lookahead::Kind::by_slot;
            seen.slot = hint.value;
            s_.store.orders.prefetch(hint.value);
        } else if (id) {
            seen.kind = Lookahead::Kind::by_id;
            seen.hash = hash_of_count(id.value);
            s_.order_index.prefetch(seen.hash);
        } else {
            seen.kind = Lookahead::Kind::by_cl_ord_id;
            seen.hash = hash_of_count(orig.value, session.value);
            s_.cl_ord_index.prefetch(seen.hash);
        }
    }

    const State& s_;
    Lookahead& seen_;
};

}  // namespace

void Core::prefetch(std::span<const Command> next) {
    if (!state_->started) return;
    Looks looks(*state_, lookahead_);
    // A replay's commands come from afar.
    if (next.size() > kBytesAhead) {
        const auto* const bytes = reinterpret_cast<const std::byte*>(&next[kBytesAhead]);
        fetch(bytes);
        fetch(bytes + sizeof(Command) / 2);
    }
    if (next.size() > kFirstLook) looks.first(next[kFirstLook]);
    if (next.size() > kSecondLook) looks.second(next[kSecondLook]);
    if (next.size() > kThirdLook) looks.third(next[kThirdLook]);
    if (next.size() > kLastLook) looks.last(next[kLastLook]);
}

std::size_t Core::apply(std::span<const Command> commands, EventWriter& out, std::uint64_t room) {
    const std::uint64_t end = out.position + room;
    std::size_t applied = 0;
    if (state_->started) Looks(*state_, lookahead_).begin(commands);
    while (applied < commands.size()) {
        if (end - out.position < max_events_) break;
        prefetch(commands.subspan(applied));
        apply(commands[applied++], out);
    }
    return applied;
}

}  // namespace dcx::core
