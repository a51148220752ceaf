// For tests: a log made by hand, folded whole, with what must hold of every such fold.
#pragma once

#include <doctest/doctest.h>

#include "history/fold.h"
#include "history/fold_test_tables.h"
#include "history/fold_test_venue.h"
#include "model/event_hash.h"

namespace dcx::history {

inline TestTables folded(const TestVenue& venue) {
    TestTables tables;
    Fold fold(tables.state(), tables);
    for (const Event& event : venue.events) fold.apply(event);
    REQUIRE(fold.at_boundary());
    const std::size_t rows = fold.rows();
    CHECK(fold.seal().rows() == rows);
    tables.put(fold.seal());
    fold.forget();
    CHECK(fold.rows() == 0);
    EventHash hash;
    for (const Event& event : venue.events) hash.add(event);
    CHECK(tables.cursor.event_hash == hash.value());
    CHECK(tables.cursor.sequence == venue.events.back().header.sequence);
    CHECK(tables.cursor.time == venue.events.back().header.time);
    // What every balance was told to be at last.
    for (const auto& row : tables.rows<BalanceRow>()) {
        const auto found = venue.balances.find({row.account_id, row.asset_id});
        REQUIRE(found != venue.balances.end());
        CHECK(row.available.value == found->second.available);
        CHECK(row.held.value == found->second.held);
    }
    return tables;
}

template <class Row>
Row last_in(const TestTables& tables) {
    const auto rows = tables.rows<Row>();
    REQUIRE(!rows.empty());
    return rows.back();
}

inline BalanceRow balance_in(const TestTables& tables, AccountId account, AssetId asset) {
    for (const auto& row : tables.rows<BalanceRow>())
        if (row.account_id == account && row.asset_id == asset) return row;
    FAIL("no such balance");
    return {};
}

}  // namespace dcx::history
