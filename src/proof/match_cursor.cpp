#include "proof/match_cursor.h"

namespace dcx::proof {
namespace {

std::string number(auto strong) { return std::to_string(strong.value); }

bool is_input(MatchRecordKind kind) { return kind < MatchRecordKind::trade; }

}  // namespace

std::string describe(const MatchRecord& r) {
    std::string text = std::string(to_string(r.kind));
    const std::string amount = number(r.quantity) + " @ " + number(r.price);
    switch (r.kind) {
        case MatchRecordKind::trade:
            return text + " " + number(r.trade_id) + " of " + amount + ", orders " + number(r.order_id) + " and " +
                   number(r.other_id);
        case MatchRecordKind::canceled:
            return text + " of order " + number(r.order_id) + ", " + amount + " (" +
                   std::string(to_string(CancelReason{r.reason})) + ")";
        case MatchRecordKind::place:
        case MatchRecordKind::amend:
        case MatchRecordKind::cancel:
        case MatchRecordKind::rest: return text + " of order " + number(r.order_id) + ", " + amount;
        default: return text;
    }
}

ProofError MatchCursor::error(ProofErrorKind kind, const std::string& what) const {
    std::string text = "command " + number(command_.head.sequence) + ", record " + std::to_string(at_);
    if (peek() != nullptr) text += " (" + describe(*peek()) + ")";
    return {kind, text + ": " + what};
}

ProofError MatchCursor::difference(const MatchRecord& wanted) const {
    const std::string rule = "the rules make: " + describe(wanted);
    if (peek() == nullptr) return error(ProofErrorKind::record_missing, rule);
    const MatchRecordKind seen = peek()->kind;
    if (wanted.kind == MatchRecordKind::trade && seen == MatchRecordKind::trade)
        return error(ProofErrorKind::wrong_trade, rule);
    // An outcome in place of another: but a trade where there is none to make is one too many.
    if (!is_input(seen) && (wanted.kind == MatchRecordKind::trade || seen != MatchRecordKind::trade))
        return error(ProofErrorKind::wrong_outcome, rule);
    return error(ProofErrorKind::record_unexpected, rule);
}

}  // namespace dcx::proof
