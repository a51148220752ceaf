// For tests only: small sum trees, and their bytes made once more from the text of liabilities.h, plainly and slowly.
#pragma once

#include <openssl/hmac.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "proof/liabilities.h"

namespace dcx::proof {

// Bytes one behind the other.
struct PlainBytes {
    std::vector<std::byte> bytes;
    PlainBytes& text(std::string_view text) { return raw(std::as_bytes(std::span{text})); }
    PlainBytes& raw(std::span<const std::byte> more) {
        bytes.insert(bytes.end(), more.begin(), more.end());
        return *this;
    }
    template <class T>
    PlainBytes& number(T value) {
        return raw(std::as_bytes(std::span{&value, 1}));
    }
};

inline Digest plain_hmac(const Secret& key, const PlainBytes& message) {
    Digest digest;
    unsigned size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(message.bytes.data()), message.bytes.size(),
         reinterpret_cast<unsigned char*>(digest.data()), &size);
    return digest;
}

inline PlainBytes plain_head(std::string_view tag, const SumTreeName& name, unsigned level) {
    PlainBytes head;
    head.text(tag).raw(name.venue_id).number(name.checkpoint).number(name.asset.value);
    head.number(static_cast<std::uint32_t>(level)).raw(std::array<std::byte, 24>{});
    return head;
}
inline SumNode plain_leaf(const SumTreeName& name, AccountId account, const Secret& key, std::int64_t amount) {
    PlainBytes leaf = plain_head("dcxsum1l", name, 0);
    leaf.number(account.value).raw(key).number(amount);
    return {.hash = Sha256::of(leaf.bytes), .sum = Amount{amount}};
}
// Whatever the sums are: an attacker's node too. `sum` is what it is said to have.
inline SumNode plain_node(const SumTreeName& name, unsigned level, const SumNode& left, const SumNode& right,
                          std::int64_t sum) {
    PlainBytes node = plain_head("dcxsum1n", name, level);
    node.raw(left.hash).number(left.sum.value).raw(right.hash).number(right.sum.value);
    return {.hash = Sha256::of(node.bytes), .sum = Amount{sum}};
}
inline SumNode plain_empty(const SumTreeName& name, const Secret& nonce, unsigned level, std::uint32_t place) {
    PlainBytes empty = plain_head("dcxsum1e", name, level);
    return {.hash = plain_hmac(nonce, empty.number(place)), .sum = {}};
}

inline constexpr SumTreeName kSmallTree{
    .venue_id = {std::byte{7}, std::byte{8}}, .checkpoint = 3, .asset = AssetId{2u}};
inline constexpr Secret kSmallNonce{std::byte{1}, std::byte{2}, std::byte{3}};

// Accounts from 6 on with gaps, each seventh without anything.
inline std::vector<Liability> some_liabilities(std::size_t count, std::uint64_t seed = 1) {
    Random random{seed};
    std::vector<Liability> result;
    std::uint32_t account = 6;
    for (std::size_t i = 0; i < count; ++i) {
        result.push_back({.account = AccountId{account},
                          .amount = Amount{i % 7 == 6 ? 0 : static_cast<std::int64_t>(random.below(1u << 30))}});
        account += 1 + static_cast<std::uint32_t>(random.below(3));
    }
    return result;
}

}  // namespace dcx::proof
