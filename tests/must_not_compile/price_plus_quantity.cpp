// A price and a quantity have no sum.
#include "model/types.h"

constexpr dcx::Price price{std::int64_t{100}};
constexpr dcx::Quantity quantity{std::int64_t{5}};
constexpr dcx::Amount amount{std::int64_t{500}};

constexpr auto sum = quantity + quantity;
#ifdef MUST_NOT_COMPILE
constexpr auto mixed = price + quantity;
#endif
