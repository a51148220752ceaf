// The adapter of the public benchmark (bench/adapter/matching_adapter.cpp), compiled into this program and driven by
// the functions that its library exports. One engine at a time: it is one by the ABI.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "adapter/matching_abi.h"

extern "C" {
const dcx::bench::AbiTransport* engine_get_transport();
void engine_init(std::uint64_t nonce, const dcx::bench::AbiTransport* transport, void* queue);
void engine_shutdown();
void engine_on_new_order(const dcx::bench::AbiNewOrder* order);
void engine_on_cancel(const dcx::bench::AbiCancel* request);
void engine_on_modify(const dcx::bench::AbiModify* request);
void engine_on_batch(const dcx::bench::AbiMessage* messages, std::uint32_t count);
void engine_flush();
std::int64_t engine_query_best_bid();
std::int64_t engine_query_best_ask();
std::uint64_t engine_query_depth_at(std::int64_t price, std::uint8_t side);
}

namespace dcx::bench {

inline constexpr std::uint8_t kBuy = 0;
inline constexpr std::uint8_t kSell = 1;

// A transport of the adapter.
class Queue {
  public:
    explicit Queue(std::uint32_t capacity) : handle_(engine_get_transport()->create(capacity)) {}
    ~Queue() { engine_get_transport()->destroy(handle_); }
    Queue(const Queue&) = delete;
    Queue& operator=(const Queue&) = delete;

    [[nodiscard]] void* handle() { return handle_; }
    void flush() { engine_get_transport()->flush(handle_); }
    // What is shown now, at most `most`.
    std::vector<AbiReport> drain(std::uint32_t most) {
        std::vector<AbiReport> reports(most);
        reports.resize(engine_get_transport()->drain(handle_, reports.data(), most));
        return reports;
    }
    std::vector<AbiReport> drain_all() {
        std::vector<AbiReport> all;
        while (true) {
            const auto some = drain(256);
            if (some.empty()) return all;
            all.insert(all.end(), some.begin(), some.end());
        }
    }

  private:
    void* handle_;
};

// The engine from init to shutdown.
class Engine {
  public:
    // With room for 2^16 orders and prices unless the environment says otherwise.
    explicit Engine(Queue& queue);
    ~Engine() { engine_shutdown(); }
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    void place(std::uint8_t side, std::uint64_t id, std::int64_t price, std::uint32_t quantity, bool ioc = false) {
        const AbiNewOrder order{.order_id = id,
                                .sequence = sequence_++,
                                .price = price,
                                .quantity = quantity,
                                .side = side,
                                .ioc = ioc,
                                .reserved = {}};
        engine_on_new_order(&order);
    }
    void cancel(std::uint64_t id) {
        const AbiCancel request{.order_id = id, .sequence = sequence_++};
        engine_on_cancel(&request);
    }
    void modify(std::uint8_t side, std::uint64_t id, std::int64_t price, std::uint32_t quantity) {
        const AbiModify request{.order_id = id,
                                .sequence = sequence_++,
                                .price = price,
                                .quantity = quantity,
                                .side = side,
                                .reserved = {}};
        engine_on_modify(&request);
    }

  private:
    std::uint64_t sequence_ = 0;
};

// The messages in calls of at most `batch`; 0: one by one.
void deliver(std::span<const AbiMessage> messages, std::size_t batch);

}  // namespace dcx::bench
