#include "core/ledger/transfer_ids.h"

namespace dcx::core {

RejectReason compare_requests(const MoneyRequest& known, const MoneyRequest& again) {
    if (known.kind != again.kind) return RejectReason::exists_with_different_kind;
    if (known.debit != again.debit) return RejectReason::exists_with_different_debit_account;
    if (known.credit != again.credit) return RejectReason::exists_with_different_credit_account;
    if (known.asset != again.asset) return RejectReason::exists_with_different_asset;
    if (known.amount != again.amount) return RejectReason::exists_with_different_amount;
    if (known.own != again.own) {
        if (known.kind == TransferKind::pend) return RejectReason::exists_with_different_timeout;
        return known.kind == TransferKind::withdraw ? RejectReason::exists_with_different_address
                                                    : RejectReason::exists_with_different_pending_id;
    }
    return known.succeeded() ? RejectReason::exists : RejectReason::id_already_failed;
}

}  // namespace dcx::core
