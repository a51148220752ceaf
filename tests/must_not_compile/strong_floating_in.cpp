// A floating number never becomes a strong integer.
#include "base/strong.h"

using Apples = dcx::Strong<struct ApplesTag, std::int64_t>;
using Pears = dcx::Strong<struct PearsTag, std::int64_t>;

constexpr Apples apples{std::int64_t{3}};
constexpr Pears pears{std::int64_t{3}};

constexpr Apples whole{std::int64_t{1}};
#ifdef MUST_NOT_COMPILE
constexpr Apples half{0.5};
#endif
