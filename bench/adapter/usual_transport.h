// The queue of an engine that brings none of its own: boost::lockfree::spsc_queue, as in the public harness. Apart from
// engine_library, so that tests load engines without Boost.
#pragma once

#include "adapter/matching_abi.h"

namespace dcx::bench {

[[nodiscard]] const AbiTransport* usual_transport();

}  // namespace dcx::bench
