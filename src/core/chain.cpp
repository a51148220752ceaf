// What the venue is told of the DeCoin chain: its blocks, deposits that they have or have no more, and what a deposit
// that is gone costs. docs/rules.md, "Custody", has each command's checks in their order.
#include <algorithm>
#include <limits>

#include "core/apply.h"

namespace dcx::core {
namespace {

// No transaction and no block has this hash.
bool names_nothing(const ChainHash& hash) { return hash == ChainHash{}; }

}  // namespace

void Apply::set_chain() {
    const auto body = command_.as<SetChain>();
    FollowedChain& chain = s_.custody.chain;
    if (names_nothing(body.hash)) return reject(RejectReason::malformed_field);
    if (s_.genesis.simulated != 0) return reject(RejectReason::deposit_refused_simulated);
    if (!s_.ledger.has(body.asset)) return reject(RejectReason::unknown_asset);
    if (body.confirmations < 1 || body.confirmations > kMaxConfirmations)
        return reject(RejectReason::limit_out_of_range);
    if (s_.custody.payouts_on) return reject(RejectReason::chain_running);
    if (s_.custody.payouts.count() != 0 && body.asset != chain.asset()) return reject(RejectReason::payout_open);
    chain.begin(body.asset, body.confirmations, body.height, body.hash);
    emit(ChainSet{.hash = body.hash, .height = body.height, .asset = body.asset, .confirmations = body.confirmations},
         sender());
}

void Apply::advance_chain() {
    const auto body = command_.as<AdvanceChain>();
    FollowedChain& chain = s_.custody.chain;
    if (names_nothing(body.hash) || names_nothing(body.previous)) return reject(RejectReason::malformed_field);
    if (!chain.is_set()) return reject(RejectReason::chain_not_set);
    if (body.height == 0 || body.height - 1 != chain.height() || body.previous != chain.tip())
        return reject(RejectReason::chain_not_linked);
    chain.advance(body.hash);
    emit(ChainAdvanced{.hash = body.hash, .height = body.height}, sender());
}

void Apply::rewind_chain() {
    const auto body = command_.as<RewindChain>();
    Custody& custody = s_.custody;
    const bool lost = body.lost == 1;
    const bool empty = names_nothing(body.hash);
    if (body.lost > 1 || !all_zero(body.zero) || empty != lost || (lost && body.height != 0))
        return reject(RejectReason::malformed_field);
    if (!custody.chain.is_set()) return reject(RejectReason::chain_not_set);
    const std::uint64_t tip = custody.chain.height();
    if (!lost && (body.height == tip || !custody.chain.remembers(body.height) ||
                  custody.chain.block(body.height).hash != body.hash))
        return reject(RejectReason::chain_block_unknown);
    custody.payouts_on = false;
    const std::uint32_t retired = custody.eras.retire_all();
    std::uint32_t orphaned = 0;
    if (lost) {
        custody.chain.lose();
    } else {
        orphaned = orphan_above(body.height);
        custody.chain.rewind(body.height);
    }
    emit(ChainRewound{.hash = body.hash,
                      .height = body.height,
                      .from_height = tip,
                      .orphaned = orphaned,
                      .retired = retired,
                      .lost = body.lost,
                      .zero = {}},
         sender());
}

std::uint32_t Apply::orphan_above(std::uint64_t height) {
    Custody& custody = s_.custody;
    std::uint32_t orphaned = 0;
    for (std::uint64_t above = custody.chain.height(); above > height; --above)
        for (std::uint32_t slot = custody.chain.block(above).first_deposit; slot != 0;
             slot = custody.deposits[slot].next) {
            // What is listed stands in a block that counts, so it is neither orphaned nor reversed.
            DCX_CHECK(custody.deposits[slot].orphaned == 0);
            custody.deposits[slot].orphaned = 1;
            ++orphaned;
        }
    return orphaned;
}

// In its block, when that one can still be taken back.
void Apply::list_deposit(std::uint32_t slot) {
    Deposit& deposit = s_.custody.deposits[slot];
    deposit.next = 0;
    if (!s_.custody.chain.remembers(deposit.height)) return;
    FollowedBlock& block = s_.custody.chain.block(deposit.height);
    deposit.next = block.first_deposit;
    block.first_deposit = slot;
}

bool Apply::is_again(const Deposit& known, const CreditDeposit& credit, AssetId asset) {
    return known.orphaned != 0 && known.reversed == 0 && known.account == credit.account &&
           known.index == credit.index && known.amount == credit.amount && known.asset == asset;
}

void Apply::credit_deposit() {
    const auto body = command_.as<CreditDeposit>();
    Custody& custody = s_.custody;
    if (!is_address(body.sender) || !all_zero(body.zero) || names_nothing(body.tx_hash))
        return reject(RejectReason::malformed_field);
    if (!custody.chain.is_set()) return reject(RejectReason::chain_not_set);
    if (s_.find_address(body.account, body.index) == 0) return reject(RejectReason::unknown_address);
    if (s_.is_ours(body.sender)) return reject(RejectReason::not_a_deposit);
    if (!custody.chain.confirmed(body.height)) return reject(RejectReason::not_confirmed);
    const AssetId asset = custody.chain.asset();
    std::uint32_t slot = custody.deposits.find(body.tx_hash);
    const bool again = slot != 0;
    if (again) {
        if (!is_again(custody.deposits[slot], body, asset)) return reject(RejectReason::deposit_known);
    } else {
        if (body.amount.value < 1 || body.amount.value > kMaxIssue) return reject(RejectReason::amount_out_of_range);
        if (const auto reason = check_issue(asset, body.amount); reason != RejectReason::none) return reject(reason);
        if (!custody.deposits.has_room()) return reject(RejectReason::capacity_exhausted);
        slot = custody.deposits.add({.tx_hash = body.tx_hash,
                                     .amount = body.amount,
                                     .account = body.account,
                                     .asset = asset,
                                     .index = body.index});
    }
    Deposit& deposit = custody.deposits[slot];
    deposit.height = body.height;
    deposit.position = body.position;
    deposit.era = custody.chain.era();
    deposit.orphaned = 0;
    list_deposit(slot);
    emit(DepositCredited{.tx_hash = body.tx_hash,
                         .amount = body.amount,
                         .height = body.height,
                         .account = body.account,
                         .asset = asset,
                         .index = body.index,
                         .position = body.position,
                         .flags = again ? kDepositAgain : std::uint8_t{0},
                         .zero = {}},
         sender());
    if (again) return;
    count_issue(asset, body.amount);
    post({}, kIssuanceAccount, body.account, asset, body.amount, PostingCause::deposit, sender());
}

void Apply::reverse_deposit() {
    const auto body = command_.as<ReverseDeposit>();
    if (names_nothing(body.tx_hash)) return reject(RejectReason::malformed_field);
    const std::uint32_t slot = s_.custody.deposits.find(body.tx_hash);
    if (slot == 0) return reject(RejectReason::unknown_deposit);
    Deposit& deposit = s_.custody.deposits[slot];
    if (deposit.reversed != 0) return reject(RejectReason::deposit_reversed);
    if (deposit.orphaned == 0) return reject(RejectReason::deposit_not_orphaned);

    const auto left = [&](AccountId account) { return s_.ledger.balance(account, deposit.asset).available; };
    const Amount taken = std::min(left(deposit.account), deposit.amount);
    const Amount covered = std::min(left(kErrorAccount), deposit.amount - taken);
    const Amount missing = deposit.amount - taken - covered;
    DCX_CHECK(taken.value >= 0 && covered.value >= 0);
    deposit.reversed = 1;
    Amount& unbacked = s_.custody.assets[deposit.asset.value].unbacked;
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    unbacked = Amount{checked_add(unbacked.value, missing.value).value_or(most)};
    std::uint8_t& flags = s_.ledger.account(deposit.account).flags;
    const bool was_frozen = (flags & kAccountFrozen) != 0;
    flags = static_cast<std::uint8_t>(flags | kAccountFrozen);
    emit(DepositReversed{.tx_hash = body.tx_hash,
                         .taken = taken,
                         .covered = covered,
                         .unbacked = missing,
                         .unbacked_total = unbacked,
                         .account = deposit.account,
                         .asset = deposit.asset},
         sender());
    if (taken)
        post({}, deposit.account, kIssuanceAccount, deposit.asset, taken, PostingCause::deposit_reversal, sender());
    if (covered)
        post({}, kErrorAccount, kIssuanceAccount, deposit.asset, covered, PostingCause::deposit_reversal, sender());
    if (!was_frozen) emit(AccountFrozen{.reference = 0, .account = deposit.account, .frozen = 1, .zero = {}}, sender());
}

void Apply::cover_loss() {
    const auto body = command_.as<CoverLoss>();
    if (body.zero != 0) return reject(RejectReason::malformed_field);
    if (!s_.ledger.has(body.asset)) return reject(RejectReason::unknown_asset);
    Amount& unbacked = s_.custody.assets[body.asset.value].unbacked;
    if (body.amount.value < 1 || body.amount > unbacked) return reject(RejectReason::amount_out_of_range);
    if (s_.ledger.balance(kErrorAccount, body.asset).available < body.amount)
        return reject(RejectReason::insufficient_funds);
    unbacked -= body.amount;
    emit(LossCovered{.amount = body.amount, .unbacked_total = unbacked, .asset = body.asset, .zero = 0}, sender());
    post({}, kErrorAccount, kIssuanceAccount, body.asset, body.amount, PostingCause::loss_cover, sender());
}

void Apply::record_anchor() {
    const auto body = command_.as<RecordAnchor>();
    const bool place_known = body.place >= AnchorPlace::decoin && body.place <= AnchorPlace::digest_file;
    const bool state_known = body.state >= AnchorState::sent && body.state <= AnchorState::lost;
    if (!place_known || !state_known || body.checkpoint == 0 || body.checkpoint >> 63 != 0 || !all_zero(body.zero) ||
        (body.state != AnchorState::confirmed && body.height != 0) ||
        names_nothing(body.tx_hash) != (body.place == AnchorPlace::digest_file))
        return reject(RejectReason::malformed_field);
    emit(AnchorRecorded{.digest = body.digest,
                        .tx_hash = body.tx_hash,
                        .checkpoint = body.checkpoint,
                        .height = body.height,
                        .place = body.place,
                        .state = body.state,
                        .zero = {}},
         sender());
}

}  // namespace dcx::core
