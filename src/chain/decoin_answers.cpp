#include "chain/decoin_answers.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "chain/canonical_json.h"

namespace dcx::chain {
namespace {

using Json = nlohmann::json;

std::unexpected<NodeError> malformed(std::string seen) {
    return std::unexpected(NodeError{NodeErrorKind::malformed, std::move(seen)});
}

// What a person may see of a stranger's text.
std::string excerpt(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, 160)) out += c >= ' ' && c <= '~' ? c : '?';
    return text.size() > 160 ? out + "..." : out;
}

NodeAnswer<Json> object_of(const std::string& body) {
    auto value = parse_json(body);
    if (!value) return malformed("no JSON: " + excerpt(body));
    if (!value->is_object()) return malformed("no JSON object: " + excerpt(body));
    return std::move(*value);
}

const Json* member(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found == object.end() ? nullptr : &*found;
}

// A whole number of 0 .. 2^63 - 1, or -1.
std::int64_t whole(const Json* value) {
    if (value == nullptr || !value->is_number_integer()) return -1;
    if (value->is_number_unsigned()) {
        const auto number = value->get<std::uint64_t>();
        const bool fits = number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
        return fits ? static_cast<std::int64_t>(number) : -1;
    }
    return value->get<std::int64_t>() < 0 ? -1 : value->get<std::int64_t>();
}

// A number with or without a point, finite, 0 or more; nothing else.
std::optional<double> positive(const Json* value) {
    if (value == nullptr || !value->is_number()) return std::nullopt;
    const double number = value->get<double>();
    if (!std::isfinite(number) || number < 0) return std::nullopt;
    return number;
}

bool hash_at(const Json& object, const char* name, Digest& out) {
    const Json* const value = member(object, name);
    return value != nullptr && value->is_string() && from_hex(value->get_ref<const std::string&>(), out);
}

bool text_at(const Json& object, const char* name, std::string& out) {
    const Json* const value = member(object, name);
    if (value == nullptr || !value->is_string()) return false;
    out = value->get<std::string>();
    return true;
}

NodeAnswer<ChainTransaction> transaction_at(const Json& value) {
    if (!value.is_object()) return malformed("a transaction that is no object");
    ChainTransaction transaction;
    std::string status;
    if (!hash_at(value, "transaction_id", transaction.hash)) return malformed("a transaction without its hash");
    const std::string name = "transaction " + to_hex(transaction.hash);
    if (!text_at(value, "sender", transaction.sender) || !text_at(value, "recipient", transaction.recipient) ||
        !text_at(value, "transaction_type", transaction.type) || !text_at(value, "status", status))
        return malformed(name + ": sender, recipient, type or status is missing");
    transaction.amount = whole(member(value, "amount"));
    if (const Json* const metadata = member(value, "metadata"); metadata != nullptr && metadata->is_object())
        transaction.metadata = metadata->dump(-1, ' ', true, Json::error_handler_t::replace);
    const Json* const height = member(value, "block_height");
    const bool confirmed = status == "confirmed";
    if (!confirmed && status != "pending") return malformed(name + ": status " + excerpt(status));
    if (confirmed) {
        const std::int64_t block = whole(height);
        if (block < 0) return malformed(name + ": confirmed in no block");
        transaction.height = static_cast<std::uint64_t>(block);
    } else if (height != nullptr && !height->is_null()) {
        return malformed(name + ": pending in a block");
    }
    return transaction;
}

}  // namespace

NodeError error_of(const HttpError& error) {
    switch (error.kind) {
        case HttpErrorKind::bad_url:
        case HttpErrorKind::not_secure:
        case HttpErrorKind::unreachable: return {NodeErrorKind::unreachable, error.text()};
        // A connection that broke may have carried the request.
        case HttpErrorKind::broken:
        case HttpErrorKind::timed_out: return {NodeErrorKind::timed_out, error.text()};
        case HttpErrorKind::too_large: break;
    }
    return {NodeErrorKind::malformed, error.text()};
}

NodeError error_of(const HttpAnswer& answer, std::string_view not_found) {
    std::string said;
    if (const auto value = parse_json(answer.body); value && value->is_object())
        if (const Json* const detail = member(*value, "detail"); detail != nullptr)
            said = detail->is_string() ? detail->get<std::string>()
                                       : detail->dump(-1, ' ', true, Json::error_handler_t::replace);
    const std::string text =
        "answer " + std::to_string(answer.status) + ": " + excerpt(said.empty() ? answer.body : said);
    if (answer.status == 404 && !not_found.empty() && said == not_found) return {NodeErrorKind::unknown, text};
    if (answer.status == 404) return {NodeErrorKind::malformed, text + " (not in the node's own words)"};
    if (answer.status >= 400 && answer.status < 500) return {NodeErrorKind::refused, text};
    if (answer.status >= 500 && answer.status < 600) return {NodeErrorKind::failed, text};
    return {NodeErrorKind::malformed, text};
}

NodeAnswer<NodeStatus> status_of(const std::string& body) {
    const auto value = object_of(body);
    if (!value) return std::unexpected(value.error());
    const std::int64_t blocks = whole(member(*value, "chain_height"));
    const auto uptime = positive(member(*value, "uptime"));
    if (blocks < 1 || !uptime) return malformed("status without chain_height and uptime: " + excerpt(body));
    return NodeStatus{.blocks = static_cast<std::uint64_t>(blocks), .uptime_s = *uptime};
}

NodeAnswer<ChainBlock> block_of(const std::string& body, std::uint64_t height) {
    const auto value = object_of(body);
    if (!value) return std::unexpected(value.error());
    ChainBlock block{.height = height, .hash = {}, .previous = {}, .transactions = {}};
    const std::string name = "block " + std::to_string(height);
    if (whole(member(*value, "index")) != static_cast<std::int64_t>(height))
        return malformed(name + ": another was told");
    if (!hash_at(*value, "hash", block.hash)) return malformed(name + ": no hash");
    std::string previous;
    // Nothing is before genesis.
    const bool linked = hash_at(*value, "previous_hash", block.previous) ||
                        (height == 0 && text_at(*value, "previous_hash", previous) && previous == "0");
    if (!linked) return malformed(name + ": no link to the block before");
    const Json* const transactions = member(*value, "transactions");
    if (transactions == nullptr || !transactions->is_array()) return malformed(name + ": no transactions");
    for (const Json& inside : *transactions) {
        auto transaction = transaction_at(inside);
        if (!transaction) return malformed(name + ": " + transaction.error().seen);
        if (transaction->height != height) return malformed(name + ": a transaction of another block");
        block.transactions.push_back(std::move(*transaction));
    }
    return block;
}

NodeAnswer<ChainTransaction> transaction_of(const std::string& body, const Digest& hash) {
    const auto value = object_of(body);
    if (!value) return std::unexpected(value.error());
    auto transaction = transaction_at(*value);
    if (transaction && transaction->hash != hash) return malformed("another transaction than " + to_hex(hash));
    return transaction;
}

NodeAnswer<std::int64_t> balance_of(const std::string& body, const std::string& address) {
    const auto value = object_of(body);
    if (!value) return std::unexpected(value.error());
    std::string told;
    if (!text_at(*value, "address", told) || told != address) return malformed("a balance of another address");
    const auto balance = positive(member(*value, "balance"));
    if (!balance || std::floor(*balance) != *balance) return malformed("no balance: " + excerpt(body));
    // From here on neighbours have the same text.
    if (*balance >= 9'007'199'254'740'992.0) return malformed("a balance of 2^53 or more, which is not told exactly");
    return static_cast<std::int64_t>(*balance);
}

NodeAnswer<void> taken_of(const std::string& body, const Digest& hash) {
    const auto value = object_of(body);
    if (!value) return std::unexpected(value.error());
    const Json* const success = member(*value, "success");
    const Json* const data = member(*value, "data");
    Digest told{};
    if (success == nullptr || *success != true || data == nullptr || !data->is_object() ||
        !hash_at(*data, "transaction_id", told))
        return malformed("no answer to a transaction: " + excerpt(body));
    if (told != hash) return malformed("another transaction was taken: " + to_hex(told));
    return {};
}

}  // namespace dcx::chain
