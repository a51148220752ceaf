// AccountView: what the private channels know of the venue, from events alone: keys and whose they are, what every
// account has, which orders are open. It trusts its events, which come from our own core. Every event in O(1).
//
// One thread. Memory grows with what is registered, owned and open, which the venue's capacities bound: 56 bytes a key,
// 32 an account and 16 for each asset up to the highest it ever had, and AccountOrders.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ed25519.h"
#include "feed/account_orders.h"
#include "feed/decimal_format.h"
#include "model/event.h"
#include "model/instrument.h"
#include "model/types.h"

namespace dcx::feed {

struct AccountKey {
    Ed25519PublicKey public_key{};
    AccountId account{};
    std::uint32_t permissions{};
    bool revoked{};
};

struct AccountBalance {
    Amount available{};
    Amount held{};
    friend bool operator==(const AccountBalance&, const AccountBalance&) = default;
};

class AccountView {
  public:
    struct Asset {
        std::string symbol;
        DecimalFormat format;
    };
    struct Listing {
        std::string symbol;
        AssetId base{};
        AssetId quote{};
        DecimalFormat price;
        DecimalFormat quantity;
        std::optional<Instrument> units;
    };
    struct Changed {
        AccountId account{};
        AssetId asset{};
    };

    void apply(const Event& event);
    // The next events, some time before they are applied: what they will touch on its way into the cache.
    void look_ahead(const Event& event) const;

    // ---- of the last event
    // Balances that it told.
    [[nodiscard]] std::span<const Changed> changed() const { return std::span{changed_}.first(changes_); }
    // The order that it told of, as it stands afterwards; null when it told of none, or of one that is not known.
    [[nodiscard]] const AccountOrder* order() const { return order_; }
    // The trade whose two fills are told.
    [[nodiscard]] const TradeExecuted& trade() const { return trade_; }

    // ---- as of the last event
    [[nodiscard]] const AccountKey* key(KeyId id) const;
    // The account itself, or a sub-account of it.
    [[nodiscard]] bool owns(AccountId owner, AccountId account) const;
    // The account and its sub-accounts.
    [[nodiscard]] std::vector<AccountId> accounts_of(AccountId owner) const;
    [[nodiscard]] std::size_t accounts() const { return accounts_.size(); }  // highest id + 1
    [[nodiscard]] AccountBalance balance(AccountId account, AssetId asset) const;
    // By asset's id - 1; those behind the end are zero.
    [[nodiscard]] std::span<const AccountBalance> balances(AccountId account) const;
    [[nodiscard]] std::size_t assets() const { return assets_.empty() ? 0 : assets_.size() - 1; }
    [[nodiscard]] const Asset& asset(AssetId id) const { return assets_[id.value]; }
    [[nodiscard]] bool knows(InstrumentId id) const {
        return id.value < listings_.size() && !listings_[id.value].symbol.empty();
    }
    [[nodiscard]] const Listing& listing(InstrumentId id) const { return listings_[id.value]; }
    [[nodiscard]] const AccountOrders& orders() const { return orders_; }

  private:
    struct Account {
        AccountId owner{};
        bool exists{};
        std::vector<AccountBalance> balances;  // by asset's id - 1
    };

    void apply_money(const Event& event);
    void apply_registry(const Event& event);
    void list(const InstrumentListed& event);
    void open(const AccountOpened& event);
    void fill(const OrderFilled& event);
    [[nodiscard]] AccountBalance& at(AccountId account, AssetId asset);
    void set(AccountId account, AssetId asset, AccountBalance balance);
    void set_available(AccountId account, AssetId asset, Amount available);
    void note(AccountId account, AssetId asset);
    // Of what the order pays with, after an event that told it.
    template <class Body>
    void set_paying(const Body& order) {
        const Listing& traded = listings_[order.instrument.value];
        set(order.account, order.side == Side::buy ? traded.quote : traded.base, {order.available, order.held});
    }

    std::vector<AccountKey> keys_;                                            // by id
    std::vector<Account> accounts_;                                           // by id
    std::vector<Asset> assets_;                                               // by id
    std::vector<Listing> listings_;                                           // by id
    std::unordered_map<std::uint32_t, std::vector<AccountId>> sub_accounts_;  // by owner
    AccountOrders orders_;
    TradeExecuted trade_;
    std::int64_t traded_quote_ = 0;  // of it, in minor units
    const AccountOrder* order_ = nullptr;
    std::array<Changed, 2> changed_{};
    std::size_t changes_ = 0;
};

}  // namespace dcx::feed
