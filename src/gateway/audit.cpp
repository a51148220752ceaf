#include "gateway/audit.h"

#include <limits>

#include "base/check.h"

namespace dcx::gateway {
namespace {

Amount saturated(int128 value) {
    using Limits = std::numeric_limits<std::int64_t>;
    if (value > Limits::max()) return Amount{Limits::max()};
    if (value < Limits::min()) return Amount{Limits::min()};
    return Amount{static_cast<std::int64_t>(value)};
}

std::array<std::uint64_t, 2> halves(int128 value) {
    const auto bits = static_cast<uint128>(value);
    return {static_cast<std::uint64_t>(bits), static_cast<std::uint64_t>(bits >> 64)};
}

class Audit {
  public:
    explicit Audit(const ReadModel& model) : model_(model), sums_(model.assets().size()) {
        for (std::size_t i = 0; i < sums_.size(); ++i)
            sums_[i].figures = {.as_of = model.as_of(), .asset = model.assets()[i].asset};
    }

    std::vector<AuditFigures> run() {
        add_pendings();
        // Beyond the registered accounts there is none with money or orders.
        for (std::uint32_t id = 1; id <= model_.accounts(); ++id) add_account(AccountId{id});
        std::vector<AuditFigures> result;
        for (Sums& sums : sums_) result.push_back(finished(sums));
        return result;
    }

  private:
    struct Sums {
        AuditFigures figures;
        int128 sum{};
        int128 held{};
        int128 by_orders{};
        int128 by_pendings{};
        int128 expected{};  // what the account that is being looked at should hold
    };

    [[nodiscard]] Sums& of(AssetId asset) {
        DCX_CHECK(asset.value > 0 && asset.value <= sums_.size());
        return sums_[asset.value - 1];
    }
    void add_pendings() {
        pending_.resize(model_.accounts() + 1);
        for (const auto& [number, pending] : model_.ledger().pendings()) {
            of(pending.asset).by_pendings += pending.amount.value;
            if (pending.debit_account.value < pending_.size())
                pending_[pending.debit_account.value].push_back(&pending);
        }
    }
    void expect(AssetId asset, int128 amount) {
        Sums& sums = of(asset);
        if (sums.expected == 0) touched_.push_back(asset);
        sums.expected += amount;
    }
    void add_account(AccountId account) {
        model_.orders().each_open(account, [&](const KnownOrder& order) {
            const InstrumentListed& listing = model_.registry().listing(order.instrument);
            const auto& units = model_.registry().instrument(order.instrument).units;
            if (!units) return;
            const bool buys = order.side == Side::buy;
            const AssetId asset = buys ? listing.quote : listing.base;
            const int128 hold = buys ? notional_of(*units, order.price, order.leaves) : base_of(*units, order.leaves);
            of(asset).by_orders += hold;
            expect(asset, hold);
        });
        for (const LedgerView::Pending* pending : pending_[account.value])
            expect(pending->asset, pending->amount.value);
        for (const AssetBook& book : model_.ledger().books(account)) add_book(account, book);
        // What should be held of an asset that the account has no balance of.
        for (const AssetId asset : touched_) {
            Sums& sums = of(asset);
            if (sums.expected != 0) ++sums.figures.misheld;
            sums.expected = 0;
        }
        touched_.clear();
    }
    void add_book(AccountId account, const AssetBook& book) {
        Sums& sums = of(book.asset);
        const int128 total = int128{book.holding.available.value} + book.holding.held.value;
        sums.sum += total;
        sums.held += book.holding.held.value;
        const bool issuance = account == kIssuanceAccount;
        if ((book.holding.available.value < 0 && !issuance) || book.holding.held.value < 0) ++sums.figures.negative;
        if (total != book.credits - book.debits) ++sums.figures.unbalanced;
        if (sums.expected != book.holding.held.value) ++sums.figures.misheld;
        sums.expected = 0;
        if (!issuance) return;
        sums.figures.issued = saturated(-int128{book.holding.available.value});
        sums.figures.minted = halves(book.debits);
        sums.figures.burned = halves(book.credits);
    }
    static AuditFigures finished(const Sums& sums) {
        AuditFigures figures = sums.figures;
        figures.sum = saturated(sums.sum);
        figures.held = saturated(sums.held);
        figures.held_by_orders = saturated(sums.by_orders);
        figures.held_by_pendings = saturated(sums.by_pendings);
        return figures;
    }

    const ReadModel& model_;
    std::vector<Sums> sums_;                                        // by asset id - 1
    std::vector<std::vector<const LedgerView::Pending*>> pending_;  // by debit account
    std::vector<AssetId> touched_;
};

}  // namespace

std::vector<AuditFigures> audit(const ReadModel& model) {
    DCX_CHECK(model.whole());
    return Audit(model).run();
}

}  // namespace dcx::gateway
