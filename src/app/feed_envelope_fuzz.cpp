// Any bytes as a message of the feed: the first byte chooses the format. What is taken has a type.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "app/feed_envelope.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto format = data[0] % 2 == 0 ? dcx::feed::Format::json : dcx::feed::Format::msgpack;
    const auto envelope = dcx::app::read_envelope(format, std::as_bytes(std::span{data + 1, size - 1}));
    dcx::app::FeedChain chain;
    if (envelope && chain.follow(*envelope) != (envelope->type == "snapshot")) std::abort();
    return 0;
}
