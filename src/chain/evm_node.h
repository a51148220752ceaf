// EvmNode: an EVM chain's node over JSON-RPC 2.0, as far as anchors need it. Every answer is checked for form; what it
// says is the node's word alone. Numbers of the protocol are hexadecimal text; one that does not fit is malformed. One
// thread.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/checked.h"
#include "chain/evm_transaction.h"
#include "chain/http_client.h"
#include "chain/node.h"

namespace dcx::chain {

struct EvmBlock {
    std::uint64_t number{};
    Digest hash{};
};
struct EvmReceipt {
    EvmBlock block;
    bool succeeded{};
};
struct EvmEvent {
    EvmBlock block;
    Digest transaction{};
};
struct EvmCall {
    EvmAddress from{};
    EvmAddress to{};
    std::string data;  // bytes
};

class EvmNode {
  public:
    explicit EvmNode(std::string url, const HttpLimits& limits = {});

    NodeAnswer<std::uint64_t> chain_id();
    NodeAnswer<EvmBlock> newest_block();
    // Nothing when the chain is not that high.
    NodeAnswer<std::optional<EvmBlock>> block(std::uint64_t number);
    NodeAnswer<std::uint64_t> gas_price();
    // How many transactions the address has sent: its next nonce.
    enum class Counted : std::uint8_t { in_blocks, waiting_too };
    NodeAnswer<std::uint64_t> transactions_of(const EvmAddress& address, Counted counted);
    NodeAnswer<uint128> balance(const EvmAddress& address);
    NodeAnswer<std::string> code(const EvmAddress& address);
    // What it returns, without changing anything; `refused` when it would fail.
    NodeAnswer<std::string> call(const EvmCall& call);
    NodeAnswer<std::uint64_t> estimate_gas(const EvmCall& call);
    // A signed transaction; `refused` also when the node has it already.
    NodeAnswer<void> send_raw(std::string_view rlp);
    // Of a transaction that is in a block.
    NodeAnswer<std::optional<EvmReceipt>> receipt(const Digest& hash);
    // It is in a block, or waits for one.
    NodeAnswer<bool> knows(const Digest& hash);
    // The newest event of that contract with these two topics.
    NodeAnswer<std::optional<EvmEvent>> newest_event(const EvmAddress& contract, const Digest& topic,
                                                     const Digest& indexed);

  private:
    NodeAnswer<nlohmann::json> ask(const char* method, nlohmann::json parameters);
    NodeAnswer<std::uint64_t> ask_number(const char* method, nlohmann::json parameters);
    NodeAnswer<std::string> ask_bytes(const char* method, nlohmann::json parameters);

    HttpClient http_;
    std::uint64_t next_id_ = 1;
};

}  // namespace dcx::chain
