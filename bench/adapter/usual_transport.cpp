#include "adapter/usual_transport.h"

#include <boost/lockfree/spsc_queue.hpp>

namespace dcx::bench {

const AbiTransport* usual_transport() {
    using Queue = boost::lockfree::spsc_queue<AbiReport>;
    static constexpr AbiTransport transport{
        .create = [](std::uint32_t capacity) -> void* { return new Queue(capacity); },
        .push = [](void* queue, const AbiReport* report) -> int { return static_cast<Queue*>(queue)->push(*report); },
        .drain = [](void* queue, AbiReport* out, std::uint32_t max) -> std::uint32_t {
            return static_cast<std::uint32_t>(static_cast<Queue*>(queue)->pop(out, max));
        },
        .flush = [](void*) {},
        .destroy = [](void* queue) { delete static_cast<Queue*>(queue); },
    };
    return &transport;
}

}  // namespace dcx::bench
