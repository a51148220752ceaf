// SessionTable: for every session of the venue the number of its next report, and which connection of this gateway (if
// any) hears it. The numbers follow the events, so they also count what is told while nobody is connected.
#pragma once

#include <cstdint>
#include <vector>

#include "base/check.h"
#include "model/types.h"

namespace dcx::gateway {

struct SessionRoute {
    std::uint64_t next_outgoing = 1;
    std::uint64_t connection = 0;  // the last that negotiated it; its number outlives it and is never another's
};

class SessionTable {
  public:
    // Session ids are dense, so the table grows with the sessions there are.
    [[nodiscard]] SessionRoute& at(SessionId id) {
        DCX_CHECK(id.value > 0);
        if (id.value > routes_.size()) [[unlikely]]
            routes_.resize(id.value);
        return routes_[id.value - 1];
    }

  private:
    std::vector<SessionRoute> routes_;
};

}  // namespace dcx::gateway
