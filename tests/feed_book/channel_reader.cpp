#include "feed_book/channel_reader.h"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

#include "base/checked.h"
#include "feed/stream.h"

namespace dcx::feed_book {

namespace {

struct Digits {
    uint128 value{};
    std::size_t decimals{};
};

Digits digits_of(const std::string& text) {
    Digits digits;
    bool behind_point = false;
    for (const char c : text) {
        if (c == '.') {
            if (behind_point) FAIL("two points in " << text);
            behind_point = true;
            continue;
        }
        if (c < '0' || c > '9') FAIL("no decimal: " << text);
        digits.value = digits.value * 10 + static_cast<unsigned>(c - '0');
        digits.decimals += behind_point ? 1 : 0;
    }
    const bool bare = text.empty() || text.front() == '.' || text.back() == '.';
    const bool padded = text.size() > 1 && text[0] == '0' && text[1] != '.';
    if (bare || padded || text.size() > 37) FAIL("no decimal: " << text);
    return digits;
}

// Sizes of WebSocket frames from a server: 2 bytes, or with a length of 16 or 64 bits behind them.
std::pair<std::size_t, std::size_t> head_and_body(std::span<const std::byte> frames) {
    const auto number = [&](std::size_t bytes) {
        std::size_t value = 0;
        for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | static_cast<std::size_t>(frames[2 + i]);
        return value;
    };
    const auto length = static_cast<std::size_t>(frames[1]);
    if (length < 126) return {2, length};
    return length == 126 ? std::pair{std::size_t{4}, number(2)} : std::pair{std::size_t{10}, number(8)};
}

}  // namespace

std::int64_t units_of(const std::string& text, const std::string& unit) {
    const Digits value = digits_of(text);
    const Digits one = digits_of(unit);
    if (value.decimals != one.decimals || value.value % one.value != 0) FAIL(text << " is not in units of " << unit);
    return static_cast<std::int64_t>(value.value / one.value);
}

ChannelReader::ChannelReader(feed::Publisher& publisher, const feed::Market& market, feed::VariantKey key,
                             feed::Format format)
    : publisher_(publisher), subscription_(*this, market, key, format) {}

ChannelReader::~ChannelReader() { leave(); }

void ChannelReader::leave() {
    if (there_) publisher_.detach(subscription_);
    there_ = false;
}

void ChannelReader::come_back(bool with_from) {
    leave();
    there_ = true;
    const feed::ResumePoint from{.epoch = epoch_, .seq = seq_};
    fresh_ = !(with_from && publisher_.can_resume(subscription_, from));
    if (fresh_) {
        publisher_.attach(subscription_, std::nullopt);
    } else {
        ++resumes_;
        resuming_ = true;
        publisher_.attach(subscription_, from);
        resuming_ = false;
    }
}

bool ChannelReader::offer(std::span<const std::byte> frame) {
    read_frames(frame, 1);
    return true;
}

void ChannelReader::wake(feed::Subscription& subscription, bool) {
    std::vector<std::byte> bytes;
    const auto taken = subscription.stream->take_all(subscription, bytes);
    read_frames(bytes, taken.messages);
}

void ChannelReader::read_frames(std::span<const std::byte> bytes, std::uint64_t count) {
    for (; count > 0; --count) {
        const auto [head, body] = head_and_body(bytes);
        read(bytes.subspan(head, body));
        bytes = bytes.subspan(head + body);
    }
    if (!bytes.empty()) FAIL("bytes behind the last frame");
}

void ChannelReader::overrun() { FAIL("nobody is slow here"); }
void ChannelReader::conflated(std::uint64_t) { FAIL("nobody is slow here"); }

void ChannelReader::read(std::span<const std::byte> body) {
    const PlainValue message = subscription_.format == feed::Format::json ? decode_json(body) : decode_msgpack(body);
    const bool snapshot = message.at("type").as_text() == "snapshot";
    const std::uint64_t prev = message.at("prev").as_number();
    const std::uint64_t seq = message.at("seq").as_number();
    if (snapshot != fresh_ || (!snapshot && message.at("type").as_text() != "update")) FAIL("the wrong type");
    if (snapshot ? prev != 0 : prev != seq_ || seq <= prev) FAIL("the chain is broken at " << seq);
    if (message.at("channel").as_text() != feed::name_of(subscription_.key.channel) ||
        message.at("symbol").as_text() != subscription_.market.symbol())
        FAIL("a message of somebody else");
    // What is told again is of the epoch that was.
    if (!resuming_ && message.at("epoch").as_number() != publisher_.epoch()) FAIL("the wrong epoch");
    epoch_ = message.at("epoch").as_number();
    fresh_ = false;
    seq_ = seq;
    ++messages_;
    take(message.at("data"), snapshot);
}

std::int64_t ChannelReader::units(const PlainValue& value, const std::string& unit) const {
    if (subscription_.format == feed::Format::json) return units_of(value.as_text(), unit);
    return static_cast<std::int64_t>(value.as_number());
}

Price ChannelReader::price(const PlainValue& value) const {
    return Price{units(value, subscription_.market.tick_size())};
}

Quantity ChannelReader::quantity(const PlainValue& value) const {
    return Quantity{units(value, subscription_.market.lot_size())};
}

}  // namespace dcx::feed_book
