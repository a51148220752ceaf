// The messages of the channels orders, bbo and candles; of the same shape as those of market_messages.h, and valid as
// long.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "feed/channel.h"
#include "feed/frame_buffer.h"
#include "feed/market.h"
#include "feed/market_messages.h"
#include "feed/orders_snapshot.h"

namespace dcx::feed {

// The checksum is left out while more parts are to follow: readers do not hold the best levels before the last.
std::span<const std::byte> encode_orders(FrameBuffer& out, Format format, const Envelope& envelope,
                                         const OrdersUpdate& update, std::uint32_t checksum);
// An update: what one command did.
std::span<const std::byte> encode_order_changes(FrameBuffer& out, Format format, const Envelope& envelope,
                                                std::span<const OrderChange> changes, std::uint32_t checksum);
std::span<const std::byte> encode_bbo(FrameBuffer& out, Format format, const Envelope& envelope, const Bbo& bbo);
std::span<const std::byte> encode_candles(FrameBuffer& out, Format format, const Envelope& envelope,
                                          const CandleSeries& series, std::span<const Candle> candles);

}  // namespace dcx::feed
