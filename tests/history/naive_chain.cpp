// The chain's tables of the naive history: made anew from all of the chain's events, one after the other.
#include <algorithm>
#include <map>
#include <vector>

#include "history/naive_history.h"

namespace dcx::naive {

using namespace history;

namespace {

constexpr std::uint64_t kBlocksBehind = 255;

class Chain {
  public:
    void apply(const Event& event) {
        header_ = event.header;
        switch (event.header.kind) {
            case EventKind::chain_set: set(event.as<ChainSet>()); break;
            case EventKind::chain_advanced: advance(event.as<ChainAdvanced>()); break;
            case EventKind::chain_rewound: rewind(event.as<ChainRewound>()); break;
            case EventKind::payouts_set:
                if (rows_.empty()) break;
                rows_.back().payouts_on = event.as<PayoutsSet>().on == 1;
                touch();
                break;
            case EventKind::deposit_credited: credit(event.as<DepositCredited>()); break;
            case EventKind::deposit_reversed: reverse(event.as<DepositReversed>()); break;
            case EventKind::payout_prepared: prepare(event.as<PayoutPrepared>()); break;
            case EventKind::payout_posted: become(event.as<PayoutPosted>().tx_hash, PayoutState::posted); break;
            case EventKind::payout_abandoned:
                become(event.as<PayoutAbandoned>().tx_hash, PayoutState::abandoned);
                break;
            case EventKind::payout_settled:
                become(event.as<PayoutSettled>().tx_hash, PayoutState::settled, event.as<PayoutSettled>().height);
                break;
            case EventKind::payout_resolved:
                if (event.as<PayoutResolved>().outcome == PayoutOutcome::not_paid)
                    become(event.as<PayoutResolved>().tx_hash, PayoutState::not_paid);
                break;
            default: anchor(event.as<AnchorRecorded>()); break;
        }
    }
    void copy_to(Tables& tables) const {
        tables.chain = rows_;
        tables.chain_deposits = deposits_;
        tables.payouts = payouts_;
        for (const auto& [key, row] : anchors_) tables.anchors.push_back(row);
    }

  private:
    void touch() {
        rows_.back().sequence = header_.sequence;
        rows_.back().time = header_.time;
    }
    void set(const ChainSet& e) {
        ChainRow row;
        row.asset_id = e.asset;
        row.confirmations = e.confirmations;
        row.followed = true;
        row.height = e.height;
        row.hash = e.hash;
        rows_ = {row};
        touch();
        for (ChainDepositRow& deposit : deposits_)
            if (deposit.state == DepositState::credited) deposit.open = false;
    }
    void advance(const ChainAdvanced& e) {
        rows_.back().height = e.height;
        rows_.back().hash = e.hash;
        touch();
        for (ChainDepositRow& deposit : deposits_)
            if (deposit.state == DepositState::credited && e.height >= deposit.height &&
                e.height - deposit.height >= kBlocksBehind)
                deposit.open = false;
    }
    void rewind(const ChainRewound& e) {
        rows_.back().followed = e.lost == 0;
        rows_.back().payouts_on = false;
        rows_.back().height = e.height;
        rows_.back().hash = e.hash;
        touch();
        for (ChainDepositRow& deposit : deposits_) {
            const bool gone =
                e.lost == 0 && deposit.state == DepositState::credited && deposit.open && deposit.height > e.height;
            if (!gone) continue;
            deposit.state = DepositState::orphaned;
            changed(deposit);
        }
    }
    template <class Row>
    void changed(Row& row) {
        row.changed_sequence = header_.sequence;
        row.changed_time = header_.time;
    }
    void credit(const DepositCredited& e) {
        ChainDepositRow* row = nullptr;
        for (ChainDepositRow& deposit : deposits_)
            if (deposit.tx_hash == e.tx_hash) row = &deposit;
        if (row == nullptr) {
            row = &deposits_.emplace_back();
            row->sequence = header_.sequence;
            row->time = header_.time;
            row->tx_hash = e.tx_hash;
            row->account_id = e.account;
            row->address_index = e.index;
            row->asset_id = e.asset;
            row->amount = e.amount;
        }
        row->state = DepositState::credited;
        row->height = e.height;
        row->block_position = e.position;
        row->open = true;
        changed(*row);
    }
    void reverse(const DepositReversed& e) {
        for (ChainDepositRow& deposit : deposits_) {
            if (deposit.tx_hash != e.tx_hash) continue;
            deposit.state = DepositState::reversed;
            deposit.open = false;
            deposit.taken = e.taken;
            deposit.covered = e.covered;
            deposit.unbacked = e.unbacked;
            changed(deposit);
        }
    }
    void prepare(const PayoutPrepared& e) {
        PayoutRow& row = payouts_.emplace_back();
        row.sequence = header_.sequence;
        row.time = header_.time;
        row.tx_hash = e.tx_hash;
        row.kind = e.payout_kind;
        row.scope = e.account;
        row.withdrawal_id = e.id;
        row.address_index = e.index;
        row.to_index = e.to_index;
        row.nonce = e.nonce;
        row.asset_id = rows_.back().asset_id;
        row.amount = e.amount;
        row.state = PayoutState::prepared;
        changed(row);
    }
    // The newest of that hash.
    void become(const Digest& tx_hash, PayoutState state, std::uint64_t height = 0) {
        const auto row = std::find_if(payouts_.rbegin(), payouts_.rend(),
                                      [&](const PayoutRow& payout) { return payout.tx_hash == tx_hash; });
        row->state = state;
        row->height = height;
        changed(*row);
    }
    void anchor(const AnchorRecorded& e) {
        AnchorRow row;
        row.checkpoint = e.checkpoint;
        row.place = e.place;
        row.state = e.state;
        row.digest = e.digest;
        row.tx_hash = e.tx_hash;
        row.height = e.height;
        row.sequence = header_.sequence;
        row.time = header_.time;
        anchors_[{e.checkpoint, e.place}] = row;
    }

    EventHeader header_{};
    std::vector<ChainRow> rows_;
    std::vector<ChainDepositRow> deposits_;
    std::vector<PayoutRow> payouts_;
    std::map<std::pair<std::uint64_t, AnchorPlace>, AnchorRow> anchors_;
};

}  // namespace

void NaiveHistory::chain_tables(Tables& tables) const {
    Chain chain;
    for (const Event& event : chain_events_) chain.apply(event);
    chain.copy_to(tables);
}

}  // namespace dcx::naive
