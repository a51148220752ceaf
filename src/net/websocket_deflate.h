// permessage-deflate (RFC 7692) without any I/O: what a server agrees to, messages compressed and expanded.
//
// No connection keeps a window: we start each message anew and ask the same of clients, so compressing one costs a
// connection no memory and a frame that was compressed once can go to many. The state that zlib needs (about 300 KiB)
// belongs to the thread that first compresses or expands. Bytes of a client that are no DEFLATE data, and a message
// that would expand beyond its limit, are said by a result; nothing throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/websocket_frame.h"

namespace dcx::net {

inline constexpr unsigned deflate_window_bits_max = 15;

struct WebSocketExtension {
    std::string name;  // in lower case
    // In the order of the header; a value that does not stand there is none.
    std::vector<std::pair<std::string, std::optional<std::string>>> parameters = {};
};

// Adds those of one Sec-WebSocket-Extensions header. False: it does not have the grammar of RFC 6455, section 9.1.
[[nodiscard]] bool parse_extensions(std::string_view value, std::vector<WebSocketExtension>& into);

struct DeflateAgreement {
    unsigned window_bits = 0;  // the largest window of what we send: 9 to 15
    std::string answer;        // the value of our Sec-WebSocket-Extensions
};
// The first offer that can be met. None: the connection goes on without compression.
[[nodiscard]] std::optional<DeflateAgreement> agree_to_deflate(std::span<const WebSocketExtension> offers);

// Appends a message as one compressed server frame, to be sent with send_raw_frame to every connection whose
// deflate_window_bits() is at least this.
void append_deflated_frame(std::vector<std::byte>& out, MessageKind kind, std::span<const std::byte> payload,
                           unsigned window_bits = deflate_window_bits_max);

enum class InflateResult : std::uint8_t { whole, too_long, broken };
// Expands a message of a client. Only when it is whole does `out` hold all of it, at most `limit` bytes; else what it
// holds is worthless.
[[nodiscard]] InflateResult inflate_message(std::span<const std::byte> packed, std::size_t limit,
                                            std::vector<std::byte>& out);

}  // namespace dcx::net
