// ChainBook: the chain that is followed, its deposits that a fork or a decision can still change, the payouts that are
// open, and the rows of all of them that changed in this batch.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "history/fold_parts.h"
#include "history/row_batch.h"

namespace dcx::history {

class ChainBook {
  public:
    explicit ChainBook(const StoredState& stored);

    void set(const EventPlace& at, const ChainSet& event);
    void advance(const EventPlace& at, const ChainAdvanced& event);
    void rewind(const EventPlace& at, const ChainRewound& event);
    void turn_payouts(const EventPlace& at, bool on);
    // One that is credited again has a row already.
    void credit(const EventPlace& at, const DepositCredited& event);
    void reverse(const EventPlace& at, const DepositReversed& event);
    void prepare(const EventPlace& at, const PayoutPrepared& event);
    // Of an open payout; it stays open when it is posted. Its row, until the next call.
    const PayoutRow& move(const EventPlace& at, const Digest& tx_hash, PayoutState to, std::uint64_t height = 0);
    void record(const EventPlace& at, const AnchorRecorded& event);

    [[nodiscard]] bool followed() const { return chain_ && chain_->followed; }
    [[nodiscard]] AssetId asset() const { return chain_ ? chain_->asset_id : AssetId{}; }

    [[nodiscard]] std::size_t changed() const;
    void seal(RowBatch& out) const;
    void forget();

  private:
    using Place = std::pair<std::uint64_t, Sequence>;  // height, sequence

    void change(ChainDepositRow& row, const EventPlace& at);
    void keep(const ChainDepositRow& row);
    void close_credited(std::map<Place, Digest>::iterator from, std::map<Place, Digest>::iterator to);
    ChainRow& chain(const EventPlace& at);

    std::optional<ChainRow> chain_;
    bool chain_changed_ = false;
    std::map<Digest, ChainDepositRow> deposits_;  // open ones
    std::map<Place, Digest> credited_;            // of them, those that a fork can orphan
    std::map<Digest, PayoutRow> payouts_;         // open ones
    std::map<Sequence, ChainDepositRow> changed_deposits_;
    std::map<Sequence, PayoutRow> changed_payouts_;
    std::map<std::pair<std::uint64_t, AnchorPlace>, AnchorRow> anchors_;
};

}  // namespace dcx::history
