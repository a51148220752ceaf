// ReadModel: what a gateway knows of the venue from events alone: keys, accounts, balances, assets, instruments. It
// follows the log from a source's restored state on; as_of() names the last command in it. It trusts its events, which
// come from our own core.
//
// One thread. Memory grows with accounts and with the assets an account ever held.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/ed25519.h"
#include "model/event.h"
#include "model/types.h"

namespace dcx::gateway {

struct VenueIdentity {
    std::array<std::byte, 16> venue_id{};
    std::uint64_t epoch{};
};

struct Holding {
    Amount available{};
    Amount held{};
    friend bool operator==(const Holding&, const Holding&) = default;
};

struct KnownKey {
    Ed25519PublicKey public_key{};
    AccountId account{};
    std::uint32_t permissions{};
    bool revoked{};
};

class ReadModel {
  public:
    ReadModel();

    void apply(const Event& event);

    // The restored state is complete and this start's epoch has begun: it can be served from.
    [[nodiscard]] bool live() const { return restored_ && epoch_started_; }
    [[nodiscard]] const VenueIdentity& identity() const { return identity_; }
    [[nodiscard]] Sequence as_of() const { return as_of_; }

    [[nodiscard]] const KnownKey* key(KeyId id) const;
    [[nodiscard]] bool has_account(AccountId id) const;
    [[nodiscard]] Holding balance(AccountId account, AssetId asset) const;
    // In the order of their ids, from 1. Instruments with their present phase and last price.
    [[nodiscard]] std::span<const AssetListed> assets() const { return assets_; }
    [[nodiscard]] std::span<const InstrumentListed> instruments() const { return instruments_; }
    [[nodiscard]] std::size_t accounts() const { return accounts_.size(); }
    // The trade whose two fills are being told.
    [[nodiscard]] const TradeExecuted& last_trade() const { return last_trade_; }

  private:
    // The few assets that one account ever held, by asset id.
    struct Entry {
        AssetId asset{};
        Holding holding{};
    };
    using Account = std::vector<Entry>;

    void apply_order_event(const Event& event);
    void apply_registry_event(const Event& event);
    void add_account(AccountId id);
    void add_key(const KeyAdded& key);
    void list(const InstrumentListed& instrument);
    void set_phase(const PhaseChanged& change);
    void settle(const OrderFilled& fill);
    void transfer(const Transferred& transfer);
    [[nodiscard]] Holding& holding(AccountId account, AssetId asset);
    [[nodiscard]] InstrumentListed& listed(InstrumentId id);
    // The asset that an order of this side pays with.
    [[nodiscard]] AssetId paid_with(InstrumentId id, Side side);

    VenueIdentity identity_;
    Sequence as_of_{};
    bool restored_ = false;
    bool epoch_started_ = false;
    TradeExecuted last_trade_;
    std::vector<Account> accounts_;  // by id - 1
    std::vector<KnownKey> keys_;     // by id - 1
    std::vector<AssetListed> assets_;
    std::vector<InstrumentListed> instruments_;
};

}  // namespace dcx::gateway
