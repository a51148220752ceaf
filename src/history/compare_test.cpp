#include "history/compare.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "history/store.h"

using namespace dcx;
using namespace dcx::history;

namespace {

// Two files in a folder of their own.
class TwoStores {
  public:
    TwoStores() : folder_(std::filesystem::temp_directory_path() / ("dcx-compare-" + std::to_string(::getpid()))) {
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directory(folder_);
    }
    ~TwoStores() { std::filesystem::remove_all(folder_); }
    TwoStores(const TwoStores&) = delete;
    TwoStores& operator=(const TwoStores&) = delete;

    void put(const std::string& name, RowBatch batch) {
        Units units;
        units.set_asset(AssetId{1u}, 8);
        const auto store = make_store({.kind = "sqlite", .url = file(name)});
        store->open();
        store->wipe();
        batch.to = {.venue_id = {std::byte{1}}, .sequence = Sequence{9ul}, .event_hash = 7, .time = Time{5l}};
        store->commit(batch, units);
    }
    // The differences of a against b.
    std::vector<std::string> differences(std::size_t most = 20) {
        const auto a = open_reader({.kind = "sqlite", .url = file("a")});
        const auto b = open_reader({.kind = "sqlite", .url = file("b")});
        std::vector<std::string> told;
        result = compare_stores(*a, *b, most, [&](const Difference& difference) {
            told.push_back(std::string(difference.table) + ": " + difference.text);
        });
        return told;
    }

    Comparison result;

  private:
    [[nodiscard]] std::string file(const std::string& name) const { return (folder_ / name).string(); }

    std::filesystem::path folder_;
};

// More than one page of rows that are told once, and some state.
RowBatch batch_of(std::uint32_t deposits) {
    RowBatch batch;
    batch.assets.push_back({.asset_id = AssetId{1u}, .symbol = AssetSymbol{"DEC"}, .scale = 8});
    for (std::uint32_t i = 0; i < deposits; ++i)
        batch.deposits.push_back({.day = Day{static_cast<std::int32_t>(20'000 + i / 4'000)},
                                  .sequence = Sequence{std::uint64_t{1 + i / 3}},
                                  .event_index = i % 3,
                                  .id = {.low = i, .high = ~std::uint64_t{0}},
                                  .account_id = AccountId{6u},
                                  .from_account = AccountId{1u},
                                  .asset_id = AssetId{1u},
                                  .amount = Amount{std::int64_t{i}}});
    // Ids whose halves order them differently.
    for (const std::uint64_t high : {1ul, 2ul, 0x8000000000000000ul})
        batch.pending_transfers.push_back(
            {.scope = AccountId{6u}, .id = {.low = 3 - high, .high = high}, .asset_id = AssetId{1u}});
    return batch;
}

}  // namespace

TEST_CASE("compare: equal stores, over several pages") {
    TwoStores stores;
    stores.put("a", batch_of(12'000));
    stores.put("b", batch_of(12'000));
    CHECK(stores.differences().empty());
    CHECK(stores.result.rows == 12'004);
    CHECK(stores.result.differences == 0);
}

TEST_CASE("compare: each kind of difference is told with its row") {
    TwoStores stores;
    RowBatch a = batch_of(12'000);
    RowBatch b = batch_of(12'000);
    a.deposits[11'999].amount = Amount{1l};
    a.deposits.erase(a.deposits.begin() + 5'000);
    b.deposits.erase(b.deposits.begin() + 9'999);
    a.pending_transfers.pop_back();
    a.assets[0].transfer_fee = FeeRate{5};
    stores.put("a", a);
    stores.put("b", b);
    const auto told = stores.differences();
    REQUIRE(told.size() == 5);
    CHECK(told[0] == "assets: asset_id=1: transfer_fee is 5, should be 0");
    CHECK(told[1] == "pending_transfers: scope=6 id=80000000000000008000000000000003: is missing");
    CHECK(told[2] == "deposits: day=20001 sequence=1667 event_index=2: is missing");
    CHECK(told[3] == "deposits: day=20002 sequence=3334 event_index=0: should not be there");
    CHECK(told[4] == "deposits: day=20002 sequence=4000 event_index=2: amount is 1, should be 11999");
    CHECK(stores.differences(2).size() == 2);
    CHECK(stores.result.differences == 5);
}

TEST_CASE("compare: an empty store misses everything") {
    TwoStores stores;
    stores.put("a", {});
    stores.put("b", batch_of(6'000));
    CHECK(stores.differences().size() == 20);
    CHECK(stores.result.differences == 6'004);
}
