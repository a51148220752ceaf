// A notional is in ticks times lots, not in minor units: the instrument converts it.
#include "model/types.h"

constexpr dcx::Price price{std::int64_t{100}};
constexpr dcx::Quantity quantity{std::int64_t{5}};
constexpr dcx::Amount amount{std::int64_t{500}};

constexpr dcx::Notional notional = price * quantity;
#ifdef MUST_NOT_COMPILE
constexpr dcx::Amount unconverted = notional;
#endif
