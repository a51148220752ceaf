#include "reference/ledger_venue.h"

#include <algorithm>

#include "base/check.h"

namespace dcx::reference {

Genesis LedgerVenue::usual_genesis() {
    Genesis genesis{.max_accounts = 12,
                    .max_assets = 3,
                    .max_instruments = 2,
                    .max_orders = 4,
                    .max_sessions = 300,
                    .max_keys = 12,
                    .max_price_levels = 8,
                    .max_fills_per_command = 3,
                    .max_transfer_ids = 1000};
    genesis.operator_key = ed25519_public_key(operator_seed(1));
    genesis.venue_id[0] = std::byte{7};
    return genesis;
}

LedgerVenue::LedgerVenue(Genesis genesis) {
    const bool dual_control = genesis.dual_control == 1;
    send(genesis);
    send(GenesisKey{.public_key = ed25519_public_key(operator_seed(2)), .person = PersonId{2u}});
    send(GenesisKey{.public_key = ed25519_public_key(operator_seed(3)), .person = PersonId{1u}});
    send(StartEpoch{.epoch = 1, .engine_version = kNewestRules, .newest_rules = kNewestRules});
    for (std::uint32_t key = 1; key <= 3; ++key) open_session(key, 1);
    const auto set_up = [&](const auto& body) { return dual_control ? by_two(body) : send(body, one); };
    for (const char* symbol : {"DEC", "USD"})
        set_up(ListAsset{.symbol = AssetSymbol{symbol}, .issue_cap = Amount{kMaxIssue}});
    for (int i = 0; i < 3; ++i) send(OpenAccount{.account_kind = AccountKind::customer}, one);
    send(OpenAccount{.owner = alice_account, .account_kind = AccountKind::customer}, one);
    const std::uint32_t permissions = kPermitTrade | kPermitTransfer | kPermitWithdraw;
    std::uint32_t key = 3;
    for (const AccountId account : {alice_account, sub_account, bob_account}) {
        AddKey body{.account = account, .permissions = permissions};
        body.public_key[0] = static_cast<std::byte>(account.value);
        set_up(body);
        open_session(++key, 1);
    }
}

const std::vector<Event>& LedgerVenue::apply(Command command, std::uint32_t session) {
    command.header.sequence = Sequence{++sequence_};
    command.header.time = Time{now};
    command.header.session = SessionId{session};
    command.header.session_sequence = twin.next_incoming(SessionId{session});
    events = twin.apply(command);
    book.observe(events);
    if (twin.started()) DCX_CHECK(twin.check().empty());
    return events;
}

std::uint32_t LedgerVenue::open_session(std::uint32_t key, std::uint64_t name) {
    send(NegotiateSession{.client_session = name, .key = KeyId{key}});
    const std::uint32_t session = event<SessionNegotiated>(0).session.value;
    send(EstablishSession{}, session);
    return session;
}

ProposalId LedgerVenue::propose(const Command& command, std::uint32_t session, std::uint32_t lifetime_s) {
    Propose body{.proposed = command.header.kind, .lifetime_s = lifetime_s};
    std::copy_n(command.body.begin(), body.body.size(), body.body.begin());
    send(body, session);
    return event<CommandProposed>(0).proposal;
}

const std::vector<Event>& LedgerVenue::approve(ProposalId id, std::uint32_t session) {
    return send(sign_approval(*book.message(id), session), session);
}

TransferId LedgerVenue::id() { return make_transfer_id(static_cast<std::uint64_t>(now / 1'000'000), 0, ++ids_ * 4); }

TransferId LedgerVenue::pay(AccountId to, std::int64_t amount, AssetId asset) {
    const TransferId made = id();
    send(Mint{.id = made, .amount = Amount{amount}, .account = to, .asset = asset}, one);
    DCX_CHECK(events[0].header.kind == EventKind::transferred);
    return made;
}

RejectReason LedgerVenue::reason(std::size_t index) const {
    if (events.at(index).header.kind != EventKind::command_rejected) return RejectReason::none;
    return event<CommandRejected>(index).reason;
}

RejectReason LedgerVenue::detail(std::size_t index) const { return event<CommandRejected>(index).detail; }

std::vector<EventKind> LedgerVenue::kinds() const {
    std::vector<EventKind> result;
    for (const Event& event : events) result.push_back(event.header.kind);
    return result;
}

}  // namespace dcx::reference
