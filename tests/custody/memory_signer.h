// A signer in memory, for tests: the keys of a seed that everybody knows. It signs what it is asked to.
#pragma once

#include "chain/signer.h"
#include "wallet/derivation.h"

namespace dcx::chain {

class MemorySigner final : public Signer {
  public:
    explicit MemorySigner(std::uint8_t seed = 7);

    std::expected<std::string, std::string> address(const KeyPath& path) override;
    std::expected<SignedTransfer, std::string> sign(const TransferRequest& request) override;
    // Not here: the EVM's tests have their own.
    std::expected<EvmSignature, std::string> sign_evm(const KeyPath& path, const std::string& unsigned_rlp) override;
    std::expected<std::array<std::byte, 20>, std::string> evm_address(const KeyPath& path) override;

    void go_away(bool away) { away_ = away; }

  private:
    std::expected<wallet::PrivateKey, std::string> key(const KeyPath& path) const;

    wallet::Seed seed_;
    bool away_ = false;
};

}  // namespace dcx::chain
