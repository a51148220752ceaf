// For tests: messages as trees, and a reader that keeps books from them the way a client would, checking each chain and
// checksum on the way.
#pragma once

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/crc32c.h"
#include "feed/channel.h"
#include "feed/test_venue.h"
#include "model/decimal.h"

namespace dcx::feed::testing {

using Json = nlohmann::json;

inline Json decode(Format format, std::span<const std::byte> body) {
    const auto* begin = reinterpret_cast<const std::uint8_t*>(body.data());
    return format == Format::json ? Json::parse(begin, begin + body.size())
                                  : Json::from_msgpack(begin, begin + body.size());
}
// Of the first of several server frames.
inline std::size_t frame_size(std::span<const std::byte> frames) {
    const auto byte = [&](std::size_t at) { return static_cast<std::size_t>(frames[at]); };
    if (byte(1) < 126) return 2 + byte(1);
    if (byte(1) == 126) return 4 + byte(2) * 256 + byte(3);
    std::size_t size = 0;
    for (std::size_t at = 2; at < 10; ++at) size = size * 256 + byte(at);
    return 10 + size;
}
// A server frame's body.
inline Json decode_frame(Format format, std::span<const std::byte> frame) {
    const auto length = static_cast<std::uint8_t>(frame[1]);
    return decode(format, frame.subspan(length < 126 ? 2 : length == 126 ? 4 : 10));
}

// Scale 4 and mantissa 1, as TestVenue lists its instruments.
inline std::int64_t units_of(const Json& value) {
    if (value.is_string()) return parse_decimal(value.get<std::string>(), 4).value();
    return value.get<std::int64_t>();
}

class ReaderBook {
  public:
    explicit ReaderBook(std::size_t depth) : depth_(depth) {}

    void apply(const Json& message) {
        const auto prev = message.at("prev").get<std::uint64_t>();
        if (message.at("type") == "snapshot") {
            REQUIRE(prev == 0);
            bids_.clear();
            asks_.clear();
            ++snapshots_;
            skipped_ += message.value("skipped", std::uint64_t{0});
        } else {
            REQUIRE(prev == seq_);
            REQUIRE_FALSE(message.contains("skipped"));
        }
        seq_ = message.at("seq").get<std::uint64_t>();
        apply_side(bids_, message.at("data").at("bids"));
        apply_side(asks_, message.at("data").at("asks"));
        REQUIRE(bids_.size() <= depth_);
        REQUIRE(asks_.size() <= depth_);
        REQUIRE(checksum() == message.at("data").at("checksum").get<std::uint32_t>());
    }
    [[nodiscard]] bool equals(const NaiveBook& book) const {
        return lines(bids_) == book.lines(Side::buy, depth_) && lines(asks_) == book.lines(Side::sell, depth_);
    }
    [[nodiscard]] std::uint64_t seq() const { return seq_; }
    [[nodiscard]] std::size_t snapshots() const { return snapshots_; }
    [[nodiscard]] std::uint64_t skipped() const { return skipped_; }

  private:
    template <class Levels>
    static void apply_side(Levels& levels, const Json& changes) {
        for (const Json& change : changes) {
            const std::int64_t price = units_of(change.at(0));
            const std::int64_t quantity = units_of(change.at(1));
            if (quantity == 0)
                REQUIRE(levels.erase(price) == 1);
            else
                levels.insert_or_assign(price,
                                        NaiveBook::Line{price, quantity, change.at(2).template get<std::uint32_t>()});
        }
    }
    template <class Levels>
    static std::vector<NaiveBook::Line> lines(const Levels& levels) {
        std::vector<NaiveBook::Line> result;
        result.reserve(levels.size());
        for (const auto& [price, line] : levels) result.push_back(line);
        return result;
    }
    [[nodiscard]] std::uint32_t checksum() const {
        std::vector<std::int64_t> numbers;
        const auto add = [&](const auto& levels) {
            std::size_t count = 0;
            for (const auto& [price, line] : levels) {
                if (count++ == std::min(depth_, std::size_t{10})) break;
                numbers.push_back(line.price);
                numbers.push_back(line.quantity);
            }
        };
        add(bids_);
        add(asks_);
        return crc32c(std::as_bytes(std::span{numbers}));
    }

    std::size_t depth_;
    std::uint64_t seq_ = 0;
    std::size_t snapshots_ = 0;
    std::uint64_t skipped_ = 0;
    std::map<std::int64_t, NaiveBook::Line, std::greater<>> bids_;
    std::map<std::int64_t, NaiveBook::Line> asks_;
};

}  // namespace dcx::feed::testing
