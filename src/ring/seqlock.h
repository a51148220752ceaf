// Seqlock: one writer changes a block of words under a guard word, any number of readers, in other processes too, copy
// it and know whether their copy is whole. The writer waits for nobody and never sees the readers, who may map the
// words read-only. All words are relaxed atomics: a torn copy can be made, but never taken for a whole one.
// SeqlockWrite and seqlock_read() are for a block of any shape beside its guard, Seqlock<T> is guard and value in one.
//
// The guard is odd while a change is under way and rises by two with each; all zero at the start, so a block may stand
// in fresh shared memory. A writer that dies inside leaves it odd and the block unreadable until the next writer's
// change, which may be another process's once the first is known to be gone. Bound the tries of a reader: a writer that
// is descheduled in the middle, or dead, makes every one of them fail.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "platform/cpu.h"
#include "ring/words.h"

namespace dcx::ring {

template <class Atomics = StdAtomics>
using SeqlockGuard = typename Atomics::template Atomic<std::uint64_t>;

// While it lives, its thread changes the block by relaxed stores. One writer at a time.
template <class Atomics = StdAtomics>
class SeqlockWrite {
  public:
    // Relaxed: only writers store the guard. Odd when the last writer died inside: then it is still odd for us.
    explicit SeqlockWrite(SeqlockGuard<Atomics>& guard)
        : guard_(guard), odd_(guard.load(std::memory_order_relaxed) | 1) {
        guard_.store(odd_, std::memory_order_relaxed);
        // The odd guard comes before the words. Partner: the acquire fence in seqlock_try_read().
        Atomics::fence(std::memory_order_release);
    }
    // Release: the words come before the even guard. Partner: the acquire in seqlock_try_read().
    ~SeqlockWrite() { guard_.store(odd_ + 1, std::memory_order_release); }
    SeqlockWrite(const SeqlockWrite&) = delete;
    SeqlockWrite& operator=(const SeqlockWrite&) = delete;

  private:
    SeqlockGuard<Atomics>& guard_;
    std::uint64_t odd_;
};

// Calls copy(), which takes what it wants of the block by relaxed loads and must bear any mixture of old and new words.
// False when a change came between or is under way: what was copied is then anything. Else it is that of `version`.
template <class Atomics = StdAtomics, class Copy>
[[nodiscard]] bool seqlock_try_read(const SeqlockGuard<Atomics>& guard, std::uint64_t& version, Copy&& copy) {
    version = guard.load(std::memory_order_acquire);
    if ((version & 1) != 0) return false;
    copy();
    // If a word came from a later change, that one's release fence comes before this fence: the load below sees its odd
    // guard or a later one.
    Atomics::fence(std::memory_order_acquire);
    return guard.load(std::memory_order_relaxed) == version;
}

// The same, at most `tries` times.
template <class Copy>
[[nodiscard]] bool seqlock_read(const SeqlockGuard<>& guard, unsigned tries, Copy&& copy) {
    for (std::uint64_t version = 0; tries > 0; --tries) {
        if (seqlock_try_read(guard, version, copy)) return true;
        platform::relax_cpu();
    }
    return false;
}

// Spins until the guard is another than the one of before, at most `spins` rounds. False: it still is the same.
[[nodiscard]] inline bool seqlock_wait(const SeqlockGuard<>& guard, std::uint64_t before, std::uint64_t spins) {
    for (; spins > 0; --spins) {
        if (guard.load(std::memory_order_acquire) != before) return true;
        platform::relax_cpu();
    }
    return false;
}

template <WordMessage T, class Atomics = StdAtomics>
class Seqlock {
  public:
    using Word = typename Atomics::template Atomic<std::uint64_t>;

    // ---- writer ----
    void store(const T& value) {
        update([&value](std::span<Word> words) { store_words(words.data(), value); });
    }
    // `write` stores some of the words (relaxed); the others keep what they were. For a large value that changes
    // little.
    template <class Write>
    void update(Write write) {
        const SeqlockWrite<Atomics> change(guard_);
        write(std::span<Word>(words_));
    }

    // ---- readers ----
    // Rises by two with every store; odd while one is under way. Partner: the release in SeqlockWrite.
    [[nodiscard]] std::uint64_t version() const { return guard_.load(std::memory_order_acquire); }
    [[nodiscard]] bool try_load(T& value, std::uint64_t& version) const {
        return seqlock_try_read<Atomics>(guard_, version, [&] { load_words(words_.data(), value); });
    }
    [[nodiscard]] bool try_load(T& value) const {
        std::uint64_t ignored = 0;
        return try_load(value, ignored);
    }

  private:
    SeqlockGuard<Atomics> guard_{0};
    std::array<Word, words_of<T>> words_{};
};

}  // namespace dcx::ring
