#include "custody/custody_venue.h"

#include <utility>

#include "base/check.h"
#include "base/ed25519.h"
#include "model/chain_address.h"

namespace dcx::chain {
namespace {

Ed25519Seed seed_of(std::uint8_t number) {
    Ed25519Seed seed{};
    seed[0] = static_cast<std::byte>(number);
    return seed;
}

}  // namespace

CustodyVenue::CustodyVenue(Signer& signer) : signer_(signer), core_(std::make_unique<core::Core>(memory_)) {
    Genesis genesis{.operator_key = ed25519_public_key(seed_of(1)),
                    .max_accounts = 1024,
                    .max_assets = 2,
                    .max_instruments = 1,
                    .max_orders = 4096,
                    .max_sessions = 16,
                    .max_keys = 16,
                    .max_price_levels = 16,
                    .max_fills_per_command = 16,
                    .max_transfer_ids = 1 << 14};
    genesis.venue_id[0] = std::byte{7};
    apply(Command::make(genesis), {});
    apply(Command::make(GenesisKey{.public_key = ed25519_public_key(seed_of(2)), .person = PersonId{2u}, .zero = 0}),
          {});
    apply(Command::make(StartEpoch{.epoch = ++epoch_, .engine_version = kNewestRules, .newest_rules = kNewestRules}),
          {});
    apply(Command::make(NegotiateSession{.client_session = 1, .connection = 1, .key = KeyId{1u}, .zero = 0}), {});
    apply(Command::make(NegotiateSession{.client_session = 1, .connection = 2, .key = KeyId{2u}, .zero = 0}), {});
    for (std::uint32_t session = 1; session <= 2; ++session)
        apply(Command::make(EstablishSession{.connection = session}), SessionId{session});
    send(ListAsset{.symbol = AssetSymbol{"DEC"}, .issue_cap = Amount{kMaxIssue}, .scale = 8, .zero = {}});
    for (std::uint32_t customer = 0; customer < kCustomers; ++customer) {
        send(OpenAccount{.reference = 0, .owner = {}, .account_kind = AccountKind::customer, .zero = {}});
        send(AddKey{.public_key = ed25519_public_key(seed_of(static_cast<std::uint8_t>(10 + customer))),
                    .account = account(customer),
                    .permissions = kPermitTransfer | kPermitWithdraw,
                    .person = {},
                    .zero = 0});
        add_deposit_address(customer);
    }
    for (std::uint32_t customer = 0; customer < kCustomers; ++customer) {
        const SessionId session{customer + 3};
        apply(Command::make(NegotiateSession{
                  .client_session = 1, .connection = session.value, .key = KeyId{session.value}, .zero = 0}),
              {});
        apply(Command::make(EstablishSession{.connection = session.value}), session);
    }
    add_hot_address();
}

void CustodyVenue::apply_to_core(const Command& command) {
    buffer_.clear();
    core_->apply(command, buffer_.writer());
}

const std::vector<Event>& CustodyVenue::apply(Command command, SessionId session) {
    while (core_->started() && core_->next_deadline().value <= now_ && command.header.kind != CommandKind::tick)
        apply(Command::make(Tick{}), {});
    const bool counted = session && command.header.kind != CommandKind::establish_session;
    command.header.sequence = Sequence{core_->sequence().value + 1};
    command.header.time = Time{now_};
    command.header.session = session;
    command.header.session_sequence = counted ? ++sent_.at(session.value) : 0;
    log_.push_back(command);
    apply_to_core(command);
    events_.assign(buffer_.events().begin(), buffer_.events().end());
    history_.insert(history_.end(), events_.begin(), events_.end());
    if (view_ != nullptr)
        for (const Event& event : events_) view_->apply(event);
    return events_;
}

RejectReason CustodyVenue::refusal() const {
    return events_.front().header.kind == EventKind::command_rejected ? events_.front().as<CommandRejected>().reason
                                                                      : RejectReason::none;
}

RejectReason CustodyVenue::approve(const Propose& propose) {
    send(propose);
    if (refusal() != RejectReason::none) return refusal();
    const auto proposed = events_.front().as<CommandProposed>();
    ApprovalMessage message{.proposal = proposed.proposal,
                            .expires = proposed.expires,
                            .proposed = propose.proposed,
                            .zero = 0,
                            .proposer = proposed.proposer,
                            .body = propose.body};
    message.venue_id[0] = std::byte{7};
    for (std::uint8_t person = 1; person <= 2; ++person)
        apply(Command::make(Approve{.proposal = proposed.proposal,
                                    .signature = ed25519_sign(seed_of(person), std::as_bytes(std::span{&message, 1}))}),
              SessionId{std::uint32_t{person}});
    if (events_.front().header.kind == EventKind::proposal_approved) events_.erase(events_.begin());
    return refusal();
}

void CustodyVenue::begin_chain(const Digest& hash, std::uint64_t height, std::uint32_t confirmations) {
    send(SetChain{.hash = hash, .height = height, .asset = kDec, .confirmations = confirmations});
    DCX_CHECK(refusal() == RejectReason::none);
}

void CustodyVenue::add_hot_address() {
    ++hot_;
    send(RegisterVenueAddress{
        .index = hot_, .address = *parse_address(hot_address()), .role = VenueAddressRole::hot, .zero = {}});
    DCX_CHECK(refusal() == RejectReason::none);
}

void CustodyVenue::add_deposit_address(std::uint32_t customer) {
    const std::uint32_t index = ++newest_.at(customer);
    send(RegisterAddress{.account = account(customer),
                         .index = index,
                         .address = *parse_address(deposit_address(customer, index)),
                         .zero = {}});
    DCX_CHECK(refusal() == RejectReason::none);
}

std::string CustodyVenue::deposit_address(std::uint32_t customer, std::uint32_t index) const {
    return *signer_.address({account(customer).value, index});
}

std::string CustodyVenue::hot_address() const { return *signer_.address({kHotPath, hot_}); }

TransferId CustodyVenue::withdraw(std::uint32_t customer, std::int64_t amount, const std::string& address) {
    const TransferId id = make_transfer_id(static_cast<std::uint64_t>(now_ / 1'000'000), 0, ++ids_ * 4);
    send_as(customer, Withdraw{.id = id,
                               .amount = Amount{amount},
                               .account = account(customer),
                               .asset = kDec,
                               .address = *parse_address(address),
                               .zero = {}});
    return id;
}

void CustodyVenue::restart() {
    const Digest before = core_->state_hash();
    core_ = std::make_unique<core::Core>(memory_);
    for (const Command& command : log_) apply_to_core(command);
    DCX_CHECK(core_->state_hash() == before);
    CustodyView* const view = std::exchange(view_, nullptr);
    apply(Command::make(StartEpoch{.epoch = ++epoch_, .engine_version = kNewestRules, .newest_rules = kNewestRules}),
          {});
    for (std::uint32_t session = 1; session < sent_.size(); ++session) {
        apply(Command::make(NegotiateSession{
                  .client_session = 1, .connection = 100 * epoch_ + session, .key = KeyId{session}, .zero = 0}),
              {});
        apply(Command::make(EstablishSession{.connection = 100 * epoch_ + session}), SessionId{session});
    }
    view_ = view;
}

CustodyView CustodyVenue::restored_view() {
    CustodyView view;
    core::RestoreCursor cursor;
    bool whole = false;
    while (!whole) {
        buffer_.clear();
        whole = core_->restore(cursor, buffer_.writer(), 64);
        for (const Event& event : buffer_.events()) view.apply(event);
    }
    return view;
}

std::int64_t CustodyVenue::available(AccountId account) const { return core_->balance(account, kDec).available.value; }
std::int64_t CustodyVenue::held(AccountId account) const { return core_->balance(account, kDec).held.value; }

}  // namespace dcx::chain
