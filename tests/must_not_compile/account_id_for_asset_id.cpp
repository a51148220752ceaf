// Ids of accounts and of assets are different kinds although both are 32 bits.
#include "model/types.h"

constexpr bool is_first(dcx::AssetId asset) { return asset == dcx::AssetId{1u}; }
constexpr bool named = is_first(dcx::AssetId{1u});

#ifdef MUST_NOT_COMPILE
constexpr bool mixed = is_first(dcx::AccountId{1u});
#endif
