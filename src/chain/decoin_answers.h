// The node's answers as values, or what is wrong with them. Nothing in them is believed but their form. Any thread.
#pragma once

#include <string>

#include "chain/http_client.h"
#include "chain/node.h"

namespace dcx::chain {

[[nodiscard]] NodeError error_of(const HttpError& error);
// Of an answer that is not 200. `not_found` is what the node says of a thing that is not there.
[[nodiscard]] NodeError error_of(const HttpAnswer& answer, std::string_view not_found);

[[nodiscard]] NodeAnswer<NodeStatus> status_of(const std::string& body);
[[nodiscard]] NodeAnswer<ChainBlock> block_of(const std::string& body, std::uint64_t height);
[[nodiscard]] NodeAnswer<ChainTransaction> transaction_of(const std::string& body, const Digest& hash);
[[nodiscard]] NodeAnswer<std::int64_t> balance_of(const std::string& body, const std::string& address);
// That it took the transaction of this hash.
[[nodiscard]] NodeAnswer<void> taken_of(const std::string& body, const Digest& hash);

}  // namespace dcx::chain
