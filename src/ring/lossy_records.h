// Byte records of any size over the broadcast that never waits (lossy_ring.h, whose rules hold here): each is a header
// word and its bytes, padded to 8, over a ring of 8-byte words; a record may cross the ring's end, because it is copied
// out anyway. The header holds the length (upper half) and the position (lower half): a reader that finds another
// position there is broken() rather than lost among the bytes.
// A lapped reader goes on with the next record to be published; it missed `count` words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "ring/lossy_ring.h"

namespace dcx::ring {

template <class Atomics = StdAtomics>
class LossyRecordWriter {
  public:
    LossyRecordWriter(LossyWords<Atomics>& words, std::span<LossyWord<Atomics>> ring) : words_(words, ring) {
        DCX_CHECK(ring.size() >= 2);
    }

    // In bytes.
    [[nodiscard]] std::size_t longest() const { return (words_.longest() - 1) * 8; }

    // One record of at most longest() bytes; unseen until publish().
    void write(std::span<const std::byte> record) {
        DCX_CHECK(record.size() <= longest());
        const std::size_t whole = record.size() / 8;
        const std::size_t rest = record.size() % 8;
        words_.announce(1 + whole + (rest > 0 ? 1 : 0));
        words_.write(std::uint64_t{record.size()} << 32 | static_cast<std::uint32_t>(words_.position()));
        for (std::size_t i = 0; i < whole; ++i) write_word(record.subspan(i * 8, 8));
        if (rest > 0) write_word(record.last(rest));
    }
    void publish() { words_.publish(); }
    void push(std::span<const std::byte> record) {
        write(record);
        publish();
    }

  private:
    void write_word(std::span<const std::byte> bytes) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), bytes.size());
        words_.write(word);
    }

    LossyWriter<std::uint64_t, Atomics> words_;
};

struct LossyRecord {
    LossyStatus status;
    Position count;                    // words missed, when lapped
    std::span<const std::byte> bytes;  // the record, until the next call; when status is messages
};

template <class Atomics = StdAtomics>
class LossyRecordReader {
  public:
    // Begins with the next record to be published.
    LossyRecordReader(const LossyWords<Atomics>& words, std::span<const LossyWord<Atomics>> ring)
        : words_(words, ring, 0), record_(ring.size() / 2) {}

    [[nodiscard]] LossyRecord next() {
        const LossyResult seen = words_.look();
        if (seen.status != LossyStatus::messages) return told(seen);
        std::uint64_t header = 0;
        if (!words_.copy(words_.position(), {&header, 1})) return told(words_.lap());
        const std::size_t size = header >> 32;
        const std::size_t length = (size + 7) / 8;
        if (static_cast<std::uint32_t>(header) != static_cast<std::uint32_t>(words_.position()) ||
            length >= seen.count || length > record_.size())
            return told(words_.stop());
        const std::span<std::uint64_t> copied(record_.data(), length);
        if (!words_.copy(words_.position() + 1, copied)) return told(words_.lap());
        words_.advance(1 + length);
        return {LossyStatus::messages, 0, std::as_bytes(copied).first(size)};
    }

  private:
    static LossyRecord told(LossyResult result) { return {result.status, result.count, {}}; }

    LossyReader<std::uint64_t, Atomics> words_;
    std::vector<std::uint64_t> record_;
};

}  // namespace dcx::ring
