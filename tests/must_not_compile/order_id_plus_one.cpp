// Ids are handed out by the core, not computed.
#include "model/types.h"

constexpr dcx::OrderId order{std::uint64_t{7}};
constexpr bool known = order == dcx::OrderId{std::uint64_t{7}};

#ifdef MUST_NOT_COMPILE
constexpr auto next = order + dcx::OrderId{std::uint64_t{1}};
#endif
