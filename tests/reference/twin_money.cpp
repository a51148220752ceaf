// Balances, transfers, mints and burns, and the check of everything that must hold.
#include <algorithm>

#include "base/check.h"
#include "reference/twin.h"

namespace dcx::reference {

namespace {

constexpr std::int64_t kSecondMs = 1000;
constexpr std::int64_t kDayMs = 24 * 3600 * kSecondMs;

}  // namespace

int128 Twin::owned(AccountId account, AssetId asset) const {
    const auto found = owned_.find({account.value, asset.value});
    return found == owned_.end() ? 0 : found->second;
}

int128 Twin::held(AccountId account, AssetId asset) const {
    int128 sum = 0;
    for (const Order& o : orders_)
        if (o.account == account && o.pays == asset) sum += hold_of(o);
    return sum;
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
    std::vector<int128> available(holds.size());
    for (std::size_t i = 0; i < holds.size(); ++i) available[i] = -holds[i];
    for (const auto& [whose, amount] : owned_) available[place_of(whose.first, whose.second)] += amount;
    std::vector<Balance> result(holds.size());
    for (std::size_t i = 0; i < holds.size(); ++i)
        result[i] = {.available = Amount{*narrow(available[i])}, .held = Amount{*narrow(holds[i])}};
    return result;
}

void Twin::post(AccountId from, AccountId to, AssetId asset, int128 amount) {
    owned_[{from.value, asset.value}] -= amount;
    owned_[{to.value, asset.value}] += amount;
}

RejectReason Twin::check_known(const Request& r, const Request& known, RejectReason& detail) const {
    if (r.kind != known.kind) return RejectReason::exists_with_different_kind;
    if (r.debit != known.debit) return RejectReason::exists_with_different_debit_account;
    if (r.credit != known.credit) return RejectReason::exists_with_different_credit_account;
    if (r.asset != known.asset) return RejectReason::exists_with_different_asset;
    if (r.amount != known.amount) return RejectReason::exists_with_different_amount;
    if (known.outcome == RejectReason::none) return RejectReason::exists;
    detail = known.outcome;
    return RejectReason::id_already_failed;
}

// Steps 2 to 5.
RejectReason Twin::check_move(const Request& r, SessionId from, RejectReason& detail) const {
    const AccountId own = account_of(from);
    if (r.kind == TransferKind::transfer && own.value != 0 && r.debit != own) return RejectReason::not_your_account;
    if (!r.id.well_formed()) return RejectReason::id_malformed;
    const std::int64_t now_ms = time_.value / 1'000'000;
    const auto id_ms = static_cast<std::int64_t>(r.id.unix_ms());
    if (id_ms > now_ms + 5 * kSecondMs) return RejectReason::id_in_future;
    if (id_ms < now_ms - kDayMs || r.id <= floor_) return RejectReason::id_too_old;
    if (const auto known = requests_.find({own.value, r.id}); known != requests_.end())
        return check_known(r, known->second, detail);
    if (r.amount < 1 || r.amount > kMaxIssue) return RejectReason::amount_out_of_range;
    if (r.kind == TransferKind::transfer && r.debit == r.credit) return RejectReason::same_account;
    const auto venue = [](AccountId a) { return a == kIssuanceAccount || a == kFeeAccount; };
    if (r.kind != TransferKind::mint && venue(r.debit)) return RejectReason::venue_account;
    if (r.kind != TransferKind::burn && venue(r.credit)) return RejectReason::venue_account;
    if (r.deposit && genesis_->simulated == 1) return RejectReason::deposit_refused_simulated;
    return RejectReason::none;
}

// Step 6: what fails here is remembered.
RejectReason Twin::check_funds(const Request& r) const {
    if (!exists(accounts_, r.debit) || !exists(accounts_, r.credit)) return RejectReason::unknown_account;
    if (!exists(assets_, r.asset)) return RejectReason::unknown_asset;
    if (r.kind == TransferKind::mint) {
        const int128 issued = -owned(kIssuanceAccount, r.asset);
        return issued + r.amount > assets_.at(r.asset.value - 1).issue_cap.value ? RejectReason::issue_cap_exceeded
                                                                                 : RejectReason::none;
    }
    return owned(r.debit, r.asset) - held(r.debit, r.asset) < r.amount ? RejectReason::insufficient_funds
                                                                       : RejectReason::none;
}

void Twin::remember(std::uint32_t scope, const Request& request) {
    if (remembered_.size() == genesis_->max_transfer_ids) {
        floor_ = std::max(floor_, remembered_.front().second);
        requests_.erase(remembered_.front());
        remembered_.pop_front();
    }
    requests_[{scope, request.id}] = request;
    remembered_.push_back({scope, request.id});
}

void Twin::move(const Command& command, Request request, SessionId from, bool malformed) {
    RejectReason detail = RejectReason::none;
    RejectReason reason = malformed ? RejectReason::malformed_field : check_move(request, from, detail);
    if (reason == RejectReason::none) {
        reason = request.outcome = check_funds(request);
        remember(account_of(from).value, request);
    }
    if (reason != RejectReason::none) return refuse(command, reason, from, detail);
    post(request.debit, request.credit, request.asset, request.amount);
    emit(Transferred{.id = request.id,
                     .amount = Amount{request.amount},
                     .debit_available = balance(request.debit, request.asset).available,
                     .credit_available = balance(request.credit, request.asset).available,
                     .debit_account = request.debit,
                     .credit_account = request.credit,
                     .asset = request.asset,
                     .transfer_kind = request.kind},
         from);
}

std::vector<Event> Twin::told_state() const {
    std::vector<Event> result;
    const auto tell = [&](const auto& body) { result.emplace_back().set(body); };
    for (const AssetListed& asset : assets_) tell(asset);
    for (const Market& m : instruments_) {
        InstrumentListed listing = m.listing;
        listing.phase = m.phase;
        listing.last_price = m.last_price;
        tell(listing);
    }
    for (std::uint32_t i = 2; i < accounts_.size(); ++i)
        tell(AccountOpened{
            .account = AccountId{i + 1}, .account_kind = accounts_[i].kind, .self_trade_rule = accounts_[i].rule});
    for (std::uint32_t i = 0; i < keys_.size(); ++i)
        tell(KeyAdded{.public_key = keys_[i].public_key,
                      .key = KeyId{i + 1},
                      .account = keys_[i].account,
                      .permissions = keys_[i].permissions,
                      .revoked = keys_[i].revoked});
    for (std::uint32_t i = 0; i < sessions_.size(); ++i)
        tell(SessionRestored{.client_session = sessions_[i].client_session,
                             .next_incoming = sessions_[i].next_incoming,
                             .next_outgoing = sessions_[i].next_outgoing,
                             .last_cl_ord_id = sessions_[i].last_cl_ord_id,
                             .session = SessionId{i + 1},
                             .key = sessions_[i].key});
    const std::vector<Balance> all = balances();
    for (std::uint32_t account = 1; account <= accounts_.size(); ++account)
        for (const AssetListed& asset : assets_) {
            const Balance b = all[(account - 1) * assets_.size() + asset.asset.value - 1];
            if (b == Balance{}) continue;
            tell(BalanceRestored{
                .available = b.available, .held = b.held, .account = AccountId{account}, .asset = asset.asset});
        }
    for (const Market& m : instruments_)
        for (const Side side : {Side::buy, Side::sell})
            for (const Order* o : queue(m.listing.instrument, side))
                tell(OrderRestored{.order_id = o->id,
                                   .cl_ord_id = o->cl_ord_id,
                                   .price = o->price,
                                   .quantity = Quantity{o->filled + o->open},
                                   .leaves = Quantity{o->open},
                                   .account = o->account,
                                   .instrument = o->instrument,
                                   .slot = o->slot,
                                   .owner = o->session,
                                   .side = o->side,
                                   .flags = o->flags});
    const Genesis venue = genesis_.value_or(Genesis{});
    tell(RestoreCompleted{.venue_id = venue.venue_id,
                          .epoch = epoch_,
                          .last_trade_id = TradeId{trade_count_},
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
        }
        if (sum != 0) return "the accounts of an asset do not add up to 0";
    }
    for (const Order& o : orders_)
        if (o.open < 1 || o.arrival == 0) return "an open order without quantity or outside of the book";
    std::size_t levels = 0;
    for (const Market& m : instruments_) {
        const auto bids = depth(m.listing.instrument, Side::buy);
        const auto asks = depth(m.listing.instrument, Side::sell);
        if (!bids.empty() && !asks.empty() && bids.front().price >= asks.front().price) return "a book is crossed";
        levels += bids.size() + asks.size();
    }
    if (levels > genesis_->max_price_levels) return "more price levels than allowed";
    if (orders_.size() + free_slots_.size() != slots_used_) return "a slot is lost";
    if (remembered_.size() != requests_.size() || remembered_.size() > genesis_->max_transfer_ids)
        return "more transfer ids remembered than allowed";
    return {};
}

}  // namespace dcx::reference
