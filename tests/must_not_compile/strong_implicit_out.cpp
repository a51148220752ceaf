// A strong number must not leak out as a bare one; .value is the only way.
#include "base/strong.h"

using Apples = dcx::Strong<struct ApplesTag, std::int64_t>;
using Pears = dcx::Strong<struct PearsTag, std::int64_t>;

constexpr Apples apples{std::int64_t{3}};
constexpr Pears pears{std::int64_t{3}};

constexpr std::int64_t out = apples.value;
#ifdef MUST_NOT_COMPILE
constexpr std::int64_t leaked = apples;
#endif
