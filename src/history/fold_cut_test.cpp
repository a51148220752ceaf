// Where batches end, and where a fold goes on from what is stored, changes no row.
#include <doctest/doctest.h>

#include <memory>

#include "base/random.h"
#include "history/fold_test_tables.h"
#include "history/fold_test_venue.h"

namespace dcx::history {
namespace {

// Something of everything: random commands that a venue could have carried out.
TestVenue busy_venue(std::uint64_t seed, int commands) {
    Random random(seed);
    TestVenue venue;
    venue.open();
    venue.mint(kDepositsAccount, kUsd, 10'000);
    std::vector<OrderId> open;
    std::vector<std::pair<TransferId, std::int64_t>> pending;
    const auto drop_closed = [&] { std::erase_if(open, [&](OrderId id) { return venue.orders.at(id).leaves == 0; }); };
    for (int i = 0; i < commands; ++i) {
        const AccountId account = random.below(2) == 0 ? kAlice : kBob;
        const Side side = random.below(2) == 0 ? Side::buy : Side::sell;
        const std::uint64_t what = random.below(12);
        venue.now = Time{venue.now.value + (random.below(40) == 0 ? kDayNs / 3 : random.between(0, 2'000'000'000))};
        if (what < 4 || open.empty()) {
            open.push_back(venue.rested(account, side, random.between(90, 110), random.between(1, 30)));
            continue;
        }
        const OrderId id = open[random.below(open.size())];
        const auto& order = venue.orders.at(id);
        if (what < 7) {
            const auto quantity = random.between(1, order.leaves);
            const bool seller_makes = order.as.side == Side::sell;
            // Fees never above what is received; a rebate out of the taker's fee.
            const std::int64_t taker_fee = seller_makes ? random.between(0, 1) : random.between(0, 3);
            const std::int64_t maker_fee = random.below(4) == 0 ? -taker_fee : random.between(0, 1);
            venue.trade(id, account, quantity, maker_fee, taker_fee);
        } else if (what == 7) {
            venue.cancel(id, random.below(3) == 0 ? CancelReason::expired : CancelReason::requested);
            venue.end();
        } else if (what == 8) {
            venue.amend(id, order.session, random.between(90, 110), random.between(1, 30), random.below(2) == 0);
            venue.end();
        } else if (what == 9) {
            if (order.leaves < 2) continue;
            venue.decrement(id, random.between(1, order.leaves - 1));
            venue.end();
        } else if (what == 10) {
            const std::int64_t amount = random.between(1, 50);
            pending.emplace_back(random.below(3) == 0 ? venue.withdraw(kUsd, amount) : venue.pend(kBob, kUsd, amount),
                                 amount);
            venue.end();
        } else if (!pending.empty()) {
            const auto [transfer, amount] = pending.back();
            pending.pop_back();
            venue.resolve(transfer, venue.next_id(), kUsd, amount, 0, PendingState::voided, kAliceSession);
            venue.end();
        } else {
            venue.transfer(TransferKind::transfer, kDepositsAccount, account, kUsd, 1, kOperator, venue.next_id());
            venue.end();
        }
        drop_closed();
    }
    return venue;
}

TestTables in_one_batch(const std::vector<Event>& events) {
    TestTables tables;
    Fold fold(tables.state(), tables);
    for (const Event& event : events) fold.apply(event);
    tables.put(fold.seal());
    return tables;
}

TEST_CASE("batches that end anywhere give the same rows") {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        CAPTURE(seed);
        const TestVenue venue = busy_venue(seed, 250);
        const TestTables whole = in_one_batch(venue.events);
        Random random(seed);
        TestTables tables;
        Fold fold(tables.state(), tables);
        for (const Event& event : venue.events) {
            fold.apply(event);
            CHECK(fold.at_boundary() == ((event.header.flags & kLastOfCommand) != 0));
            if (!fold.at_boundary() || random.below(1 + seed % 9) != 0) continue;
            const std::size_t rows = fold.rows();
            CHECK(fold.seal().rows() == rows);
            // A batch whose commit failed goes on growing.
            if (random.below(3) == 0) continue;
            tables.put(fold.seal());
            fold.forget();
            CHECK(fold.rows() == 0);
        }
        tables.put(fold.seal());
        CHECK(tables == whole);
    }
}

TEST_CASE("a fold that goes on from what is stored is like one that never stopped") {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        CAPTURE(seed);
        const TestVenue venue = busy_venue(seed + 100, 250);
        const TestTables whole = in_one_batch(venue.events);
        Random random(seed);
        TestTables tables;
        auto fold = std::make_unique<Fold>(tables.state(), tables);
        for (const Event& event : venue.events) {
            fold->apply(event);
            if (!fold->at_boundary() || random.below(1 + seed % 9) != 0) continue;
            // One that dies with its batch gives the same events again to the next one.
            tables.put(fold->seal());
            fold = std::make_unique<Fold>(tables.state(), tables);
            CHECK(fold->cursor() == tables.cursor);
            CHECK(fold->rows() == 0);
            CHECK(fold->units().scale(kUsd) == (tables.rows<AssetRow>().size() < 2 ? 0 : 2));
        }
        tables.put(fold->seal());
        CHECK(tables == whole);
    }
}

TEST_CASE("an order that stays open for ever does not hold what came after it") {
    TestVenue venue;
    venue.open();
    const OrderId old = venue.rested(kAlice, Side::sell, 100, 1);
    for (int i = 0; i < 5'000; ++i) {
        const OrderId id = venue.rested(kBob, Side::buy, 50, 1);
        venue.cancel(id);
        venue.end();
    }
    const OrderId last = venue.rested(kBob, Side::buy, 50, 1);
    CHECK(in_one_batch(venue.events).oldest_open == old);
    venue.cancel(old);
    venue.end();
    CHECK(in_one_batch(venue.events).oldest_open == last);
    venue.cancel(last);
    venue.end();
    CHECK(in_one_batch(venue.events).oldest_open.value == last.value + 1);
}

TEST_CASE("nothing new is an empty batch that stands where it stood") {
    TestVenue venue;
    venue.open();
    TestTables tables = in_one_batch(venue.events);
    Fold fold(tables.state(), tables);
    CHECK(fold.seal().rows() == 0);
    CHECK(fold.seal().from == fold.seal().to);
    CHECK(fold.seal().to == tables.cursor);
    fold.forget();
    // A command without rows moves the cursor alone.
    venue.command(Ticked{.complete = 1});
    fold.apply(venue.events.back());
    CHECK(fold.seal().rows() == 0);
    CHECK(fold.seal().to.sequence.value == tables.cursor.sequence.value + 1);
}

}  // namespace
}  // namespace dcx::history
