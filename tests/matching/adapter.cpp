#include "matching/adapter.h"

#include <algorithm>
#include <cstdlib>

namespace dcx::bench {

Engine::Engine(Queue& queue) {
    ::setenv("DCX_BENCH_ORDERS", "65536", 0);
    ::setenv("DCX_BENCH_LEVELS", "65536", 0);
    engine_init(0x5EED, engine_get_transport(), queue.handle());
}

void deliver(std::span<const AbiMessage> messages, std::size_t batch) {
    if (batch == 0) {
        for (const AbiMessage& message : messages) switch (message.type) {
                case 0: engine_on_new_order(&message.place); break;
                case 1: engine_on_cancel(&message.cancel); break;
                default: engine_on_modify(&message.modify); break;
            }
        return;
    }
    for (std::size_t at = 0; at < messages.size(); at += batch) {
        const auto some = messages.subspan(at, std::min(batch, messages.size() - at));
        engine_on_batch(some.data(), static_cast<std::uint32_t>(some.size()));
    }
}

}  // namespace dcx::bench
