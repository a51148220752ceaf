// For tests only: the definitions of RFC 9162, 2.1, word for word, recursive and slow.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "proof/merkle.h"

namespace dcx::proof {

inline std::size_t largest_power_below(std::size_t n) { return std::bit_floor(n - 1); }

inline Digest naive_root(std::span<const Digest> leaves) {
    if (leaves.empty()) return Sha256::of({});
    if (leaves.size() == 1) return leaves[0];
    const std::size_t k = largest_power_below(leaves.size());
    Sha256 hash;
    const std::byte tag{1};
    hash.update(std::span{&tag, 1});
    hash.update(naive_root(leaves.first(k)));
    hash.update(naive_root(leaves.subspan(k)));
    return hash.finish();
}

inline std::vector<Digest> naive_path(std::size_t m, std::span<const Digest> leaves) {
    if (leaves.size() == 1) return {};
    const std::size_t k = largest_power_below(leaves.size());
    auto path = m < k ? naive_path(m, leaves.first(k)) : naive_path(m - k, leaves.subspan(k));
    path.push_back(naive_root(m < k ? leaves.subspan(k) : leaves.first(k)));
    return path;
}

inline std::vector<Digest> naive_subproof(std::size_t m, std::span<const Digest> leaves, bool whole) {
    if (m == leaves.size()) return whole ? std::vector<Digest>{} : std::vector<Digest>{naive_root(leaves)};
    const std::size_t k = largest_power_below(leaves.size());
    auto proof = m <= k ? naive_subproof(m, leaves.first(k), whole) : naive_subproof(m - k, leaves.subspan(k), false);
    proof.push_back(naive_root(m <= k ? leaves.subspan(k) : leaves.first(k)));
    return proof;
}

inline std::vector<Digest> naive_consistency(std::size_t m, std::span<const Digest> leaves) {
    return naive_subproof(m, leaves, true);
}

inline std::vector<Digest> random_digests(Random& random, std::size_t count) {
    std::vector<Digest> digests(count);
    for (Digest& digest : digests)
        for (std::byte& b : digest) b = static_cast<std::byte>(random.below(256));
    return digests;
}

inline void flip_bit(Digest& digest, std::uint64_t bit) {
    digest[bit / 8 % 32] ^= static_cast<std::byte>(1u << bit % 8);
}

}  // namespace dcx::proof
