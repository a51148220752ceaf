#include "history/fold_chain.h"

#include <iterator>

namespace dcx::history {

ChainBook::ChainBook(const StoredState& stored) {
    if (!stored.chain.empty()) chain_ = stored.chain.back();
    for (const ChainDepositRow& row : stored.chain_deposits) {
        deposits_.emplace(row.tx_hash, row);
        if (row.state == DepositState::credited) credited_.emplace(Place{row.height, row.sequence}, row.tx_hash);
    }
    for (const PayoutRow& row : stored.payouts) payouts_.emplace(row.tx_hash, row);
}

ChainRow& ChainBook::chain(const EventPlace& at) {
    require(followed(), "a chain that is not followed");
    chain_changed_ = true;
    chain_->sequence = at.sequence;
    chain_->time = at.time;
    return *chain_;
}

void ChainBook::set(const EventPlace& at, const ChainSet& e) {
    require(e.confirmations >= 1 && e.confirmations <= kMaxConfirmations, "confirmations that can't be");
    require(!chain_ || !chain_->payouts_on, "another chain while payouts are on");
    chain_.emplace();
    chain_->asset_id = e.asset;
    chain_->confirmations = e.confirmations;
    chain_->followed = true;
    ChainRow& row = chain(at);
    row.height = e.height;
    row.hash = e.hash;
    // What was credited before is none of this chain's blocks.
    close_credited(credited_.begin(), credited_.end());
}

// No fork reaches them any more.
void ChainBook::close_credited(std::map<Place, Digest>::iterator from, std::map<Place, Digest>::iterator to) {
    for (auto it = from; it != to; ++it) {
        const auto found = deposits_.find(it->second);
        found->second.open = false;
        keep(found->second);
        deposits_.erase(found);
    }
    credited_.erase(from, to);
}

void ChainBook::advance(const EventPlace& at, const ChainAdvanced& e) {
    ChainRow& row = chain(at);
    require(int128{e.height} == int128{row.height} + 1, "not the next block");
    row.height = e.height;
    row.hash = e.hash;
    // A fork begins at a remembered block at the earliest, and so leaves all up to the oldest of them.
    constexpr std::uint64_t kSafe = kChainMemory - 1;
    if (e.height >= kSafe)
        close_credited(credited_.begin(), credited_.upper_bound(Place{e.height - kSafe, Sequence{~0ul}}));
}

void ChainBook::rewind(const EventPlace& at, const ChainRewound& e) {
    ChainRow& row = chain(at);
    require(e.from_height == row.height, "not from the tip");
    require(e.lost <= 1 && (e.lost == 1 ? e.height == 0 : e.height < row.height), "no way back");
    row.payouts_on = false;
    row.followed = e.lost == 0;
    row.height = e.height;
    row.hash = e.hash;
    std::uint32_t orphaned = 0;
    if (e.lost == 0) {
        const auto from = credited_.upper_bound(Place{e.height, Sequence{~0ul}});
        for (auto it = from; it != credited_.end(); ++it, ++orphaned) {
            ChainDepositRow& deposit = deposits_.at(it->second);
            deposit.state = DepositState::orphaned;
            change(deposit, at);
        }
        credited_.erase(from, credited_.end());
    }
    require(orphaned == e.orphaned, "another number of orphaned deposits");
}

void ChainBook::turn_payouts(const EventPlace& at, bool on) {
    require(!on || followed(), "payouts without a chain");
    if (!chain_) return;
    chain_changed_ = true;
    chain_->payouts_on = on;
    chain_->sequence = at.sequence;
    chain_->time = at.time;
}

void ChainBook::change(ChainDepositRow& row, const EventPlace& at) {
    row.changed_sequence = at.sequence;
    row.changed_time = at.time;
    keep(row);
}

void ChainBook::keep(const ChainDepositRow& row) { changed_deposits_[row.sequence] = row; }

void ChainBook::credit(const EventPlace& at, const DepositCredited& e) {
    require(followed() && e.asset == chain_->asset_id && e.height <= chain_->height, "not of the chain");
    require(e.amount.value > 0, "a deposit of nothing or less");
    require(e.flags <= kDepositAgain, "no flags of a deposit");
    const auto found = deposits_.find(e.tx_hash);
    const bool again = e.flags == kDepositAgain;
    require(again == (found != deposits_.end()), "a deposit that is known, or one again that is not");
    if (again) {
        const ChainDepositRow& row = found->second;
        require(row.state == DepositState::orphaned && row.account_id == e.account && row.address_index == e.index &&
                    row.asset_id == e.asset && row.amount == e.amount,
                "not the deposit that was orphaned");
    }
    ChainDepositRow& row = deposits_[e.tx_hash];
    if (!again) {
        row.sequence = at.sequence;
        row.time = at.time;
        row.tx_hash = e.tx_hash;
        row.account_id = e.account;
        row.address_index = e.index;
        row.asset_id = e.asset;
        row.amount = e.amount;
    }
    row.state = DepositState::credited;
    row.height = e.height;
    row.block_position = e.position;
    row.open = true;
    credited_.emplace(Place{row.height, row.sequence}, row.tx_hash);
    change(row, at);
}

void ChainBook::reverse(const EventPlace& at, const DepositReversed& e) {
    const auto found = deposits_.find(e.tx_hash);
    require(found != deposits_.end() && found->second.state == DepositState::orphaned, "a deposit that is no orphan");
    ChainDepositRow& row = found->second;
    require(row.account_id == e.account && row.asset_id == e.asset, "not the account or asset of the deposit");
    require(e.taken.value >= 0 && e.covered.value >= 0 && e.unbacked.value >= 0 &&
                int128{e.taken.value} + e.covered.value + e.unbacked.value == row.amount.value,
            "not the amount of the deposit");
    row.state = DepositState::reversed;
    row.open = false;
    row.taken = e.taken;
    row.covered = e.covered;
    row.unbacked = e.unbacked;
    change(row, at);
    deposits_.erase(found);
}

void ChainBook::prepare(const EventPlace& at, const PayoutPrepared& e) {
    require(followed() && chain_->payouts_on, "a payout while they are stopped");
    require(e.amount.value > 0, "a payout of nothing or less");
    const auto [place, is_new] = payouts_.try_emplace(e.tx_hash);
    require(is_new, "a payout that is open already");
    PayoutRow& row = place->second;
    row.sequence = at.sequence;
    row.time = at.time;
    row.tx_hash = e.tx_hash;
    row.kind = e.payout_kind;
    row.scope = e.account;
    row.withdrawal_id = e.id;
    row.address_index = e.index;
    row.to_index = e.to_index;
    row.nonce = e.nonce;
    row.asset_id = chain_->asset_id;
    row.amount = e.amount;
    static_cast<void>(move(at, e.tx_hash, PayoutState::prepared));
}

const PayoutRow& ChainBook::move(const EventPlace& at, const Digest& tx_hash, PayoutState to, std::uint64_t height) {
    const auto found = payouts_.find(tx_hash);
    require(found != payouts_.end(), "a payout that is not open");
    PayoutRow& row = found->second;
    const bool after_posted = to == PayoutState::settled || to == PayoutState::not_paid;
    const PayoutState before = to == PayoutState::prepared ? PayoutState{}
                               : after_posted              ? PayoutState::posted
                                                           : PayoutState::prepared;
    require(row.state == before, "not the next that becomes of a payout");
    row.state = to;
    row.height = height;
    row.changed_sequence = at.sequence;
    row.changed_time = at.time;
    PayoutRow& kept = changed_payouts_[row.sequence];
    kept = row;
    if (to != PayoutState::prepared && to != PayoutState::posted) payouts_.erase(found);
    return kept;
}

void ChainBook::record(const EventPlace& at, const AnchorRecorded& e) {
    require(e.checkpoint != 0 && e.place >= AnchorPlace::decoin && e.place <= AnchorPlace::digest_file &&
                e.state >= AnchorState::sent && e.state <= AnchorState::lost,
            "no anchor");
    AnchorRow& row = anchors_[{e.checkpoint, e.place}];
    row.checkpoint = e.checkpoint;
    row.place = e.place;
    row.state = e.state;
    row.digest = e.digest;
    row.tx_hash = e.tx_hash;
    row.height = e.height;
    row.sequence = at.sequence;
    row.time = at.time;
}

std::size_t ChainBook::changed() const {
    return changed_deposits_.size() + changed_payouts_.size() + anchors_.size() + (chain_changed_ ? 1 : 0);
}

void ChainBook::seal(RowBatch& out) const {
    const auto copy = [](const auto& from, auto& to) {
        to.clear();
        for (const auto& [key, row] : from) to.push_back(row);
    };
    out.chain.clear();
    if (chain_changed_) out.chain.push_back(*chain_);
    copy(changed_deposits_, out.chain_deposits);
    copy(changed_payouts_, out.payouts);
    copy(anchors_, out.anchors);
}

void ChainBook::forget() {
    chain_changed_ = false;
    changed_deposits_.clear();
    changed_payouts_.clear();
    anchors_.clear();
}

}  // namespace dcx::history
