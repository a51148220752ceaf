// Assets, accounts and balances: double entry, exact, in minor units. Every change moves an amount from one account to
// another, or between available and held of one account; what is issued of an asset is the debt of account 1. The total
// issue of an asset never passes kMaxIssue, so no balance and no sum of two can overflow.
//
// The operations trust their caller, who has checked everything (risk/, transfers); DCX_CHECK guards the invariants.
// One thread, capacities fixed.
#pragma once

#include <cstdint>
#include <span>

#include "base/check.h"
#include "base/memory.h"
#include "model/instrument.h"
#include "model/types.h"

namespace dcx::core {

struct alignas(64) Account {
    AccountKind kind{};
    SelfTradeRule self_trade_rule{};
    std::uint8_t fee_tier{};
    std::uint8_t flags{};  // kAccountFrozen, kAccountKilled
    AccountId owner{};     // of a sub-account
    // Slots of its open orders, a list through OpenOrder::account_next in the order of their ids; 0: none.
    std::uint32_t first_order{};
    std::uint32_t last_order{};
    std::uint32_t open_orders{};
    // Limits, 0: none. docs/rules.md, "Risk".
    std::uint32_t max_open_orders{};
    std::uint32_t orders_per_second{};
    std::uint32_t burst{};
    Time throttled_until{};         // the T of the throttle
    std::uint32_t addresses{};      // registered
    std::uint32_t kill_deadline{};  // in Deadlines, 0: none
    // Its sub-accounts in the order of their ids.
    AccountId first_sub{};
    AccountId last_sub{};
    AccountId next_sub{};           // of its owner's
    std::uint32_t first_allowed{};  // in AllowedAddresses, 0: none
};
static_assert(sizeof(Account) == 64);

// One line a balance: what there is, and the turnover that auditors add up.
struct alignas(64) Balance {
    Amount available{};
    Amount held{};
    uint128 debits{};   // all that ever went from here to an account, this one included
    uint128 credits{};  // all that ever came
};
static_assert(sizeof(Balance) == 64);

// What an asset has beyond its listing.
struct AssetLimits {
    Amount mint_ceiling{};
    Amount dual_control_above{};
    FeeRate transfer_fee{};
    std::uint32_t mint_day{};  // the UTC day of `minted`
    Amount minted{};           // that day
};

class Ledger {
  public:
    Ledger() = default;
    Ledger(MemorySource& memory, std::uint32_t max_accounts, std::uint32_t max_assets)
        : accounts_(memory.array<Account>(std::size_t{max_accounts} + 1)),
          assets_(memory.array<Asset>(std::size_t{max_assets} + 1)),
          limits_(memory.array<AssetLimits>(std::size_t{max_assets} + 1)),
          balances_(memory.array<Balance>((std::size_t{max_accounts} + 1) * (std::size_t{max_assets} + 1))) {}

    // Ids count from 1. The caller has asked for room.
    [[nodiscard]] bool account_room() const { return account_count_ + 1 < accounts_.size(); }
    [[nodiscard]] bool asset_room() const { return asset_count_ + 1 < assets_.size(); }
    AccountId open(AccountKind kind, AccountId owner = {});
    AssetId list(AssetSymbol symbol, unsigned scale, Amount issue_cap);

    [[nodiscard]] bool has(AccountId id) const { return id.value >= 1 && id.value <= account_count_; }
    [[nodiscard]] bool has(AssetId id) const { return id.value >= 1 && id.value <= asset_count_; }
    // A customer's or market maker's account, not one of the venue's own.
    [[nodiscard]] bool has_customer(AccountId id) const { return has(id) && account(id).kind != AccountKind::venue; }
    [[nodiscard]] Account& account(AccountId id) { return accounts_[id.value]; }
    [[nodiscard]] const Account& account(AccountId id) const { return accounts_[id.value]; }
    // `by` is that account, or the owner of that sub-account.
    [[nodiscard]] bool acts_for(AccountId by, AccountId id) const {
        return by && has(id) && (id == by || account(id).owner == by);
    }
    [[nodiscard]] const Asset& asset(AssetId id) const { return assets_[id.value]; }
    [[nodiscard]] AssetLimits& limits(AssetId id) { return limits_[id.value]; }
    [[nodiscard]] const AssetLimits& limits(AssetId id) const { return limits_[id.value]; }
    [[nodiscard]] std::uint32_t account_count() const { return account_count_; }
    [[nodiscard]] std::uint32_t asset_count() const { return asset_count_; }
    [[nodiscard]] bool symbol_taken(AssetSymbol symbol) const;

    [[nodiscard]] Balance& balance(AccountId account, AssetId asset) {
        return balances_[std::size_t{account.value} * assets_.size() + asset.value];
    }
    [[nodiscard]] const Balance& balance(AccountId account, AssetId asset) const {
        return balances_[std::size_t{account.value} * assets_.size() + asset.value];
    }
    // Minted minus burned.
    [[nodiscard]] Amount issued(AssetId asset) const { return -balance(kIssuanceAccount, asset).available; }

    // available -> held of one account.
    void hold(AccountId account, AssetId asset, Amount amount) {
        Balance& b = balance(account, asset);
        DCX_CHECK(amount.value >= 0 && b.available >= amount);
        b.available -= amount;
        b.held += amount;
    }
    void release(AccountId account, AssetId asset, Amount amount) {
        Balance& b = balance(account, asset);
        DCX_CHECK(amount.value >= 0 && b.held >= amount);
        b.held -= amount;
        b.available += amount;
    }
    // available -> available of another account. Only the issuance account may go below zero.
    void move(AccountId debit, AccountId credit, AssetId asset, Amount amount) {
        Balance& from = balance(debit, asset);
        Balance& to = balance(credit, asset);
        DCX_CHECK(amount.value >= 0 && (debit == kIssuanceAccount || from.available >= amount));
        const auto turnover = static_cast<std::uint64_t>(amount.value);
        from.available -= amount;
        from.debits += turnover;
        to.available += amount;
        to.credits += turnover;
    }
    // A move as if it had not been made; the last one first.
    void undo_move(AccountId debit, AccountId credit, AssetId asset, Amount amount) {
        Balance& from = balance(debit, asset);
        Balance& to = balance(credit, asset);
        const auto turnover = static_cast<std::uint64_t>(amount.value);
        to.available -= amount;
        to.credits -= turnover;
        from.available += amount;
        from.debits -= turnover;
    }

    // Everything in it, for an image of the state (image.h).
    template <class Image, class Self>
    static void visit(Image& image, Self& self) {
        image.prefix(self.accounts_, self.account_count_, 1);
        image.prefix(self.assets_, self.asset_count_, 1);
        image.range(self.limits_, 0, std::size_t{self.asset_count_} + 1);
        image.range(self.balances_, 0, (std::size_t{self.account_count_} + 1) * self.assets_.size());
    }

  private:
    std::span<Account> accounts_;
    std::span<Asset> assets_;
    std::span<AssetLimits> limits_;
    std::span<Balance> balances_;
    std::uint32_t account_count_ = 0;
    std::uint32_t asset_count_ = 0;
};

// A fee so far is ceil(sum of rate x received / kFeeRateOne); a fill is charged the difference to what was charged
// before. `prepaid` is what rounding up has charged too much so far, in units of 1 / kFeeRateOne: 0 .. kFeeRateOne - 1.
// Never more than `received`, because ceil(a + b) - ceil(a) <= ceil(b) and a rate is 0 .. 1.
[[nodiscard]] inline Amount charge_fee(FeeRate rate, std::int64_t received, std::uint32_t& prepaid) {
    const int128 due = wide_mul(rate.value, received);
    if (due <= prepaid) {
        prepaid -= static_cast<std::uint32_t>(due);
        return Amount{};
    }
    const auto rest = static_cast<uint128>(due - prepaid);
    // The usual fill fits 64 bits, where a division is several times cheaper.
    const std::uint64_t charged = rest >> 64 == 0 ? (static_cast<std::uint64_t>(rest) - 1) / kFeeRateOne + 1
                                                  : static_cast<std::uint64_t>((rest - 1) / kFeeRateOne) + 1;
    prepaid = static_cast<std::uint32_t>(uint128{charged} * kFeeRateOne - rest);
    return Amount{static_cast<std::int64_t>(charged)};
}

// Of a maker whose rate is negative: rounded down, and never above the taker's fee it is taken from.
[[nodiscard]] inline Amount rebate_of(FeeRate rate, std::int64_t taker_received, Amount taker_fee) {
    if (rate.value >= 0) return Amount{};
    const int128 share = wide_mul(-std::int64_t{rate.value}, taker_received) / kFeeRateOne;
    return share < taker_fee.value ? Amount{static_cast<std::int64_t>(share)} : taker_fee;
}

}  // namespace dcx::core
