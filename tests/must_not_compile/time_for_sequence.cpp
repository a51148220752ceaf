// A time is no sequence, although both count upwards.
#include "model/types.h"

constexpr bool first(dcx::Sequence sequence) { return sequence == dcx::Sequence{std::uint64_t{1}}; }
constexpr bool named = first(dcx::Sequence{std::uint64_t{1}});

#ifdef MUST_NOT_COMPILE
constexpr bool mixed = first(dcx::Time{std::int64_t{1}});
#endif
