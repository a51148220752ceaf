// The keys of the WebSocket handshake (RFC 6455, section 4) and the header grammar it needs.
#pragma once

#include <string>
#include <string_view>

namespace dcx::net {

// A client's random key.
[[nodiscard]] std::string make_websocket_key();
// Is it the base64 of 16 bytes?
[[nodiscard]] bool valid_websocket_key(std::string_view key);
// The server's answer to it.
[[nodiscard]] std::string websocket_accept(std::string_view key);

// Without blanks at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);
[[nodiscard]] std::string lower_case(std::string_view text);
// Does a comma-separated header value have this token (in lower case)? Case is ignored.
[[nodiscard]] bool has_token(std::string_view value, std::string_view token);

}  // namespace dcx::net
