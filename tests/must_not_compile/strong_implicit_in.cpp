// A bare number must not become a strong one unseen.
#include "base/strong.h"

using Apples = dcx::Strong<struct ApplesTag, std::int64_t>;
using Pears = dcx::Strong<struct PearsTag, std::int64_t>;

constexpr Apples apples{std::int64_t{3}};
constexpr Pears pears{std::int64_t{3}};

constexpr Apples named{std::int64_t{4}};
#ifdef MUST_NOT_COMPILE
constexpr Apples unseen = std::int64_t{4};
#endif
