// CommandGenerator: a seeded stream of commands for a small venue in which every rule of docs/rules.md is met often:
// crossing prices, full pools, odd fees, wrong ids, wrong sessions, replayed transfer ids, extreme numbers. Prices come
// in five ways (Prices), so that a book is met dense and sparse, standing and moving away from what rests in it. It
// knows of the venue only what the events tell it (observe), as a client would. The same seed and events give the same
// commands.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <vector>

#include "base/random.h"
#include "model/command.h"
#include "model/event.h"

namespace dcx::reference {

// A command and what it means by two of its numbers, so that a shorter run can be made of a part of a run.
struct Step {
    Command command{};
    bool in_sequence = false;      // session_sequence is to be the session's next
    std::int64_t order_step = -1;  // order_id is that of the order placed by this step; -1: a number like any other
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
        Quantity max_quantity{};
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
    };

    // command_generator.cpp: the stream
    Step finish(Command command, bool out_of_sequence);
    void mutate(Command& command);
    Command random_command();
    Command from_session(Command command, const Session* session);
    std::int64_t interesting();
    void learn(const Command& command, const Event& event);
    void learn_order(const Command& command, const Event& event);
    const Session* session_with(std::uint32_t permission);
    const Session* session_of(AccountId account);
    Time now() const { return Time{now_ns_}; }

    // generator_setup.cpp: the start of a venue
    void plan_setup();
    Genesis make_genesis();
    ListInstrument make_listing(std::size_t which);
    void plan(Command command) { planned_.push_back(command); }

    // generator_commands.cpp: one of each kind
    Command place();
    Command cancel();
    Command cancel_some();
    Command amend();
    Command mass_cancel();
    Command set_self_trade_rule();
    Command transfer();
    Command mint();
    Command burn();
    Command repeat_money();
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
    const Session* session_for(const OpenOrder* order);
    ClOrdId some_number();
    TransferId some_transfer_id();
    Amount some_amount();
    AccountId some_account();
    AssetId some_asset();

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
    std::size_t focus_ = 0;   // the market that most orders are for
    std::deque<Command> planned_;
    std::uint64_t sequence_ = 0;
    std::int64_t now_ns_ = 1'700'000'000'000'000'000;
    std::uint64_t last_number_ = 0;
    std::uint32_t accounts_ = 2;
    std::uint32_t assets_ = 0;
    std::vector<Key> keys_;
    std::vector<Session> sessions_;
    std::vector<Market> markets_;
    std::map<std::uint64_t, OpenOrder> orders_;
    std::vector<std::uint64_t> done_orders_;
    std::map<std::uint64_t, std::int64_t> step_of_order_;
    std::vector<Command> money_;  // sent before, to be sent again
};

}  // namespace dcx::reference
