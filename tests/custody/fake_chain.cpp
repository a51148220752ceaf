#include "custody/fake_chain.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/check.h"
#include "wallet/chain_key.h"

namespace dcx::chain {
namespace {

std::unexpected<NodeError> error(NodeErrorKind kind, std::string seen) {
    return std::unexpected(NodeError{kind, std::move(seen)});
}

Digest digest_of(const std::string& text) { return Sha256::of(std::as_bytes(std::span{text})); }

// The public key is the sender's, and the signature is one of the hash by it.
bool authorised(const PostedTransaction& posted, const Digest& hash) {
    wallet::PublicKey key;
    wallet::Signature signature;
    if (!from_hex(posted.public_key, key) || !from_hex(posted.signature, signature)) return false;
    return address_text(wallet::address_of(key)) == posted.transaction.sender && wallet::verify(key, hash, signature);
}

}  // namespace

FakeChain::FakeChain(const FakeChainOptions& options) : options_(options), random_(options.seed) { begin(); }

void FakeChain::begin() {
    blocks_.clear();
    entries_.clear();
    mempool_.clear();
    state_ = {};
    uptime_s_ = 0;
    blocks_.push_back({.height = 0,
                       .hash = digest_of("genesis " + std::to_string(chain_)),
                       .previous = {},
                       .transactions = {{.hash = digest_of("genesis transaction"),
                                         .sender = "genesis",
                                         .recipient = "genesis",
                                         .amount = 0,
                                         .type = "standard",
                                         .metadata = "{}",
                                         .height = 0}}});
    entries_.emplace_back();
}

std::optional<FakeFault> FakeChain::fault_of(FakeCall call) {
    if (!planned_.empty() && (planned_.front().call == call || planned_.front().call == FakeCall::any)) {
        const FakeFault fault = planned_.front().fault;
        planned_.pop_front();
        return fault;
    }
    if (options_.fault_permille == 0 || random_.below(1000) >= options_.fault_permille) return std::nullopt;
    return static_cast<FakeFault>(random_.below(6));
}

void FakeChain::fail_next(FakeCall call, FakeFault fault, unsigned count) {
    for (unsigned i = 0; i < count; ++i) planned_.push_back({call, fault});
}

std::optional<NodeError> FakeChain::reading_fails(FakeCall call) {
    const auto fault = fault_of(call);
    if (!fault) return std::nullopt;
    switch (*fault) {
        case FakeFault::unreachable: return NodeError{NodeErrorKind::unreachable, "planned"};
        case FakeFault::hang:
        case FakeFault::lost_answer: return NodeError{NodeErrorKind::timed_out, "planned"};
        case FakeFault::malformed: return NodeError{NodeErrorKind::malformed, "planned"};
        case FakeFault::server_error:
        case FakeFault::refused_after_accept: break;
    }
    return NodeError{NodeErrorKind::failed, "planned: answer 500"};
}

NodeAnswer<NodeStatus> FakeChain::status() {
    if (auto failed = reading_fails(FakeCall::status)) return std::unexpected(std::move(*failed));
    return NodeStatus{.blocks = blocks_.size(), .uptime_s = uptime_s_};
}

NodeAnswer<ChainBlock> FakeChain::block(std::uint64_t height) {
    if (auto failed = reading_fails(FakeCall::block)) return std::unexpected(std::move(*failed));
    if (height >= blocks_.size()) return error(NodeErrorKind::unknown, "block " + std::to_string(height));
    return blocks_[height];
}

NodeAnswer<ChainTransaction> FakeChain::transaction(const Digest& hash) {
    if (auto failed = reading_fails(FakeCall::transaction)) return std::unexpected(std::move(*failed));
    for (const ChainBlock& block : blocks_)
        for (const ChainTransaction& transaction : block.transactions)
            if (transaction.hash == hash) return transaction;
    for (const Entry& entry : mempool_)
        if (entry.hash == hash)
            return ChainTransaction{.hash = entry.hash,
                                    .sender = entry.transaction.sender,
                                    .recipient = entry.transaction.recipient,
                                    .amount = entry.transaction.amount,
                                    .type = entry.transaction.type,
                                    .metadata = entry.transaction.metadata,
                                    .height = {}};
    return error(NodeErrorKind::unknown, "transaction " + to_hex(hash));
}

NodeAnswer<std::int64_t> FakeChain::balance(const std::string& address) {
    if (auto failed = reading_fails(FakeCall::balance)) return std::unexpected(std::move(*failed));
    std::int64_t left = confirmed(address);
    for (const Entry& entry : mempool_)
        if (entry.transaction.sender == address) left -= entry.transaction.amount + entry.fee;
    if (left < 0) return error(NodeErrorKind::failed, "answer 500");
    if (left > (std::int64_t{1} << 53)) return error(NodeErrorKind::malformed, "a balance that its number can't hold");
    return left;
}

NodeAnswer<void> FakeChain::post(const std::string& body) {
    const auto fault = fault_of(FakeCall::post);
    if (fault == FakeFault::unreachable) return error(NodeErrorKind::unreachable, "planned");
    if (fault == FakeFault::hang) return error(NodeErrorKind::timed_out, "planned");
    if (fault == FakeFault::server_error) return error(NodeErrorKind::failed, "planned: answer 500");
    ++posts_;
    auto taken = take(body);
    if (fault == FakeFault::lost_answer) return error(NodeErrorKind::timed_out, "planned");
    if (fault == FakeFault::refused_after_accept) return error(NodeErrorKind::refused, "planned: answer 400");
    if (fault == FakeFault::malformed) return error(NodeErrorKind::malformed, "planned");
    return taken;
}

NodeAnswer<void> FakeChain::take(const std::string& body) {
    const auto posted = parse_post_body(body);
    if (!posted) return error(NodeErrorKind::refused, std::string{to_string(posted.error())});
    const Transaction& transaction = posted->transaction;
    if (transaction.amount < 1) return error(NodeErrorKind::refused, "amount");
    if (transaction.metadata.size() > kMaxMetadata) return error(NodeErrorKind::refused, "metadata");
    const auto hash = transaction_hash(transaction);
    if (!hash) return error(NodeErrorKind::refused, std::string{to_string(hash.error())});
    Entry entry{.transaction = transaction, .hash = *hash};
    const auto metadata = nlohmann::json::parse(transaction.metadata);
    if (const auto fee = metadata.find("fee"); fee != metadata.end()) {
        entry.whole_fee = fee->is_number_integer() && *fee >= 0;
        if (entry.whole_fee) entry.fee = fee->get<std::int64_t>();
    }
    if (!is_minter(transaction.sender)) {
        if (options_.check_signatures && !authorised(*posted, *hash)) return error(NodeErrorKind::refused, "signature");
        const auto last = state_.nonces.find(transaction.sender);
        if (last != state_.nonces.end() && transaction.nonce <= last->second)
            return error(NodeErrorKind::refused, "nonce");
    }
    mempool_.push_back(std::move(entry));
    return {};
}

bool FakeChain::apply(State& state, const Entry& entry) {
    const Transaction& transaction = entry.transaction;
    if (!entry.whole_fee) return false;
    if (!is_minter(transaction.sender)) {
        const auto last = state.nonces.find(transaction.sender);
        if (last != state.nonces.end() && transaction.nonce <= last->second) return false;
        std::int64_t& balance = state.balances[transaction.sender];
        if (balance < transaction.amount + entry.fee) return false;
        balance -= transaction.amount + entry.fee;
        state.nonces[transaction.sender] = transaction.nonce;
    }
    state.balances[transaction.recipient] += transaction.amount;
    return true;
}

bool FakeChain::valid(const std::vector<Entry>& entries) const {
    State state = state_;
    std::int64_t sum = kFakeReward;
    for (const Entry& entry : entries) {
        sum += entry.transaction.amount;
        if (!apply(state, entry)) return false;
    }
    return sum <= options_.block_cap;
}

void FakeChain::append(const std::vector<Entry>& entries) {
    const std::uint64_t height = blocks_.size();
    ChainBlock block{.height = height, .hash = {}, .previous = blocks_.back().hash, .transactions = {}};
    std::vector<Entry> all = entries;
    Entry reward = minted("DEC" + std::string(40, '0'), kFakeReward, "system");
    reward.transaction.metadata = R"({"block_height": )" + std::to_string(height) + R"(, "type": "coinbase"})";
    reward.hash = *transaction_hash(reward.transaction);
    all.push_back(std::move(reward));
    std::string preimage = to_hex(block.previous) + " " + std::to_string(branches_);
    for (const Entry& entry : all) {
        DCX_CHECK(apply(state_, entry));
        preimage += " " + to_hex(entry.hash);
        block.transactions.push_back({.hash = entry.hash,
                                      .sender = entry.transaction.sender,
                                      .recipient = entry.transaction.recipient,
                                      .amount = entry.transaction.amount,
                                      .type = entry.transaction.type,
                                      .metadata = entry.transaction.metadata,
                                      .height = height});
    }
    block.hash = digest_of(preimage);
    blocks_.push_back(std::move(block));
    entries_.push_back(entries);
}

bool FakeChain::poisoned() const { return !valid(mempool_); }

bool FakeChain::mine() {
    if (stopped_ || mempool_.empty() || poisoned()) return false;
    append(std::exchange(mempool_, {}));
    return true;
}

bool FakeChain::mine_more(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
        mempool_.push_back(minted("filler " + std::to_string(fillers_++), 1, "system"));
        if (!mine()) {
            mempool_.pop_back();
            return false;
        }
    }
    return true;
}

FakeChain::Entry FakeChain::minted(const std::string& to, std::int64_t amount, std::string_view minter) {
    Entry entry{
        .transaction = {.sender = std::string{minter}, .recipient = to, .amount = amount, .timestamp_s = clock_s_}};
    entry.hash = *transaction_hash(entry.transaction);
    return entry;
}

Digest FakeChain::mint(const std::string& to, std::int64_t amount, std::string_view minter) {
    DCX_CHECK(is_minter(minter));
    mempool_.push_back(minted(to, amount, minter));
    return mempool_.back().hash;
}

void FakeChain::pass(double seconds) {
    uptime_s_ += seconds;
    clock_s_ += static_cast<std::int64_t>(seconds);
}

void FakeChain::restart() { begin(); }

void FakeChain::change_genesis() {
    ++chain_;
    begin();
}

void FakeChain::fork(std::uint64_t depth, const std::set<Digest>& kept) {
    depth = std::min<std::uint64_t>(depth, height());
    ++branches_;
    std::vector<Entry> left;
    const std::size_t common = blocks_.size() - depth;
    for (std::size_t i = common; i < entries_.size(); ++i)
        for (const Entry& entry : entries_[i])
            if (kept.contains(entry.hash)) left.push_back(entry);
    // The whole state again: cheap enough for a test, and no undo that could be wrong.
    const auto blocks = std::vector(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(common));
    state_ = {};
    for (const ChainBlock& block : blocks) {
        if (block.height == 0) continue;
        for (const Entry& entry : entries_[block.height]) DCX_CHECK(apply(state_, entry));
        state_.balances["DEC" + std::string(40, '0')] += kFakeReward;
    }
    blocks_.resize(common);
    entries_.resize(common);
    for (std::uint64_t i = 0; i <= depth; ++i) {
        std::vector<Entry> fill;
        if (i == 0) {
            // One by one: what depended on a transaction that is gone goes with it.
            for (const Entry& entry : left) {
                fill.push_back(entry);
                if (!valid(fill)) fill.pop_back();
            }
        }
        fill.push_back(minted("branch " + std::to_string(branches_), 1, "system"));
        append(fill);
    }
}

std::int64_t FakeChain::confirmed(const std::string& address) const {
    const auto found = state_.balances.find(address);
    return found == state_.balances.end() ? 0 : found->second;
}

unsigned FakeChain::times_mined(const Digest& hash) const {
    unsigned count = 0;
    for (const ChainBlock& block : blocks_)
        for (const ChainTransaction& transaction : block.transactions)
            if (transaction.hash == hash) ++count;
    return count;
}

}  // namespace dcx::chain
