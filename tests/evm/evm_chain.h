// The private chain beside this test (tests/e2e/evm_node.py) as its owner uses it: contracts made, money given, blocks
// made when the test says so. And a signer with one key. For tests, one thread; what fails throws.
#pragma once

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "chain/evm_contract.h"
#include "chain/evm_text.h"
#include "chain/evm_transaction.h"
#include "chain/http_client.h"
#include "servers/server_control.h"
#include "wallet/chain_key.h"

namespace dcx::chain {

inline constexpr std::uint64_t kTestChainId = 1337;

class OneKeySigner final : public Signer {
  public:
    explicit OneKeySigner(unsigned char number) { key_.bytes()[31] = std::byte{number}; }
    std::expected<std::string, std::string> address(const KeyPath&) override { return std::unexpected("only EVM"); }
    std::expected<SignedTransfer, std::string> sign(const TransferRequest&) override {
        return std::unexpected("only EVM");
    }
    std::expected<EvmSignature, std::string> sign_evm(const KeyPath& path, const std::string& unsigned_rlp) override {
        if (away) return std::unexpected("away");
        if (path.account != kEvmPath || !parse_unsigned_rlp(unsigned_rlp)) return std::unexpected("refused");
        const auto made = wallet::sign_recoverable(key_, evm_hash(unsigned_rlp));
        return EvmSignature{.rs = made->rs, .recovery = made->recovery};
    }
    std::expected<EvmAddress, std::string> evm_address(const KeyPath&) override {
        if (away) return std::unexpected("away");
        return evm_address_of(*wallet::public_key_of(key_));
    }

    bool away = false;

  private:
    wallet::PrivateKey key_;
};

class EvmChain {
  public:
    explicit EvmChain(const std::string& url) : http_(url), rich_(call("eth_accounts", nlohmann::json::array())[0]) {}

    nlohmann::json call(const std::string& method, const nlohmann::json& parameters) {
        const nlohmann::json question{{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", parameters}};
        const auto answer = http_.post("", question.dump());
        if (!answer) throw std::runtime_error(method + ": " + answer.error().text());
        const nlohmann::json body = nlohmann::json::parse(answer->body);
        if (body.contains("error")) throw std::runtime_error(method + ": " + body["error"].dump());
        return body["result"];
    }
    EvmAddress make_contract(const EvmAddress& owner) {
        const std::string data = "0x" + servers::environment("DCX_EVM_BYTECODE") + std::string(24, '0') + to_hex(owner);
        const nlohmann::json hash = call(
            "eth_sendTransaction", nlohmann::json::array({{{"from", rich_}, {"gas", "0x100000"}, {"data", data}}}));
        const nlohmann::json receipt = call("eth_getTransactionReceipt", nlohmann::json::array({hash}));
        return *parse_evm_address(receipt["contractAddress"].get<std::string>());
    }
    void give(const EvmAddress& to, std::uint64_t wei) {
        call("eth_sendTransaction",
             nlohmann::json::array({{{"from", rich_}, {"to", to_text(to)}, {"value", quantity_text(wei)}}}));
    }
    void mine() { call("evm_mine", nlohmann::json::array()); }
    // Between the two, transactions wait.
    void stop_mining() { call("miner_stop", nlohmann::json::array()); }
    void start_mining() { call("miner_start", nlohmann::json::array()); }
    // What came after a snapshot is gone, as if another branch had won.
    nlohmann::json snapshot() { return call("evm_snapshot", nlohmann::json::array()); }
    void revert(const nlohmann::json& snapshot) { call("evm_revert", nlohmann::json::array({snapshot})); }

  private:
    HttpClient http_;
    nlohmann::json rich_;
};

}  // namespace dcx::chain
