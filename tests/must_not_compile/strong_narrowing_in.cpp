// Another number type must be converted where it is made, so that no narrowing hides in a constructor.
#include "base/strong.h"

using Apples = dcx::Strong<struct ApplesTag, std::int64_t>;
using Pears = dcx::Strong<struct PearsTag, std::int64_t>;

constexpr Apples apples{std::int64_t{3}};
constexpr Pears pears{std::int64_t{3}};

constexpr std::uint64_t wide = 4;
constexpr Apples converted{static_cast<std::int64_t>(wide)};
#ifdef MUST_NOT_COMPILE
constexpr Apples narrowed{wide};
#endif
