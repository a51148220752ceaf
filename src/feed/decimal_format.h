// How a number of units (ticks, lots, ticks times lots) is rendered: units x mantissa x 10^-scale, exactly, with
// `scale` decimals.
#pragma once

#include "base/checked.h"

namespace dcx::feed {

struct DecimalFormat {
    int128 mantissa{1};
    unsigned scale{};
};

}  // namespace dcx::feed
