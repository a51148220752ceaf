// dcx signer: the only commands that know the seed. It is read from its vault, used and wiped; nothing of it is
// printed, sent or stored. None of them talks to a venue.
#include <sys/stat.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "app/commands.h"
#include "app/passphrase.h"
#include "app/private_memory.h"
#include "app/signer_evm_command.h"
#include "chain/evm_transaction.h"
#include "chain/signer.h"
#include "model/chain_address.h"
#include "wallet/derivation.h"
#include "wallet/vault.h"

namespace dcx::app {
namespace {

wallet::Seed open(const SignerOptions& options, const wallet::Passphrase& passphrase) {
    auto seed = wallet::open_seed(options.vault, passphrase);
    if (!seed) throw std::runtime_error(seed.error().message);
    return std::move(*seed);
}

wallet::AccountKeys open_account(const SignerOptions& options) {
    // First: /dev/stdin can't be opened afterwards.
    const PassphraseSource source(options.passphrase_file);
    keep_memory_private();
    const auto seed = open(options, source.read("Passphrase of " + options.vault + ": "));
    auto keys = wallet::AccountKeys::of(seed.bytes(), options.account);
    if (!keys)
        throw std::runtime_error("account " + std::to_string(options.account) + ": " +
                                 std::string{to_string(keys.error())});
    return std::move(*keys);
}

std::string address_at(const wallet::AccountKeys& keys, std::uint32_t account, std::uint32_t index) {
    const auto address = keys.address(index);
    if (!address)
        throw std::runtime_error(wallet::path_text(account, index) + ": " + std::string{to_string(address.error())});
    return address_text(*address);
}

void print_json(std::uint32_t account, std::uint32_t index, const std::string& address) {
    const nlohmann::ordered_json line{
        {"account", account}, {"index", index}, {"path", wallet::path_text(account, index)}, {"address", address}};
    std::printf("%s\n", line.dump().c_str());
}

}  // namespace

int signer_init(const SignerOptions& options) {
    struct stat status{};
    // Asked before the passphrase is; create_seed_vault() looks again.
    if (::lstat(options.vault.c_str(), &status) == 0)
        throw std::runtime_error(options.vault + ": there is a file already, and a vault is never written over");
    const PassphraseSource source(options.passphrase_file);
    keep_memory_private();
    const auto passphrase = source.read_new("New passphrase of " + options.vault + ": ");
    const auto seed = wallet::new_seed();
    if (const auto made = wallet::create_seed_vault(options.vault, seed, passphrase); !made)
        throw std::runtime_error(made.error().message);
    // Once opened from the disk, before anybody sends coin to an address of it.
    if (!(open(options, passphrase) == seed))
        throw std::runtime_error(options.vault + ": holds another seed than was written; don't use it");
    if (options.json) {
        std::printf("%s\n", nlohmann::ordered_json{{"vault", options.vault}}.dump().c_str());
    } else {
        std::printf("made %s: keep a copy of it, and its passphrase somewhere else\n", options.vault.c_str());
    }
    return kDone;
}

int signer_address(const SignerOptions& options) {
    const auto keys = open_account(options);
    const std::string address = address_at(keys, options.account, options.index);
    if (options.json) {
        print_json(options.account, options.index, address);
    } else {
        std::printf("%s\n", address.c_str());
    }
    return kDone;
}

int signer_addresses(const SignerOptions& options) {
    if (std::uint64_t{options.first} + options.count > wallet::kHardened)
        throw std::runtime_error("indexes end at " + std::to_string(wallet::kHardened - 1));
    const auto keys = open_account(options);
    for (std::uint32_t i = 0; i < options.count; ++i) {
        const std::uint32_t index = options.first + i;
        const std::string address = address_at(keys, options.account, index);
        if (options.json) {
            print_json(options.account, index, address);
        } else {
            std::printf("%u %s\n", index, address.c_str());
        }
    }
    return kDone;
}

int signer_evm_address(const SignerOptions& options) {
    SignerOptions own = options;
    own.account = chain::kEvmPath;
    const auto key = open_account(own).key(0);
    if (!key) throw std::runtime_error(std::string{to_string(key.error())});
    const std::string address = chain::to_text(chain::evm_address_of(*wallet::public_key_of(*key)));
    if (options.json)
        std::printf("%s\n", nlohmann::ordered_json{{"address", address}}.dump().c_str());
    else
        std::printf("%s\n", address.c_str());
    return kDone;
}

int signer_check_address(const SignerOptions& options) {
    const auto address = parse_address(options.text);
    if (!address) {
        // Without the text: it can be anything, and need not even be UTF-8.
        const std::string error{to_string(address.error())};
        std::fprintf(stderr, "dcx: not an address: %s (%u)\n", error.c_str(), static_cast<unsigned>(address.error()));
        if (options.json)
            std::printf("%s\n",
                        nlohmann::ordered_json{
                            {"well_formed", false}, {"error", error}, {"code", static_cast<unsigned>(address.error())}}
                            .dump()
                            .c_str());
        return kFailed;
    }
    const std::string kind{to_string(address->kind)};
    if (options.json) {
        std::printf(
            "%s\n",
            nlohmann::ordered_json{{"well_formed", true}, {"kind", kind}, {"address", options.text}}.dump().c_str());
    } else {
        std::printf("%s\n", kind.c_str());
    }
    return kDone;
}

}  // namespace dcx::app
