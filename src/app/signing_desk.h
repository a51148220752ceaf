// SigningDesk: the signer with the seed. It derives each key when it is needed and wipes it, writes the transaction
// itself, and signs what its own rules allow, whatever the venue says:
//   - paths: hot addresses, anchors' addresses, deposit addresses of customers (never the venue's other accounts), and
//     for the EVM the one key of the anchor contract's owner;
//   - a deposit address pays nobody but one of the hot addresses, so it can't be emptied elsewhere;
//   - a hot address pays well-formed addresses, up to an amount a transaction and a sum a day;
//   - an anchor pays one unit to its own address;
//   - an EVM transaction is a call of an anchor contract, pays nobody, and its gas costs at most so much (evm_rules.h);
//   - one transaction for each nonce of an address, rising, remembered on the disk (signed_list.h).
// One thread. A request that breaks a rule is an error text; a list that can't be written throws.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "app/signed_list.h"
#include "base/clock.h"
#include "chain/signer.h"
#include "wallet/derivation.h"

namespace dcx::app {

struct SigningRules {
    std::int64_t max_amount = 900'000;            // of one transaction
    std::int64_t max_per_day = 100'000'000;       // of a hot address's payments in one UTC day, of this clock; 0: any
    std::uint32_t hot_addresses = 256;            // indices 1 .. it
    std::uint32_t addresses_per_account = 1'000;  // of customers, indices 0 .. it
    bool evm = true;
};
// A TOML file with these names as its keys; throws std::runtime_error that names what is wrong.
[[nodiscard]] SigningRules read_signing_rules(const std::string& path);

class SigningDesk final : public chain::Signer {
  public:
    // The list and the clock outlive it.
    SigningDesk(wallet::Seed seed, SignedList& list, Clock& clock, SigningRules rules)
        : seed_(std::move(seed)), list_(list), clock_(clock), rules_(rules) {}

    std::expected<std::string, std::string> address(const chain::KeyPath& path) override;
    std::expected<chain::SignedTransfer, std::string> sign(const chain::TransferRequest& request) override;
    std::expected<chain::EvmSignature, std::string> sign_evm(const chain::KeyPath& path,
                                                             const std::string& unsigned_rlp) override;
    std::expected<std::array<std::byte, 20>, std::string> evm_address(const chain::KeyPath& path) override;

  private:
    [[nodiscard]] std::string path_refusal(const chain::KeyPath& path) const;
    [[nodiscard]] std::string evm_path_refusal(const chain::KeyPath& path) const;
    [[nodiscard]] std::expected<wallet::PrivateKey, std::string> key(const chain::KeyPath& path) const;
    std::string transfer_refusal(const chain::TransferRequest& request, const std::string& sender);
    bool is_hot(const std::string& address);

    wallet::Seed seed_;
    SignedList& list_;
    Clock& clock_;
    SigningRules rules_;
    std::map<std::string, std::uint32_t> hot_;  // addresses by index, as far as they were needed
};

}  // namespace dcx::app
