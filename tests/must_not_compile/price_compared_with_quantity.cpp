// A price is not compared with a quantity.
#include "model/types.h"

constexpr dcx::Price price{std::int64_t{100}};
constexpr dcx::Quantity quantity{std::int64_t{5}};
constexpr dcx::Amount amount{std::int64_t{500}};

constexpr bool same_kind = price == price;
#ifdef MUST_NOT_COMPILE
constexpr bool mixed = price == quantity;
#endif
