// What the twin does not model: price nodes running out. An order that might not find its way down the tree is refused
// before anything changes, and what was taken comes back.
#include <doctest/doctest.h>

#include "core/core.h"

using namespace dcx;

namespace {

class Venue {
  public:
    Venue() : core_(memory_), events_(1u << 12) {
        apply(Genesis{.max_accounts = 4,
                      .max_assets = 2,
                      .max_instruments = 1,
                      .max_orders = 1000,
                      .max_sessions = 2,
                      .max_keys = 2,
                      .max_price_nodes = 64,
                      .max_fills_per_command = 100,
                      .max_transfer_ids = 10},
              0);
        establish(1);
        for (const char* symbol : {"A", "B"})
            apply(ListAsset{.symbol = AssetSymbol(symbol), .issue_cap = Amount{kMaxIssue}, .scale = 0, .zero = {}}, 1);
        apply(ListInstrument{.symbol = Symbol("A/B"),
                             .base = AssetId{1u},
                             .quote = AssetId{2u},
                             .tick_mantissa = 1,
                             .lot_mantissa = 1,
                             .max_quantity = Quantity{std::int64_t{1000}},
                             .min_notional = {},
                             .maker_fee = {},
                             .taker_fee = {},
                             .tick_scale = 0,
                             .lot_scale = 0,
                             .zero = {}},
              1);
        apply(OpenAccount{.reference = 0, .account_kind = AccountKind::customer, .zero = {}}, 1);
        apply(AddKey{.public_key = {std::byte{1}}, .account = AccountId{3u}, .permissions = kPermitTrade}, 1);
        apply(Mint{.id = make_transfer_id(0, 0, 0),
                   .amount = Amount{std::int64_t{1'000'000}},
                   .account = AccountId{3u},
                   .asset = AssetId{1u},
                   .source = MintSource::issue,
                   .zero = {}},
              1);
        establish(2);
    }

    template <MessageBody Body>
    const Event& apply(const Body& body, std::uint32_t session) {
        CommandHeader header{};
        header.sequence = Sequence{core_.sequence().value + 1};
        header.session = SessionId{session};
        if (session != 0 && Body::kind != CommandKind::establish_session) header.session_sequence = ++sent_[session];
        events_.clear();
        core_.apply(Command::make(body, header), events_.writer());
        return events_.events().front();
    }
    const Event& sell_at(std::int64_t price) {
        return apply(PlaceOrder{.cl_ord_id = ClOrdId{++cl_ord_id_},
                                .price = Price{price},
                                .quantity = Quantity{std::int64_t{1}},
                                .account = AccountId{3u},
                                .instrument = InstrumentId{1u},
                                .side = Side::sell,
                                .type = OrderType::limit,
                                .time_in_force = TimeInForce::gtc,
                                .flags = 0,
                                .zero = 0},
                     2);
    }
    const Event& cancel(std::uint64_t order_id) {
        return apply(CancelOrder{.cl_ord_id = ClOrdId{++cl_ord_id_},
                                 .orig_cl_ord_id = {},
                                 .order_id = OrderId{order_id},
                                 .account = AccountId{3u},
                                 .slot_hint = {}},
                     2);
    }
    core::Core& core() { return core_; }

  private:
    void establish(std::uint32_t key) {
        apply(NegotiateSession{.client_session = 1, .connection = 0, .key = KeyId{key}, .zero = 0}, 0);
        apply(EstablishSession{}, key);
    }

    HeapMemory memory_;
    core::Core core_;
    EventBuffer events_;
    std::array<std::uint64_t, 3> sent_{};
    std::uint64_t cl_ord_id_ = 0;
};

}  // namespace

TEST_CASE("core: an order without room for its price level is refused whole, and canceling makes room") {
    Venue venue;
    std::uint64_t accepted = 0;
    RejectReason reason = RejectReason::none;
    // Each price in a far corner of its own, so that every level needs nodes that nobody else has.
    for (std::int64_t corner = 1; corner < 50 && reason == RejectReason::none; ++corner) {
        const auto before = venue.core().balance(AccountId{3u}, AssetId{1u});
        const Event event = venue.sell_at(corner << 44);
        if (event.header.kind == EventKind::order_accepted) {
            ++accepted;
            continue;
        }
        reason = event.as<OrderRejected>().reason;
        CHECK(venue.core().balance(AccountId{3u}, AssetId{1u}) == before);
    }
    CHECK(reason == RejectReason::capacity_exhausted);
    CHECK(accepted >= 3);
    CHECK(venue.core().check_invariants().empty());
    for (std::uint64_t id = 1; id <= accepted; ++id) CHECK(venue.cancel(id).header.kind == EventKind::order_canceled);
    CHECK(venue.sell_at(std::int64_t{1} << 62).header.kind == EventKind::order_accepted);
    CHECK(venue.sell_at(1).header.kind == EventKind::order_accepted);
    CHECK(venue.core().check_invariants().empty());
    CHECK(venue.core().open_orders() == 2);
}
