// Registry: what the venue is made of: assets, markets with their fees, accounts, keys, sessions.
#pragma once

#include <vector>

#include "history/fold_parts.h"
#include "history/row_batch.h"
#include "model/event.h"
#include "model/instrument.h"

namespace dcx::history {

class Registry {
  public:
    explicit Registry(const StoredState& state);

    [[nodiscard]] bool has(AccountId id) const { return accounts_.has(id.value); }
    [[nodiscard]] bool has(AssetId id) const { return assets_.has(id.value); }
    [[nodiscard]] bool has(InstrumentId id) const { return markets_.has(id.value); }
    // The caller knows that it is there.
    [[nodiscard]] const Instrument& instrument(InstrumentId id) const { return instruments_[id.value - 1]; }
    [[nodiscard]] const Units& units() const { return units_; }
    // The key of a session; null: of nobody's.
    [[nodiscard]] const KeyRow* key_of(SessionId session) const;

    void genesis(const EventPlace& at);
    void account_opened(const EventPlace& at, const AccountOpened& event);
    void self_trade_rule_set(const SelfTradeRuleSet& event);
    void account_frozen(const AccountFrozen& event);
    void account_limits_set(const AccountLimitsSet& event);
    void kill_switch_set(const KillSwitchSet& event);
    void key_added(const EventPlace& at, const KeyAdded& event);
    void key_revoked(const KeyRevoked& event);
    void session_negotiated(const EventPlace& at, const SessionNegotiated& event);
    void asset_listed(const EventPlace& at, const AssetListed& event);
    void asset_limits_set(const AssetLimitsSet& event);
    void instrument_listed(const EventPlace& at, const InstrumentListed& event);
    void phase_changed(const PhaseChanged& event);
    void fees_set(const FeesSet& event);
    void market_limits_set(const MarketLimitsSet& event);

    [[nodiscard]] std::size_t rows() const {
        return assets_.changed() + markets_.changed() + fees_.changed() + accounts_.changed() + keys_.changed() +
               sessions_.changed();
    }
    void seal(RowBatch& batch);
    void forget();

  private:
    static std::uint32_t fee_number(InstrumentId market, std::uint8_t tier) {
        return (market.value - 1) * kFeeTiers + tier + 1;
    }
    AccountRow& account(AccountId id);
    MarketRow& market(InstrumentId id);
    void add_instrument(const MarketRow& row);

    StateRows<AssetRow> assets_;
    StateRows<MarketRow> markets_;
    StateRows<MarketFeeRow> fees_;
    StateRows<AccountRow> accounts_;
    StateRows<KeyRow> keys_;
    StateRows<SessionRow> sessions_;
    std::vector<Instrument> instruments_;
    Units units_;
};

}  // namespace dcx::history
