#include "chain/evm_contract.h"

#include <algorithm>
#include <cstring>

namespace dcx::chain {
namespace {

std::string selector(std::string_view signature) {
    const Digest hash = evm_hash(signature);
    return {reinterpret_cast<const char*>(hash.data()), 4};
}

std::string text_of(const Digest& word) { return {reinterpret_cast<const char*>(word.data()), word.size()}; }

}  // namespace

Digest word_of(std::uint64_t number) {
    Digest word{};
    for (std::size_t i = 0; i < 8; ++i) word[31 - i] = static_cast<std::byte>(number >> (8 * i) & 0xFF);
    return word;
}

std::string anchor_call(std::uint64_t number, const Digest& digest) {
    return selector("anchor(uint64,bytes32)") + text_of(word_of(number)) + text_of(digest);
}
std::string digest_of_call(std::uint64_t number) { return selector("digestOf(uint64)") + text_of(word_of(number)); }
std::string latest_call() { return selector("latest()"); }
std::string owner_call() { return selector("owner()"); }
Digest anchored_topic() { return evm_hash("Anchored(uint64,bytes32)"); }

std::optional<Digest> word_answer(std::string_view bytes) {
    Digest word;
    if (bytes.size() != word.size()) return {};
    std::memcpy(word.data(), bytes.data(), word.size());
    return word;
}

std::optional<std::uint64_t> number_answer(std::string_view bytes) {
    const auto word = word_answer(bytes);
    if (!word) return {};
    std::uint64_t number = 0;
    for (std::size_t i = 24; i < 32; ++i) number = number << 8 | static_cast<std::uint64_t>((*word)[i]);
    if (word_of(number) != *word) return {};
    return number;
}

std::optional<EvmAddress> address_answer(std::string_view bytes) {
    const auto word = word_answer(bytes);
    if (!word || std::any_of(word->begin(), word->begin() + 12, [](std::byte b) { return b != std::byte{}; }))
        return {};
    EvmAddress address;
    std::copy(word->begin() + 12, word->end(), address.begin());
    return address;
}

}  // namespace dcx::chain
