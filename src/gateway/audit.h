// The invariants of the ledger (docs/rules.md, "State after any command") in figures, each added up anew from the read
// model alone. It costs a look at every balance, open order and pending transfer.
#pragma once

#include <vector>

#include "gateway/read_model.h"
#include "model/wire_query.h"

namespace dcx::gateway {

// One for each asset, in the order of their ids. Only where model.whole().
[[nodiscard]] std::vector<AuditFigures> audit(const ReadModel& model);

}  // namespace dcx::gateway
