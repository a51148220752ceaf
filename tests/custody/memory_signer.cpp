#include "custody/memory_signer.h"

#include <vector>

#include "chain/transaction.h"

namespace dcx::chain {

MemorySigner::MemorySigner(std::uint8_t seed) : seed_(std::vector<std::byte>(32, static_cast<std::byte>(seed))) {}

std::expected<wallet::PrivateKey, std::string> MemorySigner::key(const KeyPath& path) const {
    if (away_) return std::unexpected("the signer is away");
    const auto keys = wallet::AccountKeys::of(seed_.bytes(), path.account);
    if (!keys) return std::unexpected(std::string{to_string(keys.error())});
    auto key = keys->key(path.index);
    if (!key) return std::unexpected(std::string{to_string(key.error())});
    return std::move(*key);
}

std::expected<std::string, std::string> MemorySigner::address(const KeyPath& path) {
    const auto own = key(path);
    if (!own) return std::unexpected(own.error());
    return address_text(wallet::address_of(*wallet::public_key_of(*own)));
}

std::expected<SignedTransfer, std::string> MemorySigner::sign(const TransferRequest& request) {
    const auto own = key(request.from);
    if (!own) return std::unexpected(own.error());
    const wallet::PublicKey shown = *wallet::public_key_of(*own);
    const Transaction transaction{.type = request.type,
                                  .sender = address_text(wallet::address_of(shown)),
                                  .recipient = request.recipient,
                                  .amount = request.amount,
                                  .nonce = request.nonce,
                                  .timestamp_s = request.timestamp_s,
                                  .metadata = request.metadata};
    const auto hash = transaction_hash(transaction);
    if (!hash) return std::unexpected(std::string{to_string(hash.error())});
    const wallet::Signature signature = *wallet::sign(*own, *hash);
    auto body = post_body(transaction, &signature, &shown);
    if (!body) return std::unexpected(std::string{to_string(body.error())});
    return SignedTransfer{.hash = *hash, .body = std::move(*body)};
}

std::expected<EvmSignature, std::string> MemorySigner::sign_evm(const KeyPath&, const std::string&) {
    return std::unexpected("no EVM keys here");
}

std::expected<std::array<std::byte, 20>, std::string> MemorySigner::evm_address(const KeyPath&) {
    return std::unexpected("no EVM keys here");
}

}  // namespace dcx::chain
