#include "gateway/binary/open_query.h"

#include "base/check.h"

namespace dcx::gateway {
namespace {

using Read = std::expected<OpenQuery, TerminateCode>;

Read unless_zero(std::uint32_t zero, OpenQuery query) {
    if (zero != 0) return std::unexpected(TerminateCode::malformed_frame);
    return query;
}

// The queries that name an account and nothing else.
template <class Query>
Read of_account(const Frame& frame) {
    const auto query = frame.as<Query>();
    return unless_zero(query.zero, {.reference = query.reference, .account = query.account});
}
template <class Query>
Read of_venue(const Frame& frame) {
    return OpenQuery{.reference = frame.as<Query>().reference};
}

Read read_fields(const Frame& frame) {
    switch (frame.header.template_id) {
        case kTemplateBalanceQuery: return of_account<BalanceQuery>(frame);
        case kTemplatePendingsQuery: return of_account<PendingsQuery>(frame);
        case kTemplateAddressesQuery: return of_account<AddressesQuery>(frame);
        case kTemplateAccountQuery: return of_account<AccountQuery>(frame);
        case kTemplateDropCopyRequest: return of_account<DropCopyRequest>(frame);
        case kTemplateLimitQuery: return of_account<LimitQuery>(frame);
        case kTemplateListQuery: return of_venue<ListQuery>(frame);
        case kTemplateProposalsQuery: return of_venue<ProposalsQuery>(frame);
        case kTemplateAuditQuery: return of_venue<AuditQuery>(frame);
        case kTemplateOrderStatusQuery: {
            const auto query = frame.as<OrderStatusQuery>();
            return unless_zero(query.zero, {.reference = query.reference,
                                            .account = query.account,
                                            .order_id = query.order_id,
                                            .cl_ord_id = query.cl_ord_id});
        }
        case kTemplateOpenOrdersQuery: {
            const auto query = frame.as<OpenOrdersQuery>();
            return OpenQuery{.reference = query.reference, .account = query.account, .instrument = query.instrument};
        }
        case kTemplateOrderHistoryQuery: {
            const auto query = frame.as<OrderHistoryQuery>();
            return OpenQuery{.reference = query.reference, .account = query.account, .count = query.count};
        }
        default: {
            const auto query = frame.as<StatementQuery>();
            return unless_zero(
                query.zero,
                {.reference = query.reference, .account = query.account, .asset = query.asset, .count = query.count});
        }
    }
}

}  // namespace

Read read_query(const Frame& frame) {
    DCX_CHECK(is_query(frame.header.template_id));
    Read query = read_fields(frame);
    if (query) query->template_id = frame.header.template_id;
    return query;
}

RejectReason refusal_of(const OpenQuery& query, const ReadModel& model, const KnownKey& key) {
    // What there is to trade is told to everybody.
    if (query.template_id == kTemplateListQuery) return RejectReason::none;
    if (key.revoked) return RejectReason::key_revoked;
    const bool is_operator = (key.permissions & kPermitOperator) != 0;
    if (!is_operator && (key.permissions & kPermitRead) == 0) return RejectReason::not_permitted;
    if (query.template_id == kTemplateProposalsQuery || query.template_id == kTemplateAuditQuery)
        return is_operator ? RejectReason::none : RejectReason::not_permitted;
    // The session's own limits alone.
    if (query.template_id == kTemplateLimitQuery && !query.account) return RejectReason::none;
    if (!is_operator)
        return model.registry().owns(key.account, query.account) ? RejectReason::none : RejectReason::not_your_account;
    if (query.template_id == kTemplateDropCopyRequest && !query.account) return RejectReason::none;
    return model.has_account(query.account) ? RejectReason::none : RejectReason::unknown_account;
}

}  // namespace dcx::gateway
