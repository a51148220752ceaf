#include "chain/transaction.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace dcx::chain {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kTypes{{
    {"standard", "standard"},
    {"data_storage", "data"},
    {"time_locked", "timelocked"},
    {"multi_sig", "multisig"},
    {"smart_contract", "contract"},
    {"atomic_swap", ""},
}};

constexpr std::uint64_t kMaxInt = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

std::expected<nlohmann::json, CanonicalError> metadata_of(const Transaction& transaction) {
    auto metadata = parse_json(transaction.metadata);
    if (metadata && !metadata->is_object()) return std::unexpected(CanonicalError::not_an_object);
    return metadata;
}

std::expected<void, CanonicalError> check_ranges(const Transaction& transaction) {
    const bool known = std::ranges::any_of(kTypes, [&](const auto& type) { return type.first == transaction.type; });
    if (!known) return std::unexpected(CanonicalError::unknown_type);
    if (transaction.amount < 0 || transaction.timestamp_s < 0 || transaction.nonce > kMaxInt)
        return std::unexpected(CanonicalError::value_out_of_range);
    return {};
}

// Whole, or with a fraction that is cut, as the chain does.
std::expected<std::int64_t, CanonicalError> seconds_of(const nlohmann::json& value) {
    if (value.is_number_float()) {
        const double seconds = value.get<double>();
        if (!(seconds >= 0 && seconds < 9e15)) return std::unexpected(CanonicalError::value_out_of_range);
        return static_cast<std::int64_t>(seconds);
    }
    if (!value.is_number_integer()) return std::unexpected(CanonicalError::field_missing);
    if (value.is_number_unsigned() && value.get<std::uint64_t>() > kMaxInt)
        return std::unexpected(CanonicalError::number_too_large);
    return value.get<std::int64_t>();
}

std::expected<std::int64_t, CanonicalError> whole_of(const nlohmann::json& body, const char* name) {
    const auto found = body.find(name);
    if (found == body.end()) return std::unexpected(CanonicalError::field_missing);
    if (found->is_number_float()) return std::unexpected(CanonicalError::fraction);
    if (!found->is_number_integer()) return std::unexpected(CanonicalError::field_missing);
    if (found->is_number_unsigned() && found->get<std::uint64_t>() > kMaxInt)
        return std::unexpected(CanonicalError::number_too_large);
    return found->get<std::int64_t>();
}

// Empty when it is not there.
std::string text_of(const nlohmann::json& body, const char* name) {
    const auto found = body.find(name);
    return found != body.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

}  // namespace

bool is_minter(std::string_view sender) { return std::ranges::find(kMinters, sender) != kMinters.end(); }

std::string_view posted_name(std::string_view chain_name) {
    const auto* const found = std::ranges::find(kTypes, chain_name, [](const auto& type) { return type.first; });
    return found == kTypes.end() ? std::string_view{} : found->second;
}

std::string_view chain_name(std::string_view posted_name) {
    if (posted_name.empty()) return {};
    const auto* const found = std::ranges::find(kTypes, posted_name, [](const auto& type) { return type.second; });
    return found == kTypes.end() ? std::string_view{} : found->first;
}

std::expected<std::string, CanonicalError> canonical_text(const Transaction& transaction) {
    if (auto in_range = check_ranges(transaction); !in_range) return std::unexpected(in_range.error());
    auto metadata = metadata_of(transaction);
    if (!metadata) return std::unexpected(metadata.error());
    metadata->erase("signatures");
    metadata->erase("public_keys");
    return canonical_json({{"amount", transaction.amount},
                           {"metadata", std::move(*metadata)},
                           {"nonce", transaction.nonce},
                           {"recipient", transaction.recipient},
                           {"sender", transaction.sender},
                           {"timestamp", transaction.timestamp_s},
                           {"type", transaction.type}});
}

std::expected<Digest, CanonicalError> transaction_hash(const Transaction& transaction) {
    const auto text = canonical_text(transaction);
    if (!text) return std::unexpected(text.error());
    return Sha256::of(std::as_bytes(std::span{*text}));
}

std::expected<std::string, CanonicalError> post_body(const Transaction& transaction, const ChainSignature* signature,
                                                     const ChainKey* key) {
    if (auto in_range = check_ranges(transaction); !in_range) return std::unexpected(in_range.error());
    const std::string_view type = posted_name(transaction.type);
    if (type.empty()) return std::unexpected(CanonicalError::unknown_type);
    auto metadata = metadata_of(transaction);
    if (!metadata) return std::unexpected(metadata.error());
    nlohmann::json body{{"amount", transaction.amount},         {"metadata", std::move(*metadata)},
                        {"nonce", transaction.nonce},           {"recipient", transaction.recipient},
                        {"sender", transaction.sender},         {"timestamp", transaction.timestamp_s},
                        {"transaction_type", std::string{type}}};
    if (signature != nullptr) body["signature"] = to_hex(*signature);
    if (key != nullptr) body["public_key"] = to_hex(*key);
    return canonical_json(body);
}

std::expected<PostedTransaction, CanonicalError> parse_post_body(std::string_view text) {
    const auto body = parse_json(text);
    if (!body) return std::unexpected(body.error());
    if (!body->is_object()) return std::unexpected(CanonicalError::not_an_object);
    for (const char* name : {"sender", "recipient", "transaction_type"})
        if (const auto found = body->find(name); found == body->end() || !found->is_string())
            return std::unexpected(CanonicalError::field_missing);
    PostedTransaction posted;
    Transaction& transaction = posted.transaction;
    transaction.type = std::string{chain_name(text_of(*body, "transaction_type"))};
    if (transaction.type.empty()) return std::unexpected(CanonicalError::unknown_type);
    transaction.sender = text_of(*body, "sender");
    transaction.recipient = text_of(*body, "recipient");
    const auto amount = whole_of(*body, "amount");
    if (!amount) return std::unexpected(amount.error());
    const auto nonce = whole_of(*body, "nonce");
    if (!nonce) return std::unexpected(nonce.error());
    if (*nonce < 0) return std::unexpected(CanonicalError::value_out_of_range);
    const auto timestamp = body->find("timestamp");
    if (timestamp == body->end()) return std::unexpected(CanonicalError::field_missing);
    const auto seconds = seconds_of(*timestamp);
    if (!seconds) return std::unexpected(seconds.error());
    transaction.amount = *amount;
    transaction.nonce = static_cast<std::uint64_t>(*nonce);
    transaction.timestamp_s = *seconds;
    if (const auto metadata = body->find("metadata"); metadata != body->end()) {
        if (!metadata->is_object()) return std::unexpected(CanonicalError::not_an_object);
        const auto canonical = canonical_json(*metadata);
        if (!canonical) return std::unexpected(canonical.error());
        transaction.metadata = *canonical;
    }
    posted.signature = text_of(*body, "signature");
    posted.public_key = text_of(*body, "public_key");
    if (auto in_range = check_ranges(transaction); !in_range) return std::unexpected(in_range.error());
    return posted;
}

Digest block_merkle_root(std::span<const Digest> hashes) {
    if (hashes.empty()) return Sha256::of({});
    std::vector<Digest> level(hashes.begin(), hashes.end());
    while (level.size() > 1) {
        if (level.size() % 2 == 1) level.push_back(level.back());
        for (std::size_t i = 0; i < level.size(); i += 2) {
            const std::string pair = to_hex(level[i]) + to_hex(level[i + 1]);
            level[i / 2] = Sha256::of(std::as_bytes(std::span{pair}));
        }
        level.resize(level.size() / 2);
    }
    return level.front();
}

}  // namespace dcx::chain
