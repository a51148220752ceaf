// Prices are not added: no step of the exchange means that.
#include "model/types.h"

constexpr dcx::Price price{std::int64_t{100}};
constexpr dcx::Quantity quantity{std::int64_t{5}};
constexpr dcx::Amount amount{std::int64_t{500}};

constexpr bool ordered = price < dcx::Price{std::int64_t{101}};
#ifdef MUST_NOT_COMPILE
constexpr auto sum = price + price;
#endif
