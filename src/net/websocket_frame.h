// WebSocket frames (RFC 6455) without any I/O: a parser for either end and the encoding of headers. Of the extensions
// it knows permessage-deflate (websocket_deflate.h), for a server whose client and it agreed to that.
//
// The parser takes all bytes it is given, in any pieces. A message that lies wholly inside the input is unmasked and
// handed out in place; only what is cut, fragmented or compressed is copied, into memory bounded by the message limit
// and given back with the next event. Text is checked for UTF-8 as it arrives, so that bad bytes fail before the
// message ends; compressed text when it is expanded, which it is when all of it is there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "net/utf8.h"

namespace dcx::net {

enum class WebSocketRole : std::uint8_t { server, client };
enum class MessageKind : std::uint8_t { text = 1, binary = 2 };
enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

// Close codes of RFC 6455, section 7.4.1, and the IANA registry.
namespace close_code {
inline constexpr std::uint16_t normal = 1000;
inline constexpr std::uint16_t going_away = 1001;
inline constexpr std::uint16_t protocol_error = 1002;
inline constexpr std::uint16_t unsupported = 1003;
inline constexpr std::uint16_t none = 1005;      // never on the wire: a close frame without a code
inline constexpr std::uint16_t abnormal = 1006;  // never on the wire: the connection ended without a close frame
inline constexpr std::uint16_t bad_payload = 1007;
inline constexpr std::uint16_t policy = 1008;
inline constexpr std::uint16_t too_big = 1009;
inline constexpr std::uint16_t internal = 1011;
inline constexpr std::uint16_t restart = 1012;
inline constexpr std::uint16_t try_later = 1013;
}  // namespace close_code

// May such a code stand in a close frame?
[[nodiscard]] bool valid_close_code(std::uint16_t code);

inline constexpr std::size_t control_payload_max = 125;

// The header of an unmasked (server's) frame, in place; bytes() goes in front of the payload.
struct FrameHeader {
    std::array<std::byte, 10> memory{};
    std::size_t size = 0;
    [[nodiscard]] std::span<const std::byte> bytes() const { return {memory.data(), size}; }
};
[[nodiscard]] FrameHeader encode_header(Opcode opcode, std::size_t payload_size, bool final = true);

// Appends a whole server frame, to be sent to many connections with send_raw_frame.
void append_frame(std::vector<std::byte>& out, MessageKind kind, std::span<const std::byte> payload);

// Of a whole server frame that carries a message, as made above.
[[nodiscard]] MessageKind kind_of_frame(std::span<const std::byte> frame);
[[nodiscard]] std::span<const std::byte> payload_of_frame(std::span<const std::byte> frame);

// XORs with the key, whose first byte belongs to the first of the bytes after `offset` others.
void apply_mask(std::span<std::byte> bytes, std::array<std::byte, 4> key, std::size_t offset = 0);

struct WebSocketEvent {
    enum class Type : std::uint8_t { need_more, message, ping, pong, close, error };
    Type type = Type::need_more;
    MessageKind kind = MessageKind::text;
    std::uint16_t code = 0;                   // of close (none when it carried no code) and of error (to close with)
    std::span<const std::byte> payload = {};  // of message, ping, pong; the reason of close; valid until the next call
    std::string_view text = {};               // what was wrong
};

class WebSocketParser {
  public:
    WebSocketParser(WebSocketRole role, std::size_t message_limit, bool deflates = false)
        : message_limit_(message_limit), role_(role), deflates_(deflates) {}

    // The next event of the input, which is shortened by what was taken; need_more when all of it was taken. After an
    // error or a close nothing more is taken.
    [[nodiscard]] WebSocketEvent next(std::span<std::byte>& input);

  private:
    struct Frame {
        Opcode opcode = Opcode::continuation;
        bool final = false;
        std::uint64_t size = 0;
        std::uint64_t received = 0;
        std::array<std::byte, 4> key{};
    };

    bool take_header(std::span<std::byte>& input);
    [[nodiscard]] std::size_t header_size() const;
    [[nodiscard]] const char* header_fault() const;
    WebSocketEvent begin_frame();
    WebSocketEvent take_control(std::span<std::byte>& input);
    WebSocketEvent take_data(std::span<std::byte>& input);
    WebSocketEvent finish_control(std::span<const std::byte> payload);
    WebSocketEvent fail(std::uint16_t code, std::string_view text);

    [[nodiscard]] WebSocketEvent expand(std::span<const std::byte> packed);

    std::size_t message_limit_;
    WebSocketRole role_;
    bool deflates_;
    bool compressed_ = false;  // the message that has begun
    bool in_frame_ = false;
    bool in_message_ = false;
    bool delivered_ = false;  // message_ was handed out and is cleared at the next call
    bool ended_ = false;
    MessageKind kind_ = MessageKind::text;
    std::uint8_t header_size_ = 0;
    std::array<std::byte, 14> header_{};
    Frame frame_;
    Utf8Validator utf8_;
    std::vector<std::byte> message_;
    std::vector<std::byte> control_;  // of one that did not come in one piece; rare, and every connection has a parser
};

}  // namespace dcx::net
