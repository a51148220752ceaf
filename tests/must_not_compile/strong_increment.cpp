// Counting up is arithmetic too.
#include "base/strong.h"

using Apples = dcx::Strong<struct ApplesTag, std::int64_t>;
using Pears = dcx::Strong<struct PearsTag, std::int64_t>;

constexpr Apples apples{std::int64_t{3}};
constexpr Pears pears{std::int64_t{3}};

inline void by_value(Apples& a) { ++a.value; }
#ifdef MUST_NOT_COMPILE
inline void count(Apples& a) { ++a; }
#endif
