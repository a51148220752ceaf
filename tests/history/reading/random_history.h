// RandomHistory: rows as a venue of some days would have made them, from a seed: consistent balances, versions and
// days, commands of many rows, several commands at one time, accounts that pay themselves.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <utility>

#include "history/row_batch.h"

namespace dcx::reading {

inline constexpr std::uint32_t kAccounts = 9;  // 1 .. 9; nobody has ever posted anything to 9
inline constexpr std::uint32_t kAssets = 3;
inline constexpr std::uint32_t kMarkets = 2;

class RandomHistory {
  public:
    explicit RandomHistory(std::uint64_t seed);

    // So many more commands; all() grows, and the rows of them alone are what next() gives, from where the last one
    // ended.
    void run(std::size_t commands);
    [[nodiscard]] history::RowBatch next();

    // All rows so far, in the order of the log; state rows by key.
    [[nodiscard]] const history::RowBatch& all() const { return all_; }
    [[nodiscard]] const history::Units& units() const { return units_; }
    // One account's total behind that command.
    [[nodiscard]] Amount total_at(AccountId account, AssetId asset, Sequence at) const;
    [[nodiscard]] Time time_of(Sequence sequence) const;
    std::uint64_t below(std::uint64_t n) { return random_() % n; }

  private:
    void command();
    void post(std::uint8_t leg, history::LedgerKind kind);
    void touch_day(AccountId account, AssetId asset, Amount before, Amount change, std::uint64_t version, bool fee);

    std::mt19937_64 random_;
    history::Units units_;
    history::RowBatch all_;
    history::RowBatch sent_;  // sizes of what next() has given
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::pair<std::int64_t, std::uint64_t>> totals_;
    std::map<std::tuple<std::uint32_t, std::uint32_t, std::int32_t>, history::AccountDayRow> days_;
    std::map<std::uint64_t, std::int64_t> times_;
    std::uint64_t sequence_ = 0;
    std::int64_t time_;
    std::uint32_t index_ = 0;
    std::uint64_t orders_ = 0;
    std::uint64_t trades_ = 0;
};

}  // namespace dcx::reading
