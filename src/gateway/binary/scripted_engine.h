// ScriptedEngine: for tests and fuzzing, what stands behind a gateway's rings: it takes commands from the channel and
// answers with events: sessions as docs/rules.md says, everything else in the shortest way (whatever names an account
// and an instrument that exist succeeds). Tests emit any other event by hand.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "base/ed25519.h"
#include "model/event.h"
#include "model/event_source.h"
#include "model/submission.h"
#include "ring/channel.h"

namespace dcx::gateway {

class ScriptedEngine : public EventSource {
  public:
    struct SessionState {
        std::uint64_t client_session{};
        KeyId key{};
        std::uint64_t next_incoming = 1;
        std::uint64_t next_outgoing = 1;
        ClOrdId last_cl_ord_id{};
        bool established = false;
    };

    explicit ScriptedEngine(ring::Channel<Submission>& commands) : commands_(commands) {}

    // The beginning that every source has: the restored state of a venue that was just born, then its first epoch.
    void begin(std::uint64_t epoch = 1) {
        next_command({});
        emit(RestoreCompleted{.venue_id = venue_id()}, SessionId{}, kRestored);
        next_command({});
        emit(EpochStarted{.epoch = epoch});
    }
    static constexpr std::array<std::byte, 16> venue_id() { return {std::byte{0xDE}, std::byte{0xC0}}; }

    // Answers what is in the channel, at most `max` commands; true when there was any.
    bool run(std::size_t max = ring::SpscRing<Submission>::all) {
        bool worked = false;
        while (max > 0) {
            const auto batch = commands_.peek(max);
            if (batch.empty()) break;
            for (const Submission& submission : batch) {
                seen.push_back(submission);
                answer(submission.command);
            }
            max -= batch.size();
            commands_.release(batch.size());
            worked = true;
        }
        return worked;
    }

    // Takes one command, or all of them, without an answer.
    Command take() {
        Submission submission;
        DCX_CHECK(commands_.try_pop(submission));
        return submission.command;
    }
    void forget() {
        for (Submission submission; commands_.try_pop(submission);) {
        }
    }

    // One more event of the present command.
    template <EventBody Body>
    void emit(const Body& body, SessionId session = {}, std::uint16_t flags = 0) {
        Event event;
        event.header = {.sequence = Sequence{sequence_},
                        .time = Time{1'700'000'000'000'000'000 + static_cast<std::int64_t>(sequence_) * 1000},
                        .applied_time = Time{1'700'000'000'000'000'500 + static_cast<std::int64_t>(sequence_) * 1000},
                        .index = index_++,
                        .session = session,
                        .wait_ns = 250,
                        .flags = static_cast<std::uint16_t>(flags | kLastOfCommand),
                        .gateway = gateway_};
        event.set(body);
        if (event.header.index > 0 && !events_.empty())
            events_.back().header.flags &= static_cast<std::uint16_t>(~kLastOfCommand);
        if (session) ++sessions.at(session.value - 1).next_outgoing;
        events_.push_back(event);
    }
    // Events from here on are of another command.
    void next_command(const CommandHeader& header) {
        ++sequence_;
        index_ = 0;
        gateway_ = header.gateway;
    }
    AccountId open_account(AccountId owner = {}) {
        next_command({});
        emit(AccountOpened{
            .account = AccountId{++last_account_}, .owner = owner, .account_kind = AccountKind::customer});
        return AccountId{last_account_};
    }
    // Two assets and the instrument 1 that trades them.
    void list_market() {
        next_command({});
        emit(AssetListed{.symbol = AssetSymbol{"DEC"}, .asset = AssetId{++last_asset_}, .scale = 8});
        next_command({});
        emit(AssetListed{.symbol = AssetSymbol{"USD"}, .asset = AssetId{++last_asset_}, .scale = 8});
        next_command({});
        emit(InstrumentListed{.symbol = Symbol{"DEC/USD"},
                              .instrument = InstrumentId{++last_instrument_},
                              .base = AssetId{1u},
                              .quote = AssetId{2u},
                              .tick_scale = 4,
                              .lot_scale = 4,
                              .phase = Phase::trading,
                              .tick_mantissa = 1,
                              .lot_mantissa = 1});
    }
    KeyId add_key(const Ed25519Seed& seed, AccountId account, std::uint32_t permissions) {
        keys.push_back({account, permissions});
        const KeyId id{static_cast<std::uint32_t>(keys.size())};
        next_command({});
        emit(KeyAdded{
            .public_key = ed25519_public_key(seed), .key = id, .account = account, .permissions = permissions});
        return id;
    }

    // ---- EventSource
    std::span<const Event> peek(std::size_t max) override {
        const std::span<const Event> rest = std::span{events_}.subspan(read_);
        return rest.first(std::min(max, rest.size()));
    }
    void release(std::size_t count) override {
        read_ += count;
        released += count;
        if (read_ < events_.size()) return;
        events_.clear();
        read_ = 0;
    }

    std::vector<Submission> seen;  // all of them, in order
    std::vector<SessionState> sessions;
    std::vector<std::pair<AccountId, std::uint32_t>> keys;  // account and permissions, by id - 1
    std::uint64_t released = 0;
    RejectReason refuse_sessions = RejectReason::none;

  private:
    void answer(const Command& command) {
        next_command(command.header);
        const SessionId session = command.header.session;
        if (command.header.kind == CommandKind::negotiate_session) return negotiate(command.as<NegotiateSession>());
        SessionState& state = sessions.at(session.value - 1);
        switch (command.header.kind) {
            case CommandKind::establish_session: return establish(command, state);
            case CommandKind::disconnect_session:
                if (!state.established) return reject(command, RejectReason::session_not_established, {});
                state.established = false;
                return emit(
                    SessionDisconnected{.connection = command.as<DisconnectSession>().connection, .session = session});
            default: break;
        }
        if (!state.established) return reject(command, RejectReason::session_not_established, {});
        if (command.header.session_sequence != state.next_incoming)
            return reject(command, RejectReason::out_of_sequence, {});
        ++state.next_incoming;
        answer_client(command, state);
    }
    void negotiate(const NegotiateSession& request) {
        if (refuse_sessions != RejectReason::none) return reject_session(request.connection, refuse_sessions);
        std::size_t index = 0;
        while (index < sessions.size() &&
               (sessions[index].client_session != request.client_session || sessions[index].key != request.key))
            ++index;
        if (index == sessions.size())
            sessions.push_back({.client_session = request.client_session, .key = request.key});
        const SessionState& state = sessions[index];
        if (state.established) return reject_session(request.connection, RejectReason::session_in_use);
        const auto [account, permissions] = keys.at(request.key.value - 1);
        emit(SessionNegotiated{.client_session = request.client_session,
                               .connection = request.connection,
                               .next_incoming = state.next_incoming,
                               .next_outgoing = state.next_outgoing,
                               .last_cl_ord_id = state.last_cl_ord_id,
                               .session = SessionId{static_cast<std::uint32_t>(index + 1)},
                               .key = request.key,
                               .account = account,
                               .permissions = permissions});
    }
    void reject_session(std::uint64_t connection, RejectReason reason) {
        emit(CommandRejected{.reference = connection, .command = CommandKind::negotiate_session, .reason = reason});
    }
    void establish(const Command& command, SessionState& state) {
        if (state.established) return reject(command, RejectReason::session_in_use, {});
        state.established = true;
        emit(SessionEstablished{.connection = command.as<EstablishSession>().connection,
                                .session = command.header.session});
    }
    void reject(const Command& command, RejectReason reason, SessionId session) {
        // Of all session commands the first field is the connection.
        const bool of_connection = command.header.kind == CommandKind::establish_session ||
                                   command.header.kind == CommandKind::disconnect_session;
        emit(CommandRejected{.reference = of_connection ? command.as<EstablishSession>().connection : 0,
                             .session_sequence = command.header.session_sequence,
                             .command = command.header.kind,
                             .reason = reason},
             session);
    }
    [[nodiscard]] bool has_account(AccountId id) const { return id.value > 0 && id.value <= last_account_; }
    // Far inside what a core takes: no sum of what is asked here can leave 64 bits.
    [[nodiscard]] static bool is_sane(Price price, Quantity quantity) {
        constexpr std::int64_t most = std::int64_t{1} << 30;
        return price.value > 0 && price.value <= most && quantity.value > 0 && quantity.value <= most;
    }
    [[nodiscard]] bool has_asset(AssetId id) const { return id.value > 0 && id.value <= last_asset_; }
    void reject_cancel(ClOrdId id, AccountId account, const Command& command) {
        emit(CancelRejected{.cl_ord_id = id,
                            .account = account,
                            .command = command.header.kind,
                            .reason = RejectReason::unknown_order},
             command.header.session);
    }
    void answer_client(const Command& command, SessionState& state) {
        const SessionId session = command.header.session;
        switch (command.header.kind) {
            case CommandKind::place_order: {
                const auto order = command.as<PlaceOrder>();
                state.last_cl_ord_id = order.cl_ord_id;
                if (!has_account(order.account) || !order.instrument || order.instrument.value > last_instrument_)
                    return emit(OrderRejected{.cl_ord_id = order.cl_ord_id,
                                              .account = order.account,
                                              .instrument = order.instrument,
                                              .side = order.side,
                                              .reason = RejectReason::unknown_instrument},
                                session);
                if (!is_sane(order.price, order.quantity))
                    return emit(OrderRejected{.cl_ord_id = order.cl_ord_id,
                                              .account = order.account,
                                              .instrument = order.instrument,
                                              .side = order.side,
                                              .reason = RejectReason::price_out_of_range},
                                session);
                emit(OrderAccepted{.order_id = OrderId{++last_order_id_},
                                   .cl_ord_id = order.cl_ord_id,
                                   .price = order.price,
                                   .quantity = order.quantity,
                                   .account = order.account,
                                   .instrument = order.instrument,
                                   .slot = OrderSlot{7u},
                                   .side = order.side,
                                   .type = order.type,
                                   .time_in_force = order.time_in_force,
                                   .flags = order.flags},
                     session);
                return;
            }
            case CommandKind::cancel_order: {
                const auto cancel = command.as<CancelOrder>();
                if (!has_account(cancel.account) || last_instrument_ == 0)
                    return reject_cancel(cancel.cl_ord_id, cancel.account, command);
                return emit(OrderCanceled{.order_id = cancel.order_id,
                                          .cl_ord_id = cancel.cl_ord_id,
                                          .orig_cl_ord_id = cancel.orig_cl_ord_id,
                                          .account = cancel.account,
                                          .instrument = InstrumentId{1u},
                                          .side = Side::buy,
                                          .reason = CancelReason::requested,
                                          .rested = 1},
                            session);
            }
            case CommandKind::amend_order: {
                const auto amend = command.as<AmendOrder>();
                if (!has_account(amend.account) || last_instrument_ == 0 || !is_sane(amend.price, amend.quantity))
                    return reject_cancel(amend.cl_ord_id, amend.account, command);
                return emit(OrderAmended{.order_id = amend.order_id,
                                         .cl_ord_id = amend.cl_ord_id,
                                         .orig_cl_ord_id = amend.orig_cl_ord_id,
                                         .price = amend.price,
                                         .leaves = amend.quantity,
                                         .account = amend.account,
                                         .instrument = InstrumentId{1u},
                                         .side = Side::buy},
                            session);
            }
            case CommandKind::mass_cancel: {
                const auto cancel = command.as<MassCancel>();
                if (!has_account(cancel.account) || cancel.instrument.value > last_instrument_)
                    return reject_cancel(cancel.cl_ord_id, cancel.account, command);
                return emit(MassCanceled{.cl_ord_id = cancel.cl_ord_id,
                                         .account = cancel.account,
                                         .instrument = cancel.instrument,
                                         .side = cancel.side,
                                         .complete = 1},
                            session);
            }
            case CommandKind::set_self_trade_rule: {
                const auto set = command.as<SetSelfTradeRule>();
                if (!has_account(set.account)) return reject(command, RejectReason::unknown_account, session);
                return emit(SelfTradeRuleSet{.reference = set.reference, .account = set.account, .rule = set.rule},
                            session);
            }
            case CommandKind::transfer: {
                const auto transfer = command.as<Transfer>();
                if (!has_account(transfer.debit_account) || !has_account(transfer.credit_account))
                    return reject(command, RejectReason::unknown_account, session);
                if (!has_asset(transfer.asset)) return reject(command, RejectReason::unknown_asset, session);
                // Any number of them stays far from what a total can be.
                if (transfer.amount.value < 1 || transfer.amount.value > kMaxAmount)
                    return reject(command, RejectReason::amount_out_of_range, session);
                return emit(Transferred{.id = transfer.id,
                                        .amount = transfer.amount,
                                        .debit_account = transfer.debit_account,
                                        .credit_account = transfer.credit_account,
                                        .asset = transfer.asset,
                                        .transfer_kind = TransferKind::transfer},
                            session);
            }
            case CommandKind::open_account: {
                const auto open = command.as<OpenAccount>();
                return emit(AccountOpened{.reference = open.reference,
                                          .account = AccountId{++last_account_},
                                          .account_kind = open.account_kind},
                            session);
            }
            case CommandKind::list_asset: {
                const auto asset = command.as<ListAsset>();
                return emit(AssetListed{.symbol = asset.symbol,
                                        .issue_cap = asset.issue_cap,
                                        .asset = AssetId{++last_asset_},
                                        .scale = asset.scale},
                            session);
            }
            case CommandKind::list_instrument: {
                const auto listing = command.as<ListInstrument>();
                if (!has_asset(listing.base) || !has_asset(listing.quote))
                    return reject(command, RejectReason::unknown_asset, session);
                return emit(InstrumentListed{.symbol = listing.symbol,
                                             .instrument = InstrumentId{++last_instrument_},
                                             .base = listing.base,
                                             .quote = listing.quote,
                                             .phase = Phase::trading,
                                             .tick_mantissa = listing.tick_mantissa,
                                             .lot_mantissa = listing.lot_mantissa},
                            session);
            }
            default: return reject(command, RejectReason::malformed_field, session);
        }
    }

    static constexpr std::int64_t kMaxAmount = std::int64_t{1} << 40;

    ring::Channel<Submission>& commands_;
    std::vector<Event> events_;
    std::size_t read_ = 0;
    std::uint64_t sequence_ = 0;
    std::uint32_t index_ = 0;
    std::uint32_t gateway_ = 0;
    std::uint64_t last_order_id_ = 0;
    std::uint32_t last_account_ = kFirstCustomer.value - 1;
    std::uint32_t last_asset_ = 0;
    std::uint32_t last_instrument_ = 0;
};

}  // namespace dcx::gateway
