// Byte records of any size from one producer to one consumer: a frame over the SPSC ring of 8-byte words, so all that
// spsc_ring.h says of threads, death and foreign peers holds here too.
//
// A record is a header word with its length in bytes, then its bytes, padded to 8 and never broken by the end of the
// ring: where it does not fit before the end, the rest is filled by one skip record. The longest record is half of the
// ring, so that any record finds room when the consumer has caught up.
// The consumer reads in place, as many as it likes, and releases them with one store. It reads each length once and
// checks it against what is published: a wrong one makes it broken().
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "ring/spsc_ring.h"

namespace dcx::ring {

inline constexpr std::size_t record_word = 8;
// A header that no length equals: the words up to the end of the ring are not used.
inline constexpr std::uint64_t record_skip = std::numeric_limits<std::uint64_t>::max();

// Words of a record of `size` bytes without its header.
[[nodiscard]] constexpr std::size_t record_words(std::size_t size) { return (size + record_word - 1) / record_word; }

// `Word` is std::uint64_t; the model's checker puts one in its place that finds data races.
template <class Atomics = StdAtomics, class Word = std::uint64_t>
class RecordProducer {
  public:
    // `ring` is a power of two >= 2 of words, the same as the consumer's.
    RecordProducer(SpscWords<Atomics>& words, std::span<Word> ring, Peer peer) : words_(words, ring, peer) {
        DCX_CHECK(ring.size() >= 2);
    }

    // In bytes.
    [[nodiscard]] std::size_t longest() const { return (words_.capacity() / 2 - 1) * record_word; }
    [[nodiscard]] bool broken() const { return words_.broken(); }

    // Bytes of the ring that the consumer has yet to release, headers and padding included. Exact when more than
    // `enough`, else perhaps more than there are.
    [[nodiscard]] std::size_t unreleased(std::size_t enough) {
        return static_cast<std::size_t>(words_.unreleased(enough / record_word)) * record_word;
    }
    // Room for one record of `size` <= longest() bytes, to be filled before advance(). Nothing while the ring is too
    // full; what was written before is shown then (as by flush()), so that a producer which retries can't wait for
    // itself.
    [[nodiscard]] std::optional<std::span<std::byte>> claim(std::size_t size) {
        const auto words = claim_words(size);
        if (!words) return std::nullopt;
        return std::as_writable_bytes(*words).first(size);
    }
    // The same by words; the last one may be padding in part.
    [[nodiscard]] std::optional<std::span<Word>> claim_words(std::size_t size) {
        DCX_CHECK(size <= longest());
        const std::size_t wanted = 1 + record_words(size);
        std::span<Word> room = words_.claim(wanted);
        if (room.size() < wanted && skip_to_start(room)) room = words_.claim(wanted);
        if (room.size() < wanted) {
            flush();
            return std::nullopt;
        }
        room[0] = std::uint64_t{size};
        claimed_ = wanted;
        return room.subspan(1);
    }
    // The claimed record is written; unseen until flush().
    void advance() { words_.advance(std::exchange(claimed_, 0)); }
    // Shows everything written to the consumer with one store. False when there was nothing.
    bool flush() { return words_.flush(); }
    // Copies one record in and shows it. False when there is no room.
    [[nodiscard]] bool try_push(std::span<const std::byte> record) {
        const auto room = claim(record.size());
        if (!room) return false;
        std::ranges::copy(record, room->begin());
        advance();
        flush();
        return true;
    }

  private:
    // `room` is all that is free up to the end of the ring, or less than that: then there is nothing to skip.
    bool skip_to_start(std::span<Word> room) {
        if (room.empty() || ((words_.position() + room.size()) & (words_.capacity() - 1)) != 0) return false;
        room[0] = record_skip;
        words_.advance(room.size());
        return true;
    }

    SpscProducer<Word, Atomics> words_;
    std::size_t claimed_ = 0;
};

template <class Atomics = StdAtomics, class Word = std::uint64_t>
class RecordConsumer {
  public:
    RecordConsumer(SpscWords<Atomics>& words, std::span<const Word> ring, Peer peer)
        : words_(words, ring, peer), peer_(peer) {}

    [[nodiscard]] bool broken() const { return broken_ || words_.broken(); }

    // The next record, in place until release(). Nothing: none is published, or the ring ends here and the records
    // before must be released first (a loop of "next() until nothing, then release()" sees all).
    // A producer that is not trusted can change the bytes while they are read: copy first, then check the copy.
    [[nodiscard]] std::optional<std::span<const std::byte>> next() {
        std::size_t size = 0;
        const auto words = next_words(size);
        if (!words) return std::nullopt;
        return std::as_bytes(*words).first(size);
    }
    // The same by words, with the record's length in bytes.
    [[nodiscard]] std::optional<std::span<const Word>> next_words(std::size_t& size) {
        std::span<const Word> rest = unread();
        if (rest.empty()) return std::nullopt;
        std::uint64_t header = read_once(rest[0]);
        if (header == record_skip && passed_ == 0 && ends_the_ring(rest)) {
            words_.release(rest.size());
            rest = unread();
            if (rest.empty()) return std::nullopt;
            header = read_once(rest[0]);
        } else if (header == record_skip && ends_the_ring(rest)) {
            return std::nullopt;  // what was shown is still in use
        }
        // Also a skip where none belongs.
        if (header > (rest.size() - 1) * record_word) {
            impossible_length();
            return std::nullopt;
        }
        size = static_cast<std::size_t>(header);
        passed_ += 1 + record_words(size);
        return rest.subspan(1, record_words(size));
    }
    // Everything that next() has shown is done with.
    void release() {
        if (passed_ > 0) words_.release(std::exchange(passed_, 0));
    }

  private:
    std::span<const Word> unread() {
        if (broken_) return {};
        return words_.peek().subspan(passed_);
    }
    bool ends_the_ring(std::span<const Word> rest) const {
        return ((words_.position() + passed_ + rest.size()) & (words_.capacity() - 1)) == 0;
    }
    // A foreign producer may change the word at any time: the compiler must not read it again after the check.
    static std::uint64_t read_once(const Word& word) {
        std::uint64_t value = word;
        asm volatile("" : "+r"(value));
        return value;
    }
    [[gnu::cold, gnu::noinline]] void impossible_length() {
        DCX_CHECK(peer_ == Peer::other_process);
        broken_ = true;
    }

    SpscConsumer<Word, Atomics> words_;
    std::size_t passed_ = 0;  // words that next() has gone past and release() has not given back
    Peer peer_;
    bool broken_ = false;
};

// Both sides and their words in one process.
class RecordRing {
  public:
    // `capacity` in words of 8 bytes, a power of two >= 2.
    RecordRing(std::size_t capacity, MemorySource& memory) : RecordRing(memory.array<std::uint64_t>(capacity)) {}
    explicit RecordRing(std::span<std::uint64_t> ring)
        : producer_(words_, ring, Peer::same_process), consumer_(words_, ring, Peer::same_process) {}

    [[nodiscard]] RecordProducer<>& producer() { return producer_; }
    [[nodiscard]] RecordConsumer<>& consumer() { return consumer_; }

  private:
    SpscWords<> words_;
    RecordProducer<> producer_;
    RecordConsumer<> consumer_;
};

}  // namespace dcx::ring
