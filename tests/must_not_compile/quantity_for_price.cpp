// Arguments in the wrong order must not pass.
#include "model/types.h"

constexpr dcx::Price price{std::int64_t{100}};
constexpr dcx::Quantity quantity{std::int64_t{5}};
constexpr dcx::Amount amount{std::int64_t{500}};

constexpr bool valid(dcx::Price p, dcx::Quantity q) { return p.value > 0 && q.value > 0; }
constexpr bool right = valid(price, quantity);
#ifdef MUST_NOT_COMPILE
constexpr bool swapped = valid(quantity, price);
#endif
