// Golden: what a venue under rules 3 answered, and the state it came to, when there was no other version; and one under
// rules 4 when they were the newest. Whoever changes a rule gives it a version; these numbers stay.
#include <doctest/doctest.h>

#include <cstddef>
#include <cstring>

#include "base/random.h"
#include "base/sha256.h"
#include "core/core.h"
#include "model/event_writer.h"

using namespace dcx;

namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::uint32_t kTraders = 3;
constexpr std::uint32_t kAccounts = 6;  // of each trader one, and one sub-account

// An operator (session 1) and three traders (2 to 4) who trade, pay, come and go, get frozen and killed, and whose
// sub-accounts do so too.
class OldVenue {
  public:
    explicit OldVenue(std::uint32_t rules) : core_(memory_), buffer_(4096) { begin(rules); }

    void live(int commands) {
        for (int i = 0; i < commands; ++i) {
            now_ns_ += random_.between(0, 40 * kMillisecond);
            if (core_.next_deadline() <= Time{now_ns_}) send(Tick{}, 0);
            one();
        }
    }
    // A mass cancel beside every so many of other commands.
    void live_with_mass_cancels(int commands) {
        for (int i = 0; i < commands; i += 20) {
            live(20);
            mass_cancel();
        }
    }
    [[nodiscard]] std::string events_hash() { return to_hex(events_.finish()); }
    [[nodiscard]] std::string state_hash() const { return to_hex(core_.state_hash()); }
    [[nodiscard]] std::uint64_t told(EventKind kind) const { return told_[static_cast<std::size_t>(kind)]; }

  private:
    template <MessageBody Body>
    void send(const Body& body, std::uint32_t session) {
        CommandHeader header{};
        header.sequence = Sequence{core_.sequence().value + 1};
        header.time = Time{now_ns_};
        header.session = SessionId{session};
        const bool counted = session != 0 && Body::kind != CommandKind::establish_session &&
                             Body::kind != CommandKind::disconnect_session;
        if (counted) header.session_sequence = sent_[session] + 1;
        buffer_.clear();
        core_.apply(Command::make(body, header), buffer_.writer());
        for (const Event& event : buffer_.events()) {
            events_.update_value(event);
            ++told_[static_cast<std::size_t>(event.header.kind)];
        }
        const Event& first = buffer_.events().front();
        const bool early = first.header.kind == EventKind::command_rejected &&
                           first.as<CommandRejected>().reason == RejectReason::session_not_established;
        if (counted && !early) ++sent_[session];
    }
    void session(std::uint32_t key) {
        send(NegotiateSession{.client_session = 1, .connection = 0, .key = KeyId{key}, .zero = 0}, 0);
        send(EstablishSession{}, key);
    }
    TransferId id() { return make_transfer_id(static_cast<std::uint64_t>(now_ns_ / kMillisecond), 0, ++ids_ << 2); }

    void begin(std::uint32_t rules) {
        Genesis genesis{.operator_key = {},
                        .max_accounts = 16,
                        .max_assets = 2,
                        .max_instruments = 2,
                        .max_orders = 64,
                        .max_sessions = 8,
                        .max_keys = 8,
                        .max_price_levels = 40,
                        .max_fills_per_command = 4,
                        .max_transfer_ids = 100};
        genesis.operator_key[0] = std::byte{1};
        send(genesis, 0);
        StartEpoch epoch{};
        epoch.epoch = 1;
        epoch.engine_version = rules;
        send(epoch, 0);
        session(1);
        for (const char* symbol : {"DEC", "USD"})
            send(ListAsset{.symbol = AssetSymbol(symbol), .issue_cap = Amount{kMaxIssue}, .scale = 2, .zero = {}}, 1);
        for (const char* symbol : {"DEC/USD", "DEC/USD.2"})
            send(ListInstrument{.symbol = Symbol(symbol),
                                .base = AssetId{1u},
                                .quote = AssetId{2u},
                                .tick_mantissa = 1,
                                .lot_mantissa = 1,
                                .max_quantity = Quantity{std::int64_t{1'000}},
                                .min_notional = {},
                                .maker_fee = FeeRate{-100},
                                .taker_fee = FeeRate{1'000},
                                .tick_scale = 0,
                                .lot_scale = 2,
                                .zero = {}},
                 1);
        for (std::uint32_t i = 0; i < kAccounts; ++i) {
            const AccountId owner{i < kTraders ? 0 : kFirstCustomer.value + i - kTraders};
            send(OpenAccount{.reference = i, .owner = owner, .account_kind = AccountKind::customer, .zero = {}}, 1);
        }
        for (std::uint32_t i = 0; i < kTraders; ++i) {
            AddKey key{.public_key = {},
                       .account = AccountId{kFirstCustomer.value + i},
                       .permissions = kPermitTrade | kPermitTransfer | kPermitWithdraw,
                       .person = {},
                       .zero = 0};
            key.public_key[0] = static_cast<std::byte>(2 + i);
            send(key, 1);
            session(2 + i);
        }
        for (std::uint32_t i = 0; i < kAccounts; ++i)
            for (std::uint32_t asset = 1; asset <= 2; ++asset)
                send(Mint{.id = id(),
                          .amount = Amount{std::int64_t{1'000'000}},
                          .account = AccountId{kFirstCustomer.value + i},
                          .asset = AssetId{asset},
                          .source = MintSource::issue,
                          .zero = {}},
                     1);
    }

    // Under rules 3 and 4 the byte behind the side had to be 0.
    void mass_cancel() {
        const auto trader = static_cast<std::uint32_t>(random_.below(kTraders));
        MassCancel body{.cl_ord_id = ClOrdId{++numbers_},
                        .account = AccountId{kFirstCustomer.value + trader + (random_.chance(40) ? kTraders : 0)},
                        .side = Side{static_cast<std::uint8_t>(random_.below(3))}};
        if (random_.chance(30)) reinterpret_cast<std::uint8_t*>(&body)[offsetof(MassCancel, side) + 1] = 1;
        send(body, 2 + trader);
    }

    void one() {
        const auto trader = static_cast<std::uint32_t>(random_.below(kTraders));
        const std::uint32_t from = 2 + trader;
        const AccountId account{kFirstCustomer.value + trader + (random_.chance(40) ? kTraders : 0)};
        const AccountId other{kFirstCustomer.value + static_cast<std::uint32_t>(random_.below(kAccounts))};
        const Side side = random_.chance(50) ? Side::buy : Side::sell;
        const Price price{random_.between(95, 105)};
        const OrderId order{random_.below(orders_ + 1)};
        const std::uint64_t choice = random_.below(100);
        if (choice < 45) {
            ++orders_;
            send(PlaceOrder{.cl_ord_id = ClOrdId{++numbers_},
                            .price = price,
                            .quantity = Quantity{random_.between(1, 20)},
                            .account = account,
                            .instrument = InstrumentId{random_.chance(80) ? 1u : 2u},
                            .side = side,
                            .type = OrderType::limit,
                            .time_in_force = random_.chance(70) ? TimeInForce::gtc : TimeInForce::ioc,
                            .flags = 0,
                            .zero = 0,
                            .expire_at = {},
                            .budget = {}},
                 from);
        } else if (choice < 55) {
            send(AmendOrder{.cl_ord_id = ClOrdId{++numbers_},
                            .orig_cl_ord_id = {},
                            .order_id = order,
                            .price = price,
                            .quantity = Quantity{random_.between(1, 20)},
                            .account = account,
                            .slot_hint = {},
                            .flags = 0,
                            .zero = {}},
                 from);
        } else if (choice < 60) {
            send(CancelOrder{.cl_ord_id = ClOrdId{++numbers_},
                             .orig_cl_ord_id = {},
                             .order_id = order,
                             .account = account,
                             .slot_hint = {}},
                 from);
        } else if (choice < 70) {
            send(Transfer{.id = id(),
                          .amount = Amount{random_.between(1, 2'000)},
                          .debit_account = account,
                          .credit_account = other,
                          .asset = AssetId{random_.chance(50) ? 1u : 2u},
                          .linked = 0,
                          .zero = {}},
                 from);
        } else if (choice < 76) {
            pended_ = id();
            send(PendTransfer{.id = pended_,
                              .amount = Amount{random_.between(1, 2'000)},
                              .timeout_ns = random_.chance(50) ? 0 : 500 * kMillisecond,
                              .debit_account = account,
                              .credit_account = other,
                              .asset = AssetId{1u},
                              .linked = 0,
                              .zero = {}},
                 from);
        } else if (choice < 80) {
            send(PostTransfer{.id = id(),
                              .pending_id = pended_,
                              .amount = Amount{random_.between(1, 500)},
                              .scope = AccountId{kFirstCustomer.value + trader},
                              .zero = 0},
                 from);
        } else if (choice < 86) {
            send(
                FreezeAccount{
                    .reference = choice, .account = other, .frozen = std::uint8_t{random_.chance(30)}, .zero = {}},
                1);
        } else if (choice < 92) {
            const bool on = random_.chance(30);
            send(SetKillSwitch{.reference = choice,
                               .account = on && random_.chance(10) ? AccountId{} : other,
                               .instrument = {},
                               .on = std::uint8_t{on},
                               .zero = {}},
                 1);
            if (!on) send(SetKillSwitch{}, 1);
        } else if (choice < 94) {
            send(SetDeadMan{.reference = choice,
                            .timeout_ms = 100,
                            .cancel_orders = random_.chance(50) ? CancelScope::session : CancelScope::account,
                            .zero = {}},
                 from);
        } else if (choice < 97) {
            send(DisconnectSession{}, from);
        } else {
            send(EstablishSession{.connection = 0,
                                  .grace_ms = static_cast<std::uint32_t>(random_.below(300)),
                                  .cancel_orders = random_.chance(50) ? CancelScope::session : CancelScope::account,
                                  .zero = {}},
                 from);
        }
    }

    HeapMemory memory_;
    core::Core core_;
    EventBuffer buffer_;
    Sha256 events_;
    Random random_{3};
    std::int64_t now_ns_ = 1'700'000'000'000'000'000;
    std::uint64_t sent_[8] = {};
    std::uint64_t ids_ = 0;
    std::uint64_t numbers_ = 0;
    std::uint64_t orders_ = 0;
    TransferId pended_{};
    std::array<std::uint64_t, 128> told_{};
};

}  // namespace

TEST_CASE("golden: rules 3 answer as they did when there were no others") {
    OldVenue venue(3);
    venue.live(8'000);
    // A run that meets little proves little.
    CHECK(venue.told(EventKind::trade_executed) > 300);
    CHECK(venue.told(EventKind::order_canceled) > 500);
    CHECK(venue.told(EventKind::transferred) > 200);
    CHECK(venue.told(EventKind::pending_resolved) > 50);
    CHECK(venue.told(EventKind::order_rejected) > 500);
    CHECK(venue.events_hash() == "6a49c0c06455aeb109d5504ea31d533d364614a8d24e4cae0f090fba7f5aa5b8");
    CHECK(venue.state_hash() == "8e36a49d7e9544e4976d926333729495269a1fac75a551f10efbf5c4b03ace4d");
}

TEST_CASE("golden: rules 4 answer as they did when they were the newest") {
    OldVenue venue(4);
    venue.live_with_mass_cancels(8'000);
    CHECK(venue.told(EventKind::mass_canceled) > 100);
    CHECK(venue.told(EventKind::cancel_rejected) > 100);
    CHECK(venue.told(EventKind::order_canceled) > 500);
    CHECK(venue.events_hash() == "cebcf243dbca520bd7daf89edcde3d26618123c1f9b9e0ac01f13ab3794dc838");
    CHECK(venue.state_hash() == "73f3c74cb53e15dfa7499ea44f1120feca5f708ae89e290a9f7e5ddfefa2c8fe");
}
