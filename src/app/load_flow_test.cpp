#include "app/load_flow.h"

#include <doctest/doctest.h>

#include <set>

namespace dcx::app {
namespace {

LoadMarket market() {
    LoadMarket market{.price = Price{std::int64_t{1'000}}, .quantity = Quantity{std::int64_t{10}}};
    market.instrument.id = InstrumentId{3u};
    market.instrument.max_quantity = Quantity{std::int64_t{50}};
    return market;
}

ExecutionReport accepted(const PlaceOrder& order, std::uint64_t number) {
    return {.cl_ord_id = ClOrdId{number}, .side = order.side, .exec_type = ExecType::accepted, .type = order.type};
}

// Answers every request as a venue would in which nothing trades, and counts what was asked for.
class StillVenue {
  public:
    explicit StillVenue(LoadFlow& flow) : flow_(flow) {}

    void ask(int count) {
        for (int i = 0; i < count; ++i) std::visit([this](const auto& request) { answer(request); }, flow_.next());
    }
    std::uint64_t placed = 0;
    std::uint64_t canceled = 0;
    std::uint64_t amended = 0;
    std::uint64_t at_market = 0;

  private:
    void answer(const PlaceOrder& order) {
        CHECK(order.instrument == InstrumentId{3u});
        CHECK(order.price.value > 0);
        CHECK(order.quantity >= Quantity{std::int64_t{10}});
        CHECK(order.quantity <= Quantity{std::int64_t{50}});
        const bool rests = order.type == OrderType::limit;
        ++(rests ? placed : at_market);
        ++number_;
        flow_.on_execution(accepted(order, number_));
        if (rests) resting_.insert(number_);
    }
    void answer(const CancelOrder& cancel) {
        ++canceled;
        ++number_;
        // Never one that does not rest, and none twice.
        REQUIRE(resting_.erase(cancel.orig_cl_ord_id.value) == 1);
        flow_.on_execution({.cl_ord_id = ClOrdId{number_},
                            .orig_cl_ord_id = cancel.orig_cl_ord_id,
                            .exec_type = ExecType::canceled,
                            .cancel_reason = CancelReason::requested});
    }
    void answer(const AmendOrder& amend) {
        ++amended;
        ++number_;
        REQUIRE(resting_.erase(amend.orig_cl_ord_id.value) == 1);
        resting_.insert(number_);
        flow_.on_execution({.cl_ord_id = ClOrdId{number_},
                            .orig_cl_ord_id = amend.orig_cl_ord_id,
                            .side = Side::buy,
                            .exec_type = ExecType::replaced,
                            .type = OrderType::limit});
    }

    LoadFlow& flow_;
    std::uint64_t number_ = 0;
    std::set<std::uint64_t> resting_;
};

TEST_CASE("load flow: a mix is read, and whatever is wrong with it is told") {
    CHECK(parse_mix("real") == LoadMix{});
    const LoadMix all{.place = 40, .cancel = 50, .amend = 5, .market = 5, .marketable = 0};
    CHECK(parse_mix("place=40,cancel=50,amend=5,market=5") == all);
    CHECK(parse_mix("market=5,amend=5,cancel=50,place=40") == all);
    CHECK(parse_mix("place=100")->cancel == 0);
    for (const char* wrong :
         {"", "place", "place=", "=5", "place=50", "place=60,cancel=60", "place=101", "place=-1,cancel=101",
          "place=1e2", "place=50,pray=50", "place=50,,cancel=50", " place=100", "place=100 ", "place=4294967396"}) {
        INFO(wrong);
        const auto mix = parse_mix(wrong);
        CHECK(!mix);
        if (!mix) CHECK(!mix.error().empty());
    }
}

TEST_CASE("load flow: the shares of a mix are met, and every request names an order that rests") {
    const LoadMix mix = *parse_mix("place=40,cancel=35,amend=15,market=10");
    LoadFlow flow(market(), mix, 7);
    StillVenue venue(flow);
    venue.ask(20'000);
    CHECK(venue.placed == doctest::Approx(8'000).epsilon(0.05));
    CHECK(venue.canceled == doctest::Approx(7'000).epsilon(0.05));
    CHECK(venue.amended == doctest::Approx(3'000).epsilon(0.1));
    CHECK(venue.at_market == doctest::Approx(2'000).epsilon(0.1));
}

TEST_CASE("load flow: it keeps a bounded number of orders, and cancels before it has none to cancel") {
    LoadFlow placing(market(), *parse_mix("place=100"), 1);
    StillVenue full(placing);
    full.ask(5'000);
    CHECK(placing.live() == LoadFlow::kMaxLive);
    CHECK(full.placed == full.canceled + LoadFlow::kMaxLive);

    LoadFlow canceling(market(), *parse_mix("cancel=100"), 1);
    StillVenue empty(canceling);
    empty.ask(1'001);
    CHECK(empty.placed == empty.canceled + 1);
}

TEST_CASE("load flow: an order that trades away or whose cancel is refused is known as it stands") {
    LoadFlow flow(market(), *parse_mix("cancel=100"), 1);
    const auto order = std::get<PlaceOrder>(flow.next());
    flow.on_execution(accepted(order, 1));
    REQUIRE(flow.live() == 1);
    const auto cancel = std::get<CancelOrder>(flow.next());
    CHECK(flow.live() == 0);
    flow.on_rejected({.orig_cl_ord_id = cancel.orig_cl_ord_id, .reason = RejectReason::throttled});
    CHECK(flow.live() == 1);
    flow.on_execution({.cl_ord_id = ClOrdId{std::uint64_t{1}},
                       .leaves_qty = Quantity{std::int64_t{3}},
                       .last_px = Price{std::int64_t{2'000}},
                       .exec_type = ExecType::trade});
    CHECK(flow.live() == 1);
    flow.on_execution(
        {.cl_ord_id = ClOrdId{std::uint64_t{1}}, .last_px = Price{std::int64_t{2'000}}, .exec_type = ExecType::trade});
    CHECK(flow.live() == 0);
    // And the market is where the trade was.
    const auto next = std::get<PlaceOrder>(flow.next());
    CHECK(next.price > Price{std::int64_t{1'900}});
    // A cancel that came too late leaves nothing behind, and one that was never asked for changes nothing.
    flow.on_execution(accepted(next, 2));
    const auto late = std::get<CancelOrder>(flow.next());
    flow.on_rejected({.orig_cl_ord_id = late.orig_cl_ord_id, .reason = RejectReason::unknown_order});
    flow.on_rejected({.orig_cl_ord_id = ClOrdId{std::uint64_t{77}}, .reason = RejectReason::throttled});
    CHECK(flow.live() == 0);
}

TEST_CASE("load flow: one seed is one flow") {
    LoadFlow first(market(), *parse_mix("place=100"), 5);
    LoadFlow again(market(), *parse_mix("place=100"), 5);
    LoadFlow other(market(), *parse_mix("place=100"), 6);
    bool differs = false;
    for (int i = 0; i < 50; ++i) {
        const auto a = std::get<PlaceOrder>(first.next());
        const auto b = std::get<PlaceOrder>(again.next());
        const auto c = std::get<PlaceOrder>(other.next());
        CHECK(a.price == b.price);
        CHECK(a.quantity == b.quantity);
        differs = differs || a.price != c.price || a.quantity != c.quantity;
    }
    CHECK(differs);
}

}  // namespace
}  // namespace dcx::app
