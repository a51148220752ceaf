// EventHash: a rolling 64-bit hash over all events of the log, in order. It tells a replay that diverged (another
// build, a damaged machine, a changed rule) at the next checkpoint, for a few nanoseconds an event. It is no proof
// against somebody who makes events up: the journal's SHA-256 chain is.
//
// Over every byte of an event except applied_time, which is the wall clock's and not part of the log. An event is 16
// little-endian words; pairs of them go through a 64 x 64 -> 128 bit multiplication whose halves are folded by xor,
// with a constant of its own for each word, so that equal words in different places differ. The pairs don't depend on
// one another and overlap in the processor; only one multiplication an event hangs on the event before. The function is
// part of the log's format: checkpoints of old journals hold its values. A test pins it.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/checked.h"
#include "model/event.h"
#include "model/event_writer.h"

namespace dcx {

class EventHash {
  public:
    EventHash() = default;
    // Goes on from a value.
    explicit EventHash(std::uint64_t value) : value_(value) {}
    [[nodiscard]] std::uint64_t value() const { return value_; }

    void add(const Event& event) {
        std::array<std::uint64_t, kWords> word;
        static_assert(sizeof(word) == sizeof(Event));
        std::memcpy(word.data(), &event, sizeof(event));
        word[kAppliedTimeWord] = 0;
        std::uint64_t pairs = 0;
        for (std::size_t i = 0; i < kWords; i += 2) {
            pairs += fold(word[i] ^ kConstants[i], word[i + 1] ^ kConstants[i + 1]);
        }
        // The rotation keeps the old value alive should the product ever be zero.
        value_ = std::rotl(value_, 29) ^ fold(value_ ^ kConstants[0], pairs ^ kConstants[kWords - 1]);
    }
    // The events at positions [begin, end) of a ring or buffer.
    void add(const EventWriter& events, std::uint64_t begin, std::uint64_t end) {
        for (std::uint64_t i = begin; i != end; ++i) add(events.at(i));
    }

  private:
    static constexpr std::size_t kWords = sizeof(Event) / 8;
    static constexpr std::size_t kAppliedTimeWord = offsetof(EventHeader, applied_time) / 8;
    static_assert(offsetof(EventHeader, applied_time) % 8 == 0);

    static constexpr std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
        const uint128 product = uint128{a} * b;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    }
    // The first hexadecimal digits of pi's fraction, 16 at a time: nothing up the sleeve.
    static constexpr std::array<std::uint64_t, kWords> kConstants{
        0x243F6A8885A308D3, 0x13198A2E03707344, 0xA4093822299F31D0, 0x082EFA98EC4E6C89,
        0x452821E638D01377, 0xBE5466CF34E90C6C, 0xC0AC29B7C97C50DD, 0x3F84D5B5B5470917,
        0x9216D5D98979FB1B, 0xD1310BA698DFB5AC, 0x2FFD72DBD01ADFB7, 0xB8E1AFED6A267E96,
        0xBA7C9045F12C7F99, 0x24A19947B3916CF7, 0x0801F2E2858EFC16, 0x636920D871574E69};

    std::uint64_t value_ = 0;
};

}  // namespace dcx
