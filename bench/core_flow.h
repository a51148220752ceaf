// The flow that the benchmarks of the core share: a venue of 100,000 funded accounts with a session each, and half a
// million orders and cancels of all of them.
#pragma once

#include <cstring>
#include <vector>

#include "base/random.h"
#include "core/core.h"
#include "market/command_flow.h"

namespace dcx::bench {

inline constexpr std::uint32_t accounts = 100'000;
inline constexpr std::uint32_t flow_size = 500'000;
inline constexpr AccountId first_account = kFirstCustomer;
inline constexpr SessionId operator_session = market::kOperatorSession;
inline constexpr market::FlowOptions flow_options{.customers = accounts, .commands = flow_size};

using Script = market::CommandScript;
using market::account_of;
using market::session_of;

inline const market::OrderFlow& flow() {
    static const market::OrderFlow instance(flow_options);
    return instance;
}

}  // namespace dcx::bench
