// For tests and benchmarks of engines: a small venue with money, traffic that exercises it, and a reader that knows
// nothing but the events it is shown.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "model/command.h"
#include "model/event.h"
#include "model/event_source.h"
#include "model/submission.h"

namespace dcx::engine::test {

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

inline Genesis small_genesis() {
    Genesis genesis{};
    for (std::size_t i = 0; i < genesis.venue_id.size(); ++i) genesis.venue_id[i] = std::byte(i + 1);
    genesis.operator_key.fill(std::byte{7});
    genesis.max_accounts = 16;
    genesis.max_assets = 4;
    genesis.max_instruments = 4;
    genesis.max_orders = 1024;
    genesis.max_sessions = 8;
    genesis.max_keys = 16;
    genesis.max_price_levels = 1024;
    genesis.max_fills_per_command = 4;
    genesis.max_transfer_ids = 4096;
    genesis.simulated = 1;
    return genesis;
}

// Rebuilds balances, open orders and sessions from events alone, as an edge does.
class NaiveReader {
  public:
    using Balance = std::pair<std::int64_t, std::int64_t>;  // available, held
    struct OpenOrder {
        InstrumentId instrument{};
        Side side{};
        Price price{};
        std::int64_t leaves{};
        friend bool operator==(const OpenOrder&, const OpenOrder&) = default;
    };
    struct Session {
        KeyId key{};
        std::uint64_t next_incoming{};
        bool established{};
    };

    // Takes what is visible now; true when there was something.
    bool drain(EventSource& source) {
        bool any = false;
        for (auto events = source.peek(64); !events.empty(); events = source.peek(64)) {
            for (const Event& event : events) take(event);
            source.release(events.size());
            any = true;
        }
        return any;
    }
    void take(const Event& event) {
        (completed ? live : restored).push_back(event);
        last = event.header.sequence;
        switch (event.header.kind) {
            case EventKind::restore_completed: completed = true; return;
            case EventKind::instrument_listed: {
                const auto listed = event.as<InstrumentListed>();
                assets_[listed.instrument] = {listed.base, listed.quote};
                return;
            }
            case EventKind::session_negotiated:
            case EventKind::session_restored:
            case EventKind::session_established:
            case EventKind::session_disconnected: return take_session(event);
            case EventKind::transferred:
            case EventKind::transfer_pended:
            case EventKind::pending_resolved:
            case EventKind::balance_restored: return take_money(event);
            default: return take_order(event);
        }
    }

    bool completed = false;
    Sequence last{};
    std::vector<Event> restored;
    std::vector<Event> live;
    std::map<std::pair<AccountId, AssetId>, Balance> balances;
    std::map<OrderId, OpenOrder> orders;
    std::map<SessionId, Session> sessions;

  private:
    void take_session(const Event& event) {
        if (event.header.kind == EventKind::session_negotiated) {
            const auto body = event.as<SessionNegotiated>();
            sessions[body.session] = {.key = body.key, .next_incoming = body.next_incoming, .established = false};
        } else if (event.header.kind == EventKind::session_restored) {
            const auto body = event.as<SessionRestored>();
            sessions[body.session] = {.key = body.key, .next_incoming = body.next_incoming, .established = false};
        } else if (event.header.kind == EventKind::session_established) {
            sessions[event.as<SessionEstablished>().session].established = true;
        } else {
            sessions[event.as<SessionDisconnected>().session].established = false;
        }
    }
    void take_money(const Event& event) {
        if (event.header.kind == EventKind::balance_restored) {
            const auto body = event.as<BalanceRestored>();
            balances[{body.account, body.asset}] = {body.available.value, body.held.value};
            return;
        }
        if (event.header.kind == EventKind::transfer_pended) {
            const auto body = event.as<TransferPended>();
            balances[{body.debit_account, body.asset}] = {body.available.value, body.held.value};
            return;
        }
        if (event.header.kind == EventKind::pending_resolved) {
            const auto body = event.as<PendingResolved>();
            balances[{body.account, body.asset}] = {body.available.value, body.held.value};
            return;
        }
        const auto body = event.as<Transferred>();
        balances[{body.debit_account, body.asset}].first = body.debit_after.value;
        balances[{body.credit_account, body.asset}].first = body.credit_after.value;
    }
    // The balance of the asset that an order of this side pays with.
    void set_paying(AccountId account, InstrumentId instrument, Side side, Balance balance) {
        const auto [base, quote] = assets_.at(instrument);
        balances[{account, side == Side::buy ? quote : base}] = balance;
    }
    void take_order(const Event& event) {
        switch (event.header.kind) {
            case EventKind::order_accepted: {
                const auto body = event.as<OrderAccepted>();
                set_paying(body.account, body.instrument, body.side, {body.available.value, body.held.value});
                return;
            }
            case EventKind::order_rested: {
                const auto body = event.as<OrderRested>();
                orders[body.order_id] = {body.instrument, body.side, body.price, body.quantity.value};
                return;
            }
            case EventKind::order_restored: {
                const auto body = event.as<OrderRestored>();
                orders[body.order_id] = {body.instrument, body.side, body.price, body.leaves.value};
                return;
            }
            case EventKind::order_filled: return take_fill(event.as<OrderFilled>());
            case EventKind::order_canceled: {
                const auto body = event.as<OrderCanceled>();
                set_paying(body.account, body.instrument, body.side, {body.available.value, body.held.value});
                orders.erase(body.order_id);
                return;
            }
            case EventKind::order_amended: {
                const auto body = event.as<OrderAmended>();
                set_paying(body.account, body.instrument, body.side, {body.available.value, body.held.value});
                if (body.kept_priority != 0)
                    orders.at(body.order_id).leaves = body.leaves.value;
                else
                    orders.erase(body.order_id);
                return;
            }
            case EventKind::order_decremented: {
                const auto body = event.as<OrderDecremented>();
                set_paying(body.account, body.instrument, body.side, {body.available.value, body.held.value});
                if (body.rested != 0) orders.at(body.order_id).leaves = body.leaves.value;
                return;
            }
            default: return;
        }
    }
    void take_fill(const OrderFilled& fill) {
        const auto [base, quote] = assets_.at(fill.instrument);
        balances[{fill.account, base}] = {fill.base_available.value, fill.base_held.value};
        balances[{fill.account, quote}] = {fill.quote_available.value, fill.quote_held.value};
        balances[{kFeeAccount, fill.side == Side::buy ? base : quote}].first += fill.fee.value;
        const auto order = orders.find(fill.order_id);
        if (order == orders.end()) return;  // a taker's
        order->second.leaves = fill.leaves.value;
        if (fill.leaves.value == 0) orders.erase(order);
    }

    std::map<InstrumentId, std::pair<AssetId, AssetId>> assets_;
};

// Commands as a gateway would submit them: one operator, some traders with money in both assets of one instrument, then
// orders (some expire), cancels, amends, transfers (some in two phases) and now and then a mass cancel or another
// self-trade rule. Deterministic by its seed.
class Traffic {
  public:
    static constexpr std::uint32_t kTraders = 4;
    static constexpr InstrumentId kInstrument{1u};

    explicit Traffic(std::uint64_t seed) : random_(seed) {}

    // Everybody negotiates and establishes, with the sequences that `seen` tells (none of an unknown session).
    std::vector<Submission> log_on(const NaiveReader& seen) {
        std::vector<Submission> out;
        for (std::uint32_t key = 1; key <= 1 + kTraders; ++key) log_on(KeyId{key}, seen, out);
        return out;
    }
    // Once in a venue's life, before the traders log on: accounts, keys, assets, the instrument and the money.
    std::vector<Submission> set_up() {
        std::vector<Submission> out;
        log_on(KeyId{1u}, {}, out);
        for (const char* symbol : {"DEC", "USD"})
            out.push_back(
                as(kOperator, ListAsset{.symbol = AssetSymbol{symbol}, .issue_cap = Amount{kMaxIssue}, .scale = 8}));
        out.push_back(as(kOperator, ListInstrument{.symbol = Symbol{"DEC/USD"},
                                                   .base = AssetId{1u},
                                                   .quote = AssetId{2u},
                                                   .tick_mantissa = 1,
                                                   .lot_mantissa = 1,
                                                   .max_quantity = Quantity{std::int64_t{1'000'000'000}},
                                                   .maker_fee = FeeRate{500},
                                                   .taker_fee = FeeRate{1000},
                                                   .tick_scale = 4,
                                                   .lot_scale = 4}));
        for (std::uint32_t i = 0; i < kTraders; ++i) {
            out.push_back(as(kOperator, OpenAccount{.reference = i, .account_kind = AccountKind::customer}));
            AddKey key{.account = account_of(i), .permissions = kPermitRead | kPermitTrade | kPermitTransfer};
            key.public_key.fill(std::byte(100 + i));
            out.push_back(as(kOperator, key));
            for (std::uint32_t asset = 1; asset <= 2; ++asset)
                out.push_back(as(kOperator, Mint{.id = next_id(),
                                                 .amount = Amount{1'000'000'000'000'000},
                                                 .account = account_of(i),
                                                 .asset = AssetId{asset}}));
            log_on(KeyId{2 + i}, {}, out);
        }
        return out;
    }
    // One request of a random trader.
    Submission next() {
        const auto trader = static_cast<std::uint32_t>(random_.below(kTraders));
        const SessionId session{2 + trader};
        const AccountId account = account_of(trader);
        const std::uint64_t what = random_.below(100);
        if (what < 60 || cl_ord_id_ < 8) return place(session, account);
        if (what < 80) {
            return as(
                session,
                CancelOrder{.cl_ord_id = next_cl_ord_id(), .order_id = OrderId{recent_order()}, .account = account});
        }
        if (what < 90) {
            return as(session, AmendOrder{.cl_ord_id = next_cl_ord_id(),
                                          .order_id = OrderId{recent_order()},
                                          .price = Price{random_.between(95, 105)},
                                          .quantity = Quantity{random_.between(1, 50)},
                                          .account = account});
        }
        if (what == 90)
            return as(session, MassCancel{.cl_ord_id = next_cl_ord_id(),
                                          .account = account,
                                          .side = Side{static_cast<std::uint8_t>(random_.below(3))}});
        if (what == 91)
            return as(session, SetSelfTradeRule{.reference = cl_ord_id_,
                                                .account = account,
                                                .rule = SelfTradeRule{static_cast<std::uint8_t>(random_.below(5))}});
        if (what == 92) {
            pended_[trader] = next_id();
            return as(session, PendTransfer{.id = pended_[trader],
                                            .amount = Amount{random_.between(1, 1'000'000)},
                                            .timeout_ns = random_.between(1, 20) * kNsPerMs,
                                            .debit_account = account,
                                            .credit_account = account_of((trader + 1) % kTraders),
                                            .asset = AssetId{1u}});
        }
        if (what == 93)
            return as(session, PostTransfer{.id = next_id(),
                                            .pending_id = pended_[trader],
                                            .amount = Amount{random_.between(1, 1'000'000)},
                                            .scope = account});
        return as(session, Transfer{.id = next_id(),
                                    .amount = Amount{random_.between(1, 1'000'000)},
                                    .debit_account = account,
                                    .credit_account = account_of((trader + 1) % kTraders),
                                    .asset = AssetId{random_.chance(50) ? 1u : 2u}});
    }

    template <MessageBody Body>
    Submission of_operator(const Body& body) {
        return as(kOperator, body);
    }
    // The first trader's: an order that nobody meets, and its cancel.
    Submission place_until(Time expire_at) {
        return as(SessionId{2u}, PlaceOrder{.cl_ord_id = next_cl_ord_id(),
                                            .price = Price{std::int64_t{1}},
                                            .quantity = Quantity{std::int64_t{1}},
                                            .account = account_of(0),
                                            .instrument = kInstrument,
                                            .side = Side::buy,
                                            .type = OrderType::limit,
                                            .time_in_force = TimeInForce::gtd,
                                            .expire_at = expire_at});
    }
    Submission cancel_last() {
        const ClOrdId placed{cl_ord_id_};
        return as(SessionId{2u},
                  CancelOrder{.cl_ord_id = next_cl_ord_id(), .orig_cl_ord_id = placed, .account = account_of(0)});
    }

    // The wall clock of the ids and of `received`.
    void set_time(std::int64_t wall_ns) { now_ = Time{wall_ns}; }

  private:
    static constexpr SessionId kOperator{1u};
    static constexpr std::int64_t kNsPerMs = 1'000'000;

    static AccountId account_of(std::uint32_t trader) { return AccountId{kFirstCustomer.value + trader}; }
    void log_on(KeyId key, const NaiveReader& seen, std::vector<Submission>& out) {
        // Sessions are negotiated in the order of the keys, so their numbers are the same.
        const SessionId session{key.value};
        const auto known = seen.sessions.find(session);
        next_incoming_[session] = known == seen.sessions.end() ? 1 : known->second.next_incoming;
        out.push_back({.command = Command::make(NegotiateSession{.client_session = 1, .connection = 9, .key = key}),
                       .received = now_});
        CommandHeader header{};
        header.session = session;
        out.push_back({.command = Command::make(EstablishSession{.connection = 9}, header), .received = now_});
    }
    template <MessageBody Body>
    Submission as(SessionId session, const Body& body) {
        CommandHeader header{};
        header.session = session;
        header.session_sequence = next_incoming_[session]++;
        return {.command = Command::make(body, header), .received = now_};
    }
    Submission place(SessionId session, AccountId account) {
        const TimeInForce time_in_force = random_time_in_force();
        return as(session, PlaceOrder{.cl_ord_id = next_cl_ord_id(),
                                      .price = Price{random_.between(95, 105)},
                                      .quantity = Quantity{random_.between(1, 50)},
                                      .account = account,
                                      .instrument = kInstrument,
                                      .side = random_.chance(50) ? Side::buy : Side::sell,
                                      .type = OrderType::limit,
                                      .time_in_force = time_in_force,
                                      .expire_at = time_in_force == TimeInForce::gtd
                                                       ? Time{now_.value + random_.between(1, 20) * kNsPerMs}
                                                       : Time{}});
    }
    TimeInForce random_time_in_force() {
        const std::uint64_t what = random_.below(100);
        if (what < 20) return TimeInForce::ioc;
        if (what < 25) return TimeInForce::fok;
        return what < 35 ? TimeInForce::gtd : TimeInForce::gtc;
    }
    ClOrdId next_cl_ord_id() { return ClOrdId{++cl_ord_id_}; }
    // Some of these are another trader's, filled or never were: refusals are traffic too.
    std::uint64_t recent_order() { return cl_ord_id_ / 2 + random_.below(cl_ord_id_); }
    TransferId next_id() {
        return make_transfer_id(static_cast<std::uint64_t>(now_.value / 1'000'000), random_.next(), random_.next());
    }

    Random random_;
    Time now_{1'700'000'000'000'000'000};
    std::uint64_t cl_ord_id_ = 0;
    std::array<TransferId, kTraders> pended_{};
    std::map<SessionId, std::uint64_t> next_incoming_;
};

}  // namespace dcx::engine::test
