// The core without rings and disk, single-threaded: a mixed flow of 100,000 funded accounts with risk checks, holds,
// fees, settlement and all events; the same flow through the book alone; and transfers between random accounts. Read
// `book_alone` beside `core_with_money`: the ratio is what money costs.
#include <benchmark/benchmark.h>

#include <chrono>
#include <stdexcept>
#include <vector>

#include "base/random.h"
#include "core/book/book.h"
#include "core/core.h"
#include "platform/huge_pages.h"

namespace {

using namespace dcx;

constexpr std::uint32_t accounts = 100'000;
constexpr std::uint32_t flow_size = 500'000;
constexpr AccountId first_account{3u};

// Commands in sequence, each with its session's next number.
class Script {
  public:
    template <MessageBody Body>
    void add(const Body& body, SessionId session = {}) {
        CommandHeader header{};
        header.sequence = Sequence{commands.size() + 1};
        header.time = Time{start_ns + static_cast<std::int64_t>(commands.size()) * 1000};
        header.session = session;
        if (session && Body::kind != CommandKind::establish_session) {
            if (sent_.size() <= session.value) sent_.resize(session.value + 1);
            header.session_sequence = ++sent_[session.value];
        }
        commands.push_back(Command::make(body, header));
    }
    TransferId id(Random& random) const {
        const auto ms = static_cast<std::uint64_t>(start_ns / 1'000'000) + commands.size() / 1000;
        return make_transfer_id(ms, random.next(), random.next());
    }
    std::vector<Command> commands;

  private:
    static constexpr std::int64_t start_ns = 1'700'000'000'000'000'000;
    std::vector<std::uint64_t> sent_;
};

constexpr SessionId operator_session{1u};
SessionId session_of(std::uint32_t i) { return SessionId{i + 2}; }
AccountId account_of(std::uint32_t i) { return AccountId{first_account.value + i}; }

// A venue of two assets, one market and `accounts` funded accounts with a session each.
Script venue() {
    Script s;
    Random random(1);
    s.add(Genesis{.max_accounts = accounts + 2,
                  .max_assets = 2,
                  .max_instruments = 1,
                  .max_orders = 1u << 20,
                  .max_sessions = accounts + 1,
                  .max_keys = accounts + 1,
                  .max_price_nodes = 1u << 14,
                  .max_fills_per_command = 4096,
                  .max_transfer_ids = 1u << 21});
    s.add(NegotiateSession{.client_session = 1, .key = KeyId{1u}});
    s.add(EstablishSession{}, operator_session);
    s.add(ListAsset{.symbol = AssetSymbol("DEC"), .issue_cap = Amount{kMaxIssue}, .scale = 8}, operator_session);
    s.add(ListAsset{.symbol = AssetSymbol("USD"), .issue_cap = Amount{kMaxIssue}, .scale = 8}, operator_session);
    s.add(ListInstrument{.symbol = Symbol("DEC/USD"),
                         .base = AssetId{1u},
                         .quote = AssetId{2u},
                         .tick_mantissa = 1,
                         .lot_mantissa = 1,
                         .max_quantity = Quantity{std::int64_t{1} << 30},
                         .min_notional = Amount{},
                         .maker_fee = FeeRate{1000},
                         .taker_fee = FeeRate{2000},
                         .tick_scale = 4,
                         .lot_scale = 4},
          operator_session);
    for (std::uint32_t i = 0; i < accounts; ++i) {
        s.add(OpenAccount{.reference = i, .account_kind = AccountKind::customer}, operator_session);
        AddKey key{.account = account_of(i), .permissions = kPermitTrade | kPermitTransfer};
        const std::uint64_t number = random.next();
        std::memcpy(key.public_key.data(), &number, sizeof number);
        s.add(key, operator_session);
        for (const std::uint32_t asset : {1u, 2u})
            s.add(Mint{.id = s.id(random),
                       .amount = Amount{30'000'000'000'000},
                       .account = account_of(i),
                       .asset = AssetId{asset}},
                  operator_session);
        s.add(NegotiateSession{.client_session = 1, .key = KeyId{i + 2}});
        s.add(EstablishSession{}, session_of(i));
    }
    return s;
}

// Half new orders (an eighth of them marketable), half cancels of orders placed up to 2,000 commands ago, as in a
// market whose makers move their quotes. Every account takes part.
struct Flow {
    Script script = venue();
    std::size_t begin = script.commands.size();

    Flow() {
        Random random(2);
        struct Placed {
            std::uint32_t account;
            std::uint64_t cl_ord_id;
        };
        std::vector<Placed> placed;
        std::vector<std::uint64_t> last(accounts);
        std::int64_t mid = 12'500;
        for (std::uint32_t i = 0; i < flow_size; ++i) {
            if (i % 64 == 0) mid += random.between(-2, 2);
            if (random.chance(50) && placed.size() > 2'000) {
                const auto& order = placed[placed.size() - 1 - random.below(1'000)];
                script.add(CancelOrder{.cl_ord_id = ClOrdId{++last[order.account]},
                                       .orig_cl_ord_id = ClOrdId{order.cl_ord_id},
                                       .account = account_of(order.account)},
                           session_of(order.account));
                continue;
            }
            const auto account = static_cast<std::uint32_t>(random.below(accounts));
            const bool buy = random.chance(50);
            const std::int64_t away = random.chance(12) ? -5 : random.between(1, 60);
            script.add(PlaceOrder{.cl_ord_id = ClOrdId{++last[account]},
                                  .price = Price{buy ? mid - away : mid + away},
                                  .quantity = Quantity{random.between(10'000, 1'000'000)},
                                  .account = account_of(account),
                                  .instrument = InstrumentId{1u},
                                  .side = buy ? Side::buy : Side::sell,
                                  .type = OrderType::limit,
                                  .time_in_force = TimeInForce::gtc},
                       session_of(account));
            placed.push_back({account, last[account]});
        }
    }
};

const Flow& flow() {
    static const Flow instance;
    return instance;
}

std::vector<Command> transfer_script(std::size_t& begin) {
    Script s = venue();
    begin = s.commands.size();
    Random random(3);
    for (std::uint32_t i = 0; i < flow_size; ++i) {
        const auto from = static_cast<std::uint32_t>(random.below(accounts));
        const auto to = (from + 1 + static_cast<std::uint32_t>(random.below(accounts - 1))) % accounts;
        s.add(Transfer{.id = s.id(random),
                       .amount = Amount{random.between(1, 1'000'000)},
                       .debit_account = account_of(from),
                       .credit_account = account_of(to),
                       .asset = AssetId{1u}},
              session_of(from));
    }
    return std::move(s.commands);
}

using Clock = std::chrono::steady_clock;
double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Events of the kinds that say a command did what it was made for.
struct Counts {
    std::uint64_t trades = 0;
    std::uint64_t refused = 0;
};

void run_core(benchmark::State& state, const std::vector<Command>& commands, std::size_t begin) {
    Counts counts;
    for (auto _ : state) {
        platform::HugePageMemory memory;
        core::Core core(memory);
        EventBuffer buffer(1u << 15);
        EventWriter& out = buffer.writer();
        for (std::size_t i = 0; i < begin; ++i) {
            buffer.clear();
            core.apply(commands[i], out);
        }
        counts = {};
        const auto start = Clock::now();
        for (std::size_t i = begin; i < commands.size(); ++i) {
            // As in the event ring: the slots are always the next ones.
            const std::uint64_t first = out.position;
            core.apply(commands[i], out);
            for (std::uint64_t at = first; at < out.position; ++at) {
                const EventKind kind = out.at(at).header.kind;
                counts.trades += kind == EventKind::trade_executed;
                counts.refused += kind == EventKind::command_rejected || kind == EventKind::order_rejected;
            }
        }
        state.SetIterationTime(since(start));
        if (const auto broken = core.check_invariants(); !broken.empty()) throw std::runtime_error(broken);
        if (counts.refused != 0) throw std::runtime_error("the flow has refused commands");
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(commands.size() - begin));
    state.counters["trades"] = static_cast<double>(counts.trades);
}

void core_with_money(benchmark::State& state) { run_core(state, flow().script.commands, flow().begin); }

void transfers(benchmark::State& state) {
    std::size_t begin = 0;
    const auto commands = transfer_script(begin);
    run_core(state, commands, begin);
}

// The same orders and cancels, named as cheaply as can be: an array from the order's place in the flow to its slot.
void book_alone(benchmark::State& state) {
    struct Step {
        bool place;
        Side side;
        Price price;
        Quantity quantity;
        std::uint32_t order;  // its number, or the number of the one to cancel
    };
    std::vector<Step> steps;
    std::vector<std::vector<std::uint32_t>> numbers(accounts);  // of an account's cl_ord_ids, 0: a cancel's
    std::uint32_t orders_made = 0;
    for (std::size_t i = flow().begin; i < flow().script.commands.size(); ++i) {
        const Command& c = flow().script.commands[i];
        auto& own = numbers[c.header.session.value - 2];
        if (c.header.kind == CommandKind::place_order) {
            const auto place = c.as<PlaceOrder>();
            own.push_back(++orders_made);
            steps.push_back({true, place.side, place.price, place.quantity, orders_made});
        } else {
            own.push_back(0);
            steps.push_back({false, {}, {}, {}, own[c.as<CancelOrder>().orig_cl_ord_id.value - 1]});
        }
    }
    std::uint64_t trades = 0;
    for (auto _ : state) {
        platform::HugePageMemory memory;
        core::OrderPool orders(memory, 1u << 20);
        core::NodePool nodes(memory, 1u << 14);
        core::Book book;
        std::vector<std::uint32_t> slot_of(orders_made + 1);
        std::vector<Side> side_of(orders_made + 1);
        trades = 0;
        const auto start = Clock::now();
        for (const Step& step : steps) {
            if (!step.place) {
                const std::uint32_t slot = slot_of[step.order];
                if (!orders.holds(slot, OrderId{std::uint64_t{step.order}})) continue;
                book.remove(orders, nodes, side_of[step.order], slot);
                orders.give(slot);
                continue;
            }
            Quantity open = step.quantity;
            std::uint32_t fills = 4096;
            book.match(orders, nodes, step.side, step.price, open, fills,
                       [&](std::uint32_t maker, Price, Quantity, bool done) {
                           ++trades;
                           if (done) orders.give(maker);
                       });
            if (open.value == 0) continue;
            const std::uint32_t slot = orders.take();
            orders[slot] = {
                .id = OrderId{std::uint64_t{step.order}}, .open = open, .price = step.price, .next = 0, .prev = 0};
            book.rest(orders, nodes, step.side, slot);
            slot_of[step.order] = slot;
            side_of[step.order] = step.side;
        }
        state.SetIterationTime(since(start));
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(steps.size()));
    state.counters["trades"] = static_cast<double>(trades);
}

BENCHMARK(core_with_money)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK(book_alone)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK(transfers)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(3);

}  // namespace
