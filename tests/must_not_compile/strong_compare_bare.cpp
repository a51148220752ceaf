// A strong number is not compared with a bare one.
#include "base/strong.h"

using Apples = dcx::Strong<struct ApplesTag, std::int64_t>;
using Pears = dcx::Strong<struct PearsTag, std::int64_t>;

constexpr Apples apples{std::int64_t{3}};
constexpr Pears pears{std::int64_t{3}};

constexpr bool by_value = apples.value == 3;
#ifdef MUST_NOT_COMPILE
constexpr bool bare = apples == 3;
#endif
