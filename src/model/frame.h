// The frame codec that both ends of order entry share: a 32-byte FrameHeader and the block behind it, decoded in place
// and encoded into a buffer of the caller's. No allocation, any bytes are allowed in, the first fault found is the
// answer. Header and blocks are each copied once and judged by the copy.
//
// Strict: a frame is exactly what version 1 of the schema says. Which templates an end accepts, and how long their
// blocks are, it says by a function from template to block size (0: not accepted).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <expected>
#include <span>

#include "base/check.h"
#include "model/layout.h"
#include "model/wire.h"
#include "model/wire_query.h"

namespace dcx {

// The bytes may lie in memory that their writer shares and changes while they are read (gateway/shm): what was copied
// from there and then checked must not be fetched again, which a compiler is otherwise free to do.
template <class Copy>
inline void read_once(Copy& copy) {
    asm volatile("" : "+m"(copy));
}

using BlockSizeOf = std::size_t (*)(std::uint16_t template_id);

// A decoded frame; its block lies in the bytes it was decoded from. Made empty when more bytes are needed.
struct Frame {
    FrameHeader header{};
    const std::byte* block = nullptr;

    [[nodiscard]] bool complete() const { return block != nullptr; }
    // The block as the given type; the caller has looked at header.template_id.
    template <class Block>
    [[nodiscard]] Block as() const {
        static_assert(FixedLayout<Block>);
        DCX_CHECK(sizeof(Block) <= header.block_length);
        Block result;
        std::memcpy(static_cast<void*>(&result), block, sizeof(Block));
        read_once(result);
        return result;
    }
};

// The first frame in `bytes`. Its faults, in the order in which they are looked for: frame_too_large, malformed_frame
// (length below a header, magic, zero, schema, version), unknown_template, bad_block_length. A fault in what is there
// is found before the frame is complete.
[[nodiscard]] std::expected<Frame, TerminateCode> decode_frame(std::span<const std::byte> bytes, BlockSizeOf size_of);

// Template and sequence of a frame to be written.
struct FrameOptions {
    std::uint16_t template_id{};
    std::uint64_t sequence{};
    Time sending_time{};
};
[[nodiscard]] constexpr FrameHeader frame_header(const FrameOptions& options, std::size_t block_length) {
    return {.length = static_cast<std::uint32_t>(sizeof(FrameHeader) + block_length),
            .zero = 0,
            .sequence = options.sequence,
            .sending_time = options.sending_time,
            .block_length = static_cast<std::uint16_t>(block_length),
            .template_id = options.template_id};
}

// A frame as bytes that can be sent as they are.
template <WireBlock Block>
struct FrameOf {
    FrameHeader header{};
    Block block{};

    [[nodiscard]] std::span<const std::byte> bytes() const {
        static_assert(FixedLayout<FrameOf>);
        return std::as_bytes(std::span{this, 1});
    }
};
// A block that names its own template.
template <WireBlock Block>
[[nodiscard]] constexpr FrameOf<Block> make_frame(const Block& block, Time sending_time, std::uint64_t sequence = 0) {
    return {.header = frame_header({Block::template_id, sequence, sending_time}, sizeof(Block)), .block = block};
}
// A client's command: its template is its CommandKind.
template <MessageBody Body>
[[nodiscard]] constexpr FrameOf<Body> make_command_frame(const Body& body, Time sending_time, std::uint64_t sequence) {
    const auto template_id = static_cast<std::uint16_t>(Body::kind);
    return {.header = frame_header({template_id, sequence, sending_time}, sizeof(Body)), .block = body};
}

// Block sizes of what a client may send, and of what the venue may send; 0 for any other template.
[[nodiscard]] std::size_t request_block_size(std::uint16_t template_id);
[[nodiscard]] std::size_t response_block_size(std::uint16_t template_id);
// True for the commands that a client may send (the venue's own are not among them).
[[nodiscard]] bool is_client_command(std::uint16_t template_id);
// True for the queries, DropCopyRequest among them.
[[nodiscard]] bool is_query(std::uint16_t template_id);
// Size of the body that an event of this kind carries; 0 for an unknown kind.
[[nodiscard]] std::size_t body_size(EventKind kind);

}  // namespace dcx
