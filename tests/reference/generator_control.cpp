// What operators set of the ledger, and what two of them agree on.
#include <algorithm>
#include <array>

#include "reference/command_generator.h"

namespace dcx::reference {

Ed25519PublicKey CommandGenerator::operator_key(std::uint64_t signer) {
    for (const auto& [key, number] : signers_)
        if (number == signer) return key;
    const Ed25519PublicKey key = ed25519_public_key(operator_seed(signer));
    signers_[key] = signer;
    return key;
}

std::uint64_t CommandGenerator::signer_of(const Session& session) const {
    for (const Key& key : keys_)
        if (key.id == session.key) return key.signer;
    return 0;
}

Command CommandGenerator::register_address() {
    RegisterAddress b{.account = some_account(), .address = some_address()};
    b.index = addresses_[b.account.value] + 1;
    if (random_.chance(10)) b.index = static_cast<std::uint32_t>(random_.below(5));
    return from_session(Command::make(b), session_with(kPermitOperator));
}

Command CommandGenerator::set_asset_limits() {
    constexpr std::array<std::int32_t, 8> rates = {0, 1, 10, 1'000, 2'500, 999'999, 1'000'000, 1'000'001};
    SetAssetLimits b{.asset = some_asset()};
    b.transfer_fee = FeeRate{rates[random_.below(random_.chance(95) ? 7 : 8)]};
    if (random_.chance(40)) b.mint_ceiling = Amount{random_.between(1, std::int64_t{1} << random_.between(10, 62))};
    if (random_.chance(40))
        b.dual_control_above = Amount{random_.between(1, std::int64_t{1} << random_.between(10, 40))};
    if (random_.chance(5)) b.mint_ceiling = Amount{interesting()};
    if (random_.chance(5)) b.dual_control_above = Amount{interesting()};
    return from_session(Command::make(b), session_with(kPermitOperator));
}

// Anything that an operator can send, and some that can't be proposed.
Command CommandGenerator::propose() {
    using G = CommandGenerator;
    static constexpr std::array<Command (G::*)(), 27> makers = {&G::add_key,
                                                                &G::add_key,
                                                                &G::list_asset,
                                                                &G::list_asset,
                                                                &G::set_asset_limits,
                                                                &G::set_asset_limits,
                                                                &G::mint,
                                                                &G::burn,
                                                                &G::transfer,
                                                                &G::open_account,
                                                                &G::set_phase,
                                                                &G::freeze_account,
                                                                &G::register_address,
                                                                &G::list_instrument,
                                                                &G::revoke_key,
                                                                &G::pend,
                                                                &G::set_fees,
                                                                &G::set_market_limits,
                                                                &G::set_account_limits,
                                                                &G::set_position_limits,
                                                                &G::set_kill_switch,
                                                                &G::activate_rules,
                                                                &G::bust_trade,
                                                                &G::bust_trade,
                                                                &G::bust_trade,
                                                                &G::bust_trade,
                                                                &G::bust_trade};
    std::size_t which = random_.below(makers.size());
    // A key that is revoked is gone for good.
    if (makers[which] == &G::revoke_key && random_.chance(80)) which = 0;
    const Command inner = (this->*makers[which])();
    Propose b{.proposed = inner.header.kind,
              .lifetime_s = static_cast<std::uint32_t>(random_.between(60, random_.chance(50) ? 300 : 3600))};
    std::copy_n(inner.body.begin(), b.body.size(), b.body.begin());
    if (random_.chance(4)) b.lifetime_s = static_cast<std::uint32_t>(interesting());
    if (random_.chance(2)) b.body.back() = std::byte{1};
    if (random_.chance(3)) b.proposed = static_cast<CommandKind>(random_.below(100));
    return from_session(Command::make(b), session_with(kPermitOperator));
}

Command CommandGenerator::approve_as(const Session* session, const ApprovalMessage& message) {
    const std::uint64_t signer = session != nullptr ? signer_of(*session) : 0;
    return from_session(Command::make(sign_approval(message, signer)), session);
}

Command CommandGenerator::next_agreed() {
    const auto [proposal, session] = agreed_.front();
    agreed_.pop_front();
    for (const Session& s : sessions_)
        if (s.id == session) return approve_as(&s, *proposals_.message(proposal));
    return approve();
}

Command CommandGenerator::approve() {
    const Session* session = session_with(kPermitOperator);
    ApprovalMessage message;
    ProposalId id{random_.below(proposals_.made() + 2)};
    if (!open_proposals_.empty() && random_.chance(95)) {
        const std::size_t back = std::min<std::size_t>(open_proposals_.size(), random_.chance(80) ? 2 : 99);
        id = open_proposals_[open_proposals_.size() - 1 - random_.below(back)];
    }
    if (const ApprovalMessage* known = proposals_.message(id); known != nullptr) message = *known;
    if (random_.chance(92)) return approve_as(session, message);
    // Signed by somebody else, for something else, or not at all.
    Approve b = sign_approval(message, 1 + random_.below(4));
    switch (random_.below(4)) {
        case 0: break;
        case 1: b.signature[random_.below(64)] ^= static_cast<std::byte>(1 + random_.below(255)); break;
        case 2: b.signature = {}; break;
        default:
            message.expires.value ^= 1;
            b = sign_approval(message, session != nullptr ? signer_of(*session) : 0);
            break;
    }
    b.proposal = id;
    return from_session(Command::make(b), session);
}

}  // namespace dcx::reference
