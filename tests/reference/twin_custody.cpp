// The chain as operators tell it: its blocks, deposits and what becomes of them. Section "Custody" of docs/rules.md.
#include <algorithm>
#include <limits>

#include "reference/twin.h"

namespace dcx::reference {

namespace {

template <class Bytes>
bool zeros(const Bytes& bytes) {
    return bytes == Bytes{};
}
bool address_kind_known(AddressKind kind) { return kind == AddressKind::dec || kind == AddressKind::decms; }

constexpr std::size_t kHotAddresses = 4096;

}  // namespace

void Twin::dispatch_custody(const Command& command, SessionId from) {
    RejectReason reason = RejectReason::none;
    switch (command.header.kind) {
        case CommandKind::set_chain: reason = set_chain(command.as<SetChain>(), from); break;
        case CommandKind::advance_chain: reason = advance_chain(command.as<AdvanceChain>(), from); break;
        case CommandKind::rewind_chain: reason = rewind_chain(command.as<RewindChain>(), from); break;
        case CommandKind::credit_deposit: reason = credit_deposit(command.as<CreditDeposit>(), from); break;
        case CommandKind::reverse_deposit: reason = reverse_deposit(command.as<ReverseDeposit>(), from); break;
        case CommandKind::cover_loss: reason = cover_loss(command.as<CoverLoss>(), from); break;
        case CommandKind::register_venue_address:
            reason = register_venue_address(command.as<RegisterVenueAddress>(), from);
            break;
        case CommandKind::allow_address: reason = allow_address(command.as<AllowAddress>(), from); break;
        case CommandKind::set_withdrawal_limits:
            reason = set_withdrawal_limits(command.as<SetWithdrawalLimits>(), from);
            break;
        case CommandKind::release_withdrawal: reason = release_withdrawal(command.as<ReleaseWithdrawal>(), from); break;
        case CommandKind::prepare_payout: reason = prepare_payout(command.as<PreparePayout>(), from); break;
        case CommandKind::post_payout: reason = post_payout(command.as<PostPayout>(), from); break;
        case CommandKind::abandon_payout: reason = abandon_payout(command.as<AbandonPayout>(), from); break;
        case CommandKind::settle_payout: reason = settle_payout(command.as<SettlePayout>(), from); break;
        case CommandKind::resolve_payout: reason = resolve_payout(command.as<ResolvePayout>(), from); break;
        case CommandKind::set_payouts: reason = set_payouts(command.as<SetPayouts>(), from); break;
        case CommandKind::record_anchor: reason = record_anchor(command.as<RecordAnchor>(), from); break;
        default: reason = RejectReason::unknown_command;
    }
    if (reason != RejectReason::none) refuse(command, reason, from);
}

RejectReason Twin::set_chain(const SetChain& b, SessionId to) {
    if (zeros(b.hash)) return RejectReason::malformed_field;
    if (genesis_->simulated == 1) return RejectReason::deposit_refused_simulated;
    if (!exists(assets_, b.asset)) return RejectReason::unknown_asset;
    if (b.confirmations < 1 || b.confirmations > 128) return RejectReason::limit_out_of_range;
    if (custody_.payouts_on) return RejectReason::chain_running;
    const bool some_open =
        std::any_of(custody_.payouts.begin(), custody_.payouts.end(), [](const auto& p) { return p.open(); });
    if (some_open && b.asset != custody_.asset) return RejectReason::payout_open;
    custody_.set = true;
    ++custody_.chains;
    custody_.asset = b.asset;
    custody_.confirmations = b.confirmations;
    custody_.blocks = {{b.height, b.hash}};
    emit(ChainSet{.hash = b.hash, .height = b.height, .asset = b.asset, .confirmations = b.confirmations}, to);
    return RejectReason::none;
}

RejectReason Twin::advance_chain(const AdvanceChain& b, SessionId to) {
    if (zeros(b.hash) || zeros(b.previous)) return RejectReason::malformed_field;
    if (!custody_.set) return RejectReason::chain_not_set;
    const TwinCustody::Block& tip = custody_.blocks.back();
    if (int128{b.height} != int128{tip.height} + 1 || b.previous != tip.hash) return RejectReason::chain_not_linked;
    custody_.blocks.push_back({b.height, b.hash});
    if (custody_.blocks.size() > 256) custody_.blocks.erase(custody_.blocks.begin());
    emit(ChainAdvanced{.hash = b.hash, .height = b.height}, to);
    return RejectReason::none;
}

RejectReason Twin::rewind_chain(const RewindChain& b, SessionId to) {
    if (b.lost > 1 || !zeros(b.zero)) return RejectReason::malformed_field;
    if (b.lost == 1 ? !zeros(b.hash) || b.height != 0 : zeros(b.hash)) return RejectReason::malformed_field;
    if (!custody_.set) return RejectReason::chain_not_set;
    std::vector<TwinCustody::Block>& blocks = custody_.blocks;
    const std::uint64_t tip = blocks.back().height;
    if (b.lost == 0) {
        const auto found = std::find_if(blocks.begin(), blocks.end(), [&](const TwinCustody::Block& block) {
            return block.height == b.height && block.hash == b.hash;
        });
        if (found == blocks.end() || found + 1 == blocks.end()) return RejectReason::chain_block_unknown;
        blocks.erase(found + 1, blocks.end());
    } else {
        blocks.clear();
        custody_.set = false;
    }
    custody_.payouts_on = false;

    std::set<TwinCustody::Payer> retired;
    for (std::size_t i = custody_.retired_before; i < custody_.payouts.size(); ++i)
        retired.insert(custody_.payouts[i].payer());
    custody_.retired_before = custody_.payouts.size();
    std::uint32_t orphaned = 0;
    for (TwinCustody::Deposit& d : custody_.deposits) {
        if (b.lost == 1 || d.reversed || d.orphaned || d.height <= b.height || d.chain != custody_.chains) continue;
        d.orphaned = true;
        ++orphaned;
    }
    emit(ChainRewound{.hash = b.hash,
                      .height = b.height,
                      .from_height = tip,
                      .orphaned = orphaned,
                      .retired = static_cast<std::uint32_t>(retired.size()),
                      .lost = b.lost},
         to);
    return RejectReason::none;
}

bool Twin::is_confirmed(std::uint64_t height) const {
    const std::uint64_t tip = custody_.blocks.back().height;
    return height <= tip && int128{tip} + 1 - height >= custody_.confirmations;
}

bool Twin::is_registered(const ChainAddress& address) const {
    const auto same = [&](const auto& known) { return known.address == address; };
    return std::any_of(addresses_.begin(), addresses_.end(), same) ||
           std::any_of(custody_.hot.begin(), custody_.hot.end(), same);
}

bool Twin::has_address(AccountId account, std::uint32_t index) const {
    return std::any_of(addresses_.begin(), addresses_.end(), [&](const AddressRegistered& known) {
        return known.account == account && known.index == index;
    });
}

TwinCustody::Deposit* Twin::find_deposit(const ChainHash& hash) {
    for (TwinCustody::Deposit& d : custody_.deposits)
        if (d.tx_hash == hash) return &d;
    return nullptr;
}

RejectReason Twin::credit_deposit(const CreditDeposit& b, SessionId to) {
    if (!zeros(b.zero) || zeros(b.tx_hash) || !address_kind_known(b.sender.kind)) return RejectReason::malformed_field;
    if (!custody_.set) return RejectReason::chain_not_set;
    if (!has_address(b.account, b.index)) return RejectReason::unknown_address;
    if (is_registered(b.sender)) return RejectReason::not_a_deposit;
    if (!is_confirmed(b.height)) return RejectReason::not_confirmed;
    DepositCredited told{.tx_hash = b.tx_hash,
                         .amount = b.amount,
                         .height = b.height,
                         .account = b.account,
                         .asset = custody_.asset,
                         .index = b.index,
                         .position = b.position};
    if (TwinCustody::Deposit* const known = find_deposit(b.tx_hash); known != nullptr) {
        const bool again = known->orphaned && !known->reversed && known->account == b.account &&
                           known->index == b.index && known->amount == b.amount.value && known->asset == custody_.asset;
        if (!again) return RejectReason::deposit_known;
        known->orphaned = false;
        known->height = b.height;
        known->position = b.position;
        known->chain = custody_.chains;
        told.flags = kDepositAgain;
        emit(told, to);
        return RejectReason::none;
    }
    if (const RejectReason reason = check_minted(custody_.asset, b.amount.value); reason != RejectReason::none)
        return reason;
    if (custody_.deposits.size() >= genesis_->max_transfer_ids) return RejectReason::capacity_exhausted;
    count_minted(custody_.asset, b.amount.value);
    custody_.deposits.push_back({.tx_hash = b.tx_hash,
                                 .account = b.account,
                                 .index = b.index,
                                 .asset = custody_.asset,
                                 .amount = b.amount.value,
                                 .height = b.height,
                                 .position = b.position,
                                 .chain = custody_.chains});
    emit(told, to);
    post_and_tell(Posted{.amount = b.amount,
                         .debit_account = kIssuanceAccount,
                         .credit_account = b.account,
                         .asset = custody_.asset,
                         .cause = PostingCause::deposit},
                  to);
    return RejectReason::none;
}

RejectReason Twin::check_minted(AssetId asset, std::int64_t amount) const {
    if (amount < 1 || amount > kMaxIssue) return RejectReason::amount_out_of_range;
    const int128 issued = -owned(kIssuanceAccount, asset);
    if (issued + amount > assets_.at(asset.value - 1).issue_cap.value) return RejectReason::issue_cap_exceeded;
    const std::int64_t ceiling = limits_of(asset).mint_ceiling.value;
    if (ceiling != 0 && minted_today(asset) + amount > ceiling) return RejectReason::mint_ceiling_exceeded;
    return RejectReason::none;
}

RejectReason Twin::reverse_deposit(const ReverseDeposit& b, SessionId to) {
    if (zeros(b.tx_hash)) return RejectReason::malformed_field;
    TwinCustody::Deposit* const d = find_deposit(b.tx_hash);
    if (d == nullptr) return RejectReason::unknown_deposit;
    if (d->reversed) return RejectReason::deposit_reversed;
    if (!d->orphaned) return RejectReason::deposit_not_orphaned;
    d->reversed = true;
    const int128 amount = d->amount;
    const int128 taken = std::min(available(d->account, d->asset), amount);
    const int128 covered = std::min(available(kErrorAccount, d->asset), amount - taken);
    const int128 unbacked = amount - taken - covered;
    std::int64_t& total = custody_.unbacked[d->asset.value];
    total = static_cast<std::int64_t>(std::min<int128>(total + unbacked, std::numeric_limits<std::int64_t>::max()));
    emit(DepositReversed{.tx_hash = b.tx_hash,
                         .taken = Amount{*narrow(taken)},
                         .covered = Amount{*narrow(covered)},
                         .unbacked = Amount{*narrow(unbacked)},
                         .unbacked_total = Amount{total},
                         .account = d->account,
                         .asset = d->asset},
         to);
    for (const auto& [payer, part] : {std::pair{d->account, taken}, std::pair{kErrorAccount, covered}})
        if (part != 0)
            post_and_tell(Posted{.amount = Amount{*narrow(part)},
                                 .debit_account = payer,
                                 .credit_account = kIssuanceAccount,
                                 .asset = d->asset,
                                 .cause = PostingCause::deposit_reversal},
                          to);
    Account& account = the_account(d->account);
    if (!account.frozen) emit(AccountFrozen{.account = d->account, .frozen = 1}, to);
    account.frozen = true;
    return RejectReason::none;
}

RejectReason Twin::cover_loss(const CoverLoss& b, SessionId to) {
    if (b.zero != 0) return RejectReason::malformed_field;
    if (!exists(assets_, b.asset)) return RejectReason::unknown_asset;
    std::int64_t& total = custody_.unbacked[b.asset.value];
    if (b.amount.value < 1 || b.amount.value > total) return RejectReason::amount_out_of_range;
    if (available(kErrorAccount, b.asset) < b.amount.value) return RejectReason::insufficient_funds;
    total -= b.amount.value;
    emit(LossCovered{.amount = b.amount, .unbacked_total = Amount{total}, .asset = b.asset}, to);
    post_and_tell(Posted{.amount = b.amount,
                         .debit_account = kErrorAccount,
                         .credit_account = kIssuanceAccount,
                         .asset = b.asset,
                         .cause = PostingCause::loss_cover},
                  to);
    return RejectReason::none;
}

RejectReason Twin::register_venue_address(const RegisterVenueAddress& b, SessionId to) {
    if (!zeros(b.zero) || b.role != VenueAddressRole::hot || !address_kind_known(b.address.kind))
        return RejectReason::malformed_field;
    if (int128{b.index} != int128{custody_.hot.size()} + 1) return RejectReason::address_index_not_next;
    if (is_registered(b.address)) return RejectReason::address_taken;
    if (custody_.hot.size() >= kHotAddresses) return RejectReason::capacity_exhausted;
    custody_.hot.push_back({.index = b.index, .address = b.address, .role = b.role});
    emit(custody_.hot.back(), to);
    return RejectReason::none;
}

RejectReason Twin::record_anchor(const RecordAnchor& b, SessionId to) {
    const bool place_known =
        b.place == AnchorPlace::decoin || b.place == AnchorPlace::evm || b.place == AnchorPlace::digest_file;
    const bool state_known =
        b.state == AnchorState::sent || b.state == AnchorState::confirmed || b.state == AnchorState::lost;
    if (!zeros(b.zero) || !place_known || !state_known || b.checkpoint == 0 || b.checkpoint > INT64_MAX)
        return RejectReason::malformed_field;
    if (b.height != 0 && b.state != AnchorState::confirmed) return RejectReason::malformed_field;
    if (zeros(b.tx_hash) != (b.place == AnchorPlace::digest_file)) return RejectReason::malformed_field;
    emit(AnchorRecorded{.digest = b.digest,
                        .tx_hash = b.tx_hash,
                        .checkpoint = b.checkpoint,
                        .height = b.height,
                        .place = b.place,
                        .state = b.state},
         to);
    return RejectReason::none;
}

}  // namespace dcx::reference
