// Different kinds are neither equal nor unequal.
#include "base/strong.h"

using Apples = dcx::Strong<struct ApplesTag, std::int64_t>;
using Pears = dcx::Strong<struct PearsTag, std::int64_t>;

constexpr Apples apples{std::int64_t{3}};
constexpr Pears pears{std::int64_t{3}};

constexpr bool same_kind = apples == Apples{std::int64_t{3}};
#ifdef MUST_NOT_COMPILE
constexpr bool mixed = apples == pears;
#endif
