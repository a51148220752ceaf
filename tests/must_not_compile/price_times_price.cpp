// A price times a price means nothing; a price times a quantity is a notional.
#include "model/types.h"

constexpr dcx::Price price{std::int64_t{100}};
constexpr dcx::Quantity quantity{std::int64_t{5}};
constexpr dcx::Amount amount{std::int64_t{500}};

constexpr dcx::Notional notional = price * quantity;
#ifdef MUST_NOT_COMPILE
constexpr auto square = price * price;
#endif
