// The frame parser against arbitrary bytes: it must say the same however they are cut. The first byte chooses the role
// and how the second run is cut.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "net/websocket_frame.h"

namespace {

using namespace dcx;
using namespace dcx::net;

constexpr std::size_t message_limit = 4096;

struct Story {
    std::string text;
    void add(const WebSocketEvent& event) {
        DCX_CHECK(event.payload.size() <= message_limit);
        text += static_cast<char>('0' + static_cast<int>(event.type));
        text += static_cast<char>('0' + static_cast<int>(event.kind));
        text += std::to_string(event.code);
        text.append(reinterpret_cast<const char*>(event.payload.data()), event.payload.size());
        text += event.text;
        text += '\n';
    }
};

template <class NextSize>
std::string tell(WebSocketRole role, std::span<const std::uint8_t> bytes, NextSize next_size) {
    WebSocketParser parser(role, message_limit);
    Story story;
    bool ended = false;
    while (!bytes.empty()) {
        const std::size_t n = std::min<std::size_t>(next_size(), bytes.size());
        // A copy of exactly this size, so that reading beyond it shows.
        std::vector<std::uint8_t> piece(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
        bytes = bytes.subspan(n);
        std::span<std::byte> input = std::as_writable_bytes(std::span{piece});
        while (true) {
            const WebSocketEvent event = parser.next(input);
            if (event.type == WebSocketEvent::Type::need_more) break;
            DCX_CHECK(!ended);
            ended = event.type == WebSocketEvent::Type::error || event.type == WebSocketEvent::Type::close;
            story.add(event);
        }
        DCX_CHECK(ended || input.empty());
    }
    return story.text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::span<const std::uint8_t> bytes{data + 1, size - 1};
    const WebSocketRole role = (data[0] & 1) != 0 ? WebSocketRole::client : WebSocketRole::server;
    const std::string whole = tell(role, bytes, [&] { return size; });
    DCX_CHECK(tell(role, bytes, [] { return std::size_t{1}; }) == whole);
    Random random(data[0]);
    DCX_CHECK(tell(role, bytes, [&] { return static_cast<std::size_t>(random.below(20) + 1); }) == whole);
    return 0;
}
