// Custody: follows the DeCoin chain for the venue, as a machine of steps without thread and clock of its own. A step
// asks the node, looks at what the venue's events say (custody_view.h), and sends commands: blocks, deposits, what
// becomes of payouts. The core refuses whatever breaks the rules; what is decided here is only what the rules leave
// open (docs/custody.md, docs/decisions/0047).
//
// What keeps coin from being paid twice: a transaction is posted once, by the worker that sent PostPayout for it and
// has seen it done, in that worker's life. A worker that begins and finds a posted payout that the node doesn't know
// never posts it. All that a transaction says is in its PayoutPrepared and the withdrawal, so a prepared one that was
// not posted is written again, byte for byte, and goes on.
//
// A step ends early when the node, the signer or the venue fails; the next one begins from what the venue says then. A
// failure is never taken for an answer. Node, signer and sink may throw (a venue that stops): nothing is lost by it.
// One thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "chain/custody_alarm.h"
#include "chain/custody_view.h"
#include "chain/node.h"
#include "chain/signer.h"
#include "chain/transaction.h"
#include "model/command.h"

namespace dcx::chain {

// Who takes commands, as an operator. When it returns, the view has seen all that the answer says.
struct SentCommand {
    enum class Result : std::uint8_t {
        done,
        refused,  // `reason` says why
        unknown,  // it may or may not be carried out: look again
    };
    Result result{};
    RejectReason reason{};
};
class CommandSink {
  public:
    virtual SentCommand send(const Command& command) = 0;

  protected:
    ~CommandSink() = default;
};

struct CustodyOptions {
    Digest genesis{};                   // of the chain; another one: nothing is done
    std::int64_t block_cap = 899'950;   // what a block's amounts may come to without its reward
    std::int64_t sweep_above = 10'000;  // a deposit address with at least so much is swept
    std::uint32_t blocks_per_step = 64;
    std::uint32_t addresses_per_step = 8;  // whose balances are asked for sweeps
};
// Of a block's amounts, kept free for anchors, which move a unit each.
inline constexpr std::int64_t kAnchorRoom = 50;

struct CustodyCounts {
    std::uint64_t blocks{};
    std::uint64_t deposits{};
    std::uint64_t deposits_refused{};
    std::uint64_t rewinds{};
    std::uint64_t payouts_posted{};
    std::uint64_t payouts_settled{};
    std::uint64_t payouts_abandoned{};
    std::uint64_t sweeps_posted{};
    std::uint64_t node_errors{};
};

class Custody {
  public:
    // All outlive it.
    struct Parts {
        const CustodyView& view;
        Node& node;
        Signer& signer;
        CommandSink& venue;
    };
    Custody(const Parts& parts, CustodyOptions options) : view_(parts.view), parts_(parts), options_(options) {}

    // True when there is more to do at once.
    bool step();

    [[nodiscard]] const CustodyAlarms& alarms() const { return alarms_; }
    [[nodiscard]] const CustodyCounts& counts() const { return counts_; }
    // Of the node, when it was asked last.
    [[nodiscard]] std::uint64_t node_tip() const { return node_tip_; }

  private:
    struct Interrupted {};  // of a step: thrown inside alone
    struct Block {
        std::uint64_t height{};
        Digest hash{};
    };

    // ---- custody.cpp: the chain
    bool follow();
    bool genesis_is_right();
    void advance();
    [[noreturn]] void find_fork();
    [[nodiscard]] std::optional<Block> common_block();
    void look_back();
    void look(const ChainBlock& block, bool news);
    [[nodiscard]] bool remembered(const Block& block) const { return view_.block_at(block.height) == block.hash; }
    [[nodiscard]] std::uint64_t next_of(const std::optional<Block>& last) const;
    void confirm_depth();
    // In a block that the venue remembers.
    [[nodiscard]] bool seen(const Digest& transaction) const;
    ChainBlock remembered_block(std::uint64_t height);
    template <class T>
    T need(NodeAnswer<T> answer);
    SentCommand send(const Command& command);
    void refused(CommandKind kind, RejectReason reason);
    [[noreturn]] void node_failed(const NodeError& error);
    // Done, or the step ends; refused is an alarm.
    template <MessageBody Body>
    void must(const Body& body);
    void raise(CustodyAlarm alarm, std::string text) { raised_.insert_or_assign(alarm, std::move(text)); }
    void end_step(bool whole);

    // ---- custody_deposits.cpp
    void scan_confirmed();
    void scan(const ChainBlock& block);
    [[nodiscard]] std::optional<CreditDeposit> deposit_of(const ChainTransaction& transaction, std::uint64_t height,
                                                          std::uint32_t position);
    void refuse(const Digest& transaction, const std::string& what);
    void credit(const CreditDeposit& deposit, const Digest& block);
    void retry_held();
    [[nodiscard]] bool may_advance() const;
    void tend_orphans();

    // ---- custody_payouts.cpp
    void tend_payouts();
    void poll(const Digest& hash, const OpenPayout& payout);
    void go_on(const Digest& hash, const OpenPayout& payout);
    [[nodiscard]] bool is_known(const Digest& hash);
    void post(const Digest& hash, const std::string& body);
    void abandon(const Digest& hash);
    void settle(const ChainTransaction& transaction, std::uint64_t height);
    void begin_withdrawal();
    void begin_sweeps();
    bool begin_sweep(const OwnAddress& from);
    void prepare(PayoutPrepared payout);
    [[nodiscard]] std::optional<Transaction> transaction_of(const PayoutPrepared& payout) const;
    [[nodiscard]] std::optional<std::string> sign(const OwnAddress& from, const Transaction& transaction,
                                                  const Digest& hash);
    [[nodiscard]] KeyPath path_of(const OwnAddress& own) const;
    [[nodiscard]] std::int64_t part_cap() const { return options_.block_cap - kAnchorRoom; }
    std::int64_t spendable(const std::string& address);
    [[nodiscard]] std::int64_t in_flight() const;
    [[nodiscard]] bool has_room(std::int64_t amount) const;
    void tell_retired();

    const CustodyView& view_;
    Parts parts_;
    CustodyOptions options_;
    CustodyAlarms alarms_;
    CustodyAlarms raised_;  // in this step
    CustodyCounts counts_;
    std::uint64_t node_tip_ = 0;
    bool more_ = false;
    bool depth_confirmed_ = false;  // in this step

    std::optional<Block> looked_;   // the last block whose transactions were looked at
    std::optional<Block> scanned_;  // the last confirmed one whose deposits and payouts were told
    std::map<Digest, Block> seen_;  // our payouts' and deposits' transactions, by block
    // What came to each address of ours, by block and place in it, until it is confirmed.
    struct Incoming {
        Block block;
        std::int64_t amount{};
    };
    std::map<std::string, std::map<std::pair<std::uint64_t, std::uint32_t>, Incoming>, std::less<>> incoming_;
    struct Held {
        CreditDeposit deposit;
        Digest block{};
        RejectReason reason{};
    };
    std::map<Digest, Held> held_;
    std::set<Digest> refused_;                         // deposits, for good
    std::set<Digest> frozen_for_;                      // orphaned deposits whose account was frozen
    std::map<Digest, std::string> unsent_;             // posted in the log, not yet at the node: bodies, in this life
    std::set<Digest> unknown_;                         // posted payouts that the node doesn't know
    std::set<OwnAddress> retired_;                     // the venue said so
    std::map<OwnAddress, std::uint64_t> nonce_floor_;  // what the signer refused
    std::set<OwnAddress> wanted_sweeps_;
    OwnAddress sweep_cursor_{};
    std::uint64_t withdrawal_cursor_ = 0;  // order of the one that was paid a part of last
};

}  // namespace dcx::chain
