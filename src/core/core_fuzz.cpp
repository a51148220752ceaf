// Arbitrary command bytes never break an invariant, never make more events than promised, and give the same state
// when they are applied again in batches, with looks ahead.
//
// Input: a first byte of 255 begins a venue that follows a chain; then records of one byte (kind and session) and a
// body, of which the input gives as many bytes as it has. In custody's records (a second byte tells their kind and
// session) one byte stands for a hash, so that the same ones come again, and blocks are linked when their byte is odd.
// Sequences are made right most of the time, because nearly everything behind them would be refused otherwise.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "base/ed25519.h"
#include "core/core.h"

namespace {

using namespace dcx;

constexpr CommandKind kinds[] = {
    CommandKind::place_order,
    CommandKind::place_order,
    CommandKind::cancel_order,
    CommandKind::amend_order,
    CommandKind::mass_cancel,
    CommandKind::set_self_trade_rule,
    CommandKind::transfer,
    CommandKind::mint,
    CommandKind::burn,
    CommandKind::open_account,
    CommandKind::add_key,
    CommandKind::revoke_key,
    CommandKind::list_asset,
    CommandKind::list_instrument,
    CommandKind::set_phase,
    CommandKind::negotiate_session,
    CommandKind::establish_session,
    CommandKind::disconnect_session,
    CommandKind::start_epoch,
    CommandKind::checkpoint,
    CommandKind::tick,
    CommandKind::handover,
    CommandKind::set_dead_man,
    CommandKind::pend_transfer,
    CommandKind::post_transfer,
    CommandKind::void_transfer,
    CommandKind::withdraw,
    CommandKind::freeze_account,
    CommandKind::register_address,
    CommandKind::set_asset_limits,
    CommandKind::set_fees,
    CommandKind::set_market_limits,
    CommandKind::set_account_limits,
    CommandKind::set_position_limits,
    CommandKind::set_kill_switch,
    CommandKind::activate_rules,
    CommandKind::propose,
    CommandKind::approve,
};
constexpr CommandKind custody_kinds[] = {
    CommandKind::set_chain,
    CommandKind::advance_chain,
    CommandKind::rewind_chain,
    CommandKind::credit_deposit,
    CommandKind::reverse_deposit,
    CommandKind::cover_loss,
    CommandKind::register_venue_address,
    CommandKind::allow_address,
    CommandKind::set_withdrawal_limits,
    CommandKind::release_withdrawal,
    CommandKind::prepare_payout,
    CommandKind::post_payout,
    CommandKind::abandon_payout,
    CommandKind::settle_payout,
    CommandKind::resolve_payout,
    CommandKind::set_payouts,
    CommandKind::record_anchor,
};
constexpr std::uint32_t custody_sessions[] = {1, 4, 2, 3};
constexpr std::int64_t start_ns = 1'700'000'000'000'000'000;
// The persons whose approvals are signed as they should be hold these.
constexpr Ed25519Seed operator_seed{std::byte{1}};
constexpr Ed25519Seed other_operator_seed{std::byte{2}};

class Venue {
  public:
    explicit Venue(bool with_chain) : core_(memory_), events_(4096) {
        begin(with_chain);
        if (with_chain) follow_chain();
    }

    void apply(Command command) {
        command.header.sequence = Sequence{core_.sequence().value + 1};
        command.header.time = time_;
        applied_.push_back(command);
        events_.clear();
        core_.apply(command, events_.writer());
        const auto events = events_.events();
        for (std::size_t i = 0; i + 1 < events.size(); ++i) {
            if (events[i].header.kind != EventKind::command_proposed) continue;
            const auto proposed = events[i].as<CommandProposed>();
            last_message_.proposal = proposed.proposal;
            last_message_.expires = proposed.expires;
            last_message_.proposed = proposed.proposed;
            last_message_.proposer = proposed.proposer;
            last_message_.body = events[i + 1].as<ProposalBody>().body;
        }
        switch (events.front().header.kind) {
            case EventKind::chain_set: {
                const auto set = events.front().as<ChainSet>();
                tip_ = {.hash = set.hash, .height = set.height};
                break;
            }
            case EventKind::chain_advanced: tip_ = events.front().as<ChainAdvanced>(); break;
            case EventKind::chain_rewound: {
                const auto rewound = events.front().as<ChainRewound>();
                tip_ = {.hash = rewound.hash, .height = rewound.height};
                break;
            }
            default: break;
        }
        if (events.empty() || events.size() > core_.max_events_per_command() ||
            (events.back().header.flags & kLastOfCommand) == 0)
            std::abort();
    }
    // A third of a second, or some hours, later.
    void advance(std::uint8_t step) {
        time_.value += step % 16 == 0 ? std::int64_t{step} * 300'000'000'000 : std::int64_t{step} * 3'000'000;
    }
    // The approval of the proposal made last, by the session's key.
    [[nodiscard]] Approve approval(std::uint32_t session) const {
        Approve approve{.proposal = last_message_.proposal, .signature = {}};
        approve.signature = ed25519_sign(session == 1 ? operator_seed : other_operator_seed,
                                         std::as_bytes(std::span{&last_message_, 1}));
        return approve;
    }
    template <MessageBody Body>
    void apply(const Body& body, std::uint32_t session) {
        Command command = Command::make(body);
        command.header.session = SessionId{session};
        if (session != 0 && Body::kind != CommandKind::establish_session)
            command.header.session_sequence = ++sent_[session % 8];
        apply(command);
    }
    // The session's next number, used up unless the command was refused before it counted.
    void apply_as_next(Command command) {
        std::uint64_t& sent = sent_[command.header.session.value % 8];
        command.header.session_sequence = sent + 1;
        apply(command);
        const Event& first = events_.events().front();
        const bool refused_early = first.header.kind == EventKind::command_rejected &&
                                   (first.as<CommandRejected>().reason == RejectReason::out_of_sequence ||
                                    first.as<CommandRejected>().reason == RejectReason::session_not_established);
        if (!refused_early) ++sent;
    }
    // The block behind the tip, with the command's own hash.
    void link(Command& command) const {
        auto body = command.as<AdvanceChain>();
        body.previous = tip_.hash;
        body.height = tip_.height + 1;
        command = Command::make(body, command.header);
    }
    [[nodiscard]] const core::Core& core() const { return core_; }
    [[nodiscard]] const std::vector<Command>& applied() const { return applied_; }

  private:
    // Two funded accounts (the second one has a sub-account) with a session each (2 and 3; 1 and 4 are operators') and
    // one market.
    void begin(bool with_chain) {
        apply(Genesis{.operator_key = ed25519_public_key(operator_seed),
                      .max_accounts = 10,
                      .max_assets = 3,
                      .max_instruments = 2,
                      .max_orders = 8,
                      .max_sessions = 6,
                      .max_keys = 6,
                      .max_price_levels = 6,
                      .max_fills_per_command = 3,
                      .max_transfer_ids = 4},
              0);
        if (with_chain) apply(StartEpoch{.epoch = 1, .engine_version = kNewestRules, .newest_rules = kNewestRules}, 0);
        apply(NegotiateSession{.client_session = 1, .connection = 0, .key = KeyId{1u}, .zero = 0}, 0);
        apply(EstablishSession{}, 1);
        for (const char* symbol : {"DEC", "USD"})
            apply(ListAsset{.symbol = AssetSymbol(symbol), .issue_cap = Amount{kMaxIssue}, .scale = 2, .zero = {}}, 1);
        apply(ListInstrument{.symbol = Symbol("DEC/USD"),
                             .base = AssetId{1u},
                             .quote = AssetId{2u},
                             .tick_mantissa = 1,
                             .lot_mantissa = 1,
                             .max_quantity = Quantity{std::int64_t{1} << 55},
                             .min_notional = {},
                             .maker_fee = FeeRate{333'333},
                             .taker_fee = FeeRate{kFeeRateOne},
                             .tick_scale = 0,
                             .lot_scale = 2,
                             .zero = {}},
              1);
        for (std::uint32_t account = 6; account <= 7; ++account) {
            apply(OpenAccount{.reference = 0, .owner = {}, .account_kind = AccountKind::customer, .zero = {}}, 1);
            AddKey key{.public_key = {},
                       .account = AccountId{account},
                       .permissions = kPermitTrade | kPermitTransfer | kPermitWithdraw,
                       .person = {},
                       .zero = 0};
            key.public_key[0] = static_cast<std::byte>(account);
            apply(key, 1);
            apply(NegotiateSession{.client_session = 1, .connection = 0, .key = KeyId{account - 4}, .zero = 0}, 0);
            apply(EstablishSession{}, account - 4);
            for (std::uint32_t asset = 1; asset <= 2; ++asset)
                apply(Mint{.id = make_transfer_id(1'700'000'000'000, account, asset << 2),
                           .amount = Amount{std::int64_t{1} << 60},
                           .account = AccountId{account},
                           .asset = AssetId{asset},
                           .source = MintSource::issue,
                           .zero = {}},
                      1);
        }
        apply(OpenAccount{.reference = 0, .owner = AccountId{7u}, .account_kind = AccountKind::customer, .zero = {}},
              1);
        apply(AddKey{.public_key = ed25519_public_key(other_operator_seed),
                     .account = {},
                     .permissions = kPermitAll,
                     .person = PersonId{2u},
                     .zero = 0},
              1);
        apply(NegotiateSession{.client_session = 1, .connection = 0, .key = KeyId{4u}, .zero = 0}, 0);
        apply(EstablishSession{}, 4);
    }

    // Of asset 1, with an address of account 6 and two hot ones; payouts are on.
    void follow_chain() {
        RegisterAddress address{.account = AccountId{6u}, .index = 1, .address = {.kind = AddressKind::dec}};
        apply(address, 1);
        for (std::uint32_t index = 1; index <= 2; ++index) {
            RegisterVenueAddress hot{.index = index, .address = {.kind = AddressKind::dec}};
            hot.address.hash[0] = std::byte(index);
            hot.role = VenueAddressRole::hot;
            apply(hot, 1);
        }
        SetChain chain{.height = 1, .asset = AssetId{1u}, .confirmations = 1};
        chain.hash[0] = std::byte{1};
        apply(chain, 1);
        Propose propose{.proposed = CommandKind::set_payouts, .lifetime_s = 3'600};
        propose.body[offsetof(SetPayouts, on)] = std::byte{1};
        apply(propose, 1);
        apply(approval(1), 1);
        apply(approval(4), 4);
    }

    HeapMemory memory_;
    core::Core core_;
    EventBuffer events_;
    std::uint64_t sent_[8] = {};
    std::vector<Command> applied_;
    Time time_{start_ns};
    ApprovalMessage last_message_{};
    ChainAdvanced tip_{};
};

bool begins_with_hash(CommandKind kind) {
    switch (kind) {
        case CommandKind::cover_loss:
        case CommandKind::register_venue_address:
        case CommandKind::allow_address:
        case CommandKind::set_withdrawal_limits:
        case CommandKind::release_withdrawal:
        case CommandKind::set_payouts: return false;
        default: return true;
    }
}

// One custody command; where the input goes on.
std::size_t run_custody(Venue& venue, const std::uint8_t* data, std::size_t size, std::size_t at) {
    const std::uint8_t choice = at < size ? data[at++] : 0;
    Command command{};
    command.header.kind = custody_kinds[choice % std::size(custody_kinds)];
    command.header.session =
        SessionId{custody_sessions[choice / std::size(custody_kinds) % std::size(custody_sessions)]};
    std::size_t from = 0;
    if (begins_with_hash(command.header.kind)) {
        if (at < size) command.body[0] = std::byte{data[at++]};
        from = 32;
    }
    const std::size_t given = std::min(body_size(command.header.kind) - from, size - at);
    if (command.header.kind == CommandKind::advance_chain && (std::to_integer<int>(command.body[0]) & 1) != 0) {
        venue.link(command);
    } else {
        std::memcpy(command.body.data() + from, data + at, given);
        at += given;
    }
    venue.apply_as_next(command);
    return at;
}

bool session_command(CommandKind kind) {
    return kind == CommandKind::establish_session || kind == CommandKind::disconnect_session;
}

void run(Venue& venue, const std::uint8_t* data, std::size_t size) {
    std::size_t at = 0;
    while (at < size) {
        const std::uint8_t choice = data[at++];
        // Of what would be sent by nobody.
        if (choice / std::size(kinds) == 6) {
            at = run_custody(venue, data, size, at);
            continue;
        }
        Command command{};
        command.header.kind = kinds[choice % std::size(kinds)];
        const auto session = static_cast<std::uint32_t>(choice / std::size(kinds)) % 6;
        const bool venue_kind =
            command.header.kind == CommandKind::negotiate_session || command.header.kind == CommandKind::tick ||
            command.header.kind == CommandKind::start_epoch || command.header.kind == CommandKind::checkpoint ||
            command.header.kind == CommandKind::handover;
        command.header.session = SessionId{venue_kind ? 0 : session};
        const std::size_t wanted = body_size(command.header.kind);
        const std::size_t given = std::min(wanted, size - at);
        std::memcpy(command.body.data(), data + at, given);
        at += given;
        if (command.header.kind == CommandKind::tick) venue.advance(std::to_integer<std::uint8_t>(command.body[0]));
        // An approval of any other bytes is refused before anything happens.
        if (command.header.kind == CommandKind::approve && (session == 1 || session == 4) &&
            command.body[0] != std::byte{})
            command = Command::make(venue.approval(session), command.header);
        // Every so often a number that is not the next one.
        if (choice <= 250 && !venue_kind && !session_command(command.header.kind)) {
            venue.apply_as_next(command);
            continue;
        }
        command.header.session_sequence = choice;
        venue.apply(command);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const bool with_chain = size > 0 && data[0] == 255;
    Venue venue(with_chain);
    run(venue, data + (with_chain ? 1 : 0), size - (with_chain ? 1 : 0));
    if (const auto broken = venue.core().check_invariants(); !broken.empty()) {
        std::fprintf(stderr, "%s\n", broken.c_str());
        std::abort();
    }
    HeapMemory memory;
    core::Core again(memory);
    EventBuffer events(4096);
    for (std::span<const Command> left = venue.applied(); !left.empty();) {
        events.clear();
        left = left.subspan(again.apply(left, events.writer(), 4096));
    }
    if (venue.core().state_hash() != again.state_hash()) std::abort();
    core::RestoreCursor cursor;
    EventBuffer told(64);
    while (!venue.core().restore(cursor, told.writer(), 16)) told.clear();
    return 0;
}
