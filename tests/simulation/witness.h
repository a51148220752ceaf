// Witness: what the venue's events say, kept the naive way and without the venue's code: every event, every balance and
// order with its history, every book as queues. It is shown each event when the gateway is, so it knows what may have
// been acknowledged; after a restart it is shown the log again, and then what the venue restored.
//
// It finds broken: events that are not one command's after the other; ids that come twice or with a gap; a trade that
// is not with the first of the best price, or not at its price; a crossed book; money that is not conserved, negative
// or held for nothing; a log that says anything else than what was seen; a restored state that is another one.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "model/event.h"
#include "simulation/world.h"

namespace dcx::simulation {

class Witness {
  public:
    struct Balance {
        std::int64_t available = 0;
        std::int64_t held = 0;
        friend bool operator==(const Balance&, const Balance&) = default;
    };
    struct OrderState {
        std::int64_t leaves = 0;
        std::int64_t cum = 0;
        bool open = false;
    };
    struct Order {
        AccountId account{};
        InstrumentId instrument{};
        Side side{};
        std::int64_t price = 0;
        SessionId session{};
        OrderState now;
        bool rests = false;
        std::vector<std::pair<std::uint64_t, OrderState>> history;  // by sequence
    };
    struct Level {
        std::int64_t price{};
        std::int64_t quantity{};
        std::uint32_t orders{};
        friend bool operator==(const Level&, const Level&) = default;
    };

    explicit Witness(World& world) : world_(world) {}

    // ---- what it is shown
    // The next live event.
    void take(const Event& event);
    // The log from its first event on, after a restart: what was seen must be said again, what is new counts.
    void begin_log() { log_position_ = 0; }
    void take_log(const Event& event);
    void end_log();
    // What a venue restored, up to RestoreCompleted; `fresh`: the venue is a new one.
    void begin_restored(bool fresh);
    void take_restored(const Event& event);

    // ---- what it knows
    [[nodiscard]] std::uint64_t last() const { return last_; }
    // The n-th report to this session, from 1; null: there was none yet.
    [[nodiscard]] const Event* report(SessionId session, std::uint64_t number) const;
    [[nodiscard]] std::uint64_t reports(SessionId session) const;
    // The trade that an OrderFilled belongs to.
    [[nodiscard]] const Event* trade_of(const Event& filled) const;
    [[nodiscard]] Balance balance_at(AccountId account, AssetId asset, std::uint64_t sequence) const;
    [[nodiscard]] const Order* order(OrderId id) const;
    [[nodiscard]] std::optional<OrderState> order_at(OrderId id, std::uint64_t sequence) const;
    [[nodiscard]] std::size_t open_orders_at(AccountId account, std::uint64_t sequence) const;
    // Best first.
    [[nodiscard]] std::vector<Level> levels(InstrumentId instrument, Side side) const;
    [[nodiscard]] std::uint64_t trades() const { return last_trade_; }
    // The last events, one a line.
    [[nodiscard]] std::vector<std::string> last_events(std::size_t count) const;

  private:
    struct Instrument {
        AssetId base{};
        AssetId quote{};
        std::int64_t base_per_lot{};
        std::int64_t quote_per_tick_lot{};
        std::map<std::int64_t, std::deque<std::uint64_t>> buys;
        std::map<std::int64_t, std::deque<std::uint64_t>> sells;
    };
    struct Pending {
        AccountId account{};
        AssetId asset{};
        std::int64_t amount{};
    };
    using AccountAsset = std::pair<std::uint32_t, std::uint32_t>;

    void apply(const Event& event);
    void apply_order(const Event& event);
    void apply_money(const Event& event);
    void apply_trade(const TradeExecuted& trade);
    void apply_fill(const OrderFilled& fill);
    void check_order_of_events(const Event& event);
    void end_command();
    void accept(const Event& event, const OrderAccepted& order);
    void rest(const OrderRested& rested);
    void amend(const OrderAmended& amended);
    void resolve(const PendingResolved& resolved);
    void transfer(TransferId id, bool unique, AccountId debit, AccountId credit, AssetId asset, const Event& event);
    void leave_book(std::uint64_t id);
    void change(std::uint64_t id, std::int64_t leaves, std::int64_t cum, bool open);
    void set_balance(AccountId account, AssetId asset, std::int64_t available, std::int64_t held);
    void set_paying(AccountId account, InstrumentId instrument, Side side, Amount available, Amount held);
    [[nodiscard]] AssetId paying_asset(InstrumentId instrument, Side side) const;
    [[nodiscard]] std::int64_t hold_of(const Order& order) const;
    void expect_held(const Order& order, int sign);
    void unique(TransferId id);
    void fail(const std::string& what);

    World& world_;
    std::vector<Event> events_;
    std::uint64_t first_known_ = 0;  // events of earlier commands were not told
    std::uint64_t last_ = 0;
    std::size_t log_position_ = 0;
    std::uint64_t log_last_ = 0;
    std::uint64_t command_ = 0;  // whose events are coming
    std::uint32_t index_ = 0;    // of its next event
    std::int64_t time_ = 0;
    std::uint64_t last_order_ = 0;
    std::uint64_t last_trade_ = 0;

    std::map<AssetId, unsigned> scales_;
    std::map<InstrumentId, Instrument> instruments_;
    std::map<AccountAsset, Balance> balances_;
    std::map<AccountAsset, std::vector<std::pair<std::uint64_t, Balance>>> balance_history_;
    std::map<AccountAsset, std::int64_t> expected_held_;
    std::map<std::uint32_t, int128> sums_;
    std::map<std::uint64_t, Order> orders_;
    std::map<std::uint32_t, std::vector<std::pair<std::uint64_t, std::size_t>>> open_orders_;  // history by account
    std::map<std::pair<std::uint32_t, TransferId>, Pending> pendings_;                         // by scope and id
    std::set<TransferId> ids_;
    std::map<SessionId, std::vector<std::size_t>> reports_;
    // Of the command that is coming.
    std::deque<std::uint64_t> fills_to_come_;  // orders of the last trade, maker first
    std::set<AccountAsset> touched_;
    std::set<InstrumentId> touched_books_;
    // Of a restored state.
    std::map<AccountAsset, Balance> restored_balances_;
    std::vector<std::uint64_t> restored_orders_;
    std::size_t restored_pendings_ = 0;
    bool fresh_ = false;
};

}  // namespace dcx::simulation
