// The chain, as somebody who watches it would tell it, and now and then as nobody should: blocks and forks, deposits,
// payouts in all states, limits, releases, sweeps, anchors.
#include <algorithm>
#include <array>
#include <limits>

#include "reference/command_generator.h"

namespace dcx::reference {

namespace {

template <class List>
const auto& newest_of(const List& list, std::uint64_t back) {
    return list[list.size() - 1 - std::min<std::size_t>(back, list.size() - 1)];
}

}  // namespace

ChainSeen::Hash CommandGenerator::some_hash() {
    ChainSeen::Hash hash{};
    if (random_.below(120) == 0) return hash;
    const std::uint64_t value = random_.next();
    for (std::size_t i = 0; i < 8; ++i) hash[i] = static_cast<std::byte>(value >> (8 * i));
    return hash;
}

// Of nobody here, from a few; seldom one of ours.
ChainAddress CommandGenerator::outside_address() {
    if (!chain_.addresses.empty() && random_.chance(5))
        return chain_.addresses[random_.below(chain_.addresses.size())].address;
    if (!chain_.hot.empty() && random_.chance(3)) return chain_.hot[random_.below(chain_.hot.size())].address;
    if (!chain_.allowed.empty() && random_.chance(40)) return newest_of(chain_.allowed, random_.below(6)).address;
    ChainAddress address{.kind = random_.chance(50) ? AddressKind::dec : AddressKind::decms};
    address.hash[4] = static_cast<std::byte>(1 + random_.below(8));
    if (random_.below(60) == 0) address.kind = static_cast<AddressKind>(random_.below(5));
    return address;
}

Command CommandGenerator::by_two_persons(const Command& command) {
    Propose b{.proposed = command.header.kind, .lifetime_s = static_cast<std::uint32_t>(random_.between(60, 3600))};
    std::copy_n(command.body.begin(), b.body.size(), b.body.begin());
    return by_operator(Command::make(b));
}

// Of what needs two persons under dual control.
Command CommandGenerator::as_needed(const Command& command) {
    return by_two_ && random_.chance(90) ? by_two_persons(command) : by_operator(command);
}

void CommandGenerator::plan_custody() {
    const CommandHeader op{.session = SessionId{1u}};
    const auto address = [](std::uint32_t account, std::uint32_t index) {
        ChainAddress made{.kind = AddressKind::dec};
        made.hash[2] = static_cast<std::byte>(account);
        made.hash[3] = static_cast<std::byte>(index);
        return made;
    };
    const std::uint32_t first = kFirstCustomer.value;
    for (const auto& [account, index] : {std::pair{first, 1u}, std::pair{first, 2u}, std::pair{first + 1, 1u},
                                         std::pair{first + 2, 1u}, std::pair{first + 4, 1u}})
        plan(Command::make(
            RegisterAddress{.account = AccountId{account}, .index = index, .address = address(account, index)}, op));
    for (std::uint32_t index = 1; index <= 3; ++index)
        plan_by_two(Command::make(
            RegisterVenueAddress{.index = index, .address = address(0, index), .role = VenueAddressRole::hot}, op));
    SetChain b{.hash = some_hash(),
               .height = random_.below(50),
               .asset = chain_asset_,
               .confirmations = static_cast<std::uint32_t>(random_.between(1, 5))};
    // Where heights end.
    if (random_.below(25) == 0) b.height = std::numeric_limits<std::uint64_t>::max() - random_.below(30);
    plan_by_two(Command::make(b, op));
    Propose on{.proposed = CommandKind::set_payouts, .lifetime_s = 60};
    const Command set = Command::make(SetPayouts{.on = 1});
    std::copy_n(set.body.begin(), on.body.size(), on.body.begin());
    plan(Command::make(on, op));
}

// What is most urgent of the chain first: it is followed, payouts are on, there is an address that pays.
Command CommandGenerator::custody() {
    struct Choice {
        unsigned weight;
        Command (CommandGenerator::*make)();
    };
    using G = CommandGenerator;
    if (!chain_.set && random_.chance(40)) return set_chain();
    if (chain_.set && !chain_.payouts_on && random_.chance(15)) return set_payouts();
    const bool can_pay = std::any_of(chain_.hot.begin(), chain_.hot.end(), [&](const VenueAddressRegistered& hot) {
        return !chain_.retired.contains({AccountId{}, hot.index});
    });
    if (!can_pay && random_.chance(15)) return register_venue_address();
    const bool orphans = std::any_of(chain_.deposits.begin(), chain_.deposits.end(),
                                     [](const ChainSeen::Deposit& d) { return d.orphaned && !d.reversed; });
    if (orphans && random_.chance(25)) return reverse_deposit();
    static constexpr std::array<Choice, 21> choices = {{{120, &G::advance_chain},      {75, &G::credit_deposit},
                                                        {70, &G::withdraw_from_chain}, {70, &G::prepare_payout},
                                                        {60, &G::post_payout},         {60, &G::settle_payout},
                                                        {10, &G::abandon_payout},      {16, &G::resolve_payout},
                                                        {9, &G::rewind_chain},         {3, &G::set_chain},
                                                        {7, &G::set_payouts},          {22, &G::reverse_deposit},
                                                        {24, &G::cover_loss},          {45, &G::spend_deposit},
                                                        {7, &G::fund_losses},          {8, &G::register_venue_address},
                                                        {22, &G::allow_address},       {8, &G::set_withdrawal_limits},
                                                        {14, &G::release_withdrawal},  {14, &G::resolve_withdrawal},
                                                        {10, &G::record_anchor}}};
    unsigned total = 0;
    for (const Choice& c : choices) total += c.weight;
    std::uint64_t drawn = random_.below(total);
    for (const Choice& c : choices) {
        if (drawn < c.weight) return (this->*c.make)();
        drawn -= c.weight;
    }
    return advance_chain();
}

Command CommandGenerator::set_chain() {
    SetChain b{.hash = some_hash(),
               .height = chain_.blocks.empty() ? random_.below(100) : chain_.blocks.back().height + random_.below(3),
               .asset = random_.chance(92) ? chain_asset_ : some_asset(),
               .confirmations = static_cast<std::uint32_t>(random_.between(1, random_.chance(90) ? 5 : 129))};
    if (random_.below(30) == 0) b.confirmations = 0;
    return as_needed(Command::make(b));
}

Command CommandGenerator::advance_chain() {
    AdvanceChain b{.hash = some_hash(), .previous = some_hash(), .height = random_.below(60)};
    if (!chain_.blocks.empty() && random_.chance(95)) {
        b.previous = chain_.blocks.back().hash;
        b.height = chain_.blocks.back().height + 1;
        if (random_.below(60) == 0) b.height += random_.below(3) - 1;
        if (random_.below(60) == 0) b.previous[0] ^= std::byte{1};
    }
    return by_operator(Command::make(b));
}

Command CommandGenerator::rewind_chain() {
    RewindChain b{.hash = some_hash(), .height = random_.below(60)};
    if (random_.chance(15)) {
        b = {.lost = 1};
        if (random_.below(8) == 0) b.height = 1;
    } else if (!chain_.blocks.empty()) {
        const ChainSeen::Block& block =
            newest_of(chain_.blocks, random_.below(random_.chance(80) ? 6 : chain_.blocks.size() + 1));
        b.hash = block.hash;
        b.height = block.height;
        if (random_.below(20) == 0) b.height += random_.below(3) - 1;
    }
    if (random_.below(40) == 0) b.lost = 2;
    return by_operator(Command::make(b));
}

// One that is confirmed, mostly.
std::uint64_t CommandGenerator::some_height() {
    if (chain_.blocks.empty()) return random_.below(60);
    const std::uint64_t tip = chain_.blocks.back().height;
    if (random_.chance(8)) return tip - random_.below(3) + 1;
    return tip + 1 - chain_.confirmations - random_.below(4);
}

Command CommandGenerator::credit_deposit() {
    CreditDeposit b{.tx_hash = some_hash(),
                    .amount = Amount{random_.between(1, std::int64_t{1} << random_.between(1, 18))},
                    .height = some_height(),
                    .account = some_account(),
                    .index = 1,
                    .position = static_cast<std::uint32_t>(random_.below(5)),
                    .sender = outside_address()};
    if (random_.chance(10)) b.amount = some_amount();
    if (!chain_.addresses.empty() && random_.chance(95)) {
        const AddressRegistered& to = chain_.addresses[random_.below(chain_.addresses.size())];
        b.account = to.account;
        b.index = to.index;
    }
    std::vector<const ChainSeen::Deposit*> orphans;
    for (const ChainSeen::Deposit& d : chain_.deposits)
        if (d.orphaned) orphans.push_back(&d);
    const ChainSeen::Deposit* known = nullptr;
    if (!orphans.empty() && random_.chance(25)) known = newest_of(orphans, random_.below(4));
    if (!chain_.deposits.empty() && random_.chance(5)) known = &newest_of(chain_.deposits, random_.below(8));
    if (known != nullptr) {
        b.tx_hash = known->as.tx_hash;
        b.amount = known->as.amount;
        b.account = known->as.account;
        b.index = known->as.index;
        if (random_.below(12) == 0) b.amount.value += 1;
        if (random_.below(20) == 0) b.index = 3 - b.index;
    }
    const Command command = Command::make(b);
    return random_.below(150) == 0 ? by_two_persons(command) : by_operator(command);
}

Command CommandGenerator::reverse_deposit() {
    ReverseDeposit b{.tx_hash = some_hash()};
    std::vector<const ChainSeen::Deposit*> orphans;
    for (const ChainSeen::Deposit& d : chain_.deposits)
        if (d.orphaned && !d.reversed) orphans.push_back(&d);
    if (!chain_.deposits.empty() && random_.chance(90))
        b.tx_hash = newest_of(chain_.deposits, random_.below(10)).as.tx_hash;
    if (!orphans.empty() && random_.chance(85)) b.tx_hash = orphans[random_.below(orphans.size())]->as.tx_hash;
    return by_operator(Command::make(b));
}

Command CommandGenerator::cover_loss() {
    CoverLoss b{.amount = some_amount(), .asset = some_asset()};
    for (const auto& [asset, total] : chain_.unbacked) {
        if (total == 0 || random_.chance(20)) continue;
        b.asset = asset;
        b.amount = Amount{random_.chance(60) ? random_.between(1, total) : total};
        if (random_.below(15) == 0) b.amount.value = total + 1;
    }
    return by_operator(Command::make(b));
}

// Away with it, before it turns out to be none.
Command CommandGenerator::spend_deposit() {
    if (chain_.deposits.empty()) return credit_deposit();
    const DepositCredited& deposit = newest_of(chain_.deposits, random_.below(8)).as;
    const Session* const session = session_of(deposit.account);
    Transfer b{.id = some_transfer_id(),
               .amount = deposit.amount,
               .debit_account = deposit.account,
               .credit_account = some_account(),
               .asset = deposit.asset};
    if (const auto known = chain_.available.find({b.debit_account, b.asset});
        known != chain_.available.end() && known->second > 0 && random_.chance(70))
        b.amount = Amount{known->second};
    return sent(from_session(Command::make(b), session));
}

Command CommandGenerator::fund_losses() {
    const Mint b{.id = some_transfer_id(),
                 .amount = Amount{random_.between(1, 1 << 14)},
                 .account = kErrorAccount,
                 .asset = chain_asset_};
    return sent(by_operator(Command::make(b)));
}

Command CommandGenerator::register_venue_address() {
    RegisterVenueAddress b{.index = static_cast<std::uint32_t>(chain_.hot.size() + 1), .role = VenueAddressRole::hot};
    b.address.kind = AddressKind::dec;
    b.address.hash[3] = static_cast<std::byte>(random_.below(250));
    if (random_.chance(5)) b.index = static_cast<std::uint32_t>(random_.below(5));
    if (random_.chance(5)) b.address = outside_address();
    if (random_.chance(3)) b.role = static_cast<VenueAddressRole>(random_.below(4));
    return as_needed(Command::make(b));
}

Command CommandGenerator::allow_address() {
    const Session* session = session_with(kPermitWithdraw);
    AllowAddress b{.reference = random_.next(),
                   .account = own_account(session),
                   .address = outside_address(),
                   .allowed = random_.chance(80)};
    if (random_.below(30) == 0) b.allowed = 2;
    return from_session(Command::make(b), session);
}

Command CommandGenerator::set_withdrawal_limits() {
    SetWithdrawalLimits b{.asset = random_.chance(70) ? chain_asset_ : some_asset()};
    if (random_.chance(35)) b.daily_limit = Amount{random_.between(1, std::int64_t{1} << random_.between(8, 24))};
    if (random_.chance(35))
        b.dual_control_above = Amount{random_.between(1, std::int64_t{1} << random_.between(3, 18))};
    if (random_.chance(40)) b.allow_list = 1;
    if (random_.chance(60)) b.cooling_s = static_cast<std::uint32_t>(random_.below(random_.chance(80) ? 3 : 600));
    switch (random_.below(30)) {
        case 0: b.daily_limit = Amount{interesting()}; break;
        case 1: b.dual_control_above = Amount{interesting()}; break;
        case 2: b.cooling_s = static_cast<std::uint32_t>(random_.between(2'591'999, 2'592'001)); break;
        case 3: b.allow_list = 2; break;
        default: break;
    }
    return as_needed(Command::make(b));
}

Command CommandGenerator::withdraw_from_chain() {
    const Session* session = session_with(kPermitWithdraw);
    for (int i = 0; i < 8 && session != nullptr && session->account.value == 0; ++i)
        session = session_with(kPermitWithdraw);
    Withdraw b{.id = some_transfer_id(),
               .amount = Amount{random_.between(1, std::int64_t{1} << random_.between(1, 16))},
               .account = own_account(session),
               .asset = random_.chance(92) ? chain_asset_ : some_asset(),
               .address = outside_address()};
    if (!chain_.deposits.empty() && random_.chance(40))
        b.amount = newest_of(chain_.deposits, random_.below(10)).as.amount;
    // Three of four of what was allowed.
    std::vector<const AddressAllowed*> own;
    for (const AddressAllowed& a : chain_.allowed)
        if (a.account == b.account) own.push_back(&a);
    if (!own.empty() && random_.chance(75)) b.address = own[random_.below(own.size())]->address;
    return sent(from_session(Command::make(b), session));
}

const ChainSeen::Withdrawal* CommandGenerator::some_withdrawal() {
    if (chain_.withdrawals.empty()) return nullptr;
    return &chain_.withdrawals[random_.below(chain_.withdrawals.size())];
}

Command CommandGenerator::release_withdrawal() {
    ReleaseWithdrawal b{.id = some_transfer_id(), .scope = some_account()};
    const ChainSeen::Withdrawal* const w = some_withdrawal();
    if (w != nullptr && random_.chance(95)) b.id = w->as.id, b.scope = w->as.scope;
    return random_.chance(90) ? by_two_persons(Command::make(b)) : by_operator(Command::make(b));
}

// By an operator: posted or voided, mostly as much as is settled.
Command CommandGenerator::resolve_withdrawal() {
    const ChainSeen::Withdrawal* w = some_withdrawal();
    for (int i = 0; i < 5 && w != nullptr && w->settled == 0; ++i) w = some_withdrawal();
    if (w == nullptr) return resolve();
    if (w->settled == 0 && random_.chance(60)) return prepare_payout();
    if (random_.chance(20))
        return sent(by_operator(
            Command::make(VoidTransfer{.id = some_transfer_id(), .pending_id = w->as.id, .scope = w->as.scope})));
    const std::int64_t amount =
        w->settled != 0 && random_.chance(80) ? w->settled : random_.between(1, w->as.amount.value);
    return sent(by_operator(Command::make(PostTransfer{
        .id = some_transfer_id(), .pending_id = w->as.id, .amount = Amount{amount}, .scope = w->as.scope})));
}

std::uint32_t CommandGenerator::some_hot() {
    std::vector<std::uint32_t> fit;
    for (const VenueAddressRegistered& hot : chain_.hot) {
        const ChainSeen::Payer payer{AccountId{}, hot.index};
        if (!chain_.retired.contains(payer) && !chain_.is_busy(payer)) fit.push_back(hot.index);
    }
    if (!fit.empty() && random_.chance(88)) return fit[random_.below(fit.size())];
    return static_cast<std::uint32_t>(random_.below(chain_.hot.size() + 2));
}

Command CommandGenerator::prepare_payout() {
    PreparePayout b{.tx_hash = some_hash(), .payout_kind = PayoutKind::withdrawal};
    const ChainSeen::Withdrawal* const w = some_withdrawal();
    if ((w == nullptr || random_.chance(25)) && !chain_.addresses.empty()) {
        const AddressRegistered& from = chain_.addresses[random_.below(chain_.addresses.size())];
        b.payout_kind = PayoutKind::sweep;
        b.amount = Amount{random_.between(1, 1 << 20)};
        b.account = from.account;
        b.index = from.index;
        b.to_index = some_hot();
        if (random_.below(40) == 0) b.id = some_transfer_id();
    } else {
        b.id = w != nullptr ? w->as.id : some_transfer_id();
        b.account = w != nullptr ? w->as.scope : some_account();
        const std::int64_t left = w != nullptr ? w->as.amount.value - w->settled : 1;
        b.amount = Amount{random_.chance(30) && left > 1 ? random_.between(1, left - 1) : left};
        b.index = some_hot();
        if (random_.below(40) == 0) b.to_index = 1;
        if (random_.below(40) == 0) b.id = some_transfer_id();
    }
    if (random_.below(30) == 0) b.amount.value += random_.chance(50) ? 1 : -b.amount.value;
    if (random_.below(60) == 0) b.payout_kind = static_cast<PayoutKind>(random_.below(5));
    if (random_.below(40) == 0) b.index = static_cast<std::uint32_t>(random_.below(9));
    if (!chain_.closed.empty() && random_.below(30) == 0) b.tx_hash = newest_of(chain_.closed, random_.below(5));
    if (!chain_.open.empty() && random_.below(40) == 0)
        b.tx_hash = chain_.open[random_.below(chain_.open.size())].as.tx_hash;
    const ChainSeen::Payer payer{b.payout_kind == PayoutKind::withdrawal ? AccountId{} : b.account, b.index};
    const auto last = chain_.nonces.find(payer);
    b.nonce = random_.below(3);
    if (last != chain_.nonces.end()) b.nonce = last->second + (random_.chance(5) ? 0 : 1 + random_.below(3));
    return by_operator(Command::make(b));
}

// An open one that is posted, or not, mostly.
ChainSeen::Hash CommandGenerator::some_payout(bool posted) {
    std::vector<ChainSeen::Hash> fit;
    for (const ChainSeen::Payout& p : chain_.open)
        if (p.posted == posted) fit.push_back(p.as.tx_hash);
    if (!fit.empty() && random_.chance(92)) return fit[random_.below(fit.size())];
    if (!chain_.open.empty() && random_.chance(60)) return chain_.open[random_.below(chain_.open.size())].as.tx_hash;
    if (!chain_.closed.empty() && random_.chance(60)) return newest_of(chain_.closed, random_.below(5));
    return some_hash();
}

Command CommandGenerator::post_payout() {
    return by_operator(Command::make(PostPayout{.tx_hash = some_payout(false)}));
}

Command CommandGenerator::abandon_payout() {
    return by_operator(Command::make(AbandonPayout{.tx_hash = some_payout(false)}));
}

Command CommandGenerator::settle_payout() {
    return by_operator(Command::make(SettlePayout{.tx_hash = some_payout(true), .height = some_height()}));
}

Command CommandGenerator::resolve_payout() {
    ResolvePayout b{.tx_hash = some_payout(true),
                    .outcome = random_.chance(60) ? PayoutOutcome::paid : PayoutOutcome::not_paid};
    if (random_.below(30) == 0) b.outcome = static_cast<PayoutOutcome>(random_.below(4));
    return random_.chance(90) ? by_two_persons(Command::make(b)) : by_operator(Command::make(b));
}

Command CommandGenerator::set_payouts() {
    SetPayouts b{.reference = random_.next(), .on = !chain_.payouts_on};
    if (random_.below(10) == 0) b.on = static_cast<std::uint8_t>(random_.below(3));
    const Command command = Command::make(b);
    return b.on == 1 && random_.chance(95) ? by_two_persons(command) : by_operator(command);
}

Command CommandGenerator::record_anchor() {
    RecordAnchor b{.digest = some_hash(),
                   .checkpoint = 1 + random_.below(9),
                   .place = static_cast<AnchorPlace>(random_.between(1, random_.chance(95) ? 3 : 4)),
                   .state = static_cast<AnchorState>(random_.between(1, random_.chance(95) ? 3 : 4))};
    if (b.place != AnchorPlace::digest_file || random_.below(30) == 0) b.tx_hash = some_hash();
    if (b.state == AnchorState::confirmed || random_.below(30) == 0)
        b.height = static_cast<std::uint32_t>(random_.below(1000));
    if (random_.below(40) == 0) b.checkpoint = static_cast<std::uint64_t>(interesting());
    return by_operator(Command::make(b));
}

}  // namespace dcx::reference
