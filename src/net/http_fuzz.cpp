// The request parser against arbitrary bytes, pipelined requests included: the same outcome however they are cut. The
// first byte chooses the cuts of the second run.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "net/http_request.h"
#include "net/websocket_deflate.h"

namespace {

using namespace dcx;
using namespace dcx::net;

constexpr HttpLimits limits{.url_bytes = 256, .header_bytes = 1024, .header_count = 16};

std::string extensions_of(const std::string& value) {
    std::vector<WebSocketExtension> extensions;
    if (!parse_extensions(value, extensions)) return " broken";
    const auto agreement = agree_to_deflate(extensions);
    if (!agreement) return " declined";
    DCX_CHECK(agreement->window_bits >= 9 && agreement->window_bits <= 15);
    // What is answered is an offer that can be met, too, and means the same.
    std::vector<WebSocketExtension> again;
    DCX_CHECK(parse_extensions(agreement->answer, again) && again.size() == 1);
    DCX_CHECK(agree_to_deflate(again)->window_bits == agreement->window_bits);
    return " " + agreement->answer;
}

void add(std::string& story, const HttpRequest& request) {
    DCX_CHECK(request.target.size() <= limits.url_bytes && request.headers.size() <= limits.header_count);
    story += request.method + " " + request.path + (request.keep_alive ? " keep" : "") + (request.upgrade ? " up" : "");
    for (const auto& [name, value] : request.parameters) story += " ?" + name + "=" + value;
    for (const auto& [name, value] : request.headers) {
        story += " " + name + ":" + value;
        if (name == "sec-websocket-extensions") story += extensions_of(value);
    }
    for (const auto protocol : request.subprotocols()) DCX_CHECK(request.offers(protocol));
    story += "\n";
}

template <class NextSize>
std::string tell(std::span<const std::byte> bytes, NextSize next_size) {
    HttpRequestParser parser(limits);
    std::string story;
    while (!bytes.empty()) {
        const std::size_t n = std::min<std::size_t>(next_size(), bytes.size());
        const std::vector<std::byte> piece(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
        const auto outcome = parser.feed(piece);
        DCX_CHECK(outcome.consumed <= n);
        if (outcome.status == 0) DCX_CHECK(outcome.consumed == n);
        bytes = bytes.subspan(outcome.consumed);
        if (outcome.status == 200) add(story, parser.request());
        // A refusal ends the connection. Its status may differ: where two things are wrong, the library tells of a
        // piece at its end, so the cuts decide which is found first.
        if (outcome.status != 0 && outcome.status != 200) return story + "refused";
    }
    return story;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto bytes = std::as_bytes(std::span{data + 1, size - 1});
    const std::string whole = tell(bytes, [&] { return size; });
    DCX_CHECK(tell(bytes, [] { return std::size_t{1}; }) == whole);
    Random random(data[0]);
    DCX_CHECK(tell(bytes, [&] { return static_cast<std::size_t>(random.below(30) + 1); }) == whole);
    return 0;
}
