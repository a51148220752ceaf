// One kind must not be assigned to another.
#include "base/strong.h"

using Apples = dcx::Strong<struct ApplesTag, std::int64_t>;
using Pears = dcx::Strong<struct PearsTag, std::int64_t>;

constexpr Apples apples{std::int64_t{3}};
constexpr Pears pears{std::int64_t{3}};

inline void assign(Apples& to) { to = apples; }
#ifdef MUST_NOT_COMPILE
inline void mix(Apples& to) { to = pears; }
#endif
