// Balances, what is told of the whole state, and the check of everything that must hold.
#include <algorithm>

#include "base/check.h"
#include "reference/twin.h"

namespace dcx::reference {

int128 Twin::owned(AccountId account, AssetId asset) const {
    const auto found = owned_.find({account.value, asset.value});
    return found == owned_.end() ? 0 : found->second;
}

int128 Twin::held(AccountId account, AssetId asset) const {
    int128 sum = 0;
    for (const Order& o : orders_)
        if (o.account == account && o.pays == asset) sum += hold_of(o);
    for (const Pending& p : pendings_)
        if (p.debit == account && p.asset == asset) sum += p.amount;
    return sum;
}

int128 Twin::available(AccountId account, AssetId asset) const { return owned(account, asset) - held(account, asset); }

Twin::Turnover Twin::turnover(AccountId account, AssetId asset) const {
    const auto found = turnover_.find({account.value, asset.value});
    return found == turnover_.end() ? Turnover{} : found->second;
}

Twin::Balance Twin::balance(AccountId account, AssetId asset) const {
    const int128 holds = held(account, asset);
    return {.available = Amount{*narrow(owned(account, asset) - holds)}, .held = Amount{*narrow(holds)}};
}

std::vector<Twin::Balance> Twin::balances() const {
    std::vector<int128> holds(accounts_.size() * assets_.size());
    const auto place_of = [&](std::uint32_t account, std::uint32_t asset) {
        return (account - 1) * assets_.size() + asset - 1;
    };
    for (const Order& o : orders_) holds[place_of(o.account.value, o.pays.value)] += hold_of(o);
    for (const Pending& p : pendings_) holds[place_of(p.debit.value, p.asset.value)] += p.amount;
    std::vector<int128> available(holds.size());
    for (std::size_t i = 0; i < holds.size(); ++i) available[i] = -holds[i];
    for (const auto& [whose, amount] : owned_) available[place_of(whose.first, whose.second)] += amount;
    std::vector<Balance> result(holds.size());
    for (std::size_t i = 0; i < holds.size(); ++i)
        result[i] = {.available = Amount{*narrow(available[i])}, .held = Amount{*narrow(holds[i])}};
    return result;
}

void Twin::post(AccountId from, AccountId to, AssetId asset, int128 amount) {
    DCX_CHECK(amount >= 0);
    owned_[{from.value, asset.value}] -= amount;
    owned_[{to.value, asset.value}] += amount;
    turnover_[{from.value, asset.value}].debits += static_cast<uint128>(amount);
    turnover_[{to.value, asset.value}].credits += static_cast<uint128>(amount);
}

template <class Posting>
void Twin::post_and_tell(Posting posting, SessionId to) {
    posting.debit_before = balance(posting.debit_account, posting.asset).available;
    posting.credit_before = balance(posting.credit_account, posting.asset).available;
    post(posting.debit_account, posting.credit_account, posting.asset, posting.amount.value);
    posting.debit_after = balance(posting.debit_account, posting.asset).available;
    posting.credit_after = balance(posting.credit_account, posting.asset).available;
    emit(posting, to);
}
template void Twin::post_and_tell(Transferred, SessionId);
template void Twin::post_and_tell(Posted, SessionId);

std::vector<Event> Twin::told_state() const {
    std::vector<Event> result;
    const auto tell = [&](const auto& body) { result.emplace_back().set(body); };
    tell_accounts(result);
    for (const Market& m : instruments_) {
        InstrumentListed listing = m.listing;
        listing.phase = m.phase;
        listing.last_price = m.last_price;
        tell(listing);
    }
    for (std::uint32_t i = 0; i < sessions_.size(); ++i)
        tell(SessionRestored{.client_session = sessions_[i].client_session,
                             .next_incoming = sessions_[i].next_incoming,
                             .next_outgoing = sessions_[i].next_outgoing,
                             .last_cl_ord_id = sessions_[i].last_cl_ord_id,
                             .session = SessionId{i + 1},
                             .key = sessions_[i].key});
    tell_promises(result);
    tell_custody(result);
    const std::vector<Balance> all = balances();
    for (std::uint32_t account = 1; account <= accounts_.size(); ++account)
        for (const AssetListed& asset : assets_) {
            const Balance b = all[(account - 1) * assets_.size() + asset.asset.value - 1];
            const Turnover t = turnover(AccountId{account}, asset.asset);
            if (b == Balance{} && t == Turnover{}) continue;
            tell(BalanceRestored{.available = b.available,
                                 .held = b.held,
                                 .debits_low = static_cast<std::uint64_t>(t.debits),
                                 .debits_high = static_cast<std::uint64_t>(t.debits >> 64),
                                 .credits_low = static_cast<std::uint64_t>(t.credits),
                                 .credits_high = static_cast<std::uint64_t>(t.credits >> 64),
                                 .account = AccountId{account},
                                 .asset = asset.asset});
        }
    tell_trading(result);
    const Genesis venue = genesis_.value_or(Genesis{});
    tell(RestoreCompleted{.venue_id = venue.venue_id,
                          .epoch = epoch_,
                          .last_trade_id = TradeId{static_cast<std::uint64_t>(trades_.size())},
                          .simulated = venue.simulated});
    return result;
}

std::string Twin::check() const {
    const std::vector<Balance> all = balances();
    for (const AssetListed& asset : assets_) {
        int128 sum = 0;
        for (std::uint32_t account = 1; account <= accounts_.size(); ++account) {
            const Balance b = all[(account - 1) * assets_.size() + asset.asset.value - 1];
            sum += int128{b.available.value} + b.held.value;
            if (account == kIssuanceAccount.value &&
                (b.available.value > 0 || -b.available.value > asset.issue_cap.value))
                return "the issuance account is out of its range";
            if (account != kIssuanceAccount.value && b.available.value < 0) return "a balance is negative";
            if (b.held.value < 0) return "a hold is negative";
            const Turnover t = turnover(AccountId{account}, asset.asset);
            if (static_cast<int128>(t.credits - t.debits) != int128{b.available.value} + b.held.value)
                return "a balance is not what was given less what was taken";
        }
        if (sum != 0) return "the accounts of an asset do not add up to 0";
    }
    if (const std::string broken = check_trading(); !broken.empty()) return broken;
    if (const std::string broken = check_custody(); !broken.empty()) return broken;
    if (remembered_.size() != requests_.size() || remembered_.size() > genesis_->max_transfer_ids)
        return "more transfer ids remembered than allowed";
    if (pendings_.size() > genesis_->max_orders) return "more transfers pending than allowed";
    for (const Pending& p : pendings_)
        if (p.amount < 1) return "a pending transfer of nothing";
    if (proposals_.size() > kMaxProposals) return "more proposals open than allowed";
    return {};
}

}  // namespace dcx::reference
