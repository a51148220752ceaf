// A side is named, never numbered.
#include "model/types.h"

constexpr dcx::Side side = dcx::opposite(dcx::Side::buy);

#ifdef MUST_NOT_COMPILE
constexpr dcx::Side numbered = dcx::opposite(1);
#endif
