// FrameBuffer: one message as a whole WebSocket server frame, encoded in place: the body is written behind room for the
// longest header, and finish() puts the header right in front of it.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>

#include "feed/byte_buffer.h"
#include "feed/channel.h"
#include "feed/json_writer.h"
#include "feed/msgpack_writer.h"
#include "net/websocket_frame.h"

namespace dcx::feed {

class FrameBuffer {
  public:
    // Where to write the body; what was there before is gone.
    ByteBuffer& begin() {
        buffer_.clear();
        (void)buffer_.room(kHeaderRoom);
        buffer_.commit(kHeaderRoom);
        return buffer_;
    }
    // The frame; valid until the next begin().
    [[nodiscard]] std::span<const std::byte> finish(Format format) {
        const std::size_t size = buffer_.size() - kHeaderRoom;
        const auto header = net::encode_header(format == Format::json ? net::Opcode::text : net::Opcode::binary, size);
        std::memcpy(buffer_.at(kHeaderRoom - header.size), header.memory.data(), header.size);
        return buffer_.bytes().subspan(kHeaderRoom - header.size);
    }
    [[nodiscard]] std::span<const std::byte> body() const { return buffer_.bytes().subspan(kHeaderRoom); }

  private:
    static constexpr std::size_t kHeaderRoom = sizeof(net::FrameHeader::memory);
    ByteBuffer buffer_;
};

// Calls encode(writer) with the format's writer and returns the frame.
template <class Encode>
std::span<const std::byte> encode_frame(FrameBuffer& out, Format format, Encode&& encode) {
    ByteBuffer& body = out.begin();
    if (format == Format::json) {
        JsonWriter writer{body};
        encode(writer);
        writer.finish();
    } else {
        MsgpackWriter writer{body};
        encode(writer);
        writer.finish();
    }
    return out.finish(format);
}

}  // namespace dcx::feed
