// RegistryView: who and what the venue knows, from events alone: keys, accounts with their limits and addresses, assets
// and instruments with theirs, kill switches, and the proposals that wait for approval. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/ed25519.h"
#include "model/event.h"
#include "model/instrument.h"
#include "model/types.h"

namespace dcx::gateway {

struct KnownKey {
    Ed25519PublicKey public_key{};
    AccountId account{};
    std::uint32_t permissions{};
    PersonId person{};
    bool revoked{};
};

struct KnownAccount {
    AccountId owner{};
    AccountKind kind{};  // 0: a gap in the ids
    SelfTradeRule self_trade_rule{};
    std::uint8_t flags{};  // kAccountFrozen, kAccountKilled
    AccountLimitsSet limits;
    Time rate_full_at{};  // when its order rate has all of its burst again
    // Of its order rate, which is not "any".
    [[nodiscard]] std::int64_t rate_interval_ns() const { return 1'000'000'000 / limits.orders_per_second; }
    std::vector<AccountId> sub_accounts;
    std::vector<PositionLimitsSet> position_limits;  // not those that limit nothing
    std::vector<AddressRegistered> addresses;
};

struct KnownInstrument {
    std::optional<Instrument> units;
    MarketLimitsSet limits;
    std::vector<FeesSet> fees;  // of the tiers that were set
    std::optional<KillSwitchSet> killed;
};

struct KnownProposal {
    CommandProposed proposed;
    ProposalBody body;
    KeyId approved_by{};
};

class RegistryView {
  public:
    RegistryView();

    // Events of other kinds are passed over.
    void apply(const Event& event);
    // An order or an amend of it was taken.
    void take_rate(AccountId account, Time time);
    void set_last_price(InstrumentId id, Price price) { listed(id).last_price = price; }

    [[nodiscard]] const KnownKey* key(KeyId id) const;
    [[nodiscard]] const KnownAccount* account(AccountId id) const;
    // The account itself, or what its owner may do too.
    [[nodiscard]] bool owns(AccountId owner, AccountId account) const;
    [[nodiscard]] std::size_t accounts() const { return accounts_.size(); }
    // How many orders of the account would pass its rate at that time of the log, by the core's rule; 0 also when any
    // number would.
    [[nodiscard]] static std::uint32_t orders_left(const KnownAccount& account, Time time);
    // In the order of their ids, from 1. Instruments with their present phase and last price.
    [[nodiscard]] std::span<const AssetListed> assets() const { return assets_; }
    [[nodiscard]] std::span<const AssetLimitsSet> asset_limits() const { return asset_limits_; }
    [[nodiscard]] std::span<const InstrumentListed> instruments() const { return instruments_; }
    [[nodiscard]] const KnownInstrument& instrument(InstrumentId id) const { return details_[id.value - 1]; }
    [[nodiscard]] const InstrumentListed& listing(InstrumentId id) const { return instruments_[id.value - 1]; }
    [[nodiscard]] const std::optional<KillSwitchSet>& venue_killed() const { return venue_killed_; }
    [[nodiscard]] const std::map<ProposalId, KnownProposal>& proposals() const { return proposals_; }

  private:
    void apply_to_account(const Event& event);
    void apply_to_market(const Event& event);
    void apply_to_proposal(const Event& event);
    void open(const AccountOpened& event);
    void add_key(const KeyAdded& event);
    void list(const AssetListed& event);
    void list(const InstrumentListed& event);
    void set_phase(const PhaseChanged& event);
    void limit(const PositionLimitsSet& event);
    void kill(const KillSwitchSet& event);
    [[nodiscard]] KnownAccount& known(AccountId id);
    [[nodiscard]] InstrumentListed& listed(InstrumentId id);
    [[nodiscard]] KnownInstrument& details(InstrumentId id);

    std::vector<KnownAccount> accounts_;  // by id - 1
    std::vector<KnownKey> keys_;          // by id - 1
    std::vector<AssetListed> assets_;
    std::vector<AssetLimitsSet> asset_limits_;
    std::vector<InstrumentListed> instruments_;
    std::vector<KnownInstrument> details_;
    std::optional<KillSwitchSet> venue_killed_;
    std::map<ProposalId, KnownProposal> proposals_;
    ProposalId last_proposed_{};  // whose body follows
};

}  // namespace dcx::gateway
