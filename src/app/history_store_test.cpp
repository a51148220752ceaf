#include "app/history_store.h"

#include <doctest/doctest.h>

namespace dcx::app {
namespace {

// 2026-11-29T00:20:00Z
constexpr std::int64_t kStored = 1'795'911'600'000'000'000;

std::string why_not(const char* day, std::int64_t stored) {
    const auto told = prune_day(day, Time{stored});
    return told ? "" : told.error();
}

TEST_CASE("pruning: a day that has begun, and none whose trades can still be taken back") {
    constexpr std::int64_t minute = 60'000'000'000;
    CHECK(why_not("2026-11-29", kStored) == "");
    CHECK(prune_day("2026-11-29", Time{kStored})->value * history::kDayNs == kStored - 20 * minute);
    CHECK(why_not("2026-11-29", kStored - 5 * minute) == "");
    CHECK(why_not("2026-11-29", kStored - 5 * minute - 1).find("taken back") != std::string::npos);
    CHECK(why_not("2026-11-28", kStored - 5 * minute - 1) == "");
    CHECK(why_not("2026-11-30", kStored).find("lies behind") != std::string::npos);
    CHECK(why_not("2026-02-30", kStored).find("is no day") != std::string::npos);
    CHECK(why_not("", kStored).find("is no day") != std::string::npos);
}

}  // namespace
}  // namespace dcx::app
