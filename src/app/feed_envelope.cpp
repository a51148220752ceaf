#include "app/feed_envelope.h"

#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

namespace dcx::app {

namespace {

using Json = nlohmann::json;

enum class Key : std::uint8_t { none, type, channel, symbol, epoch, prev, seq, time, skipped, code, message, data };
constexpr unsigned bit(Key key) { return 1u << static_cast<unsigned>(key); }
constexpr unsigned kOfData = bit(Key::channel) | bit(Key::epoch) | bit(Key::prev) | bit(Key::seq) | bit(Key::time);

Key key_named(std::string_view name) {
    constexpr std::array<std::string_view, 12> names{"",    "type", "channel", "symbol", "epoch",   "prev",
                                                     "seq", "time", "skipped", "code",   "message", "data"};
    for (std::size_t i = 1; i < names.size(); ++i)
        if (names[i] == name) return static_cast<Key>(i);
    return Key::none;
}
// Stops at the data when all of the envelope came before it; in other messages looks past what is nested.
class EnvelopeReader final : public nlohmann::json_sax<Json> {
  public:
    FeedEnvelope envelope;

    // The reader stopped by itself, and has what it wants.
    [[nodiscard]] bool satisfied() const { return satisfied_; }
    [[nodiscard]] bool complete() const {
        const bool data = envelope.type == "snapshot" || envelope.type == "update";
        return (seen_ & bit(Key::type)) != 0 && (!data || (seen_ & kOfData) == kOfData);
    }

    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(std::int64_t value) override {
        return value < 0 || number_unsigned(static_cast<std::uint64_t>(value));
    }
    bool number_unsigned(std::uint64_t value) override {
        if (depth_ != 1) return true;
        switch (key_) {
            case Key::epoch: envelope.epoch = value; break;
            case Key::prev: envelope.prev = value; break;
            case Key::seq: envelope.seq = value; break;
            case Key::time:
                if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return true;
                envelope.time = static_cast<std::int64_t>(value);
                break;
            case Key::skipped: envelope.skipped = value; break;
            case Key::code: envelope.code = value; break;
            default: return true;
        }
        seen_ |= bit(key_);
        return true;
    }
    bool number_float(double, const std::string&) override { return true; }
    bool string(std::string& value) override {
        if (depth_ != 1) return true;
        switch (key_) {
            case Key::type: envelope.type = std::move(value); break;
            case Key::channel: envelope.channel = std::move(value); break;
            case Key::symbol: envelope.symbol = std::move(value); break;
            case Key::message: envelope.message = std::move(value); break;
            default: return true;
        }
        seen_ |= bit(key_);
        return true;
    }
    bool binary(Json::binary_t&) override { return true; }
    bool start_object(std::size_t) override { return start(); }
    bool end_object() override { return end(); }
    // At the top it is no message.
    bool start_array(std::size_t) override { return depth_ > 0 && start(); }
    bool end_array() override { return end(); }
    bool key(std::string& name) override {
        if (depth_ != 1) return true;
        key_ = key_named(name);
        satisfied_ = key_ == Key::data && (seen_ & bit(Key::type)) != 0 && (seen_ & kOfData) == kOfData;
        return !satisfied_;
    }
    bool parse_error(std::size_t, const std::string&, const Json::exception&) override { return false; }

  private:
    // Deeper than any message of the feed: the reader of MessagePack calls itself.
    static constexpr unsigned kMaxDepth = 16;

    bool start() { return ++depth_ <= kMaxDepth; }
    bool end() {
        --depth_;
        return true;
    }

    Key key_ = Key::none;
    unsigned depth_ = 0;
    unsigned seen_ = 0;
    bool satisfied_ = false;
};

}  // namespace

std::optional<FeedEnvelope> read_envelope(feed::Format format, std::span<const std::byte> message) {
    EnvelopeReader reader;
    const auto* begin = reinterpret_cast<const char*>(message.data());
    const auto how = format == feed::Format::json ? Json::input_format_t::json : Json::input_format_t::msgpack;
    const bool whole = Json::sax_parse(begin, begin + message.size(), &reader, how, true);
    if (!reader.complete() || (!whole && !reader.satisfied())) return std::nullopt;
    return std::move(reader.envelope);
}

}  // namespace dcx::app
