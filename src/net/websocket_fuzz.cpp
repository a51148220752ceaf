// The frame parser against arbitrary bytes: it must say the same however they are cut. The first byte chooses the role,
// whether messages may be compressed, and how the third run is cut. Every message of a server is compressed and
// expanded again, too.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "net/websocket_deflate.h"
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
std::string tell(WebSocketRole role, bool deflates, std::span<const std::uint8_t> bytes, NextSize next_size) {
    WebSocketParser parser(role, message_limit, deflates);
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

void check_compression(std::span<const std::byte> payload, unsigned window_bits) {
    std::vector<std::byte> frame;
    append_deflated_frame(frame, MessageKind::binary, payload, window_bits);
    std::vector<std::byte> again;
    DCX_CHECK(inflate_message(payload_of_frame(frame), payload.size(), again) == InflateResult::whole);
    DCX_CHECK(again.size() == payload.size() && std::equal(again.begin(), again.end(), payload.begin()));
    // As if they were compressed already.
    DCX_CHECK(inflate_message(payload, message_limit, again) != InflateResult::whole || again.size() <= message_limit);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::span<const std::uint8_t> bytes{data + 1, size - 1};
    const WebSocketRole role = (data[0] & 1) != 0 ? WebSocketRole::client : WebSocketRole::server;
    const bool deflates = role == WebSocketRole::server && (data[0] & 2) != 0;
    const std::string whole = tell(role, deflates, bytes, [&] { return size; });
    DCX_CHECK(tell(role, deflates, bytes, [] { return std::size_t{1}; }) == whole);
    Random random(data[0]);
    DCX_CHECK(tell(role, deflates, bytes, [&] { return static_cast<std::size_t>(random.below(20) + 1); }) == whole);
    if (deflates) check_compression(std::as_bytes(bytes), 9 + data[0] / 4 % 7);
    return 0;
}
