// What commands will touch, brought into the cache while those before them are applied. Three looks at each command: at
// what its bytes name, then at what that names, then at that one's neighbours. A look reads only what the look before
// it has fetched, changes nothing, and any bytes are harmless.
#include <cstddef>

#include "core/core.h"
#include "core/state.h"

namespace dcx::core {
namespace {

// Commands ahead of the one that is applied next.
constexpr std::size_t kFirstLook = 12;
constexpr std::size_t kSecondLook = 7;
constexpr std::size_t kThirdLook = 3;

void fetch(const void* address) { __builtin_prefetch(address); }

class Looks {
  public:
    explicit Looks(const State& state) : s_(state) {}

    void first(const Command& c) const {
        if (!s_.has(c.header.session)) return;
        fetch(&s_.sessions[c.header.session.value]);
        switch (c.header.kind) {
            case CommandKind::place_order: {
                const auto body = c.as<PlaceOrder>();
                account(body.account);
                if (s_.has(body.instrument)) {
                    const Instrument& instrument = s_.markets[body.instrument.value].instrument;
                    balance(body.account, State::paid_asset(instrument, body.side));
                }
                s_.cl_ord_index.prefetch(hash_of(body.cl_ord_id.value, c.header.session.value));
                return;
            }
            case CommandKind::cancel_order: {
                const auto body = c.as<CancelOrder>();
                return change(body.account, body.order_id, body.slot_hint, body.orig_cl_ord_id, c.header.session);
            }
            case CommandKind::amend_order: {
                const auto body = c.as<AmendOrder>();
                return change(body.account, body.order_id, body.slot_hint, body.orig_cl_ord_id, c.header.session);
            }
            case CommandKind::transfer: {
                const auto body = c.as<Transfer>();
                balance(body.debit_account, body.asset);
                balance(body.credit_account, body.asset);
                s_.transfer_ids.prefetch(body.debit_account, body.id);
                return;
            }
            default: return;
        }
    }

    void second(const Command& c) const {
        if (!s_.has(c.header.session)) return;
        fetch(&s_.keys[s_.sessions[c.header.session.value].key.value]);
        switch (c.header.kind) {
            case CommandKind::place_order: {
                const AccountId account = c.as<PlaceOrder>().account;
                if (s_.ledger.has(account)) fetch(&s_.details[s_.ledger.account(account).last_order]);
                return;
            }
            case CommandKind::cancel_order:
            case CommandKind::amend_order: {
                const std::uint32_t slot = named(c);
                s_.store.orders.prefetch(slot);
                fetch(&s_.details[slot]);
                return;
            }
            default: return;
        }
    }

    void third(const Command& c) const {
        if (c.header.kind != CommandKind::cancel_order && c.header.kind != CommandKind::amend_order) return;
        const std::uint32_t slot = named(c);
        const RestingOrder& order = s_.store.orders[slot];
        s_.store.orders.prefetch(order.prev);
        s_.store.orders.prefetch(order.next);
        const OpenOrder& details = s_.details[slot];
        fetch(&s_.details[details.account_prev]);
        fetch(&s_.details[details.account_next]);
        if (s_.has(details.instrument))
            balance(details.account, State::paid_asset(s_.market_of(details).instrument, details.side));
        // Its entry of the other index goes with it.
        const bool by_id = c.header.kind == CommandKind::cancel_order ? bool(c.as<CancelOrder>().order_id)
                                                                      : bool(c.as<AmendOrder>().order_id);
        if (by_id)
            s_.cl_ord_index.prefetch(hash_of(details.cl_ord_id.value, details.session.value));
        else
            s_.order_index.prefetch(hash_of(order.id.value));
    }

  private:
    void account(AccountId id) const {
        if (s_.ledger.has(id)) fetch(&s_.ledger.account(id));
    }
    void balance(AccountId account, AssetId asset) const {
        if (s_.ledger.has(account) && s_.ledger.has(asset)) fetch(&s_.ledger.balance(account, asset));
    }
    void change(AccountId of, OrderId id, OrderSlot hint, ClOrdId orig, SessionId session) const {
        account(of);
        if (id && hint)
            s_.store.orders.prefetch(hint.value);
        else if (id)
            s_.order_index.prefetch(hash_of(id.value));
        else
            s_.cl_ord_index.prefetch(hash_of(orig.value, session.value));
    }
    // The slot of the order, most likely; 0 when there is no such order. Doesn't look into the order itself.
    [[nodiscard]] std::uint32_t named(const Command& c) const {
        // Both bodies begin alike.
        const auto body = c.as<CancelOrder>();
        OrderSlot hint = body.slot_hint;
        if (c.header.kind == CommandKind::amend_order) hint = c.as<AmendOrder>().slot_hint;
        if (!body.order_id) return s_.cl_ord_index.likely(hash_of(body.orig_cl_ord_id.value, c.header.session.value));
        if (hint && hint.value <= s_.store.orders.capacity()) return hint.value;
        return s_.order_index.likely(hash_of(body.order_id.value));
    }

    const State& s_;
};

}  // namespace

void Core::prefetch(std::span<const Command> next) const {
    if (!state_->started) return;
    const Looks looks(*state_);
    if (next.size() > kFirstLook) looks.first(next[kFirstLook]);
    if (next.size() > kSecondLook) looks.second(next[kSecondLook]);
    if (next.size() > kThirdLook) looks.third(next[kThirdLook]);
}

std::size_t Core::apply(std::span<const Command> commands, EventWriter& out, std::uint64_t room) {
    const std::uint64_t end = out.position + room;
    std::size_t applied = 0;
    while (applied < commands.size() && end - out.position >= max_events_per_command()) {
        prefetch(commands.subspan(applied));
        apply(commands[applied++], out);
    }
    return applied;
}

}  // namespace dcx::core
