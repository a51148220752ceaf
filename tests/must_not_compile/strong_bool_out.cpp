// Truth is asked for in conditions, never passed on as a bool by itself.
#include "base/strong.h"

using Apples = dcx::Strong<struct ApplesTag, std::int64_t>;
using Pears = dcx::Strong<struct PearsTag, std::int64_t>;

constexpr Apples apples{std::int64_t{3}};
constexpr Pears pears{std::int64_t{3}};

constexpr bool asked = apples ? true : false;
#ifdef MUST_NOT_COMPILE
constexpr bool passed_on = apples;
#endif
