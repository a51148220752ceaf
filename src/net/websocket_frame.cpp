#include "net/websocket_frame.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "net/websocket_deflate.h"

namespace dcx::net {

bool valid_close_code(std::uint16_t code) {
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

namespace {

bool is_control(Opcode opcode) { return static_cast<unsigned>(opcode) >= 8; }

}  // namespace

FrameHeader encode_header(Opcode opcode, std::size_t payload_size, bool final) {
    FrameHeader header;
    header.memory[0] = static_cast<std::byte>((final ? 0x80u : 0u) | static_cast<unsigned>(opcode));
    std::size_t length_bytes = 0;
    if (payload_size <= 125) {
        header.memory[1] = static_cast<std::byte>(payload_size);
    } else if (payload_size <= 0xFFFF) {
        header.memory[1] = std::byte{126};
        length_bytes = 2;
    } else {
        header.memory[1] = std::byte{127};
        length_bytes = 8;
    }
    for (std::size_t i = 0; i < length_bytes; ++i)
        header.memory[2 + i] = static_cast<std::byte>(payload_size >> (8 * (length_bytes - 1 - i)));
    header.size = 2 + length_bytes;
    return header;
}

void append_frame(std::vector<std::byte>& out, MessageKind kind, std::span<const std::byte> payload) {
    const FrameHeader header = encode_header(static_cast<Opcode>(kind), payload.size());
    out.insert(out.end(), header.bytes().begin(), header.bytes().end());
    out.insert(out.end(), payload.begin(), payload.end());
}

MessageKind kind_of_frame(std::span<const std::byte> frame) {
    return static_cast<MessageKind>(std::to_integer<unsigned>(frame[0]) & 0x0F);
}

std::span<const std::byte> payload_of_frame(std::span<const std::byte> frame) {
    const auto length = std::to_integer<unsigned>(frame[1]);
    return frame.subspan(length <= 125 ? 2 : length == 126 ? 4 : 10);
}

void apply_mask(std::span<std::byte> bytes, std::array<std::byte, 4> key, std::size_t offset) {
    std::array<std::byte, 8> turned;
    for (std::size_t i = 0; i < turned.size(); ++i) turned[i] = key[(offset + i) % 4];
    std::uint64_t mask;
    std::memcpy(&mask, turned.data(), sizeof mask);
    std::size_t i = 0;
    for (; i + sizeof mask <= bytes.size(); i += sizeof mask) {
        std::uint64_t word;
        std::memcpy(&word, bytes.data() + i, sizeof word);
        word ^= mask;
        std::memcpy(bytes.data() + i, &word, sizeof word);
    }
    for (; i < bytes.size(); ++i) bytes[i] ^= turned[i % 8];
}

WebSocketEvent WebSocketParser::fail(std::uint16_t code, std::string_view text) {
    ended_ = true;
    return {.type = WebSocketEvent::Type::error, .code = code, .text = text};
}

WebSocketEvent WebSocketParser::next(std::span<std::byte>& input) {
    if (delivered_) {
        delivered_ = false;
        // Not cleared: what one long message took would stay with a connection for its life.
        message_ = {};
    }
    if (!in_frame_) control_ = {};  // handed out, if there was one
    while (!ended_) {
        if (!in_frame_) {
            if (!take_header(input)) return {};
            const WebSocketEvent refused = begin_frame();
            if (refused.type == WebSocketEvent::Type::error) return refused;
        }
        const WebSocketEvent event = is_control(frame_.opcode) ? take_control(input) : take_data(input);
        if (event.type != WebSocketEvent::Type::need_more) return event;
        // A frame that ends without an event (a fragment, not the last) is followed by the next one.
        if (in_frame_) return {};
    }
    return {};
}

// How many bytes the header has, as far as the bytes so far tell.
std::size_t WebSocketParser::header_size() const {
    if (header_size_ < 2) return 2;
    const auto second = std::to_integer<unsigned>(header_[1]);
    const unsigned length = second & 0x7F;
    return 2u + (length == 126 ? 2u : length == 127 ? 8u : 0u) + ((second & 0x80) != 0 ? 4u : 0u);
}

bool WebSocketParser::take_header(std::span<std::byte>& input) {
    while (header_size_ < header_size()) {
        if (input.empty()) return false;
        const std::size_t n = std::min(header_size() - header_size_, input.size());
        std::memcpy(header_.data() + header_size_, input.data(), n);
        header_size_ = static_cast<std::uint8_t>(header_size_ + n);
        input = input.subspan(n);
        // The first two bytes can already be wrong; nothing more needs to come for that.
        if (header_size_ == 2 && header_fault() != nullptr) break;
    }
    return true;
}

// What is wrong with the first two bytes of the header, or nullptr.
const char* WebSocketParser::header_fault() const {
    const auto first = std::to_integer<unsigned>(header_[0]);
    const auto second = std::to_integer<unsigned>(header_[1]);
    const auto opcode = static_cast<Opcode>(first & 0x0F);
    const bool final = (first & 0x80) != 0;
    const bool compressed = deflates_ && (opcode == Opcode::text || opcode == Opcode::binary);
    if ((first & (compressed ? 0x30 : 0x70)) != 0) return "reserved bits are set";
    if ((first & 0x0F) > 10 || ((first & 0x0F) > 2 && (first & 0x0F) < 8)) return "unknown opcode";
    if (((second & 0x80) != 0) != (role_ == WebSocketRole::server))
        return role_ == WebSocketRole::server ? "a client's frame must be masked"
                                              : "a server's frame must not be masked";
    if (is_control(opcode)) {
        if (!final) return "a control frame must not be fragmented";
        if ((second & 0x7F) > control_payload_max) return "a control frame is too long";
        return nullptr;
    }
    if (opcode == Opcode::continuation && !in_message_) return "nothing to continue";
    if (opcode != Opcode::continuation && in_message_) return "a new message within a fragmented one";
    return nullptr;
}

WebSocketEvent WebSocketParser::begin_frame() {
    if (const char* fault = header_fault()) return fail(close_code::protocol_error, fault);
    const auto first = std::to_integer<unsigned>(header_[0]);
    const auto length = std::to_integer<unsigned>(header_[1]) & 0x7F;
    const std::size_t length_bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
    frame_ = {.opcode = static_cast<Opcode>(first & 0x0F), .final = (first & 0x80) != 0, .size = length};
    if (length_bytes > 0) frame_.size = 0;
    for (std::size_t i = 0; i < length_bytes; ++i)
        frame_.size = frame_.size << 8 | std::to_integer<std::uint64_t>(header_[2 + i]);
    if (role_ == WebSocketRole::server) std::memcpy(frame_.key.data(), header_.data() + 2 + length_bytes, 4);
    header_size_ = 0;
    in_frame_ = true;
    if ((frame_.size >> 63) != 0) return fail(close_code::protocol_error, "the frame's length is negative");
    if ((length == 126 && frame_.size <= 125) || (length == 127 && frame_.size <= 0xFFFF))
        return fail(close_code::protocol_error, "the frame's length is not in its shortest form");
    if (is_control(frame_.opcode)) return {};
    if (frame_.opcode != Opcode::continuation) {
        in_message_ = true;
        kind_ = static_cast<MessageKind>(frame_.opcode);
        compressed_ = (first & 0x40) != 0;
        utf8_.reset();
    }
    // What does not become shorter becomes a little longer when it is compressed.
    const std::size_t limit = message_limit_ + (compressed_ ? message_limit_ / 128 + 64 : 0);
    if (frame_.size > limit - message_.size()) return fail(close_code::too_big, "the message is too long");
    return {};
}

WebSocketEvent WebSocketParser::take_control(std::span<std::byte>& input) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(frame_.size - frame_.received, input.size()));
    const std::span<std::byte> part = input.first(n);
    input = input.subspan(n);
    if (role_ == WebSocketRole::server) apply_mask(part, frame_.key, static_cast<std::size_t>(frame_.received % 4));
    frame_.received += n;
    const bool ends = frame_.received == frame_.size;
    if (ends) in_frame_ = false;
    if (ends && control_.empty()) return finish_control(part);
    control_.insert(control_.end(), part.begin(), part.end());
    return ends ? finish_control(control_) : WebSocketEvent{};
}

WebSocketEvent WebSocketParser::finish_control(std::span<const std::byte> payload) {
    if (frame_.opcode == Opcode::ping) return {.type = WebSocketEvent::Type::ping, .payload = payload};
    if (frame_.opcode == Opcode::pong) return {.type = WebSocketEvent::Type::pong, .payload = payload};
    if (payload.empty()) {
        ended_ = true;
        return {.type = WebSocketEvent::Type::close, .code = close_code::none};
    }
    if (payload.size() == 1) return fail(close_code::protocol_error, "a close frame of one byte");
    const auto code =
        static_cast<std::uint16_t>(std::to_integer<unsigned>(payload[0]) << 8 | std::to_integer<unsigned>(payload[1]));
    if (!valid_close_code(code)) return fail(close_code::protocol_error, "an invalid close code");
    Utf8Validator reason;
    if (!reason.feed(payload.subspan(2)) || !reason.complete())
        return fail(close_code::bad_payload, "the close reason is not UTF-8");
    ended_ = true;
    return {.type = WebSocketEvent::Type::close, .code = code, .payload = payload.subspan(2)};
}

WebSocketEvent WebSocketParser::take_data(std::span<std::byte>& input) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(frame_.size - frame_.received, input.size()));
    const std::span<std::byte> part = input.first(n);
    input = input.subspan(n);
    if (role_ == WebSocketRole::server) apply_mask(part, frame_.key, static_cast<std::size_t>(frame_.received % 4));
    if (kind_ == MessageKind::text && !compressed_ && !utf8_.feed(part))
        return fail(close_code::bad_payload, "the text is not UTF-8");
    frame_.received += n;
    const bool frame_ends = frame_.received == frame_.size;
    const bool message_ends = frame_ends && frame_.final;
    if (frame_ends) in_frame_ = false;
    const bool in_place = message_ends && message_.empty();
    if (!in_place) message_.insert(message_.end(), part.begin(), part.end());
    if (!message_ends) return {};
    if (compressed_) {
        const std::vector<std::byte> joined = std::exchange(message_, {});
        return expand(in_place ? std::span<const std::byte>{part} : std::span<const std::byte>{joined});
    }
    if (kind_ == MessageKind::text && !utf8_.complete())
        return fail(close_code::bad_payload, "the text ends within a UTF-8 sequence");
    in_message_ = false;
    delivered_ = !in_place;
    return {
        .type = WebSocketEvent::Type::message,
        .kind = kind_,
        .payload = in_place ? std::span<const std::byte>{part} : std::span<const std::byte>{message_},
    };
}

WebSocketEvent WebSocketParser::expand(std::span<const std::byte> packed) {
    in_message_ = false;
    switch (inflate_message(packed, message_limit_, message_)) {
        case InflateResult::whole: break;
        case InflateResult::too_long: return fail(close_code::too_big, "the message is too long");
        case InflateResult::broken: return fail(close_code::bad_payload, "the message is not compressed as it says");
    }
    if (kind_ == MessageKind::text && (!utf8_.feed(message_) || !utf8_.complete()))
        return fail(close_code::bad_payload, "the text is not UTF-8");
    delivered_ = true;
    return {.type = WebSocketEvent::Type::message, .kind = kind_, .payload = message_};
}

}  // namespace dcx::net
