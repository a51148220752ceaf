// BalanceBook: what every account has, from events: the state told at a start, or the log from its first command on,
// and what comes behind. It remembers which balances changed since they were last taken.
//
// It trusts no event to fit: one that names what was never listed throws HistoryError impossible_event. One thread.
// Memory: accounts x assets that have a balance.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/event.h"
#include "model/types.h"

namespace dcx::history {

class BalanceBook {
  public:
    struct Balance {
        AssetId asset{};
        bool changed = false;
        Amount available{};
        Amount held{};
    };
    struct Account {
        std::vector<Balance> balances;  // by asset
        Sequence sequence{};            // of the last change
        bool known = false;
        bool changed = false;
        bool grown = false;  // from nothing, or by a balance of one more asset
    };
    struct Asset {
        AssetSymbol symbol{};
        std::uint8_t scale{};
    };

    void apply(const Event& event);

    // The state at a start is complete: what it knows is all there is.
    [[nodiscard]] bool complete() const { return complete_; }
    // All events of the last command are in it.
    [[nodiscard]] bool at_boundary() const { return boundary_; }
    [[nodiscard]] const std::array<std::byte, 16>& venue_id() const { return venue_id_; }
    [[nodiscard]] Sequence sequence() const { return sequence_; }
    [[nodiscard]] Time time() const { return time_; }

    // Ids count from 1; those that are not known are gaps.
    [[nodiscard]] std::span<const Account> accounts() const { return accounts_; }
    [[nodiscard]] const Account& account(AccountId id) const { return accounts_[id.value]; }
    [[nodiscard]] std::span<const Asset> assets() const { return assets_; }

    // Accounts with balances that changed, in the order in which they did so first.
    [[nodiscard]] std::span<const AccountId> changed() const { return changed_; }
    // The first `count` of these are taken: they have not changed.
    void forget_changed(std::size_t count);

  private:
    struct Market {
        AssetId base{};
        AssetId quote{};
    };
    Account& account_of(AccountId id);
    [[nodiscard]] Market market(InstrumentId id) const;
    Balance& balance(AccountId id, AssetId asset);
    void set(AccountId id, AssetId asset, Amount available, Amount held);
    void set_available(AccountId id, AssetId asset, Amount available);
    void list(const InstrumentListed& listing);
    void list(const AssetListed& listing);
    void open(AccountId id);
    void settle(const OrderFilled& fill);
    void apply_money(const Event& event);
    // Of what the order pays with, after an event that told it.
    template <class Body>
    void set_paying(const Body& order) {
        const Market traded = market(order.instrument);
        set(order.account, order.side == Side::buy ? traded.quote : traded.base, order.available, order.held);
    }
    template <class Body>
    void move(const Body& posting) {
        set_available(posting.debit_account, posting.asset, posting.debit_after);
        set_available(posting.credit_account, posting.asset, posting.credit_after);
    }

    bool complete_ = false;
    bool boundary_ = true;
    std::array<std::byte, 16> venue_id_{};
    Sequence sequence_{};
    Time time_{};
    std::vector<Account> accounts_;
    std::vector<Asset> assets_;
    std::vector<Market> markets_;
    std::vector<AccountId> changed_;
};

}  // namespace dcx::history
