#include "custody/custody_simulation.h"

#include <algorithm>
#include <utility>

#include "chain/reconciliation.h"

namespace dcx::chain {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kPartCap = 150'000;

}  // namespace

// A worker can die before and after everything it asks of the node, and keeps what it posted: others have it then, too.
class CustodySimulation::DyingNode final : public Node {
  public:
    DyingNode(FakeChain& chain, CrashPoints& points) : chain_(chain), points_(points) {}
    NodeAnswer<NodeStatus> status() override { return chain_.status(); }
    NodeAnswer<ChainBlock> block(std::uint64_t height) override {
        points_.here();
        return chain_.block(height);
    }
    NodeAnswer<ChainTransaction> transaction(const Digest& hash) override {
        points_.here();
        return chain_.transaction(hash);
    }
    NodeAnswer<std::int64_t> balance(const std::string& address) override {
        points_.here();
        return chain_.balance(address);
    }
    NodeAnswer<void> post(const std::string& body) override {
        points_.here();
        const auto hash = *transaction_hash(parse_post_body(body)->transaction);
        if (!posted_.insert(hash).second) twice_ = true;
        const auto before = chain_.posts();
        auto answer = chain_.post(body);
        if (chain_.posts() != before) public_[hash] = body;
        points_.here();
        return answer;
    }
    [[nodiscard]] bool twice() const { return twice_; }
    [[nodiscard]] const std::map<Digest, std::string>& published() const { return public_; }

  private:
    FakeChain& chain_;
    CrashPoints& points_;
    std::set<Digest> posted_;
    std::map<Digest, std::string> public_;  // that got as far as the node
    bool twice_ = false;
};

// Refuses what the signer's list refuses, and outlives every crash of the others.
class CustodySimulation::CarefulSigner final : public Signer {
  public:
    CarefulSigner(Signer& keys, CrashPoints& points) : keys_(keys), points_(points) {}
    std::expected<std::string, std::string> address(const KeyPath& path) override { return keys_.address(path); }
    std::expected<SignedTransfer, std::string> sign(const TransferRequest& request) override {
        points_.here();
        auto made = keys_.sign(request);
        if (!made) return made;
        auto& [nonce, hash] = last_[*keys_.address(request.from)];
        if (request.nonce < nonce || (request.nonce == nonce && made->hash != hash))
            return std::unexpected(std::string{"another was signed with this nonce"});
        nonce = request.nonce;
        hash = made->hash;
        points_.here();
        return made;
    }
    std::expected<EvmSignature, std::string> sign_evm(const KeyPath& path, const std::string& rlp) override {
        return keys_.sign_evm(path, rlp);
    }
    std::expected<std::array<std::byte, 20>, std::string> evm_address(const KeyPath& path) override {
        return keys_.evm_address(path);
    }

  private:
    Signer& keys_;
    CrashPoints& points_;
    std::map<std::string, std::pair<std::uint64_t, Digest>> last_;
};

// The venue's answer can be lost, with or without the command.
class CustodySimulation::DyingSink final : public CommandSink {
  public:
    DyingSink(CommandSink& venue, CrashPoints& points, Random& random)
        : venue_(venue), points_(points), random_(random) {}
    SentCommand send(const Command& command) override {
        points_.here();
        if (lossy && random_.chance(2)) return {.result = SentCommand::Result::unknown, .reason = {}};
        const SentCommand sent = venue_.send(command);
        points_.here();
        if (lossy && random_.chance(2)) return {.result = SentCommand::Result::unknown, .reason = {}};
        return sent;
    }
    bool lossy = true;

  private:
    CommandSink& venue_;
    CrashPoints& points_;
    Random& random_;
};

CustodySimulation::CustodySimulation(std::uint64_t seed) : random_(seed) {
    rig_.options.block_cap = kPartCap + kAnchorRoom;
    rig_.options.sweep_above = 20'000;
    rig_.options.blocks_per_step = 1 + static_cast<std::uint32_t>(random_.below(64));
    node_ = std::make_unique<DyingNode>(rig_.chain, points_);
    signer_ = std::make_unique<CarefulSigner>(rig_.signer, points_);
    sink_ = std::make_unique<DyingSink>(rig_.sink, points_, random_);
    // Some chains are longer than what the venue remembers.
    if (random_.chance(20)) rig_.chain.mine_more(kChainMemory + 20);
    begin_worker();
    work(20);
}
CustodySimulation::~CustodySimulation() = default;

void CustodySimulation::broken(const std::string& what) {
    if (broken_.empty()) broken_ = what;
}

void CustodySimulation::begin_worker() {
    rig_.view = rig_.venue.restored_view();
    rig_.venue.watch(&rig_.view);
    rig_.custody = std::make_unique<Custody>(
        Custody::Parts{.view = rig_.view, .node = *node_, .signer = *signer_, .venue = *sink_}, rig_.options);
}

void CustodySimulation::work(int steps) {
    for (int i = 0; i < steps; ++i) {
        rig_.venue.pass(kSecond);
        rig_.chain.pass(1);
        try {
            (void)rig_.custody->step();
        } catch (const Crash&) {
            if (random_.chance(30)) rig_.venue.restart();
            begin_worker();
        }
    }
}

std::string CustodySimulation::run() {
    points_.arm(1 + static_cast<unsigned>(random_.below(15)));
    const unsigned faults = static_cast<unsigned>(random_.below(4)) * 20;
    const int turns = 40 + static_cast<int>(random_.below(60));
    for (int turn = 0; turn < turns && broken_.empty(); ++turn) {
        rig_.chain.set_fault_permille(0);
        world();
        rig_.chain.set_fault_permille(faults);
        work(1 + static_cast<int>(random_.below(4)));
    }
    rig_.chain.set_fault_permille(0);
    points_.arm(0);
    sink_->lossy = false;
    drain();
    if (broken_.empty()) check_at_end();
    counts_.crashes = points_.crashes();
    return broken_;
}

void CustodySimulation::world() {
    customers();
    chain_turns();
    if (random_.chance(50)) operators(false);
    // At any time, on the chain as it is.
    for (const auto& [id, asked] : asked_)
        if (rig_.chain.confirmed(asked.address) > asked.amount)
            broken("paid more than was asked for to " + asked.address);
    if (node_->twice()) broken("the worker posted a transaction twice");
}

void CustodySimulation::customers() {
    // A block has room for what is in flight and some strangers.
    if (rig_.chain.pending() < 3 && random_.chance(40)) {
        const auto amount = random_.between(1, 90'000);
        rig_.stranger.earn(amount);
        if (rig_.chain.mine()) {
            const auto customer = static_cast<std::uint32_t>(random_.below(kCustomers));
            deposits_.insert(rig_.stranger.pay(rig_.venue.newest_deposit_address(customer), amount));
            ++counts_.deposits;
        }
    }
    if (random_.chance(3)) rig_.chain.mint(rig_.venue.newest_deposit_address(0), 5, "coinbase");
    if (random_.chance(30)) {
        const auto customer = static_cast<std::uint32_t>(random_.below(kCustomers));
        const std::int64_t most = std::min<std::int64_t>(rig_.available(customer), 400'000);
        if (most > 0) {
            const std::int64_t amount = random_.between(1, most);
            const std::string address = rig_.stranger.address(++outside_);
            const TransferId id = rig_.venue.withdraw(customer, amount, address);
            if (rig_.venue.refusal() == RejectReason::none) {
                asked_[id] = {.address = address, .amount = amount, .customer = customer};
                ++counts_.withdrawals;
            }
        }
    }
}

void CustodySimulation::chain_turns() {
    if (random_.chance(60)) rig_.chain.mine();
    if (random_.chance(40)) rig_.chain.mine_more(1 + random_.below(3));
    if (random_.chance(2)) rig_.chain.stop_mining(true);
    if (random_.chance(20)) rig_.chain.stop_mining(false);
    if (random_.chance(4)) {
        const std::uint64_t depth = 1 + random_.below(2 * kConfirmations + 2);
        std::set<Digest> kept;
        const auto& blocks = rig_.chain.blocks();
        for (std::size_t i = blocks.size() - std::min<std::size_t>(depth, blocks.size()); i < blocks.size(); ++i)
            for (const ChainTransaction& transaction : blocks[i].transactions)
                if (random_.chance(60)) kept.insert(transaction.hash);
        rig_.chain.fork(depth, kept);
    }
    if (random_.chance(1) || (rig_.chain.poisoned() && random_.chance(20))) rig_.chain.restart();
    // Somebody sends again what he has seen: whatever the chain would take.
    if (random_.chance(15) && !node_->published().empty()) {
        auto chosen = node_->published().begin();
        std::advance(chosen, static_cast<std::ptrdiff_t>(random_.below(node_->published().size())));
        repost(chosen->first, chosen->second);
    }
}

// What the node would say of it, past all faults.
bool CustodySimulation::known(const Digest& hash) {
    while (true) {
        const auto found = rig_.chain.transaction(hash);
        if (found) return true;
        if (found.error().kind == NodeErrorKind::unknown) return false;
    }
}

// Once more the same bytes, if it is nowhere and its coin is there. False: the chain does not take it any more.
bool CustodySimulation::repost(const Digest& hash, const std::string& body) {
    const Transaction transaction = parse_post_body(body)->transaction;
    const auto balance = rig_.chain.balance(transaction.sender);
    if (known(hash) || !balance || *balance < transaction.amount) return true;
    if (rig_.chain.pending() > 3 || rig_.chain.poisoned()) return true;
    return rig_.chain.post(body).has_value();
}

void CustodySimulation::operators(bool last) {
    if (!rig_.view.chain_set()) {
        if (rig_.view.payouts_on()) broken("payouts are on without a chain");
        const auto& blocks = rig_.chain.blocks();
        rig_.venue.begin_chain(blocks.front().hash, 0, kConfirmations);
        return;
    }
    const auto payouts = rig_.view.payouts();
    for (const auto& [hash, payout] : payouts)
        if (payout.posted && (last || random_.chance(30))) resolve(hash, payout);
    if (rig_.view.payouts_on()) {
        const std::uint32_t hot = rig_.view.hot();
        if (hot != 0 && rig_.chain.confirmed(rig_.venue.hot_address()) < 300'000 && rig_.chain.pending() == 0) {
            rig_.chain.mint(rig_.venue.hot_address(), 600'000);
            rig_.chain.mine();
        }
        return;
    }
    if (!last && random_.chance(50)) return;
    if (rig_.view.hot() == 0) rig_.venue.add_hot_address();
    // Nobody should pay to an address whose old signatures a chain that forgot them would take.
    for (std::uint32_t customer = 0; customer < kCustomers; ++customer) rig_.venue.add_deposit_address(customer);
    rig_.venue.by_two(SetPayouts{.reference = 1, .on = 1, .zero = {}});
}

// An operator says "not paid" only of what nobody has: a signature that is out pays whenever a chain takes it. What is
// out he sends once more himself, the same bytes, and gives the address the coin for it (docs/custody.md).
void CustodySimulation::resolve(const Digest& hash, const OpenPayout& payout) {
    if (known(hash) || rig_.chain.poisoned() || rig_.chain.pending() > 2) return;
    if (!node_->published().contains(hash) && random_.chance(70)) {
        rig_.venue.by_two(ResolvePayout{.tx_hash = hash, .outcome = PayoutOutcome::not_paid, .zero = {}});
        if (rig_.venue.refusal() == RejectReason::none) ++counts_.resolved;
        return;
    }
    const OwnAddress from = payout.from();
    const KeyPath path{.account = from.account ? from.account.value : kHotPath, .index = from.index};
    std::string recipient;
    if (payout.prepared.payout_kind == PayoutKind::sweep)
        recipient = rig_.view.address({{}, payout.prepared.to_index});
    else
        recipient = rig_.view.withdrawals().at(payout.withdrawal()).address;
    const auto made = rig_.signer.sign({.from = path,
                                        .recipient = recipient,
                                        .amount = payout.prepared.amount.value,
                                        .nonce = payout.prepared.nonce,
                                        .timestamp_s = static_cast<std::int64_t>(payout.prepared.nonce / 1000),
                                        .metadata = "{}",
                                        .type = "standard"});
    if (!made || made->hash != hash) return broken("a payout can't be written again");
    const std::string sender = *rig_.signer.address(path);
    const std::int64_t missing = payout.prepared.amount.value - rig_.chain.balance(sender).value_or(0);
    if (missing > 0) rig_.chain.mint(sender, missing);
    if (missing > 0 && !rig_.chain.mine()) return;
    (void)repost(hash, made->body);
}

// Everything is well again, and stays so until nothing is left to do.
void CustodySimulation::drain() {
    rig_.chain.stop_mining(false);
    for (int i = 0; i < 700 && broken_.empty(); ++i) {
        if (rig_.chain.poisoned()) rig_.chain.restart();
        rig_.chain.mine();
        rig_.chain.mine_more(1);
        work(2);
        operators(true);
        bool orphans = false;
        for (const auto& [hash, deposit] : rig_.view.deposits())
            orphans = orphans || (deposit.orphaned && !deposit.reversed);
        const bool idle = rig_.view.payouts().empty() && rig_.view.withdrawals().empty() && !orphans &&
                          rig_.chain.pending() == 0 && rig_.view.payouts_on() && rig_.view.tip() == rig_.chain.height();
        if (idle && i > static_cast<int>(kConfirmations) + 2) return;
        if (idle) continue;
    }
    if (!rig_.view.payouts().empty()) broken("payouts stay open");
    if (!rig_.view.withdrawals().empty()) broken("withdrawals stay pending");
}

void CustodySimulation::check_at_end() {
    if (const std::string wrong = rig_.venue.core().check_invariants(); !wrong.empty()) broken(wrong);
    check_deposits();
    check_payments();
    check_reconciled();
}

// Ledger and chain: every difference has its reason, and each that is told is there.
void CustodySimulation::check_reconciled() {
    CustodyBooks books;
    for (const Event& event : rig_.venue.history()) books.apply(event);
    const auto told = reconcile(books, rig_.chain);
    if (!told) return broken("the chain can't be read at the end: " + told.error().seen);
    if (told->unexplained != 0) broken("ledger and chain differ by " + std::to_string(told->unexplained));
    if (!told->orphaned_deposits.empty()) broken("orphaned deposits are left");
    if (!told->unresolved_payouts.empty()) broken("unresolved payouts are left");
    if (told->issued != rig_.venue.issued()) broken("the books have issued otherwise");
    if (told->good()) ++counts_.reconciled;
}

void CustodySimulation::check_deposits() {
    // As the log tells it from its beginning.
    CustodyView whole;
    std::map<Digest, int> credited;
    std::int64_t issued = 0;
    for (const Event& event : rig_.venue.history()) {
        whole.apply(event);
        if (event.header.kind == EventKind::deposit_credited) {
            const auto deposit = event.as<DepositCredited>();
            if ((deposit.flags & kDepositAgain) == 0) {
                if (++credited[deposit.tx_hash] > 1) broken("credited twice: " + to_hex(deposit.tx_hash));
                issued += deposit.amount.value;
            }
        } else if (event.header.kind == EventKind::deposit_reversed) {
            const auto reversed = event.as<DepositReversed>();
            issued -= (reversed.taken + reversed.covered).value;
            ++counts_.reversed;
        } else if (event.header.kind == EventKind::payout_settled) {
            const auto settled = event.as<PayoutSettled>();
            if (settled.payout_kind == PayoutKind::withdrawal) issued -= settled.amount.value;
            ++(settled.payout_kind == PayoutKind::withdrawal ? counts_.settled : counts_.sweeps);
        } else if (event.header.kind == EventKind::chain_rewound) {
            ++counts_.rewinds;
        }
    }
    if (issued != rig_.venue.issued()) broken("issued is not what was credited less what was paid");
    for (const auto& [hash, deposit] : whole.deposits()) {
        const bool there = rig_.chain.times_mined(hash) != 0;
        if (!deposits_.contains(hash)) broken("credited, and nobody sent it: " + to_hex(hash));
        if (!there && !deposit.reversed && deposit.chain == whole.chain_count())
            broken("the chain has no more what stays credited: " + to_hex(hash));
        if (there && deposit.orphaned && !deposit.reversed) broken("the chain has it, and it stays orphaned");
    }
    for (const Digest& hash : deposits_)
        if (rig_.chain.times_mined(hash) != 0 && !whole.deposits().contains(hash))
            broken("the chain has it, and it was never credited: " + to_hex(hash));
}

void CustodySimulation::check_payments() {
    // Of each withdrawal: what was settled, and what of that the chain still has.
    std::map<TransferId, std::int64_t> settled;
    std::map<TransferId, std::int64_t> gone;
    for (const Event& event : rig_.venue.history()) {
        if (event.header.kind != EventKind::payout_settled) continue;
        const auto payout = event.as<PayoutSettled>();
        if (payout.payout_kind != PayoutKind::withdrawal) continue;
        settled[payout.id] += payout.amount.value;
        if (rig_.chain.times_mined(payout.tx_hash) == 0) gone[payout.id] += payout.amount.value;
    }
    for (const auto& [id, asked] : asked_) {
        if (settled[id] != asked.amount) broken("settled is not what was asked for: " + asked.address);
        const std::int64_t there = rig_.chain.confirmed(asked.address);
        if (there > asked.amount) broken("paid twice: " + asked.address);
        if (there != asked.amount - gone[id]) broken("settled, and not paid: " + asked.address);
    }
}

}  // namespace dcx::chain
