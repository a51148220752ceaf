// ReadModel: what a gateway knows of the venue from events alone. It follows the log from a source's restored state on:
// who there is (RegistryView), what is owned (LedgerView), what is ordered (OrderView). as_of() names the last command
// in it. It trusts its events, which come from our own core.
//
// One thread. Memory grows with what is registered, owned, open and pending; histories are bounded.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "gateway/ledger_view.h"
#include "gateway/order_view.h"
#include "gateway/registry_view.h"
#include "model/event.h"
#include "model/types.h"

namespace dcx::gateway {

struct VenueIdentity {
    std::array<std::byte, 16> venue_id{};
    std::uint64_t epoch{};
};

class ReadModel {
  public:
    // The events of one batch in their order, with what those that come next will touch on its way into the cache; each
    // is given to `told` when it has been applied.
    template <class Told>
    void apply(std::span<const Event> events, const Told& told) {
        for (std::size_t i = 0; i < std::min(events.size(), kFirstLook); ++i) look_first(events[i]);
        for (std::size_t i = 0; i < std::min(events.size(), kSecondLook); ++i) look_closer(events[i]);
        for (std::size_t i = 0; i < events.size(); ++i) {
            if (i + kFirstLook < events.size()) look_first(events[i + kFirstLook]);
            if (i + kSecondLook < events.size()) look_closer(events[i + kSecondLook]);
            apply(events[i]);
            told(events[i]);
        }
    }
    void apply(const Event& event);

    // The restored state is complete and this start's epoch has begun: it can be served from.
    [[nodiscard]] bool live() const { return restored_ && epoch_started_; }
    [[nodiscard]] const VenueIdentity& identity() const { return identity_; }
    [[nodiscard]] Sequence as_of() const { return as_of_; }
    // The log time of a command that came now: never before that of the last one.
    [[nodiscard]] Time log_time(Time now) const { return now > time_ ? now : time_; }
    // All events of that command are in it: the only moments at which the whole is consistent.
    [[nodiscard]] bool whole() const { return whole_; }
    // Where its start's log ended: histories begin behind it.
    [[nodiscard]] Sequence begun_at() const { return begun_at_; }

    [[nodiscard]] const RegistryView& registry() const { return registry_; }
    [[nodiscard]] const LedgerView& ledger() const { return ledger_; }
    [[nodiscard]] const OrderView& orders() const { return orders_; }

    [[nodiscard]] const KnownKey* key(KeyId id) const { return registry_.key(id); }
    [[nodiscard]] bool has_account(AccountId id) const { return registry_.account(id) != nullptr; }
    [[nodiscard]] Holding balance(AccountId account, AssetId asset) const { return ledger_.balance(account, asset); }
    [[nodiscard]] std::span<const AssetListed> assets() const { return registry_.assets(); }
    [[nodiscard]] std::span<const InstrumentListed> instruments() const { return registry_.instruments(); }
    [[nodiscard]] std::size_t accounts() const { return registry_.accounts(); }
    // The trade whose two fills are being told.
    [[nodiscard]] const TradeExecuted& last_trade() const { return last_trade_; }

  private:
    // Events ahead of the one that is applied next.
    static constexpr std::size_t kFirstLook = 12;
    static constexpr std::size_t kSecondLook = 6;

    void look_first(const Event& event) const;
    void look_closer(const Event& event) const;
    void apply_order_event(const Event& event);
    void apply_money_event(const Event& event);
    void apply_other_event(const Event& event);
    void trade(const TradeExecuted& event);
    void settle(const Event& event);
    // Of what the order pays with, after an event that told it.
    template <class Body>
    void set_paying(const Body& order) {
        const InstrumentListed& traded = registry_.listing(order.instrument);
        ledger_.set(order.account, order.side == Side::buy ? traded.quote : traded.base, {order.available, order.held});
    }

    VenueIdentity identity_;
    Sequence as_of_{};
    Time time_{};  // of the log
    Sequence begun_at_{};
    bool whole_ = true;
    bool restored_ = false;
    bool epoch_started_ = false;
    TradeExecuted last_trade_;
    std::int64_t traded_base_ = 0;  // of it, in minor units
    std::int64_t traded_quote_ = 0;
    RegistryView registry_;
    LedgerView ledger_;
    OrderView orders_;
};

}  // namespace dcx::gateway
