#include "history/fold_balances.h"

#include <tuple>

namespace dcx::history {
namespace {

Amount total_of(const BalanceRow& row) {
    const auto total = checked_add(row.available.value, row.held.value);
    require(total.has_value(), "a balance beyond 64 bits");
    return Amount{*total};
}

}  // namespace

BalanceBook::BalanceBook(const std::vector<BalanceRow>& balances, const std::vector<AccountDayRow>& days) {
    slots_.reserve(balances.size());
    for (const BalanceRow& row : balances) slots_[slot_of(row.account_id, row.asset_id)].row = row;
    for (const AccountDayRow& row : days) {
        const std::uint32_t slot = slot_of(row.account_id, row.asset_id);
        slots_[slot].has_day = true;
        slots_[slot].day = row.day;
        days_[slot] = row;
    }
}

std::uint32_t BalanceBook::slot_of(AccountId account, AssetId asset) {
    if (asset.value >= slot_of_.size()) slot_of_.resize(asset.value + 1);
    std::vector<std::uint32_t>& of_asset = slot_of_[asset.value];
    if (account.value >= of_asset.size()) of_asset.resize(account.value + 1);
    std::uint32_t& place = of_asset[account.value];
    if (place == 0) {
        Slot& slot = slots_.emplace_back();
        slot.row.account_id = account;
        slot.row.asset_id = asset;
        days_.emplace_back();
        place = static_cast<std::uint32_t>(slots_.size());
    }
    return place - 1;
}

void BalanceBook::touch(const EventPlace& at, std::uint32_t slot) {
    Slot& s = slots_[slot];
    s.row.sequence = at.sequence;
    s.row.time = at.time;
    if (s.changed) return;
    s.changed = true;
    changed_.push_back({.key = std::uint64_t{s.row.account_id.value} << 32 | s.row.asset_id.value, .slot = slot});
}

AccountDayRow& BalanceBook::statement(const EventPlace& at, std::uint32_t slot, Amount opening) {
    Slot& s = slots_[slot];
    AccountDayRow& day = days_[slot];
    if (!s.has_day || s.day != at.day) {
        if (s.day_changed) finished_days_.push_back(day);
        s.has_day = true;
        s.day = at.day;
        day = {.account_id = s.row.account_id,
               .asset_id = s.row.asset_id,
               .day = at.day,
               .opening = opening,
               .closing = opening,
               .first_version = s.row.version + 1};
    }
    if (!s.day_changed) {
        s.day_changed = true;
        ++changed_days_;
    }
    return day;
}

// One side of a posting: a debit's amount is negative.
BalanceBook::Total BalanceBook::change(const EventPlace& at, std::uint32_t slot, Amount amount, bool fee) {
    BalanceRow& row = slots_[slot].row;
    const Amount before = total_of(row);
    AccountDayRow& day = statement(at, slot, before);
    const auto available = checked_add(row.available.value, amount.value);
    require(available.has_value(), "a balance beyond 64 bits");
    row.available = Amount{*available};
    ++row.version;
    const Amount after = total_of(row);
    if (amount.value < 0) {
        day.debits = Amount{saturating_add(day.debits.value, -amount.value)};
        if (fee) day.fees = Amount{saturating_add(day.fees.value, -amount.value)};
    } else {
        day.credits = Amount{saturating_add(day.credits.value, amount.value)};
    }
    day.closing = after;
    day.last_version = row.version;
    day.last_sequence = at.sequence;
    touch(at, slot);
    return {.before = before, .after = after, .version = row.version};
}

void BalanceBook::post(const EventPlace& at, const Posting& posting, std::uint32_t from, std::uint32_t to,
                       std::vector<LedgerTransferRow>& out) {
    require(posting.amount.value > 0, "a posting of nothing or less");
    const bool fee = posting.kind == LedgerKind::trade_fee || posting.kind == LedgerKind::transfer_fee;
    const Total debit = change(at, from, -posting.amount, fee);
    const Total credit = change(at, to, posting.amount, false);
    LedgerTransferRow& row = tell_row(out, at);
    row.leg = posting.leg;
    row.kind = posting.kind;
    row.id = posting.id;
    row.reference = posting.reference;
    row.debit_account = posting.debit;
    row.credit_account = posting.credit;
    row.asset_id = posting.asset;
    row.amount = posting.amount;
    row.debit_before = debit.before;
    row.debit_after = debit.after;
    row.credit_before = credit.before;
    row.credit_after = credit.after;
    row.debit_version = debit.version;
    row.credit_version = credit.version;
}

void BalanceBook::told(const EventPlace& at, std::uint32_t slot, Amount available, Amount held) {
    BalanceRow& row = slots_[slot].row;
    if (row.available == available && row.held == held) return;
    require(held.value >= 0 && (available.value >= 0 || row.account_id == kIssuanceAccount), "a balance below zero");
    const auto total = checked_add(available.value, held.value);
    require(total.has_value() && Amount{*total} == total_of(row), "a balance that does not follow from the postings");
    row.available = available;
    row.held = held;
    touch(at, slot);
}

void BalanceBook::seal(RowBatch& batch) {
    std::ranges::sort(changed_, {}, &Changed::key);
    batch.balances.clear();
    batch.account_days.assign(finished_days_.begin(), finished_days_.end());
    for (const Changed& changed : changed_) {
        batch.balances.push_back(slots_[changed.slot].row);
        if (slots_[changed.slot].day_changed) batch.account_days.push_back(days_[changed.slot]);
    }
    if (!finished_days_.empty())
        std::ranges::sort(batch.account_days, {},
                          [](const AccountDayRow& row) { return std::tuple(row.account_id, row.asset_id, row.day); });
}

void BalanceBook::forget() {
    for (const Changed& changed : changed_) {
        slots_[changed.slot].changed = false;
        slots_[changed.slot].day_changed = false;
    }
    changed_.clear();
    changed_days_ = 0;
    finished_days_.clear();
}

}  // namespace dcx::history
