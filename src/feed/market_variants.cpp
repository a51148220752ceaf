// What MarketFeed tells of its variants, and those that it makes because others had them.
#include <algorithm>
#include <utility>

#include "feed/market_feed.h"
#include "feed/variant_use.h"

namespace dcx::feed {

void MarketFeed::list_in_use(std::vector<VariantUse>& out, bool subscribed) const {
    for (const auto& variant : variants_) {
        if (!variant->started || !is_same_everywhere(variant->key)) continue;
        VariantUse use{.symbol = market_.symbol(),
                       .key = variant->key,
                       .from = variant->seq,
                       .last = variant->seq,
                       .position = context_.seq};
        bool any = false;
        for (const Format format : kFormats) {
            const Stream& stream = variant->streams[index_of(format)];
            any |= use.formats[index_of(format)] = subscribed ? stream.has_subscribers() : stream.in_use();
        }
        if (any) out.push_back(std::move(use));
    }
}

bool MarketFeed::begin(const VariantUse& use) {
    if (!is_same_everywhere(use.key)) return true;
    Variant* variant = find(use.key);
    if (variant == nullptr) {
        // It begins where its readers may be.
        if (use.from > context_.seq) return false;
        variant = variants_.emplace_back(std::make_unique<Variant>(context_, use.key)).get();
        lists_orders_ |= use.key.channel == Channel::orders;
        start(*variant);
        // Nothing happened to it between its last message and this command: it stands there, not here.
        if (use.last <= context_.seq && context_.seq <= use.position) variant->seq = use.last;
    }
    for (const Format format : kFormats)
        if (use.formats[index_of(format)]) variant->stream(format).linger(context_.now_ns);
    return true;
}

void MarketFeed::linger_anew() {
    for (const auto& variant : variants_)
        for (Stream& stream : variant->streams) stream.linger_anew(context_.now_ns);
}

}  // namespace dcx::feed
