// The core without rings and disk, single-threaded: a mixed flow of 100,000 funded accounts with risk checks, holds,
// fees, settlement and all events; the same flow through the book alone; and transfers between random accounts. Read
// `book_alone` beside `core_with_money`: the ratio is what money costs.
#include <benchmark/benchmark.h>

#include <chrono>
#include <stdexcept>
#include <vector>

#include "core/book/book.h"
#include "core_flow.h"
#include "platform/huge_pages.h"

namespace {

using namespace dcx;
using namespace dcx::bench;

// A million accounts: 100,000 owners with a session each and nine sub-accounts each. Owners pay from any of their ten
// to any account.
std::vector<Command> million_script(std::size_t& begin) {
    constexpr std::uint32_t owners = 100'000;
    constexpr std::uint32_t all = 1'000'000;
    Script s;
    Random random(4);
    s.add(Genesis{.max_accounts = all + kFirstCustomer.value - 1,
                  .max_assets = 1,
                  .max_instruments = 1,
                  .max_orders = 16,
                  .max_sessions = owners + 1,
                  .max_keys = owners + 1,
                  .max_price_levels = 16,
                  .max_fills_per_command = 16,
                  .max_transfer_ids = 1u << 21});
    s.add(NegotiateSession{.client_session = 1, .key = KeyId{1u}});
    s.add(EstablishSession{}, operator_session);
    s.add(ListAsset{.symbol = AssetSymbol("DEC"), .issue_cap = Amount{kMaxIssue}, .scale = 8}, operator_session);
    for (std::uint32_t i = 0; i < all; ++i) {
        s.add(OpenAccount{.reference = i,
                          .owner = i < owners ? AccountId{} : account_of(i % owners),
                          .account_kind = AccountKind::customer},
              operator_session);
        s.add(Mint{.id = s.id(random),
                   .amount = Amount{1'000'000'000'000},
                   .account = account_of(i),
                   .asset = AssetId{1u}},
              operator_session);
    }
    for (std::uint32_t i = 0; i < owners; ++i) {
        AddKey key{.account = account_of(i), .permissions = kPermitTransfer};
        const std::uint64_t number = random.next();
        std::memcpy(key.public_key.data(), &number, sizeof number);
        s.add(key, operator_session);
        s.add(NegotiateSession{.client_session = 1, .key = KeyId{i + 2}});
        s.add(EstablishSession{}, session_of(i));
    }
    begin = s.commands.size();
    for (std::uint32_t i = 0; i < flow_size; ++i) {
        const auto from = static_cast<std::uint32_t>(random.below(all));
        const auto to = (from + 1 + static_cast<std::uint32_t>(random.below(all - 1))) % all;
        s.add(Transfer{.id = s.id(random),
                       .amount = Amount{random.between(1, 1'000'000)},
                       .debit_account = account_of(from),
                       .credit_account = account_of(to),
                       .asset = AssetId{1u}},
              session_of(from % owners));
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

// One by one, or in batches of as many as an engine takes at a time.
enum class Mode { one_by_one, batches };
constexpr std::size_t batch_size = 256;

void run_core(benchmark::State& state, const std::vector<Command>& commands, std::size_t begin, Mode mode) {
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
        for (std::size_t i = begin; i < commands.size();) {
            // As in the event ring: the slots are always the next ones.
            const std::uint64_t first = out.position;
            if (mode == Mode::batches)
                i += core.apply(std::span(commands).subspan(i, std::min(batch_size, commands.size() - i)), out,
                                1u << 20);
            else
                core.apply(commands[i++], out);
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

void core_with_money(benchmark::State& state) { run_core(state, flow().script.commands, flow().begin, Mode::batches); }
void core_with_money_one_by_one(benchmark::State& state) {
    run_core(state, flow().script.commands, flow().begin, Mode::one_by_one);
}

void transfers(benchmark::State& state) {
    const market::TransferFlow flow(flow_options);
    run_core(state, flow.script.commands, flow.begin, Mode::batches);
}

void transfers_of_a_million(benchmark::State& state) {
    std::size_t begin = 0;
    const auto commands = million_script(begin);
    run_core(state, commands, begin, Mode::batches);
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
        core::BookStore store(memory, 1u << 20, 1u << 14);
        const auto book = std::make_unique<core::Book>();
        std::vector<std::uint32_t> slot_of(orders_made + 1);
        trades = 0;
        const auto start = Clock::now();
        for (const Step& step : steps) {
            if (!step.place) {
                const std::uint32_t slot = slot_of[step.order];
                if (!store.orders.holds(slot, OrderId{std::uint64_t{step.order}})) continue;
                book->remove(store, slot);
                store.orders.give(slot);
                continue;
            }
            const core::PriceKey key = core::key_of(step.side, step.price);
            Quantity open = step.quantity;
            while (open.value > 0 && book->crosses(key)) {
                const std::uint32_t maker = book->front(store, opposite(step.side));
                const Quantity traded = std::min(open, store.orders[maker].open);
                open -= traded;
                ++trades;
                if (book->reduce(store, maker, traded)) store.orders.give(maker);
            }
            if (open.value == 0) continue;
            const std::uint32_t slot = store.orders.take();
            store.orders[slot] = {
                .id = OrderId{std::uint64_t{step.order}}, .open = open, .key = key, .next = 0, .prev = 0};
            book->rest(store, slot);
            slot_of[step.order] = slot;
        }
        state.SetIterationTime(since(start));
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(steps.size()));
    state.counters["trades"] = static_cast<double>(trades);
}

BENCHMARK(core_with_money_one_by_one)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK(core_with_money)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK(book_alone)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK(transfers)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK(transfers_of_a_million)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(3);

}  // namespace
