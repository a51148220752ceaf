// What Limits says of an account's orders, against the core that decides: as many as are left pass, and no more; the
// same after a start.
#include <doctest/doctest.h>

#include "base/memory.h"
#include "base/random.h"
#include "core/core.h"
#include "gateway/read_model.h"
#include "model/event_writer.h"

using namespace dcx;
using gateway::ReadModel;
using gateway::RegistryView;

namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr AccountId kTrader{6u};

// A core with one market and one trader, and a read model that hears its events.
class Venue {
  public:
    Venue() {
        send(Genesis{.max_accounts = 10,
                     .max_assets = 2,
                     .max_instruments = 1,
                     .max_orders = 10'000,
                     .max_sessions = 4,
                     .max_keys = 4,
                     .max_price_levels = 100,
                     .max_fills_per_command = 10,
                     .max_transfer_ids = 10},
             0);
        session(1);
        send(ListAsset{.symbol = AssetSymbol{"BASE"}, .issue_cap = Amount{kMaxIssue}}, 1);
        send(ListAsset{.symbol = AssetSymbol{"QUOTE"}, .issue_cap = Amount{kMaxIssue}}, 1);
        send(ListInstrument{.symbol = Symbol{"B/Q"},
                            .base = AssetId{1u},
                            .quote = AssetId{2u},
                            .tick_mantissa = 1,
                            .lot_mantissa = 1,
                            .max_quantity = Quantity{std::int64_t{1000}}},
             1);
        send(OpenAccount{.account_kind = AccountKind::customer}, 1);
        AddKey key{.account = kTrader, .permissions = kPermitTrade};
        key.public_key[0] = std::byte{7};
        send(key, 1);
        session(2);
        send(Mint{.id = make_transfer_id(static_cast<std::uint64_t>(now / kMs), 0, 4),
                  .amount = Amount{std::int64_t{1'000'000'000}},
                  .account = kTrader,
                  .asset = AssetId{2u}},
             1);
    }
    void limit(std::uint32_t per_second, std::uint32_t burst) {
        send(SetAccountLimits{.account = kTrader, .orders_per_second = per_second, .burst = burst}, 1);
    }
    // Why it was refused; none when it was accepted.
    RejectReason place() {
        const Event event = send(PlaceOrder{.cl_ord_id = ClOrdId{++number_},
                                            .price = Price{std::int64_t{1}},
                                            .quantity = Quantity{std::int64_t{2}},
                                            .account = kTrader,
                                            .instrument = InstrumentId{1u},
                                            .side = Side::buy,
                                            .type = OrderType::limit,
                                            .time_in_force = TimeInForce::gtc},
                                 2);
        if (event.header.kind == EventKind::order_rejected) return event.as<OrderRejected>().reason;
        REQUIRE(event.header.kind == EventKind::order_accepted);
        last_order_ = event.as<OrderAccepted>().order_id;
        return RejectReason::none;
    }
    RejectReason amend() {
        const Event event = send(AmendOrder{.cl_ord_id = ClOrdId{++number_},
                                            .order_id = last_order_,
                                            .price = Price{std::int64_t{1}},
                                            .quantity = Quantity{std::int64_t{3}},
                                            .account = kTrader},
                                 2);
        return event.header.kind == EventKind::cancel_rejected ? event.as<CancelRejected>().reason : RejectReason::none;
    }
    [[nodiscard]] std::uint32_t left() const { return left_in(model); }
    // Of a reader who begins with the restored state.
    [[nodiscard]] std::uint32_t left_after_restart() const {
        ReadModel restored;
        EventBuffer buffer(64);
        core::RestoreCursor cursor;
        for (bool whole = false; !whole;) {
            buffer.clear();
            whole = core_.restore(cursor, buffer.writer(), 64);
            for (const Event& event : buffer.events()) restored.apply(event);
        }
        return left_in(restored);
    }

    std::int64_t now = 1'700'000'000'000'000'000;
    ReadModel model;

  private:
    [[nodiscard]] std::uint32_t left_in(const ReadModel& told) const {
        const auto* account = told.registry().account(kTrader);
        REQUIRE(account != nullptr);
        return RegistryView::orders_left(*account, told.log_time(Time{now}));
    }
    void session(std::uint32_t key) {
        send(NegotiateSession{.client_session = 1, .key = KeyId{key}}, 0);
        send(EstablishSession{}, key);
    }
    // The first event.
    template <class Body>
    Event send(const Body& body, std::uint32_t session) {
        const CommandHeader header{.sequence = Sequence{++sequence_},
                                   .time = Time{now},
                                   .session_sequence = is_client<Body>() ? ++session_sequences_.at(session) : 0,
                                   .session = SessionId{session}};
        buffer_.clear();
        core_.apply(Command::make(body, header), buffer_.writer());
        for (const Event& event : buffer_.events()) model.apply(event);
        return buffer_.events().front();
    }
    template <class Body>
    static constexpr bool is_client() {
        return Body::kind != CommandKind::genesis && Body::kind != CommandKind::negotiate_session &&
               Body::kind != CommandKind::establish_session;
    }

    HeapMemory memory_;
    core::Core core_{memory_};
    EventBuffer buffer_{64};
    std::uint64_t sequence_ = 0;
    std::array<std::uint64_t, 4> session_sequences_{};
    std::uint64_t number_ = 0;
    OrderId last_order_{};
};

}  // namespace

TEST_CASE("as many orders as Limits says are left pass, and no more, at any moment and after a start") {
    Random random{3};
    Venue venue;
    CHECK(venue.left() == 0);  // any number
    for (int round = 0; round < 200; ++round) {
        CAPTURE(round);
        if (round % 10 == 0)
            venue.limit(static_cast<std::uint32_t>(1 + random.below(997)),
                        static_cast<std::uint32_t>(1 + random.below(30)));
        for (std::uint64_t i = random.below(20); i > 0; --i) {
            if (random.chance(70))
                (void)venue.place();
            else
                (void)venue.amend();
        }
        venue.now += static_cast<std::int64_t>(random.below(random.chance(50) ? 10 * kMs : 100'000));
        const std::uint32_t left = venue.left();
        REQUIRE(venue.left_after_restart() == left);
        for (std::uint32_t i = 0; i < left; ++i) {
            REQUIRE(venue.left() == left - i);
            REQUIRE(venue.place() == RejectReason::none);
        }
        REQUIRE(venue.left() == 0);
        REQUIRE(venue.left_after_restart() == 0);
        REQUIRE(venue.place() == RejectReason::throttled);
        venue.now += static_cast<std::int64_t>(random.below(2000 * kMs));
    }
}
