// The seven money requests: alone, sent again with one number changed, and linked to groups.
#include <algorithm>
#include <array>
#include <cstring>

#include "reference/command_generator.h"

namespace dcx::reference {

namespace {

// Every money request begins with its id.
TransferId id_of(const Command& command) {
    TransferId id;
    std::memcpy(&id, command.body.data(), sizeof id);
    return id;
}

}  // namespace

TransferId CommandGenerator::some_transfer_id() {
    std::int64_t ms = now_ns_ / 1'000'000 + random_.between(0, 30);
    if (random_.chance(4)) ms += random_.between(4'900, 5'100);
    if (random_.chance(2)) ms -= 24 * 3'600'000 + random_.between(-200, 200);
    TransferId id = make_transfer_id(static_cast<std::uint64_t>(ms), random_.next(), random_.next());
    if (random_.chance(2)) id.high = random_.next();
    if (random_.chance(2)) id.low = random_.next();
    return id;
}

Amount CommandGenerator::some_amount() {
    if (random_.chance(5)) return Amount{interesting()};
    return Amount{random_.between(1, std::int64_t{1} << random_.between(1, random_.chance(90) ? 30 : 62))};
}

// The session's account or a sub-account of it; for an operator, or seldom, any.
AccountId CommandGenerator::own_account(const Session* session) {
    if (session == nullptr || session->account.value == 0 || random_.chance(4)) return some_account();
    std::vector<AccountId> own = {session->account, session->account};
    for (const auto& [account, owner] : owners_)
        if (owner == session->account) own.push_back(account);
    return own[random_.below(own.size())];
}

std::int64_t CommandGenerator::some_timeout() {
    if (random_.chance(5)) return interesting();
    if (random_.chance(3)) return random_.chance(50) ? kMaxPendingNs + random_.between(-1, 1) : 999'999;
    if (random_.chance(30)) return 0;
    return random_.between(1'000'000, random_.chance(80) ? std::int64_t{2'000'000'000} : std::int64_t{600'000'000'000});
}

ChainAddress CommandGenerator::some_address() {
    ChainAddress address{.kind = random_.chance(50) ? AddressKind::dec : AddressKind::decms};
    address.hash[random_.below(2)] = static_cast<std::byte>(random_.below(30));
    if (random_.chance(4)) address.kind = static_cast<AddressKind>(random_.below(5));
    return address;
}

Command CommandGenerator::sent(const Command& command) {
    money_.push_back(command);
    return command;
}

Command CommandGenerator::transfer() {
    const bool as_operator = random_.chance(15);
    const Session* session = session_with(as_operator ? kPermitOperator : kPermitTransfer);
    const Transfer b{.id = some_transfer_id(),
                     .amount = some_amount(),
                     .debit_account = own_account(session),
                     .credit_account = some_account(),
                     .asset = some_asset(),
                     .linked = random_.below(40) == 0};
    return sent(from_session(Command::make(b), session));
}

Command CommandGenerator::mint() {
    Mint b{.id = some_transfer_id(), .amount = some_amount(), .account = some_account(), .asset = some_asset()};
    b.source = random_.chance(80) ? MintSource::issue : MintSource::deposit;
    return sent(from_session(Command::make(b), session_with(kPermitOperator)));
}

Command CommandGenerator::burn() {
    const Burn b{.id = some_transfer_id(), .amount = some_amount(), .account = some_account(), .asset = some_asset()};
    return sent(from_session(Command::make(b), session_with(kPermitOperator)));
}

Command CommandGenerator::pend() {
    const Session* session = session_with(random_.chance(15) ? kPermitOperator : kPermitTransfer);
    const PendTransfer b{.id = some_transfer_id(),
                         .amount = some_amount(),
                         .timeout_ns = some_timeout(),
                         .debit_account = own_account(session),
                         .credit_account = some_account(),
                         .asset = some_asset(),
                         .linked = random_.below(40) == 0};
    return sent(from_session(Command::make(b), session));
}

Command CommandGenerator::withdraw() {
    const Session* session = session_with(kPermitWithdraw);
    const Withdraw b{.id = some_transfer_id(),
                     .amount = some_amount(),
                     .account = own_account(session),
                     .asset = some_asset(),
                     .address = some_address()};
    return sent(from_session(Command::make(b), session));
}

// A post or a void of what is pending, of what was, or of what never was.
Command CommandGenerator::resolve() {
    Pending pending{.id = some_transfer_id(), .scope = some_account(), .account = {}, .amount = 5};
    if (!money_.empty() && random_.chance(30)) pending.id = id_of(money_[random_.below(money_.size())]);
    if (!resolved_.empty() && random_.chance(20)) {
        const std::size_t back = std::min<std::size_t>(resolved_.size(), 8);
        pending = resolved_[resolved_.size() - 1 - random_.below(back)];
    } else if (!pendings_.empty() && random_.chance(95)) {
        pending = pendings_[random_.below(pendings_.size())];
    }
    const Session* session = random_.chance(35) ? session_with(kPermitOperator) : session_of(pending.scope);
    if (random_.chance(4)) session = session_with(kPermitTransfer);
    if (random_.chance(4)) pending.scope = random_.chance(50) ? AccountId{} : some_account();
    if (random_.chance(35))
        return sent(from_session(
            Command::make(VoidTransfer{.id = some_transfer_id(), .pending_id = pending.id, .scope = pending.scope}),
            session));
    PostTransfer b{.id = some_transfer_id(), .pending_id = pending.id, .scope = pending.scope};
    switch (random_.below(8)) {
        case 0: b.amount = some_amount(); break;
        case 1:
        case 2: b.amount = Amount{pending.amount + random_.between(-1, 1)}; break;
        case 3:
        case 4: b.amount = Amount{random_.between(1, pending.amount)}; break;
        default: b.amount = Amount{pending.amount}; break;
    }
    return sent(from_session(Command::make(b), session));
}

// A request sent before: as it was, with one number changed, or as another kind with the same id.
Command CommandGenerator::repeat_money() {
    if (money_.empty()) return transfer();
    const std::size_t back = std::min<std::size_t>(money_.size(), random_.chance(90) ? 12 : 1000);
    const Command command = money_[money_.size() - 1 - random_.below(back)];
    if (random_.chance(40)) return command;
    return random_.chance(20) ? of_other_kind(command) : with_other_field(command);
}

Command CommandGenerator::of_other_kind(const Command& command) {
    const TransferId id = id_of(command);
    const CommandHeader& header = command.header;
    switch (random_.below(7)) {
        case 0:
            return Command::make(
                Burn{.id = id, .amount = some_amount(), .account = some_account(), .asset = some_asset()}, header);
        case 1:
            return Command::make(
                Mint{.id = id, .amount = some_amount(), .account = some_account(), .asset = some_asset()}, header);
        case 2: return Command::make(VoidTransfer{.id = id, .pending_id = some_transfer_id()}, header);
        case 3:
            return Command::make(PostTransfer{.id = id, .pending_id = some_transfer_id(), .amount = some_amount()},
                                 header);
        case 4:
            return Command::make(Withdraw{.id = id,
                                          .amount = some_amount(),
                                          .account = some_account(),
                                          .asset = some_asset(),
                                          .address = some_address()},
                                 header);
        default: break;
    }
    AccountId own{};
    for (const Session& s : sessions_)
        if (s.id == header.session) own = s.account;
    const Transfer b{.id = id,
                     .amount = some_amount(),
                     .debit_account = own.value != 0 ? own : some_account(),
                     .credit_account = some_account(),
                     .asset = some_asset()};
    return Command::make(b, header);
}

Command CommandGenerator::with_other_field(const Command& command) {
    const std::uint64_t which = random_.below(5);
    const auto changed = [&](auto b) { return Command::make(b, command.header); };
    switch (command.header.kind) {
        case CommandKind::transfer: {
            auto b = command.as<Transfer>();
            if (which == 0) b.amount = some_amount();
            if (which == 1) b.asset = some_asset();
            if (which == 2) b.credit_account = some_account();
            if (which == 3) b.debit_account = some_account();
            return changed(b);
        }
        case CommandKind::pend_transfer: {
            auto b = command.as<PendTransfer>();
            if (which == 0) b.amount = some_amount();
            if (which == 1) b.asset = some_asset();
            if (which == 2) b.credit_account = some_account();
            if (which == 3) b.debit_account = some_account();
            if (which == 4) b.timeout_ns = some_timeout();
            return changed(b);
        }
        case CommandKind::post_transfer: {
            auto b = command.as<PostTransfer>();
            if (which < 2) b.amount = some_amount();
            if (which == 2) b.scope = some_account();
            if (which > 2) b.pending_id = some_transfer_id();
            return changed(b);
        }
        case CommandKind::void_transfer: {
            auto b = command.as<VoidTransfer>();
            if (which < 2) b.scope = some_account();
            if (which >= 2) b.pending_id = some_transfer_id();
            return changed(b);
        }
        case CommandKind::withdraw: {
            auto b = command.as<Withdraw>();
            if (which == 0) b.amount = some_amount();
            if (which == 1) b.asset = some_asset();
            if (which == 2) b.account = some_account();
            if (which > 2) b.address = some_address();
            return changed(b);
        }
        case CommandKind::mint: {
            auto b = command.as<Mint>();
            if (which == 0) b.amount = some_amount();
            if (which == 1) b.asset = some_asset();
            if (which == 2) b.account = some_account();
            if (which > 2) b.source = b.source == MintSource::issue ? MintSource::deposit : MintSource::issue;
            return changed(b);
        }
        default: {
            auto b = command.as<Burn>();
            if (which == 0) b.amount = some_amount();
            if (which == 1) b.asset = some_asset();
            if (which > 1) b.account = some_account();
            return changed(b);
        }
    }
}

// One member's fault: of each step, and of ids within the group.
void CommandGenerator::spoil(Transfer& member, std::int64_t& timeout_ns, TransferId earlier) {
    switch (random_.below(15)) {
        case 0: member.zero[1] = 1; break;
        case 1: member.debit_account = some_account(); break;
        case 2: member.id.low = 0; break;
        case 3:
            member.id = make_transfer_id(static_cast<std::uint64_t>(now_ns_ / 1'000'000 - 25 * 3'600'000),
                                         random_.next(), random_.next());
            break;
        case 4:
            if (!money_.empty())
                member.id = id_of(money_[money_.size() - 1 - random_.below(std::min<std::size_t>(money_.size(), 20))]);
            break;
        case 5: member.id = earlier; break;
        case 6: member.amount = Amount{random_.between(-1, 0)}; break;
        case 7: timeout_ns = 7; break;
        case 8: member.credit_account = member.debit_account; break;
        case 9: member.credit_account = kFeeAccount; break;
        case 10: member.credit_account = AccountId{accounts_ + 1}; break;
        case 11: member.asset = AssetId{assets_ + 1}; break;
        default: member.amount = Amount{kMaxIssue - random_.between(0, 1)}; break;
    }
}

Command CommandGenerator::group() {
    const Session* session = session_with(random_.chance(10) ? kPermitOperator : kPermitTransfer);
    const std::int64_t size = random_.chance(80) ? random_.between(2, 5) : random_.between(14, 19);
    const std::int64_t spoiled = random_.chance(55) ? random_.between(0, size - 1) : -1;
    std::deque<Command> members;
    TransferId earlier = some_transfer_id();
    for (std::int64_t i = 0; i < size; ++i) {
        // Greater than all that others use at this time: with a short memory the floor would pass most of them.
        const auto ms = static_cast<std::uint64_t>(now_ns_ / 1'000'000 + 31 + i);
        Transfer b{.id = make_transfer_id(ms, random_.next(), random_.next()),
                   .amount = Amount{random_.between(1, random_.chance(90) ? 1000 : 1 << 20)},
                   .debit_account = own_account(session),
                   .credit_account = some_account(),
                   .asset = some_asset(),
                   .linked = i + 1 < size};
        while (b.credit_account == b.debit_account || b.credit_account < kFirstCustomer)
            b.credit_account = AccountId{static_cast<std::uint32_t>(random_.between(kFirstCustomer.value, accounts_))};
        std::int64_t timeout_ns = random_.chance(25) ? random_.between(1'000'000, 1'000'000'000) : 0;
        if (i == spoiled || random_.below(100) == 0) spoil(b, timeout_ns, earlier);
        earlier = b.id;
        Command member = Command::make(b);
        if (timeout_ns != 0 || random_.chance(15))
            member = Command::make(PendTransfer{.id = b.id,
                                                .amount = b.amount,
                                                .timeout_ns = timeout_ns,
                                                .debit_account = b.debit_account,
                                                .credit_account = b.credit_account,
                                                .asset = b.asset,
                                                .linked = b.linked,
                                                .zero = b.zero});
        members.push_back(from_session(member, session));
    }
    // One that is never closed, unless something else of the session closes it.
    if (random_.below(20) == 0) members.pop_back();
    groups_.push_back(members);
    return next_of_group();
}

Command CommandGenerator::next_of_group() {
    const std::size_t which = random_.below(groups_.size());
    const Command member = groups_[which].front();
    groups_[which].pop_front();
    if (groups_[which].empty()) groups_.erase(groups_.begin() + static_cast<std::ptrdiff_t>(which));
    return sent(member);
}

}  // namespace dcx::reference
