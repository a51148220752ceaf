// A message as 64-bit words that one thread writes while others may be reading them: relaxed atomics, because a plain
// copy would be a data race even where its result is thrown away. What was read counts only after a check that no write
// came between (seqlock.h, lossy_ring.h).
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "ring/atomics.h"

namespace dcx::ring {

template <class T>
inline constexpr std::size_t words_of = sizeof(T) / sizeof(std::uint64_t);

template <class T>
concept WordMessage = std::is_trivially_copyable_v<T> && sizeof(T) % sizeof(std::uint64_t) == 0;

template <WordMessage T, class Word>
void store_words(Word* to, const T& message) {
    std::array<std::uint64_t, words_of<T>> words;
    std::memcpy(words.data(), &message, sizeof message);
    for (std::size_t i = 0; i < words.size(); ++i) to[i].store(words[i], std::memory_order_relaxed);
}

template <WordMessage T, class Word>
void load_words(const Word* from, T& message) {
    std::array<std::uint64_t, words_of<T>> words;
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = from[i].load(std::memory_order_relaxed);
    std::memcpy(static_cast<void*>(&message), words.data(), sizeof message);
}

}  // namespace dcx::ring
