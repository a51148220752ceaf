// DecoinNode: a real node over its REST interface (docs/protocols/decoin.md). One request is one call, so a caller asks
// no more often than once a second, and waits up to the timeout (twice, as the genesis block is asked for too).
//
// The genesis block is compared before the first call, after every error, and before each status() and post(): nothing
// is posted to another chain. What is odd has a number: a 404 counts as "unknown" only in the node's own words, since a
// proxy's must not lead to a second post; a balance beyond 2^53, where its number with a point is no longer exact, is
// malformed; a block with a stranger's impossible transaction is readable all the same, but one larger than the bound,
// or one that the node itself can't write (500), is not, and whoever walks the chain waits there. One thread.
#pragma once

#include <string>

#include "chain/http_client.h"
#include "chain/node.h"

namespace dcx::chain {

struct DecoinNodeOptions {
    std::string url;      // http://127.0.0.1:8080
    std::string genesis;  // hash of block 0, hexadecimal; empty: kDecoinGenesis
    HttpLimits limits{};  // the node may be busy for more than five seconds by itself
};

class DecoinNode final : public Node {
  public:
    explicit DecoinNode(const DecoinNodeOptions& options);

    NodeAnswer<NodeStatus> status() override;
    NodeAnswer<ChainBlock> block(std::uint64_t height) override;
    NodeAnswer<ChainTransaction> transaction(const Digest& hash) override;
    NodeAnswer<std::int64_t> balance(const std::string& address) override;
    NodeAnswer<void> post(const std::string& body) override;

  private:
    NodeAnswer<void> connect();
    NodeAnswer<ChainBlock> read_block(std::uint64_t height);
    // Remembers that something was wrong.
    template <class T>
    NodeAnswer<T> seen(NodeAnswer<T> answer);

    HttpClient http_;
    Digest genesis_{};
    bool good_genesis_ = false;  // what was configured is a hash
    bool connected_ = false;
};

}  // namespace dcx::chain
