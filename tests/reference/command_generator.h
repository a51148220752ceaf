// CommandGenerator: a seeded stream of commands for a small venue in which every rule of docs/rules.md is met often:
// crossing prices, full pools, odd fees, wrong ids, wrong sessions, replayed transfer ids, broken groups, forged
// approvals, late ticks, extreme numbers. Prices come in five ways (Prices), so that a book is met dense and sparse,
// standing and moving away from what rests in it. It knows of the venue only what the events tell it (observe), as a
// client would. The same seed and events give the same commands.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "base/random.h"
#include "model/command.h"
#include "model/event.h"
#include "reference/approvals.h"
#include "reference/generator_chain.h"

namespace dcx::reference {

// A command and what it means by two of its numbers, so that a shorter run can be made of a part of a run.
struct Step {
    Command command{};
    bool in_sequence = false;      // session_sequence is to be the session's next
    std::int64_t order_step = -1;  // order_id is that of the order placed by this step; -1: a number like any other
    // Of an approve with a good signature: the step that proposed, and whose seed signs. -1: bytes like any other.
    std::int64_t proposal_step = -1;
    std::uint64_t signer = 0;
};

class CommandGenerator {
  public:
    explicit CommandGenerator(std::uint64_t seed);

    Step next();
    void observe(const Step& step, std::span<const Event> events);

  private:
    struct Key {
        KeyId id{};
        AccountId account{};
        std::uint32_t permissions{};
        std::uint64_t signer{};  // operator_seed(signer) is its seed; 0: nobody has it
    };
    struct Session {
        SessionId id{};
        KeyId key{};
        AccountId account{};
        std::uint32_t permissions{};
        std::uint64_t client_session{};
        std::uint64_t next_incoming{};
        bool established{};
        bool revoked{};
        std::int64_t grace{};  // in ns, when it was established with a scope; -1: without
        Time dead_man{};       // 0: not armed
        Time disconnect{};     // when its orders go
    };
    struct Pending {
        TransferId id{};
        AccountId scope{};
        AccountId account{};  // that pays
        std::int64_t amount{};
    };
    // Where a market's prices lie.
    enum class Prices {
        dense,      // around one price
        wandering,  // around a price that moves on by hundreds of thousands of ticks, sometimes by a jump
        sparse,     // anywhere up to 2^41, near ones as likely as far ones
        scattered,  // wandering, evenly over 2^18 ticks on either side
        border,     // wandering, with many at 2^16 .. 2^18 ticks from the middle, and sparse ones
    };
    struct Market {
        InstrumentId id{};
        AssetId base{};
        AssetId quote{};
        Quantity max_quantity{};
        Amount min_notional{};
        std::int64_t unit{};  // quote minor units of one tick times one lot; 0: not seen yet
        bool limited{};
        std::int64_t center{};
        bool huge{};
        Prices prices{};
        std::int64_t drift{};  // of the center at every price drawn
    };
    struct OpenOrder {
        OrderId id{};
        ClOrdId cl_ord_id{};
        OrderSlot slot{};
        SessionId session{};
        AccountId account{};
        InstrumentId instrument{};
        Side side{};
        Price price{};
        std::int64_t leaves{};
        std::int64_t filled{};
        Time expire_at{};  // 0: never
    };

    // command_generator.cpp: the stream
    Step finish(Command command, bool out_of_sequence);
    void mutate(Command& command);
    Command random_command();
    Command from_session(Command command, const Session* session);
    std::int64_t interesting();
    void learn(const Command& command, const Event& event);
    void learn_order(const Command& command, const Event& event);
    void learn_money(const Event& event);
    void learn_proposal(const Command& command, const Event& event);
    void name_approval(Step& step) const;
    const Session* session_with(std::uint32_t permission);
    const Session* session_of(AccountId account);
    [[nodiscard]] AccountId owner_of(AccountId account) const;
    [[nodiscard]] bool something_is_due() const;
    Command urgent_command();
    void pass_time();
    Time now() const { return Time{now_ns_}; }
    [[nodiscard]] std::int64_t after(std::int64_t ns) const;

    // generator_setup.cpp: the start of a venue
    void plan_setup();
    Genesis make_genesis();
    StartEpoch start_epoch(std::uint64_t epoch);
    ListInstrument make_listing(std::size_t which);
    void plan(Command command) { planned_.push_back(command); }
    void plan_by_two(const Command& command);
    void plan_money();

    // generator_commands.cpp: one of each kind
    Command place();
    Command cancel();
    Command cancel_some();
    Command amend();
    Command mass_cancel();
    Command set_self_trade_rule();
    Command set_phase();
    Command open_account();
    Command add_key();
    Command revoke_key();
    Command list_asset();
    Command list_instrument();
    Command session_command();
    Command venue_command();
    Command nonsense();
    const Session* trader();
    const OpenOrder* some_order();
    [[nodiscard]] const OpenOrder* unswept_order() const;
    const Session* session_for(const OpenOrder* order);
    ClOrdId some_number();
    AccountId some_account();
    AssetId some_asset();

    // generator_money.cpp: the seven requests, alone, again and in groups
    Command transfer();
    Command mint();
    Command burn();
    Command pend();
    Command resolve();
    Command withdraw();
    Command repeat_money();
    Command group();
    Command next_of_group();
    void spoil(Transfer& member, std::int64_t& timeout_ns, TransferId earlier);
    Command with_other_field(const Command& command);
    Command of_other_kind(const Command& command);
    Command sent(const Command& command);  // remembered, to be sent again
    TransferId some_transfer_id();
    Amount some_amount();
    AccountId own_account(const Session* session);
    std::int64_t some_timeout();
    ChainAddress some_address();

    // generator_control.cpp: what operators set of the ledger, and what two of them agree on
    Command register_address();
    Command set_asset_limits();
    Command propose();
    Command approve();
    Command next_agreed();
    Command approve_as(const Session* session, const ApprovalMessage& message);
    Ed25519PublicKey operator_key(std::uint64_t signer);
    [[nodiscard]] std::uint64_t signer_of(const Session& session) const;
    // generator_limits.cpp: what operators set for trading, and what happens by time
    Command set_fees();
    Command set_market_limits();
    Command set_account_limits();
    Command set_position_limits();
    Command set_kill_switch();
    Command freeze_account();
    Command activate_rules();
    Command bust_trade();
    Command bust_of_the_poor();
    Command set_dead_man();
    Command tick();
    Command lift_something();
    Command trade_in_circles();
    Command establish(SessionId id);
    void learn_limits(const Event& event);
    void choose_end(PlaceOrder& order);
    void choose_budget(PlaceOrder& order);
    Command by_operator(const Command& command) { return from_session(command, session_with(kPermitOperator)); }
    InstrumentId some_instrument();
    AccountId account_for(const Session& session);
    [[nodiscard]] SetMarketLimits no_limits(const Market& market) const;

    // generator_custody.cpp: the chain, its deposits and payouts
    void plan_custody();
    Command custody();
    Command set_chain();
    Command advance_chain();
    Command rewind_chain();
    Command credit_deposit();
    Command reverse_deposit();
    Command cover_loss();
    Command spend_deposit();
    Command fund_losses();
    Command register_venue_address();
    Command allow_address();
    Command set_withdrawal_limits();
    Command withdraw_from_chain();
    Command release_withdrawal();
    Command resolve_withdrawal();
    Command prepare_payout();
    Command post_payout();
    Command abandon_payout();
    Command settle_payout();
    Command resolve_payout();
    Command set_payouts();
    Command record_anchor();
    Command by_two_persons(const Command& command);
    Command as_needed(const Command& command);
    ChainSeen::Hash some_hash();
    ChainAddress outside_address();
    std::uint64_t some_height();
    std::uint32_t some_hot();
    ChainSeen::Hash some_payout(bool posted);
    const ChainSeen::Withdrawal* some_withdrawal();

    // generator_prices.cpp: prices and quantities
    std::int64_t some_price(Market& market, Side side);
    std::int64_t dense_price(const Market& market, Side side);
    std::int64_t sparse_price(const Market& market, Side side);
    std::int64_t resting_price(const Market& market, Side side);
    void wander(Market& market);
    std::int64_t some_quantity(const Market& market);
    std::int64_t quantity_within(const PlaceOrder& order) const;
    std::int64_t worst_price(const PlaceOrder& order) const;

    Random random_;
    bool rich_ = false;       // enough money for prices of 2^41
    bool calm_ = false;       // few cancels and takers, so that books grow
    bool scattered_ = false;  // every market is
    bool circles_ = false;    // positions grow beyond all that there is
    bool by_two_ = false;     // genesis.dual_control
    bool custody_ = false;    // much of what is sent is about the chain
    AssetId chain_asset_{1u};
    ChainSeen chain_;
    bool in_setup_ = true;
    bool approved_once_ = false;
    std::size_t focus_ = 0;  // the market that most orders are for
    std::deque<Command> planned_;
    std::uint64_t sequence_ = 0;
    std::int64_t now_ns_ = 1'700'000'000'000'000'000;
    bool tick_left_work_ = false;
    std::int64_t handover_grace_ = 0;  // in ns, until an epoch begins
    std::uint64_t last_number_ = 0;
    std::uint64_t last_trade_ = 0;
    std::array<OrderFilled, 2> last_fills_{};  // of the last trade
    std::vector<TradeId> busted_;
    std::uint32_t accounts_ = kFirstCustomer.value - 1;
    std::map<AccountId, AccountId> owners_;           // of sub-accounts
    std::vector<SetKillSwitch> switched_on_;          // to be switched off again
    std::vector<AccountId> limited_accounts_;         // to be freed of their limits again
    std::vector<SetPositionLimits> position_limits_;  // likewise
    std::vector<AccountId> frozen_;
    std::uint32_t assets_ = 0;
    std::vector<Key> keys_;
    std::vector<Session> sessions_;
    std::vector<Market> markets_;
    std::map<std::uint64_t, OpenOrder> orders_;
    std::vector<std::uint64_t> done_orders_;
    std::map<std::uint64_t, std::int64_t> step_of_order_;
    std::vector<Command> money_;                        // sent before, to be sent again
    std::map<std::uint32_t, std::uint32_t> addresses_;  // of each account
    std::vector<Pending> pendings_;
    std::vector<Pending> resolved_;
    std::vector<std::deque<Command>> groups_;  // what is still to be sent of each
    ProposalBook proposals_;
    std::vector<ProposalId> open_proposals_;
    std::deque<std::pair<ProposalId, SessionId>> agreed_;  // approvals that two persons will send
    std::map<std::uint64_t, std::int64_t> step_of_proposal_;
    std::map<Ed25519PublicKey, std::uint64_t> signers_;
    std::map<std::pair<int, TransferId>, Time> deadlines_;  // kinds as docs/rules.md numbers them
};

}  // namespace dcx::reference
