// Whole workloads through the adapter: its answer and its book after them.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <thread>

#include "adapter/matching_flow.h"
#include "matching/adapter.h"
#include "reference/naive_answer.h"

namespace dcx::bench {
namespace {

using market::CanonicalReports;
using market::WorkloadKind;
using market::WorkloadMessage;

constexpr WorkloadKind kKinds[] = {WorkloadKind::normal, WorkloadKind::old_cancels, WorkloadKind::reused_ids,
                                   WorkloadKind::sparse, WorkloadKind::deep};

std::vector<WorkloadMessage> workload(WorkloadKind kind, std::size_t messages = 50'000) {
    return market::generate_workload({.kind = kind, .seed = 11, .messages = messages, .live_orders = 5'000});
}

struct Delivery {
    std::size_t batch = 0;         // 0: one by one
    std::uint32_t capacity = 512;  // far fewer than reports: the ring wraps, and fills when the drainer is late
    std::uint32_t drained_at_once = 256;
    std::chrono::microseconds drainer_sleeps{0};  // after every drain
};

CanonicalReports answer_of(const std::vector<WorkloadMessage>& messages, const Delivery& delivery) {
    const Flow flow = flow_of("", messages);
    Queue queue(delivery.capacity);
    CanonicalReports answer;
    std::atomic<bool> flushed{false};
    std::thread drainer([&] {
        while (true) {
            const bool last = flushed.load(std::memory_order_acquire);
            const auto reports = queue.drain(delivery.drained_at_once);
            for (const AbiReport& report : reports) collect(report, answer);
            if (reports.empty() && last) return;
            if (delivery.drainer_sleeps.count() > 0) std::this_thread::sleep_for(delivery.drainer_sleeps);
            if (reports.empty()) std::this_thread::yield();
        }
    });
    {
        Engine engine(queue);
        deliver(flow.messages, delivery.batch);
        engine_flush();
        flushed.store(true, std::memory_order_release);
        drainer.join();
    }
    return answer;
}

void check_every_kind(const Delivery& delivery) {
    for (const WorkloadKind kind : kKinds) {
        CAPTURE(market::to_string(kind));
        const auto messages = workload(kind);
        CanonicalReports wanted = reference::naive_answer(messages);
        CanonicalReports answer = answer_of(messages, delivery);
        CHECK(wanted.trades() > 1'000);
        CHECK(answer.size() == wanted.size());
        CHECK(answer.hash() == wanted.hash());
    }
}

TEST_CASE("adapter: the naive answer to every kind of workload, in batches") { check_every_kind({.batch = 32'768}); }

TEST_CASE("adapter: the naive answer to every kind of workload, in batches of odd size") {
    check_every_kind({.batch = 37});
}

TEST_CASE("adapter: the naive answer to every kind of workload, one by one") { check_every_kind({.batch = 0}); }

TEST_CASE("adapter: a slow drainer of a small ring loses nothing") {
    for (const std::uint32_t capacity : {1u, 2u, 3u, 24u, 64u}) {
        CAPTURE(capacity);
        // Some fifty times around; where both threads share a core, each time costs a change of threads.
        const auto messages = workload(WorkloadKind::normal, 50 * capacity + 100);
        const Delivery slow{.batch = 1'000,
                            .capacity = capacity,
                            .drained_at_once = 7,
                            .drainer_sleeps = std::chrono::microseconds{capacity < 24 ? 0 : 100}};
        CHECK(answer_of(messages, slow).hash() == reference::naive_answer(messages).hash());
    }
}

// The book that follows from the reports alone, which are known to be right.
class ToldBook {
  public:
    void take(const AbiReport& r) {
        switch (r.type) {
            case abi_acknowledged: orders_[r.order_id] = {r.side, r.price, r.quantity}; break;
            case abi_canceled: orders_.erase(r.order_id); break;
            case abi_modified: orders_[r.order_id] = {r.side, r.price, r.quantity}; break;
            case abi_traded:
                reduce(r.maker_order_id, r.quantity);
                reduce(r.taker_order_id, r.quantity);
                break;
            default: break;
        }
    }
    [[nodiscard]] std::map<std::int64_t, std::uint64_t> levels(std::uint8_t side) const {
        std::map<std::int64_t, std::uint64_t> levels;
        for (const auto& [id, order] : orders_)
            if (order.side == side) levels[order.price] += order.quantity;
        return levels;
    }

  private:
    struct Order {
        std::uint8_t side;
        std::int64_t price;
        std::uint32_t quantity;
    };
    void reduce(std::uint64_t id, std::uint32_t quantity) {
        Order& order = orders_.at(id);
        order.quantity -= quantity;
        if (order.quantity == 0) orders_.erase(id);
    }
    std::map<std::uint64_t, Order> orders_;
};

// How many of the queries of one side are answered wrongly: the best price, the depth at every price of the book, at
// its neighbours, and at the prices of the last reports, where levels may just have gone.
std::size_t wrong_answers(const ToldBook& book, std::uint8_t side, const std::vector<AbiReport>& last) {
    const auto levels = book.levels(side);
    const std::int64_t best = side == kBuy ? engine_query_best_bid() : engine_query_best_ask();
    std::int64_t wanted = side == kBuy ? INT64_MIN : INT64_MAX;
    if (!levels.empty()) wanted = side == kBuy ? levels.rbegin()->first : levels.begin()->first;
    std::size_t wrong = best != wanted;
    const auto ask = [&](std::int64_t price) {
        const auto found = levels.find(price);
        wrong += engine_query_depth_at(price, side) != (found == levels.end() ? 0 : found->second);
    };
    for (const auto& [price, quantity] : levels)
        for (const std::int64_t near : {-1, 0, 1}) ask(price + near);
    for (const AbiReport& report : last) ask(report.price);
    return wrong;
}

TEST_CASE("adapter: best prices and depths are those of a naive book, all the time") {
    constexpr std::size_t step = 97;
    for (const WorkloadKind kind : kKinds) {
        CAPTURE(market::to_string(kind));
        const Flow flow = flow_of("", workload(kind, 20'000));
        Queue queue(1u << 16);
        const Engine engine(queue);
        ToldBook book;
        std::size_t wrong = wrong_answers(book, kBuy, {}) + wrong_answers(book, kSell, {});
        std::size_t most_levels = 0;
        for (std::size_t at = 0; at < flow.messages.size(); at += step) {
            const auto some = std::span(flow.messages).subspan(at, std::min(step, flow.messages.size() - at));
            deliver(some, at % 2 == 0 ? step : 0);
            engine_flush();
            const auto reports = queue.drain_all();
            for (const AbiReport& report : reports) book.take(report);
            wrong += wrong_answers(book, kBuy, reports) + wrong_answers(book, kSell, reports);
            most_levels = std::max(most_levels, book.levels(kBuy).size());
        }
        CHECK(wrong == 0);
        CHECK(most_levels >= 4);
    }
}

}  // namespace
}  // namespace dcx::bench
