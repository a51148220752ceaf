// A DeCoin node in memory, with everything that goes wrong with one, for tests in virtual time. Given the same calls
// and seed it does the same. It checks what the real node checks and lets pass what that lets pass: overdrafts, doubles
// and nonces out of order get into the mempool, and from then on nothing is mined any more. Of one key only: multisig
// transactions are refused. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "chain/node.h"
#include "chain/transaction.h"

namespace dcx::chain {

enum class FakeCall : std::uint8_t { any, status, block, transaction, balance, post };
enum class FakeFault : std::uint8_t {
    unreachable,           // nothing happens
    hang,                  // timed out, nothing happens
    lost_answer,           // timed out, but it has happened
    refused_after_accept,  // of a post: 400, but it is in the mempool
    server_error,          // 500
    malformed,
};
struct FakeChainOptions {
    std::uint64_t seed = 1;
    std::int64_t block_cap = 900'000;  // sum of a block's amounts, coinbase included; above: it is never mined
    bool check_signatures = true;
    unsigned fault_permille = 0;  // of calls that fail somehow, drawn from the seed
};
inline constexpr std::int64_t kFakeReward = 50;

class FakeChain final : public Node {
  public:
    explicit FakeChain(const FakeChainOptions& options = {});

    NodeAnswer<NodeStatus> status() override;
    NodeAnswer<ChainBlock> block(std::uint64_t height) override;
    NodeAnswer<ChainTransaction> transaction(const Digest& hash) override;
    NodeAnswer<std::int64_t> balance(const std::string& address) override;
    NodeAnswer<void> post(const std::string& body) override;

    // What happens to it.
    // A block of the mempool, if it is not empty and all of it is valid. Whether there is one.
    bool mine();
    // `count` blocks with a minter's transaction each, so that others are confirmed. What waits in the mempool is mined
    // with the first. False when the mempool is poisoned.
    bool mine_more(std::uint64_t count);
    // Coin out of nothing by a minter, in the mempool. The same twice in one second has the same hash.
    Digest mint(const std::string& to, std::int64_t amount, std::string_view minter = "system");
    void pass(double seconds);  // of uptime, and of the minters' clock
    // All is forgotten: genesis, no mempool, uptime 0.
    void restart();
    // The newest `depth` blocks are replaced by depth + 1 others, without their transactions but those of `kept` that
    // are still valid there. The rest is gone for good: a node puts nothing back. At most down to genesis.
    void fork(std::uint64_t depth, const std::set<Digest>& kept = {});
    void stop_mining(bool stopped) { stopped_ = stopped; }  // nothing confirms
    void change_genesis();                                  // a restart as another chain
    void fail_next(FakeCall call, FakeFault fault, unsigned count = 1);
    void set_fault_permille(unsigned permille) { options_.fault_permille = permille; }
    void set_block_cap(std::int64_t cap) { options_.block_cap = cap; }

    // What a test knows of it, past all faults.
    [[nodiscard]] std::uint64_t height() const { return blocks_.size() - 1; }
    [[nodiscard]] const Digest& genesis() const { return blocks_.front().hash; }
    [[nodiscard]] const std::vector<ChainBlock>& blocks() const { return blocks_; }
    [[nodiscard]] std::size_t pending() const { return mempool_.size(); }
    [[nodiscard]] bool poisoned() const;  // the next block can't be made
    [[nodiscard]] std::int64_t confirmed(const std::string& address) const;
    [[nodiscard]] std::uint64_t posts() const { return posts_; }  // bodies that got as far as the node
    // How often a transaction stands in the chain: more than once only for a minter's.
    [[nodiscard]] unsigned times_mined(const Digest& hash) const;

  private:
    struct Entry {
        Transaction transaction;
        Digest hash{};
        std::int64_t fee{};
        bool whole_fee = true;  // another one is taken and never mined
    };
    struct State {  // of the chain up to a block
        std::map<std::string, std::int64_t> balances;
        std::map<std::string, std::uint64_t> nonces;
    };

    std::optional<FakeFault> fault_of(FakeCall call);
    // Of a call that changes nothing.
    std::optional<NodeError> reading_fails(FakeCall call);
    [[nodiscard]] static bool apply(State& state, const Entry& entry);
    void append(const std::vector<Entry>& entries);
    [[nodiscard]] bool valid(const std::vector<Entry>& entries) const;
    [[nodiscard]] Entry minted(const std::string& to, std::int64_t amount, std::string_view minter);
    void begin();
    NodeAnswer<void> take(const std::string& body);

    struct Planned {
        FakeCall call;
        FakeFault fault;
    };

    FakeChainOptions options_;
    Random random_;
    std::vector<ChainBlock> blocks_;
    std::vector<std::vector<Entry>> entries_;  // of each block
    State state_;
    std::vector<Entry> mempool_;
    std::deque<Planned> planned_;
    double uptime_s_ = 0;
    std::int64_t clock_s_ = 1'800'000'000;
    std::uint64_t chain_ = 0;     // counts genesis blocks
    std::uint64_t branches_ = 0;  // so that a block made again differs
    std::uint64_t fillers_ = 0;
    std::uint64_t posts_ = 0;
    bool stopped_ = false;
};

}  // namespace dcx::chain
