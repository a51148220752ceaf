// BeastSender: the same fan-out as it is usually written with Boost.Beast: a session a connection with a queue of
// shared strings, one async_write a message. In a source of its own, because Beast takes long to compile.
#pragma once

#include <memory>

#include "feed_senders.h"

namespace dcx::bench {

[[nodiscard]] std::unique_ptr<FeedRunner> make_beast_sender(const FeedTape& tape, std::size_t connections);

}  // namespace dcx::bench
