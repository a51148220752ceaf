// An account is not a bare number that happens to be at hand.
#include "model/types.h"

constexpr bool is_venue(dcx::AccountId account) { return account == dcx::kFeeAccount; }
constexpr bool named = is_venue(dcx::AccountId{2u});

#ifdef MUST_NOT_COMPILE
constexpr bool bare = is_venue(2u);
#endif
