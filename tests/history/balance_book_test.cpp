// The book of balances against the core's own, which no folder of src/ may see both of.
#include <doctest/doctest.h>

#include <algorithm>

#include "history/balance_book.h"
#include "history/history_error.h"
#include "history/random_venue.h"

using namespace dcx;
using namespace dcx::history;
using namespace dcx::balance_tests;

namespace {

// Every balance that the core has, and no account that it has not.
void check_book(const BalanceBook& book, const RandomVenue& venue) {
    REQUIRE(book.complete());
    REQUIRE(book.at_boundary());
    CHECK(book.sequence() == venue.core().sequence());
    CHECK(book.venue_id() == venue.venue_id());
    for (std::uint32_t id = 1; id <= venue.accounts(); ++id) {
        const BalanceBook::Account& account = book.account(AccountId{id});
        CHECK(account.known);
        for (const auto& [asset, unused] : venue.assets()) {
            const auto found = std::ranges::find(account.balances, asset, &BalanceBook::Balance::asset);
            const auto expected = venue.core().balance(AccountId{id}, asset);
            const bool there = found != account.balances.end();
            CHECK((there ? found->available : Amount{}) == expected.available);
            CHECK((there ? found->held : Amount{}) == expected.held);
        }
    }
    CHECK(book.accounts().size() <= venue.accounts() + 1);
}

void follow(BalanceBook& book, EventSource& source) {
    for (auto events = source.peek(1'000); !events.empty(); events = source.peek(1'000)) {
        for (const Event& event : events) book.apply(event);
        source.release(events.size());
    }
}

}  // namespace

TEST_CASE("the book of balances equals the core's, from the first command and from any moment's state") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        RandomVenue venue(seed);
        venue.run(400);
        VenueSource from_first(venue, false, seed), from_state(venue, true, seed);
        BalanceBook first, later;
        for (int i = 0; i < 20; ++i) {
            venue.run(100);
            follow(first, from_first);
            follow(later, from_state);
            check_book(first, venue);
            check_book(later, venue);
            // Each account that changed is named once, until it is taken.
            std::vector<AccountId> changed(later.changed().begin(), later.changed().end());
            std::ranges::sort(changed);
            CHECK(std::ranges::adjacent_find(changed) == changed.end());
            later.forget_changed(later.changed().size() / 2);
        }
        later.forget_changed(later.changed().size());
        for (const BalanceBook::Account& account : later.accounts()) {
            CHECK_FALSE(account.changed);
            CHECK(std::ranges::none_of(account.balances, &BalanceBook::Balance::changed));
        }
    }
}

TEST_CASE("a log that has not begun is no complete state") {
    BalanceBook book;
    Event nothing{};
    nothing.header.flags = kRestored | kLastOfCommand;
    nothing.set(RestoreCompleted{});
    book.apply(nothing);
    CHECK_FALSE(book.complete());
}

TEST_CASE("an event that names what was never listed is refused") {
    const auto refused = [](const auto& body) {
        RandomVenue venue(3);
        venue.run(400);
        VenueSource source(venue, true, 1);
        BalanceBook book;
        follow(book, source);
        Event event{};
        event.header = {.sequence = Sequence{book.sequence().value + 1}, .flags = kLastOfCommand};
        event.set(body);
        try {
            book.apply(event);
        } catch (const HistoryError& error) {
            return error.code() == ErrorCode::impossible_event;
        }
        return false;
    };
    CHECK(refused(OrderAccepted{.account = kFirstCustomer, .instrument = InstrumentId{99u}}));
    CHECK(refused(OrderFilled{.account = AccountId{77'777u}, .instrument = InstrumentId{1u}}));
    CHECK(refused(OrderCanceled{.account = AccountId{}, .instrument = InstrumentId{1u}}));
    CHECK(refused(Transferred{.debit_account = AccountId{1u}, .credit_account = AccountId{6u}, .asset = AssetId{99u}}));
    CHECK(refused(PendingResolved{.account = AccountId{4'000'000'000u}, .asset = AssetId{1u}}));
    CHECK(refused(AccountOpened{.account = AccountId{4'000'000'000u}}));
    CHECK(refused(AssetListed{.asset = AssetId{4'000'000'000u}}));
    CHECK(refused(InstrumentListed{.instrument = InstrumentId{}}));
}
