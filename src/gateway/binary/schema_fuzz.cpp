// Arbitrary bytes into the reader and the views that are made from the schema, and into the program's own decoder: what
// the program takes they take too, and nothing is read beyond a block.
#include <dcx/order_entry_messages.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>

#include "base/check.h"
#include "model/frame.h"

using namespace dcx;

namespace {

std::size_t size_of_any(std::uint16_t template_id) {
    return std::max(request_block_size(template_id), response_block_size(template_id));
}

bool in_schema(std::uint16_t template_id) {
    return std::ranges::any_of(wire::kMessages, [=](const auto& known) { return known.template_id == template_id; });
}

void check_one(std::span<const std::byte> bytes) {
    wire::Frame frame;
    const wire::ReadResult result = wire::read_frame(bytes, frame);
    const auto program = decode_frame(bytes, size_of_any);
    if (program && program->complete()) {
        DCX_CHECK(result == wire::ReadResult::complete);
        DCX_CHECK(frame.template_id == program->header.template_id && frame.sequence == program->header.sequence);
        DCX_CHECK(frame.block.data() == program->block && frame.block.size() == program->header.block_length);
    }
    if (result != wire::ReadResult::complete) return;
    DCX_CHECK(frame.size() <= bytes.size() && frame.size() <= wire::kMaxFrame);
    const std::string told = wire::describe(frame);
    DCX_CHECK(!told.empty());
    // A block that the program would take is long enough for its view.
    if (program && program->complete() && in_schema(frame.template_id)) DCX_CHECK(!told.starts_with("Unknown"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span{data, size});
    check_one(bytes);
    // The same bytes behind a header that is in order, as the message that their first byte picks.
    if (size == 0) return 0;
    const auto& message = wire::kMessages[data[0] % std::size(wire::kMessages)];
    std::array<std::byte, wire::kMaxFrame> buffer{};
    const std::size_t block = std::min(size - 1, buffer.size() - wire::kFrameHeaderSize);
    wire::store(buffer.data(), static_cast<std::uint32_t>(wire::kFrameHeaderSize + block));
    wire::store(buffer.data() + 4, wire::kMagic);
    wire::store(buffer.data() + 24, static_cast<std::uint16_t>(block));
    wire::store(buffer.data() + 26, message.template_id);
    wire::store(buffer.data() + 28, wire::kSchemaId);
    wire::store(buffer.data() + 30, wire::kSchemaVersion);
    std::copy_n(bytes.begin() + 1, block, buffer.begin() + wire::kFrameHeaderSize);
    check_one(std::span{buffer}.first(wire::kFrameHeaderSize + block));
    return 0;
}
