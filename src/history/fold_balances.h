// BalanceBook: balances, versions and daily statements of every account and asset that has one, and the ledger's rows.
// The part of the fold that knows double entry; whose accounts and assets there are, its caller has checked.
#pragma once

#include <cstdint>
#include <vector>

#include "history/fold_parts.h"
#include "history/row_batch.h"

namespace dcx::history {

struct Posting {
    LedgerKind kind{};
    std::uint8_t leg{};
    TransferId id{};
    std::uint64_t reference{};
    AccountId debit{};
    AccountId credit{};
    AssetId asset{};
    Amount amount{};
};

class BalanceBook {
  public:
    BalanceBook(const std::vector<BalanceRow>& balances, const std::vector<AccountDayRow>& days);

    // Of the balance, made when there is none yet.
    [[nodiscard]] std::uint32_t slot_of(AccountId account, AssetId asset);
    [[nodiscard]] const BalanceRow& balance(std::uint32_t slot) const { return slots_[slot].row; }

    // Moves `amount` between what is available to the two. (A fill pays out of what is held: its totals are right at
    // once, which part of them is held is told() behind it.)
    void post(const EventPlace& at, const Posting& posting, std::vector<LedgerTransferRow>& out) {
        post(at, posting, slot_of(posting.debit, posting.asset), slot_of(posting.credit, posting.asset), out);
    }
    // When the caller has their slots.
    void post(const EventPlace& at, const Posting& posting, std::uint32_t debit, std::uint32_t credit,
              std::vector<LedgerTransferRow>& out);
    // What an event says of a balance once it has settled: the total must follow from the postings.
    void told(const EventPlace& at, std::uint32_t slot, Amount available, Amount held);

    [[nodiscard]] std::size_t rows() const { return changed_.size() + changed_days_ + finished_days_.size(); }
    void seal(RowBatch& batch);
    void forget();

  private:
    struct Slot {
        BalanceRow row;
        Day day{};  // of its statement in days_
        bool has_day = false;
        bool changed = false;
        bool day_changed = false;  // then the balance has changed too
    };
    static_assert(sizeof(Slot) <= 64);
    struct Changed {
        std::uint64_t key{};  // account, then asset
        std::uint32_t slot{};
    };
    struct Total {
        Amount before{};
        Amount after{};
        std::uint64_t version{};
    };
    Total change(const EventPlace& at, std::uint32_t slot, Amount amount, bool fee);
    void touch(const EventPlace& at, std::uint32_t slot);
    AccountDayRow& statement(const EventPlace& at, std::uint32_t slot, Amount opening);

    std::vector<std::vector<std::uint32_t>> slot_of_;  // by asset, by account: the slot + 1; 0: none
    std::vector<Slot> slots_;
    std::vector<AccountDayRow> days_;  // by slot: the last one
    std::vector<Changed> changed_;
    std::size_t changed_days_ = 0;
    std::vector<AccountDayRow> finished_days_;  // changed in this batch, and followed by another day
};

}  // namespace dcx::history
