// Any bytes as a request: the first byte chooses the format. What is accepted must keep the promises of request.h.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "feed/frame_buffer.h"
#include "feed/request.h"
#include "feed/session_messages.h"

using namespace dcx;
using namespace dcx::feed;

namespace {

void check_accepted(const Request& request) {
    const bool subscribes = request.type == RequestType::subscribe || request.type == RequestType::unsubscribe;
    DCX_CHECK(subscribes != request.channels.empty());
    DCX_CHECK(request.channels.size() <= kChannels.size());
    for (const std::string& symbol : request.symbols) DCX_CHECK(!symbol.empty());
    auto sorted = request.symbols;
    std::ranges::sort(sorted);
    DCX_CHECK(std::ranges::adjacent_find(sorted) == sorted.end());
    if (request.depth) DCX_CHECK(is_depth(*request.depth));
    if (request.rate_ms) DCX_CHECK(rate_index(*request.rate_ms).has_value());
    if (request.interval_s) DCX_CHECK(interval_index(*request.interval_s) < kIntervals.size());
    const auto any = [&](bool (*has)(Channel)) { return std::ranges::any_of(request.channels, has); };
    DCX_CHECK(!request.depth || any(has_depth));
    DCX_CHECK(!request.rate_ms || any(has_rate));
    DCX_CHECK(!request.interval_s || any(has_interval));
    const bool accounts = subscribes && is_private(request.channels.front());
    for (const Channel channel : request.channels) DCX_CHECK(is_private(channel) == accounts);
    if (request.from) DCX_CHECK(request.channels.size() == 1 && (accounts || request.symbols.size() == 1));
    if (request.account) DCX_CHECK(accounts && *request.account);
    if (accounts) DCX_CHECK(request.symbols.empty() && !request.depth && !request.rate_ms && !request.interval_s);
    if (request.type == RequestType::login) DCX_CHECK(request.login.key);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const Format format = data[0] % 2 == 0 ? Format::json : Format::msgpack;
    const auto request = parse_request(format, std::as_bytes(std::span{data + 1, size - 1}));
    // Whatever came, the answer can be encoded.
    FrameBuffer out;
    if (request) {
        check_accepted(*request);
        (void)encode_notice(out, format, "accepted", "");
    } else {
        DCX_CHECK(!request.error().message.empty());
        (void)encode_error(out, format, request.error().id, request.error().code, request.error().message);
    }
    return 0;
}
