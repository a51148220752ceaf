// A strong number is no array index.
#include "base/strong.h"

using Apples = dcx::Strong<struct ApplesTag, std::int64_t>;
using Pears = dcx::Strong<struct PearsTag, std::int64_t>;

constexpr Apples apples{std::int64_t{3}};
constexpr Pears pears{std::int64_t{3}};

inline int by_value(const int* p) { return p[apples.value]; }
#ifdef MUST_NOT_COMPILE
inline int index(const int* p) { return p[apples]; }
#endif
