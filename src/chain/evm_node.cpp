#include "chain/evm_node.h"

#include <utility>

#include "chain/evm_text.h"

namespace dcx::chain {
namespace {

using nlohmann::json;

std::unexpected<NodeError> wrong(NodeErrorKind kind, std::string seen) {
    return std::unexpected(NodeError{kind, std::move(seen)});
}
std::unexpected<NodeError> malformed(const char* method, std::string_view what) {
    return wrong(NodeErrorKind::malformed, std::string(method) + ": " + std::string(what));
}

NodeErrorKind kind_of(HttpErrorKind kind) {
    switch (kind) {
        case HttpErrorKind::timed_out:
        case HttpErrorKind::broken: return NodeErrorKind::timed_out;
        case HttpErrorKind::too_large: return NodeErrorKind::malformed;
        default: return NodeErrorKind::unreachable;
    }
}

// What a node says, for a log: short, and nothing that a terminal would obey.
std::string quoted(std::string text) {
    constexpr std::size_t most = 200;
    if (text.size() > most) text.resize(most);
    for (char& c : text)
        if (c < ' ' || c > '~') c = '?';
    return text;
}

std::string string_of(const json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::optional<EvmBlock> block_of(const json& object, const char* number_name, const char* hash_name) {
    if (!object.is_object()) return {};
    const auto number = parse_quantity(string_of(object, number_name));
    const auto hash = parse_hash(string_of(object, hash_name));
    if (!number || !hash) return {};
    return EvmBlock{.number = *number, .hash = *hash};
}

json call_object(const EvmCall& call) {
    return {{"from", to_text(call.from)}, {"to", to_text(call.to)}, {"data", hex_text(call.data)}};
}

}  // namespace

EvmNode::EvmNode(std::string url, const HttpLimits& limits) : http_(std::move(url), limits) {}

NodeAnswer<json> EvmNode::ask(const char* method, json parameters) {
    const std::uint64_t id = next_id_++;
    const json question{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(parameters)}};
    const auto answer = http_.post("", question.dump());
    if (!answer) return wrong(kind_of(answer.error().kind), std::string(method) + ": " + answer.error().text());
    const json body = json::parse(answer->body, nullptr, false);
    if (body.is_object())
        if (const auto error = body.find("error"); error != body.end() && !error->is_null())
            return wrong(NodeErrorKind::refused,
                         std::string(method) + ": " +
                             quoted(error->is_object() ? string_of(*error, "message") : std::string("an error")));
    if (answer->status >= 500)
        return wrong(NodeErrorKind::failed, std::string(method) + ": status " + std::to_string(answer->status));
    if (answer->status != 200)
        return wrong(NodeErrorKind::refused, std::string(method) + ": status " + std::to_string(answer->status));
    if (!body.is_object() || !body.contains("result") || body.value("id", json{}) != json(id))
        return malformed(method, "no answer of JSON-RPC to this question");
    return body["result"];
}

NodeAnswer<std::uint64_t> EvmNode::ask_number(const char* method, json parameters) {
    const auto result = ask(method, std::move(parameters));
    if (!result) return std::unexpected(result.error());
    const auto number = result->is_string() ? parse_quantity(result->get<std::string>()) : std::nullopt;
    if (!number) return malformed(method, "no number below 2^64");
    return *number;
}

NodeAnswer<std::string> EvmNode::ask_bytes(const char* method, json parameters) {
    const auto result = ask(method, std::move(parameters));
    if (!result) return std::unexpected(result.error());
    auto bytes = result->is_string() ? parse_bytes(result->get<std::string>()) : std::nullopt;
    if (!bytes) return malformed(method, "no bytes");
    return *std::move(bytes);
}

NodeAnswer<std::uint64_t> EvmNode::chain_id() { return ask_number("eth_chainId", json::array()); }
NodeAnswer<std::uint64_t> EvmNode::gas_price() { return ask_number("eth_gasPrice", json::array()); }
NodeAnswer<std::uint64_t> EvmNode::transactions_of(const EvmAddress& address, Counted counted) {
    return ask_number("eth_getTransactionCount",
                      {to_text(address), counted == Counted::in_blocks ? "latest" : "pending"});
}
NodeAnswer<std::string> EvmNode::code(const EvmAddress& address) {
    return ask_bytes("eth_getCode", {to_text(address), "latest"});
}
NodeAnswer<std::string> EvmNode::call(const EvmCall& call) {
    return ask_bytes("eth_call", {call_object(call), "latest"});
}
NodeAnswer<std::uint64_t> EvmNode::estimate_gas(const EvmCall& call) {
    return ask_number("eth_estimateGas", json::array({call_object(call)}));
}

NodeAnswer<EvmBlock> EvmNode::newest_block() {
    const auto result = ask("eth_getBlockByNumber", {"latest", false});
    if (!result) return std::unexpected(result.error());
    const auto block = block_of(*result, "number", "hash");
    if (!block) return malformed("eth_getBlockByNumber", "no block");
    return *block;
}

NodeAnswer<std::optional<EvmBlock>> EvmNode::block(std::uint64_t number) {
    const auto result = ask("eth_getBlockByNumber", {quantity_text(number), false});
    if (!result) return std::unexpected(result.error());
    if (result->is_null()) return std::optional<EvmBlock>{};
    const auto block = block_of(*result, "number", "hash");
    if (!block || block->number != number) return malformed("eth_getBlockByNumber", "another block, or none");
    return block;
}

NodeAnswer<uint128> EvmNode::balance(const EvmAddress& address) {
    const auto result = ask("eth_getBalance", {to_text(address), "latest"});
    if (!result) return std::unexpected(result.error());
    const auto amount = result->is_string() ? parse_big_quantity(result->get<std::string>()) : std::nullopt;
    if (!amount) return malformed("eth_getBalance", "no amount");
    return *amount;
}

NodeAnswer<void> EvmNode::send_raw(std::string_view rlp) {
    const auto result = ask("eth_sendRawTransaction", json::array({hex_text(rlp)}));
    if (!result) return std::unexpected(result.error());
    const auto hash = result->is_string() ? parse_hash(result->get<std::string>()) : std::nullopt;
    if (hash != evm_hash(rlp)) return malformed("eth_sendRawTransaction", "another hash than it has");
    return {};
}

NodeAnswer<std::optional<EvmReceipt>> EvmNode::receipt(const Digest& hash) {
    const char* const method = "eth_getTransactionReceipt";
    const auto result = ask(method, json::array({hash_text(hash)}));
    if (!result) return std::unexpected(result.error());
    if (result->is_null()) return std::optional<EvmReceipt>{};
    const auto block = block_of(*result, "blockNumber", "blockHash");
    if (!block) return malformed(method, "no receipt");
    const auto status = parse_quantity(string_of(*result, "status"));
    if (parse_hash(string_of(*result, "transactionHash")) != hash || !status || *status > 1)
        return malformed(method, "another transaction's, or without an outcome");
    return EvmReceipt{.block = *block, .succeeded = *status == 1};
}

NodeAnswer<bool> EvmNode::knows(const Digest& hash) {
    const auto result = ask("eth_getTransactionByHash", json::array({hash_text(hash)}));
    if (!result) return std::unexpected(result.error());
    if (result->is_null()) return false;
    if (!result->is_object() || parse_hash(string_of(*result, "hash")) != hash)
        return malformed("eth_getTransactionByHash", "another transaction");
    return true;
}

NodeAnswer<std::optional<EvmEvent>> EvmNode::newest_event(const EvmAddress& contract, const Digest& topic,
                                                          const Digest& indexed) {
    const auto result = ask("eth_getLogs", json::array({{{"address", to_text(contract)},
                                                         {"fromBlock", "earliest"},
                                                         {"toBlock", "latest"},
                                                         {"topics", {hash_text(topic), hash_text(indexed)}}}}));
    if (!result) return std::unexpected(result.error());
    if (!result->is_array()) return malformed("eth_getLogs", "no list");
    if (result->empty()) return std::optional<EvmEvent>{};
    const auto block = block_of(result->back(), "blockNumber", "blockHash");
    if (!block) return malformed("eth_getLogs", "an event of no block");
    const auto transaction = parse_hash(string_of(result->back(), "transactionHash"));
    if (!transaction) return malformed("eth_getLogs", "an event of no transaction");
    return EvmEvent{.block = *block, .transaction = *transaction};
}

}  // namespace dcx::chain
