// One kind must not be made from another kind, not even explicitly.
#include "base/strong.h"

using Apples = dcx::Strong<struct ApplesTag, std::int64_t>;
using Pears = dcx::Strong<struct PearsTag, std::int64_t>;

constexpr Apples apples{std::int64_t{3}};
constexpr Pears pears{std::int64_t{3}};

constexpr Apples converted{pears.value};
#ifdef MUST_NOT_COMPILE
constexpr Apples mixed{pears};
#endif
