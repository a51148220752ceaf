#include "gateway/binary/query_answers.h"

#include <algorithm>

#include "gateway/audit.h"
#include "gateway/binary/reports.h"

namespace dcx::gateway {
namespace {

class Answer {
  public:
    Answer(OpenQuery& query, const ReadModel& model, Time now) : query_(query), model_(model), now_(now) {}

    RejectReason order_status() {
        const OrderView& orders = model_.orders();
        const KnownOrder* order = query_.order_id ? orders.find(query_.account, query_.order_id)
                                                  : orders.find(query_.account, query_.session, query_.cl_ord_id);
        if (order == nullptr) return RejectReason::unknown_order;
        add(status_report(*order, model_.as_of()));
        return RejectReason::none;
    }
    void order_history() {
        const auto& done = model_.orders().done(query_.account);
        const std::size_t told = query_.count == 0 ? done.size() : std::min<std::size_t>(query_.count, done.size());
        query_.since = std::max(query_.since, done.dropped());
        if (told < done.size()) query_.since = std::max(query_.since, done[done.size() - told - 1].sequence);
        for (std::size_t i = done.size() - told; i < done.size(); ++i) add(status_report(done[i], model_.as_of()));
    }
    void statement() {
        const auto& entries = model_.ledger().entries(query_.account);
        query_.since = std::max(query_.since, entries.dropped());
        std::vector<std::size_t> told;  // newest first
        for (std::size_t i = entries.size(); i > 0; --i) {
            if (query_.asset && entries[i - 1].asset != query_.asset) continue;
            if (query_.count != 0 && told.size() == query_.count) {
                query_.since = std::max(query_.since, entries[i - 1].sequence);
                break;
            }
            told.push_back(i - 1);
        }
        const std::uint64_t first = entries.added() - entries.size() + 1;
        for (auto i = told.rbegin(); i != told.rend(); ++i) add_entry(entries[*i], first + *i);
    }
    void addresses() {
        for (const AddressRegistered& known : model_.registry().account(query_.account)->addresses)
            add(DepositAddress{.reference = query_.reference,
                               .as_of = model_.as_of(),
                               .account = known.account,
                               .index = known.index,
                               .address = known.address,
                               .zero = {}});
    }
    void accounts() {
        add_account(query_.account);
        for (const AccountId sub : model_.registry().account(query_.account)->sub_accounts) add_account(sub);
    }
    void proposals() {
        for (const auto& [id, known] : model_.registry().proposals())
            add(Proposal{.reference = query_.reference,
                         .as_of = model_.as_of(),
                         .proposal = id,
                         .expires = known.proposed.expires,
                         .proposer = known.proposed.proposer,
                         .approved_by = known.approved_by,
                         .proposed = known.proposed.proposed,
                         .zero = {},
                         .body = known.body.body});
    }
    void figures() {
        for (AuditFigures figures : audit(model_)) {
            figures.reference = query_.reference;
            add(figures);
        }
    }
    void balances() {
        for (const AssetListed& asset : model_.assets()) {
            const Holding holding = model_.balance(query_.account, asset.asset);
            add(Balance{.reference = query_.reference,
                        .as_of = model_.as_of(),
                        .available = holding.available,
                        .held = holding.held,
                        .account = query_.account,
                        .asset = asset.asset});
        }
    }
    void listings() {
        for (const auto& asset : model_.assets()) list(asset);
        for (const auto& instrument : model_.instruments()) list(instrument);
        for (const auto& limits : model_.registry().asset_limits()) list(limits);
        for (const InstrumentListed& listing : model_.instruments())
            list(model_.registry().instrument(listing.instrument).limits);
        for (const InstrumentListed& listing : model_.instruments()) {
            const KnownInstrument& known = model_.registry().instrument(listing.instrument);
            for (const FeesSet& fees : known.fees) list(fees);
            if (known.killed) list(*known.killed);
        }
        if (model_.registry().venue_killed()) list(*model_.registry().venue_killed());
    }

  private:
    void append(std::span<const std::byte> frame) {
        query_.frames.insert(query_.frames.end(), frame.begin(), frame.end());
    }
    template <WireBlock Block>
    void add(const Block& block) {
        append(make_frame(block, now_).bytes());
    }
    template <EventBody Body>
    void list(const Body& body) {
        ReportBytes bytes;
        append({bytes.data(), encode_listing(body, model_.as_of(), now_, bytes)});
    }
    void add_entry(const LedgerEntry& entry, std::uint64_t number) {
        add(StatementEntry{.reference = query_.reference,
                           .number = number,
                           .event_sequence = entry.sequence,
                           .time = entry.time,
                           .id = entry.id,
                           .trade_id = entry.trade_id,
                           .amount = entry.amount,
                           .before = entry.before,
                           .after = entry.before + entry.amount,
                           .account = query_.account,
                           .counterparty = entry.counterparty,
                           .asset = entry.asset,
                           .event_index = entry.index,
                           .kind = entry.kind,
                           .zero = {}});
    }
    void add_account(AccountId id) {
        const KnownAccount& known = *model_.registry().account(id);
        add(AccountState{.reference = query_.reference,
                         .as_of = model_.as_of(),
                         .account = id,
                         .owner = known.owner,
                         .open_orders = model_.orders().open_count(id),
                         .max_open_orders = known.limits.max_open_orders,
                         .orders_per_second = known.limits.orders_per_second,
                         .burst = known.limits.burst,
                         .account_kind = known.kind,
                         .self_trade_rule = known.self_trade_rule,
                         .flags = known.flags,
                         .fee_tier = known.limits.fee_tier});
        for (const PositionLimitsSet& limits : known.position_limits) list(limits);
    }

    OpenQuery& query_;
    const ReadModel& model_;
    Time now_;
};

}  // namespace

RejectReason prepare_answer(OpenQuery& query, const ReadModel& model, Time now) {
    Answer answer(query, model, now);
    switch (query.template_id) {
        case kTemplateBalanceQuery: answer.balances(); break;
        case kTemplateListQuery: answer.listings(); break;
        case kTemplateOrderStatusQuery: return answer.order_status();
        case kTemplateOpenOrdersQuery:
            query.orders = model.orders().open_orders(query.account, query.instrument);
            break;
        case kTemplateOrderHistoryQuery: answer.order_history(); break;
        case kTemplateStatementQuery: answer.statement(); break;
        case kTemplateAddressesQuery: answer.addresses(); break;
        case kTemplateAccountQuery: answer.accounts(); break;
        case kTemplateProposalsQuery: answer.proposals(); break;
        case kTemplateAuditQuery: answer.figures(); break;
        default: break;
    }
    return RejectReason::none;
}

}  // namespace dcx::gateway
