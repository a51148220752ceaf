#include "feed_book/window_reader.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "base/crc32c.h"

namespace dcx::feed_book {

namespace {

std::vector<core::DepthLevel> best(const std::map<std::int64_t, core::DepthLevel>& levels, std::size_t count) {
    std::vector<core::DepthLevel> result;
    for (auto level = levels.begin(); level != levels.end() && result.size() < count; ++level)
        result.push_back(level->second);
    return result;
}

}  // namespace

std::uint32_t plain_checksum(std::span<const core::DepthLevel> bids, std::span<const core::DepthLevel> asks,
                             std::size_t count) {
    std::vector<std::int64_t> numbers;
    for (const auto side : {bids, asks})
        for (const core::DepthLevel& level : side.first(std::min(count, side.size()))) {
            numbers.push_back(level.price.value);
            numbers.push_back(level.quantity.value);
        }
    return crc32c_portable(std::as_bytes(std::span{numbers}));
}

WindowReader::WindowReader(feed::Publisher& publisher, const feed::Market& market, std::uint32_t depth,
                           std::uint32_t rate_ms, feed::Format format)
    : ChannelReader(publisher, market, {.channel = feed::Channel::orderbook, .depth = depth, .rate_ms = rate_ms},
                    format) {
    start();
}

void WindowReader::take(const PlainValue& data, bool snapshot) {
    if (snapshot) {
        bids_.clear();
        asks_.clear();
    } else if (data.at("bids").as_list().empty() && data.at("asks").as_list().empty()) {
        FAIL("nothing is told");
    }
    take_levels(data.at("bids"), bids_, -1, snapshot);
    take_levels(data.at("asks"), asks_, 1, snapshot);
    if (std::max(bids_.size(), asks_.size()) > depth()) FAIL("more levels than asked for");
    const std::size_t counted = std::min<std::size_t>(depth(), 10);
    if (data.at("checksum").as_number() != plain_checksum(best(bids_, counted), best(asks_, counted), counted))
        FAIL("the checksum is not that of the window");
}

void WindowReader::take_levels(const PlainValue& told, Levels& levels, std::int64_t sign, bool snapshot) const {
    for (const PlainValue& parts : told.as_list()) {
        if (parts.as_list().size() != 3) FAIL("a level has three parts");
        const core::DepthLevel level{.price = price(parts.items[0]),
                                     .quantity = quantity(parts.items[1]),
                                     .orders = static_cast<std::uint32_t>(parts.items[2].as_number())};
        const std::int64_t rank = sign * level.price.value;
        const auto found = levels.find(rank);
        if (snapshot && !levels.empty() && levels.rbegin()->first >= rank) FAIL("a snapshot out of order");
        if (level.quantity.value == 0) {
            if (found == levels.end() || level.orders != 0) FAIL("an unknown level is removed");
            levels.erase(found);
            continue;
        }
        if (level.orders == 0) FAIL("a level without orders");
        if (found != levels.end() && found->second == level) FAIL("a level that did not change is told");
        levels.insert_or_assign(rank, level);
    }
}

bool WindowReader::equals(std::span<const core::DepthLevel> bids, std::span<const core::DepthLevel> asks) const {
    const auto same = [&](const Levels& levels, std::span<const core::DepthLevel> book) {
        const auto visible = book.first(std::min<std::size_t>(depth(), book.size()));
        return std::equal(levels.begin(), levels.end(), visible.begin(), visible.end(),
                          [](const auto& mine, const core::DepthLevel& of) { return mine.second == of; });
    };
    return same(bids_, bids) && same(asks_, asks);
}

}  // namespace dcx::feed_book
