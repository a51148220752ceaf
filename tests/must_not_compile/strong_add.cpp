// A strong number has no arithmetic of its own: identifiers must not be added.
#include "base/strong.h"

using Apples = dcx::Strong<struct ApplesTag, std::int64_t>;
using Pears = dcx::Strong<struct PearsTag, std::int64_t>;

constexpr Apples apples{std::int64_t{3}};
constexpr Pears pears{std::int64_t{3}};

constexpr std::int64_t by_value = apples.value + apples.value;
#ifdef MUST_NOT_COMPILE
constexpr auto sum = apples + apples;
#endif
