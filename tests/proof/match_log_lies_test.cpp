// Logs written by hand: the true one is accepted by both checkers, and every lie is refused by both, with its number.
#include <doctest/doctest.h>

#include "proof/match_story.h"

namespace dcx::proof {
namespace {

using Kind = ProofErrorKind;
constexpr Side kBuy = Side::buy;
constexpr Side kSell = Side::sell;
constexpr StoryOrder kIoc{.tif = TimeInForce::ioc};
constexpr StoryOrder kFok{.tif = TimeInForce::fok};
constexpr StoryOrder kPostOnly{.flags = kOrderPostOnly};
constexpr StoryOrder budget(std::int64_t amount) {
    return {.tif = TimeInForce::ioc, .type = OrderType::market, .budget = amount};
}

MatchCounts accepted(const MatchStory& story) {
    const auto indexed = make_match_checker();
    const auto naive = make_naive_match_checker();
    const auto counts = check_log(*indexed, story.log);
    const auto naive_counts = check_log(*naive, story.log);
    if (!counts) FAIL(counts.error().text());
    if (!naive_counts) FAIL("naive: " << naive_counts.error().text());
    CHECK(*counts == *naive_counts);
    return *counts;
}
void refused(const MatchStory& story, Kind kind) {
    const auto indexed = make_match_checker();
    const auto naive = make_naive_match_checker();
    const auto counts = check_log(*indexed, story.log);
    const auto naive_counts = check_log(*naive, story.log);
    REQUIRE_FALSE(counts.has_value());
    REQUIRE_FALSE(naive_counts.has_value());
    CHECK(to_string(counts.error().kind) == to_string(kind));
    CHECK(to_string(naive_counts.error().kind) == to_string(kind));
    CHECK(place_of(counts.error()) == place_of(naive_counts.error()));
    CHECK(counts.error().seen.starts_with("command " + std::to_string(story.log.size())));
}
// Two sellers at 100, one at 101.
MatchStory three_sellers() {
    MatchStory story;
    story.rested(kSell, 5, 100).rested(kSell, 5, 100).rested(kSell, 5, 101);
    return story;
}

TEST_CASE("match log: price before time, at the maker's price") {
    accepted(three_sellers().place(kBuy, 12, 105).trade(4, 1, 5, 100).trade(4, 2, 5, 100).trade(4, 3, 2, 101));
    // Swapped makers of one price, a better price passed over, the taker's price, another quantity.
    refused(three_sellers().place(kBuy, 3, 105).trade(4, 2, 3, 100), Kind::wrong_trade);
    refused(three_sellers().place(kBuy, 3, 105).trade(4, 3, 3, 101), Kind::wrong_trade);
    refused(three_sellers().place(kBuy, 3, 105).trade(4, 1, 3, 105), Kind::wrong_trade);
    refused(three_sellers().place(kBuy, 3, 105).trade(4, 1, 2, 100), Kind::wrong_trade);
    refused(three_sellers().place(kBuy, 3, 105).trade(4, 1, 4, 100), Kind::wrong_trade);
    // A trade too few, one too many, one beyond the limit.
    refused(three_sellers().place(kBuy, 8, 100).trade(4, 1, 5, 100), Kind::record_missing);
    refused(three_sellers().place(kBuy, 8, 100).trade(4, 1, 5, 100).rest(4, 3, 100), Kind::wrong_outcome);
    refused(three_sellers().place(kBuy, 8, 100), Kind::record_missing);
    refused(three_sellers().place(kBuy, 5, 100).trade(4, 1, 5, 100).trade(4, 2, 1, 100), Kind::record_unexpected);
    refused(three_sellers().place(kBuy, 5, 99).trade(4, 1, 5, 100), Kind::record_unexpected);
    refused(three_sellers().place(kBuy, 12, 100).trade(4, 1, 5, 100).trade(4, 2, 5, 100).trade(4, 3, 2, 101),
            Kind::record_unexpected);
    // With an order that is long filled, with itself, with a number never used.
    MatchStory filled = three_sellers();
    filled.place(kBuy, 5, 100).trade(4, 1, 5, 100);
    refused(filled.place(kBuy, 5, 100).trade(5, 1, 5, 100), Kind::wrong_trade);
    refused(three_sellers().place(kBuy, 3, 105).trade(4, 4, 3, 100), Kind::wrong_trade);
    refused(three_sellers().place(kBuy, 3, 105).trade(4, 77, 3, 100), Kind::wrong_trade);
}

TEST_CASE("match log: bids, likewise") {
    const auto story = [] {
        MatchStory bids;
        bids.rested(kBuy, 5, 100).rested(kBuy, 5, 101).rested(kBuy, 5, 101);
        return bids;
    };
    accepted(story().place(kSell, 12, 90).trade(4, 2, 5, 101).trade(4, 3, 5, 101).trade(4, 1, 2, 100));
    refused(story().place(kSell, 2, 90).trade(4, 3, 2, 101), Kind::wrong_trade);
    refused(story().place(kSell, 2, 90).trade(4, 1, 2, 100), Kind::wrong_trade);
    refused(story().place(kSell, 2, 90).trade(4, 2, 2, 90), Kind::wrong_trade);
    refused(story().place(kSell, 2, 102).trade(4, 2, 2, 101), Kind::record_unexpected);
}

TEST_CASE("match log: what is left rests whole, at its price, at the end of its queue") {
    accepted(three_sellers().place(kBuy, 7, 99).rest(4, 7, 99));
    refused(three_sellers().place(kBuy, 7, 99), Kind::record_missing);
    refused(three_sellers().place(kBuy, 7, 99).rest(4, 6, 99), Kind::wrong_outcome);
    refused(three_sellers().place(kBuy, 7, 99).rest(4, 7, 98), Kind::wrong_outcome);
    refused(three_sellers().place(kBuy, 7, 99).rest(3, 7, 99), Kind::wrong_outcome);
    refused(three_sellers().place(kBuy, 7, 99).rest(4, 7, 99).rest(4, 7, 99), Kind::record_unexpected);
    refused(three_sellers().place(kBuy, 7, 99).canceled(4, 7, 99, CancelReason::ioc_remainder), Kind::wrong_outcome);
    // A newcomer before the one that was there.
    refused(three_sellers().rested(kSell, 5, 100).place(kBuy, 1, 100).trade(5, 4, 1, 100), Kind::wrong_trade);
}

TEST_CASE("match log: IOC, FOK, post-only, market orders") {
    const auto rest = CancelReason::ioc_remainder;
    accepted(three_sellers().place(kBuy, 7, 99, kIoc).canceled(4, 7, 99, rest));
    accepted(three_sellers().place(kBuy, 3, 100, kIoc).trade(4, 1, 3, 100));
    refused(three_sellers().place(kBuy, 7, 99, kIoc).rest(4, 7, 99), Kind::wrong_outcome);
    refused(three_sellers().place(kBuy, 7, 99, kIoc), Kind::record_missing);
    refused(three_sellers().place(kBuy, 7, 99, kIoc).canceled(4, 7, 99, CancelReason::fill_limit), Kind::wrong_outcome);
    refused(three_sellers().place(kBuy, 7, 99, kIoc).canceled(4, 5, 99, rest), Kind::wrong_outcome);

    const auto unfilled = CancelReason::fok_unfilled;
    CHECK(accepted(three_sellers().place(kBuy, 11, 100, kFok).canceled(4, 11, 100, unfilled)).foks_refused == 0);
    // There was enough: orders of its own account stood in the way, says the log.
    CHECK(accepted(three_sellers().place(kBuy, 10, 100, kFok).canceled(4, 10, 100, unfilled)).foks_refused == 1);
    accepted(three_sellers().place(kBuy, 10, 100, kFok).trade(4, 1, 5, 100).trade(4, 2, 5, 100));
    refused(three_sellers().place(kBuy, 11, 100, kFok).trade(4, 1, 5, 100).trade(4, 2, 5, 100),
            Kind::record_unexpected);
    refused(three_sellers().place(kBuy, 10, 100, kFok).trade(4, 1, 5, 100).canceled(4, 5, 100, unfilled),
            Kind::wrong_outcome);
    refused(three_sellers().place(kBuy, 10, 100, kFok).trade(4, 1, 5, 100), Kind::record_missing);
    refused(three_sellers().place(kBuy, 11, 100, kFok).rest(4, 11, 100), Kind::wrong_outcome);
    refused(three_sellers().place(kBuy, 11, 100, kFok), Kind::record_missing);
    refused(three_sellers().place(kBuy, 10, 100, kFok).canceled(4, 10, 100, rest), Kind::wrong_outcome);

    accepted(three_sellers().rested(kBuy, 1, 99, kPostOnly));
    refused(three_sellers().place(kBuy, 1, 100, kPostOnly).trade(4, 1, 1, 100), Kind::impossible_input);
    refused(three_sellers().rested(kBuy, 1, 100, kPostOnly), Kind::impossible_input);

    const StoryOrder market{.tif = TimeInForce::ioc, .type = OrderType::market};
    accepted(three_sellers().place(kBuy, 1, 100, market).trade(4, 1, 1, 100));
    for (const StoryOrder& o :
         {StoryOrder{.type = OrderType::market}, StoryOrder{.tif = TimeInForce::ioc, .flags = kOrderPostOnly},
          StoryOrder{.type = OrderType{std::uint8_t{9}}}, StoryOrder{.tif = TimeInForce{std::uint8_t{0}}},
          StoryOrder{.flags = 2}, StoryOrder{.budget = 5}, StoryOrder{.tif = TimeInForce::ioc, .budget = 5},
          StoryOrder{.tif = TimeInForce::ioc, .type = OrderType::market, .budget = -5}})
        refused(three_sellers().rested(kBuy, 1, 1, o), Kind::impossible_input);
    refused(three_sellers().rested(kBuy, 0, 1), Kind::impossible_input);
    refused(three_sellers().rested(kBuy, -3, 1), Kind::impossible_input);
    refused(three_sellers().rested(kBuy, 3, 0), Kind::impossible_input);
    refused(three_sellers().rested(kBuy, 3, kMaxPrice + 1), Kind::impossible_input);
    refused(three_sellers().rested(Side{std::uint8_t{3}}, 3, 1), Kind::impossible_input);
}

TEST_CASE("match log: a budget pays for whole lots, and what it does not pay is canceled") {
    // One lot at 100 costs 1000.
    const auto spent = CancelReason::budget_spent;
    accepted(three_sellers().place(kBuy, 9, 105, budget(2'999)).trade(4, 1, 2, 100).canceled(4, 7, 105, spent));
    accepted(three_sellers().place(kBuy, 2, 105, budget(9'999)).trade(4, 1, 2, 100));
    accepted(three_sellers().place(kBuy, 9, 105, budget(999)).canceled(4, 9, 105, spent));
    // All paid for, and nothing left that it would cross.
    accepted(three_sellers()
                 .place(kBuy, 12, 100, budget(50'000))
                 .trade(4, 1, 5, 100)
                 .trade(4, 2, 5, 100)
                 .canceled(4, 2, 100, CancelReason::ioc_remainder));
    refused(three_sellers().place(kBuy, 9, 105, budget(2'999)).trade(4, 1, 3, 100), Kind::wrong_trade);
    refused(three_sellers().place(kBuy, 9, 105, budget(3'000)).trade(4, 1, 2, 100), Kind::wrong_trade);
    refused(three_sellers().place(kBuy, 9, 105, budget(2'999)).trade(4, 1, 2, 100).rest(4, 7, 105),
            Kind::wrong_outcome);
    refused(three_sellers().place(kBuy, 9, 105, budget(2'999)).canceled(4, 9, 105, spent), Kind::wrong_outcome);
    refused(three_sellers()
                .place(kBuy, 9, 105, budget(2'999))
                .trade(4, 1, 2, 100)
                .canceled(4, 7, 105, CancelReason::ioc_remainder),
            Kind::wrong_outcome);
}

TEST_CASE("match log: no more fills than one command makes") {
    const auto limit = CancelReason::fill_limit;
    const auto four = [] { return three_sellers().rested(kSell, 5, 101); };
    const auto filled = [&](std::int64_t quantity) {
        return four().place(kBuy, quantity, 101).trade(5, 1, 5, 100).trade(5, 2, 5, 100).trade(5, 3, 5, 101);
    };
    accepted(filled(20).canceled(5, 5, 101, limit));
    accepted(filled(15));
    refused(filled(20).trade(5, 4, 5, 101), Kind::record_unexpected);
    refused(filled(20).rest(5, 5, 101), Kind::wrong_outcome);
    refused(filled(20), Kind::record_missing);
    refused(four().place(kBuy, 20, 101).trade(5, 1, 5, 100).canceled(5, 15, 101, limit), Kind::wrong_outcome);
    // Four makers are more than one command reaches.
    accepted(four().place(kBuy, 16, 101, kFok).canceled(5, 16, 101, CancelReason::fok_unfilled));
    // Cancels of one command, likewise.
    const auto cancels = [&](bool all) {
        MatchStory story = four();
        story.cancel(1, 5, 100, CancelReason::mass_cancel)
            .cancel(2, 5, 100, CancelReason::mass_cancel, false)
            .cancel(3, 5, 101, CancelReason::mass_cancel, false);
        if (all) story.cancel(4, 5, 101, CancelReason::mass_cancel, false);
        return story;
    };
    accepted(cancels(false));
    refused(cancels(true), Kind::impossible_input);
}

TEST_CASE("match log: cancels are of open orders, as they stand") {
    accepted(three_sellers().cancel(2, 5, 100).place(kBuy, 7, 101).trade(4, 1, 5, 100).trade(4, 3, 2, 101));
    accepted(three_sellers().cancel(2, 5, 100, CancelReason::expired));
    refused(three_sellers().cancel(7, 5, 100), Kind::impossible_input);
    refused(three_sellers().cancel(2, 4, 100), Kind::impossible_input);
    refused(three_sellers().cancel(2, 5, 101), Kind::impossible_input);
    refused(three_sellers().cancel(2, 5, 100, CancelReason::ioc_remainder), Kind::impossible_input);
    refused(three_sellers().cancel(2, 5, 100, CancelReason::self_trade), Kind::impossible_input);
    refused(three_sellers().cancel(2, 5, 100).cancel(2, 5, 100), Kind::impossible_input);
    refused(three_sellers().cancel(2, 5, 100).place(kBuy, 7, 101).trade(4, 1, 5, 100).trade(4, 2, 2, 100),
            Kind::wrong_trade);
    // With an order in one command.
    refused(three_sellers().cancel(2, 5, 100).rest(2, 5, 100), Kind::record_unexpected);
    refused(three_sellers().rested(kBuy, 1, 99).cancel(2, 5, 100, CancelReason::requested, false),
            Kind::record_unexpected);
}

TEST_CASE("match log: an amend keeps its place exactly when the rules say so") {
    accepted(three_sellers().amend(1, 4, 100).place(kBuy, 5, 100).trade(4, 1, 4, 100).trade(4, 2, 1, 100));
    accepted(three_sellers().amend(1, 6, 100).rest(1, 6, 100).place(kBuy, 5, 100).trade(4, 2, 5, 100));
    accepted(three_sellers().amend(1, 5, 100, true).rest(1, 5, 100).place(kBuy, 5, 100).trade(4, 2, 5, 100));
    accepted(three_sellers().amend(3, 5, 99).rest(3, 5, 99).place(kBuy, 5, 100).trade(4, 3, 5, 99));
    // Keeps what it should lose: more quantity, another price, replaced.
    refused(three_sellers().amend(1, 6, 100), Kind::record_missing);
    refused(three_sellers().amend(1, 5, 99), Kind::record_missing);
    refused(three_sellers().amend(1, 5, 100, true), Kind::record_missing);
    refused(three_sellers().amend(1, 6, 100).rest(1, 6, 100).place(kBuy, 5, 100).trade(4, 1, 5, 100),
            Kind::wrong_trade);
    // Loses what it should keep.
    refused(three_sellers().amend(1, 4, 100).rest(1, 4, 100), Kind::record_unexpected);
    // Comes in as a taker.
    MatchStory crossing = three_sellers();
    crossing.rested(kBuy, 9, 98);
    accepted(MatchStory(crossing).amend(4, 9, 100).trade(4, 1, 5, 100).trade(4, 2, 4, 100));
    refused(MatchStory(crossing).amend(4, 9, 100).rest(4, 9, 100), Kind::wrong_outcome);
    refused(MatchStory(crossing).amend(4, 9, 100).trade(4, 2, 5, 100), Kind::wrong_trade);
    MatchStory posted = three_sellers();
    posted.rested(kBuy, 9, 98, kPostOnly);
    accepted(MatchStory(posted).amend(4, 9, 99).rest(4, 9, 99));
    refused(MatchStory(posted).amend(4, 9, 100).trade(4, 1, 5, 100), Kind::impossible_input);
    // Of no open order, of nothing, of an order of the other side.
    refused(three_sellers().amend(9, 4, 100), Kind::impossible_input);
    refused(three_sellers().amend(1, 0, 100), Kind::impossible_input);
    refused(three_sellers().amend(1, 4, 0), Kind::impossible_input);
    MatchStory other_side = three_sellers();
    other_side.amend(1, 4, 100).log.back().records[0].side = static_cast<std::uint8_t>(kBuy);
    refused(other_side, Kind::impossible_input);
}

TEST_CASE("match log: nothing comes in while halted, and everybody may leave") {
    const auto halted = [] { return three_sellers().phase(Phase::halted); };
    accepted(halted().cancel(1, 5, 100).phase(Phase::trading).place(kBuy, 2, 100).trade(4, 2, 2, 100));
    refused(halted().rested(kBuy, 1, 99), Kind::impossible_input);
    refused(halted().place(kBuy, 2, 100).trade(4, 1, 2, 100), Kind::impossible_input);
    refused(halted().amend(1, 4, 100), Kind::impossible_input);
    refused(three_sellers().phase(Phase::halted, InstrumentId{}).rested(kBuy, 1, 99), Kind::impossible_input);
    refused(three_sellers().phase(Phase{std::uint8_t{7}}), Kind::impossible_input);
    refused(three_sellers().phase(Phase::halted, InstrumentId{2u}), Kind::impossible_input);
}

TEST_CASE("match log: self-trades are inputs, and may not be impossible ones") {
    using Rule = SelfTradeRule;
    accepted(three_sellers().place(kBuy, 7, 100).self_trade(4, 0, 7, Rule::cancel_taker));
    accepted(three_sellers()
                 .place(kBuy, 7, 100)
                 .self_trade(4, 1, 5, Rule::cancel_maker)
                 .trade(4, 2, 5, 100)
                 .rest(4, 2, 100));
    accepted(three_sellers().place(kBuy, 7, 100).self_trade(4, 1, 5, Rule::cancel_both));
    accepted(three_sellers()
                 .place(kBuy, 7, 100)
                 .self_trade(4, 1, 5, Rule::decrement_and_cancel)
                 .self_trade(4, 2, 2, Rule::decrement_and_cancel)
                 .place(kBuy, 5, 100)
                 .trade(5, 2, 3, 100)
                 .rest(5, 2, 100));
    accepted(three_sellers().place(kBuy, 5, 100).self_trade(4, 1, 5, Rule::decrement_and_cancel));
    refused(three_sellers().place(kBuy, 5, 100).self_trade(4, 1, 5, Rule::cancel_both), Kind::impossible_input);
    // Not with an order behind the next one, at a better price than its own, or with nobody.
    refused(three_sellers().place(kBuy, 7, 100).self_trade(4, 2, 5, Rule::cancel_maker), Kind::impossible_input);
    refused(three_sellers().place(kBuy, 7, 99).self_trade(4, 1, 5, Rule::cancel_maker), Kind::record_unexpected);
    refused(three_sellers().place(kBuy, 7, 100).self_trade(4, 0, 5, Rule::cancel_maker), Kind::impossible_input);
    refused(three_sellers().place(kBuy, 7, 100).self_trade(3, 1, 5, Rule::cancel_maker), Kind::impossible_input);
    refused(three_sellers().place(kBuy, 7, 100).self_trade(4, 1, 4, Rule::cancel_maker), Kind::impossible_input);
    refused(three_sellers().place(kBuy, 7, 100).self_trade(4, 1, 4, Rule::none), Kind::impossible_input);
    refused(three_sellers().place(kBuy, 7, 100).self_trade(4, 1, 7, Rule::cancel_both), Kind::impossible_input);
    refused(three_sellers()
                .place(kBuy, 7, 100)
                .self_trade(4, 1, 5, Rule::decrement_and_cancel)
                .self_trade(4, 2, 5, Rule::cancel_maker),
            Kind::impossible_input);
    // Goes on where it has been canceled.
    refused(three_sellers().place(kBuy, 7, 100).self_trade(4, 0, 7, Rule::cancel_taker).rest(4, 7, 100),
            Kind::record_unexpected);
    refused(three_sellers().place(kBuy, 7, 100).self_trade(4, 1, 5, Rule::cancel_both).trade(4, 2, 2, 100),
            Kind::record_unexpected);
    // A FOK: only its makers are canceled, and only when it is filled then.
    accepted(three_sellers().place(kBuy, 5, 100, kFok).self_trade(4, 1, 5, Rule::cancel_maker).trade(4, 2, 5, 100));
    refused(three_sellers().place(kBuy, 5, 100, kFok).self_trade(4, 0, 5, Rule::cancel_taker), Kind::impossible_input);
    refused(three_sellers().place(kBuy, 6, 100, kFok).self_trade(4, 1, 5, Rule::cancel_maker).trade(4, 2, 5, 100),
            Kind::wrong_outcome);
    // Each is a fill.
    MatchStory counted = three_sellers();
    counted.place(kBuy, 9, 101)
        .self_trade(4, 1, 5, Rule::cancel_maker)
        .self_trade(4, 2, 5, Rule::cancel_maker)
        .self_trade(4, 3, 5, Rule::cancel_maker);
    accepted(MatchStory(counted).rest(4, 9, 101));
    MatchStory fourth = three_sellers();
    fourth.rested(kSell, 5, 101)
        .place(kBuy, 9, 101)
        .self_trade(5, 1, 5, Rule::cancel_maker)
        .self_trade(5, 2, 5, Rule::cancel_maker)
        .self_trade(5, 3, 5, Rule::cancel_maker);
    refused(MatchStory(fourth).self_trade(5, 4, 5, Rule::cancel_maker), Kind::record_unexpected);
    accepted(fourth.canceled(5, 9, 101, CancelReason::fill_limit));
}

TEST_CASE("match log: numbers count on, listings are whole, busts are of trades") {
    MatchStory traded = three_sellers();
    traded.place(kBuy, 3, 105).trade(4, 1, 3, 100);
    accepted(MatchStory(traded).bust(1));
    refused(MatchStory(traded).bust(2), Kind::impossible_input);
    refused(MatchStory(traded).bust(0), Kind::impossible_input);
    refused(MatchStory(traded).bust(1).bust(1), Kind::impossible_input);

    const auto changed = [](MatchStory story, auto change) {
        change(story.log.back().records[0]);
        return story;
    };
    refused(changed(three_sellers().rested(kBuy, 1, 99), [](MatchRecord& r) { r.order_id.value = 5; }),
            Kind::impossible_input);
    refused(changed(three_sellers().rested(kBuy, 1, 99), [](MatchRecord& r) { r.instrument.value = 2; }),
            Kind::impossible_input);
    refused(changed(three_sellers().rested(kBuy, 1, 99), [](MatchRecord& r) { r.index = 1; }), Kind::impossible_input);
    refused(changed(three_sellers().rested(kBuy, 1, 99), [](MatchRecord& r) { r.trade_id.value = 1; }),
            Kind::impossible_input);
    refused(changed(three_sellers().rested(kBuy, 1, 99),
                    [](MatchRecord& r) { r.kind = MatchRecordKind{std::uint8_t{99}}; }),
            Kind::record_unexpected);
    MatchStory wrong_number = three_sellers();
    wrong_number.place(kBuy, 3, 105).trade(4, 1, 3, 100).log.back().records[1].trade_id.value = 2;
    refused(wrong_number, Kind::wrong_trade);
    // An outcome that nothing asked for.
    refused(three_sellers().command().trade(1, 2, 1, 100), Kind::record_unexpected);
    refused(three_sellers().command().rest(1, 5, 100), Kind::record_unexpected);

    MatchStory second_venue = three_sellers();
    second_venue.command().record({.kind = MatchRecordKind::venue, .quantity = Quantity{std::int64_t{3}}});
    refused(second_venue, Kind::impossible_input);
    for (const std::int64_t fills : {std::int64_t{0}, std::int64_t{-1}, (std::int64_t{1} << 20) + 1}) {
        MatchStory no_venue(fills);
        no_venue.log.resize(1);
        refused(no_venue, Kind::impossible_input);
    }
    MatchStory unlisted;
    unlisted.log.resize(3);
    refused(unlisted.rested(kBuy, 1, 99), Kind::impossible_input);
    MatchStory not_exact;
    not_exact.log.back().records[0].a = 2;  // a tick of 0.01 of an asset with one decimal
    refused(not_exact, Kind::impossible_input);
    MatchStory not_an_asset;
    not_an_asset.log.back().records[0].other_id.value = 3;
    refused(not_an_asset, Kind::impossible_input);
}

}  // namespace
}  // namespace dcx::proof
