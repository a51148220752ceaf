// The DeCoin node as this folder sees it (facts of the protocol: docs/protocols/decoin.md). Every call may fail in
// every way; an answer is checked for form, never believed for meaning. One thread.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "model/types.h"

namespace dcx::chain {

// Numbers are given once.
enum class NodeErrorKind : std::uint8_t {
    unreachable = 1,  // no connection
    timed_out = 2,    // no answer in time: what was asked may have happened
    refused = 3,      // a 4xx answer
    failed = 4,       // a 5xx answer
    malformed = 5,    // not the form that the protocol has, or larger than the bound
    wrong_chain = 6,  // another genesis than configured
    unknown = 7,      // 404: no such block or transaction
};
[[nodiscard]] std::string_view to_string(NodeErrorKind kind);
struct NodeError {
    NodeErrorKind kind{};
    std::string seen;
};
template <class T>
using NodeAnswer = std::expected<T, NodeError>;

// What REST tells of one. Nonce, signature and key are not among it, so that neither the hash nor who sent it can be
// verified here: whoever knows the hash knows what it stands for, everybody else believes the node.
struct ChainTransaction {
    Digest hash{};
    std::string sender;
    std::string recipient;
    std::int64_t amount{};  // -1: one that 64 bits can't hold, which strangers can make; never ours, never a deposit
    std::string type;       // the chain's name: "standard", ...
    std::string metadata;   // JSON, as the node tells it; empty: it didn't
    std::optional<std::uint64_t> height;  // of its block; none: pending
};
struct ChainBlock {
    std::uint64_t height{};
    Digest hash{};
    Digest previous{};
    std::vector<ChainTransaction> transactions;
};
struct NodeStatus {
    std::uint64_t blocks{};  // height of the tip + 1
    double uptime_s{};
};

class Node {
  public:
    virtual ~Node() = default;
    virtual NodeAnswer<NodeStatus> status() = 0;
    virtual NodeAnswer<ChainBlock> block(std::uint64_t height) = 0;
    virtual NodeAnswer<ChainTransaction> transaction(const Digest& hash) = 0;
    // Confirmed less the address's own pending spends. An error is "unknown", never zero.
    virtual NodeAnswer<std::int64_t> balance(const std::string& address) = 0;
    // The body of POST /transaction, made by transaction.h. Whatever it answers, only transaction() tells what became
    // of it.
    virtual NodeAnswer<void> post(const std::string& body) = 0;
};

}  // namespace dcx::chain
