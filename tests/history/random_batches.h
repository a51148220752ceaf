// Batches by seed, as RowBatch asks for them: keys that rise, each state row once, orders that are born once and change
// while they are open. What stands in the other columns is anything (row_maker.h).
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "history/row_maker.h"
#include "history/store_twin.h"

namespace dcx::history {

class RandomBatches {
  public:
    explicit RandomBatches(std::uint64_t seed) : maker_(seed) {
        for (std::byte& byte : venue_) byte = static_cast<std::byte>(maker_.random().next());
    }

    [[nodiscard]] const Units& units() const { return maker_.units(); }
    RowMaker& maker() { return maker_; }

    // About so many rows of each kind. Valid until the next call.
    const RowBatch& next(std::size_t rows) {
        batch_.clear();
        if (first_) list();
        first_ = false;
        told<TradeRow>(batch_.trades, rows);
        told<TradeBustRow>(batch_.trade_busts, rows / 4);
        told<ExecutionRow>(batch_.executions, rows);
        told<LedgerTransferRow>(batch_.ledger_transfers, rows);
        told<DepositRow>(batch_.deposits, rows / 4);
        told<AuditRow>(batch_.audit_log, rows / 4);
        orders(rows);
        if (maker_.random().chance(30)) list();
        state<MarketFeeRow>(batch_.market_fees, rows / 8);
        state<AccountRow>(batch_.accounts, rows / 4);
        state<KeyRow>(batch_.keys, rows / 4);
        state<SessionRow>(batch_.sessions, rows / 4);
        state<BalanceRow>(batch_.balances, rows);
        if (!balances_.empty()) state<AccountDayRow>(batch_.account_days, rows);
        state<CandleRow>(batch_.candles, rows);
        state<PendingTransferRow>(batch_.pending_transfers, rows / 4);
        state<WithdrawalRow>(batch_.withdrawals, rows / 4);
        state<ChainRow>(batch_.chain, 1);
        state<ChainDepositRow>(batch_.chain_deposits, rows / 4);
        state<PayoutRow>(batch_.payouts, rows / 4);
        state<AnchorRow>(batch_.anchors, rows / 8);
        batch_.oldest_open = OrderId{open_.empty() ? next_order_ : open_.begin()->first};
        batch_.to.venue_id = venue_;
        batch_.to.sequence = Sequence{++sequence_};
        batch_.to.event_hash = maker_.random().next();
        batch_.to.time = Time{static_cast<std::int64_t>(sequence_)};
        return batch_;
    }

  private:
    static std::uint32_t small_id(Random& random, std::uint32_t ids) {
        return static_cast<std::uint32_t>(1 + random.below(ids));
    }
    void list() {
        batch_.assets.clear();
        batch_.markets.clear();
        for (std::uint32_t id = 1; id <= kAssets; ++id) batch_.assets.push_back(maker_.asset(id));
        for (std::uint32_t id = 1; id <= kMarkets; ++id) batch_.markets.push_back(maker_.market(id));
    }
    // Days rise with the sequence, some of them within a batch.
    template <class Row>
    void told(std::vector<Row>& rows, std::size_t most) {
        for (std::size_t left = maker_.random().below(most + 1); left > 0; --left) {
            Row row = maker_.make<Row>();
            sequence_ += maker_.random().below(3);
            row.sequence = Sequence{sequence_};
            row.event_index = index_++;
            row.day = Day{static_cast<std::int32_t>(20'000 + sequence_ / 1000)};
            rows.push_back(std::move(row));
        }
    }
    template <class Row>
    void state(std::vector<Row>& rows, std::size_t most) {
        std::map<std::vector<std::uint64_t>, Row> unique;
        for (std::size_t left = maker_.random().below(most + 1); left > 0; --left) {
            Row row = maker_.make<Row>();
            set_key(row);
            unique[key_of(row)] = std::move(row);
        }
        for (auto& [key, row] : unique) rows.push_back(std::move(row));
    }
    // Few different ones, so that most are there already.
    void set_key(MarketFeeRow& row) {
        row.market_id = InstrumentId{small_id(maker_.random(), kMarkets)};
        row.tier = static_cast<std::uint8_t>(maker_.random().below(8));
    }
    void set_key(AccountRow& row) { row.account_id = AccountId{small_id(maker_.random(), 100)}; }
    void set_key(KeyRow& row) { row.key_id = KeyId{small_id(maker_.random(), 100)}; }
    void set_key(SessionRow& row) {
        row.session_id = SessionId{small_id(maker_.random(), 100)};
        row.client_session = maker_.random().next();  // all of 64 bits
    }
    void set_key(BalanceRow& row) {
        row.account_id = AccountId{small_id(maker_.random(), 50)};
        row.asset_id = AssetId{small_id(maker_.random(), kAssets)};
        balances_.emplace_back(row.account_id, row.asset_id);
    }
    // No account has a day in an asset of which it has no balance.
    void set_key(AccountDayRow& row) {
        const auto& [account, asset] = balances_[maker_.random().below(balances_.size())];
        row.account_id = account;
        row.asset_id = asset;
    }
    void set_key(CandleRow& row) {
        row.market_id = InstrumentId{small_id(maker_.random(), kMarkets)};
        row.interval_s = maker_.random().chance(50) ? 1 : 86'400;
        row.start = Time{static_cast<std::int64_t>(maker_.random().below(100)) * 1'000'000'000};
    }
    void set_key(ChainRow& row) { row.chain_id = 1; }
    void set_key(ChainDepositRow& row) { row.sequence = Sequence{1 + maker_.random().below(100)}; }
    void set_key(PayoutRow& row) {
        row.sequence = Sequence{1 + maker_.random().below(100)};
        row.state = static_cast<PayoutState>(maker_.random().between(1, 5));
    }
    void set_key(AnchorRow& row) {
        row.checkpoint = 1 + maker_.random().below(50);
        row.place = static_cast<AnchorPlace>(maker_.random().between(1, 3));
    }
    void set_key(auto& row) {
        row.scope = AccountId{small_id(maker_.random(), 3)};
        row.id = {.low = maker_.random().below(20), .high = maker_.random().chance(50) ? ~0ull : 1};
        row.state = static_cast<PendingState>(maker_.random().below(4));
    }
    void orders(std::size_t most) {
        std::map<std::uint64_t, OrderRow> changed;
        for (std::size_t left = maker_.random().below(most + 1); left > 0 && !open_.empty(); --left) {
            const auto found = open_.lower_bound(maker_.random().below(next_order_));
            if (found == open_.end()) continue;
            OrderRow row = found->second;
            change(row);
            changed[row.order_id.value] = row;
            open_[row.order_id.value] = row;
            if (row.status != OrderStatus::open) open_.erase(row.order_id.value);
        }
        for (const auto& [id, row] : changed) batch_.changed_orders.push_back(row);
        for (std::size_t left = maker_.random().below(most + 1); left > 0; --left) {
            auto row = maker_.make<OrderRow>();
            row.order_id = OrderId{next_order_++};
            row.account_id = AccountId{small_id(maker_.random(), 50)};
            row.status = static_cast<OrderStatus>(maker_.random().between(1, 4));
            if (row.status == OrderStatus::open) open_[row.order_id.value] = row;
            batch_.new_orders.push_back(row);
        }
    }
    // What an order was born with stays.
    void change(OrderRow& row) {
        const auto other = maker_.make<OrderRow>();
        row.cl_ord_id = other.cl_ord_id;
        row.status = static_cast<OrderStatus>(maker_.random().between(1, 4));
        row.reason = other.reason;
        row.price = other.price;
        row.quantity = other.quantity;
        row.leaves = other.leaves;
        row.cum = other.cum;
        row.notional = other.notional;
        row.changed_sequence = other.changed_sequence;
        row.changed_time = other.changed_time;
    }

    RowMaker maker_;
    RowBatch batch_;
    std::array<std::byte, 16> venue_{};
    bool first_ = true;
    std::uint64_t sequence_ = 0;
    std::uint32_t index_ = 0;
    std::uint64_t next_order_ = 1;
    std::map<std::uint64_t, OrderRow> open_;
    std::vector<std::pair<AccountId, AssetId>> balances_;  // that were put, some of them more than once
};

}  // namespace dcx::history
