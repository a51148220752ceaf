// For tests: a gateway with a neighbour who has a session over shared memory and trades whenever he is asked to, while
// others do what they should not.
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <memory>
#include <utility>

#include "gateway/binary/gateway_rig.h"

namespace dcx::gateway::gateway_test {

inline RigOptions over_memory(ShmOptions shm = {}) {
    RigOptions options;
    options.carrier = Carrier::memory;
    options.gateway.shm = std::move(shm);
    return options;
}

// A rig with a neighbour that has a session over memory and trades whenever it is asked to.
struct Street : Rig {
    explicit Street(const RigOptions& options = over_memory()) : Rig(options), neighbour(established(1)) {}
    void trades_on() {
        ++traded;
        neighbour->command(order(traded), traded);
        REQUIRE(next(*neighbour).template as<ExecutionReport>().cl_ord_id.value == traded);
    }
    // The venue's end of a client is gone: session, memory and place.
    void gone() {
        until([&] { return gateway->metrics().shm_open.get() == 1; });
        CHECK(gateway->metrics().connections_open.get() == 1);
        if (engine.sessions.size() > 1) until([&] { return !engine.sessions[1].established; });
        trades_on();
    }
    std::uint64_t terminates(TerminateCode code) { return gateway->metrics().terminates(code).get(); }

    std::unique_ptr<WireClient> neighbour;
    std::uint64_t traded = 0;
};

inline std::size_t open_descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
    return count;
}

}  // namespace dcx::gateway::gateway_test
