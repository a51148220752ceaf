// The preimages of the sum trees (liabilities.h), for the trees and for their checker. The head is one block, so it is
// hashed once for all nodes of a level. One thread for each object.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "base/checked.h"
#include "proof/liabilities.h"
#include "proof/quick_sha256.h"

namespace dcx::proof {

inline constexpr std::size_t kSumHeadSize = 64;

// Bytes of one preimage behind one another, `Size` in all: nothing has a length of its own.
template <std::size_t Size>
class Preimage {
  public:
    Preimage& text(std::string_view words) { return raw(words.data(), words.size()); }
    Preimage& head(std::string_view tag, const SumTreeName& name, unsigned level) {
        text(tag).value(name.venue_id).value(name.checkpoint).value(name.asset.value).value(level);
        at_ += 24;  // zeros, to the end of the block
        return *this;
    }
    template <class T>
    Preimage& value(const T& value) {
        static_assert(std::has_unique_object_representations_v<T>);
        return raw(&value, sizeof value);
    }
    [[nodiscard]] std::span<const std::byte, Size> bytes() const { return bytes_; }

  private:
    Preimage& raw(const void* from, std::size_t size) {
        std::memcpy(bytes_.data() + at_, from, size);
        at_ += size;
        return *this;
    }
    std::array<std::byte, Size> bytes_{};
    std::size_t at_ = 0;
};

class SumLeafHash {
  public:
    explicit SumLeafHash(const SumTreeName& name) {
        head_.update(Preimage<kSumHeadSize>().head("dcxsum1l", name, 0).bytes());
    }
    [[nodiscard]] SumNode of(AccountId account, const Secret& key, Amount amount) const {
        Preimage<4 + 32 + 8> leaf;
        QuickSha256 hash = head_;
        hash.update(leaf.value(account.value).value(key).value(amount.value).bytes());
        return {.hash = hash.finish(), .sum = amount};
    }

  private:
    QuickSha256 head_;
};

class SumNodeHash {
  public:
    SumNodeHash(const SumTreeName& name, unsigned level) {
        head_.update(Preimage<kSumHeadSize>().head("dcxsum1n", name, level).bytes());
    }
    // Both sums in range, and their sum: the caller has looked.
    [[nodiscard]] SumNode of(const SumNode& left, const SumNode& right) const {
        Preimage<2 * (32 + 8)> node;
        node.value(left.hash).value(left.sum.value).value(right.hash).value(right.sum.value);
        QuickSha256 hash = head_;
        hash.update(node.bytes());
        return {.hash = hash.finish(), .sum = left.sum + right.sum};
    }

  private:
    QuickSha256 head_;
};

// Of the subtrees of one level that have no account.
[[nodiscard]] inline SumNode empty_sum(const KeyedHmac& nonce, const SumTreeName& name, unsigned level,
                                       std::uint32_t place) {
    Preimage<kSumHeadSize + 4> message;
    message.head("dcxsum1e", name, level).value(place);
    return {.hash = nonce.of(message.bytes()), .sum = Amount{}};
}

[[nodiscard]] constexpr bool sum_in_range(int128 sum) { return sum >= 0 && sum <= kMaxIssue; }

}  // namespace dcx::proof
