// What a client of the feed signs to log in (docs/protocols/feed.md, "Private channels"): a label, so that the
// signature means nothing elsewhere, then everything that names this connection and this key.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "model/layout.h"
#include "model/types.h"

namespace dcx {

struct FeedLoginMessage {
    std::array<char, 16> label{'d', 'c', 'x', '-', 'f', 'e', 'e', 'd', 'l', 'o', 'g', 'i', 'n', '-', 'v', '1'};
    std::array<std::byte, 16> venue_id{};
    std::array<std::byte, 32> challenge{};
    KeyId key{};
    std::uint32_t zero{};
};
static_assert(FixedLayout<FeedLoginMessage> && sizeof(FeedLoginMessage) == 72);

}  // namespace dcx
