// The messages of the channels: one shape, {channel, type, symbol, epoch, prev, seq, time, data}, whatever the channel.
// Each function encodes one whole frame into `out` and returns it; it is valid until `out` is used again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "feed/channel.h"
#include "feed/depth_view.h"
#include "feed/envelope.h"
#include "feed/frame_buffer.h"
#include "feed/market.h"

namespace dcx::feed {

std::span<const std::byte> encode_book(FrameBuffer& out, Format format, const Envelope& envelope,
                                       const BookUpdate& levels, std::uint32_t checksum);
std::span<const std::byte> encode_trades(FrameBuffer& out, Format format, const Envelope& envelope,
                                         const TradesUpdate& update);
std::span<const std::byte> encode_ticker(FrameBuffer& out, Format format, const Envelope& envelope,
                                         const Ticker& ticker);

}  // namespace dcx::feed
