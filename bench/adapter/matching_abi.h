// The C ABI of the public matching-engine benchmark (flash1-dev/matching-engine-benchmark, api/matching_engine_api.h):
// an engine is a shared library with the functions at the end. Layouts and numbers are that header's, names ours. Every
// engine of that benchmark can be loaded by our driver, and ours by its harness.
#pragma once

#include <cstdint>

namespace dcx::bench {

struct AbiNewOrder {
    std::uint64_t order_id;
    std::uint64_t sequence;
    std::int64_t price;  // ticks, signed
    std::uint32_t quantity;
    std::uint8_t side;  // 0 buy, 1 sell
    std::uint8_t ioc;
    std::uint8_t reserved[2];
};
struct AbiCancel {
    std::uint64_t order_id;
    std::uint64_t sequence;
};
// Removal and a new arrival at this price and quantity.
struct AbiModify {
    std::uint64_t order_id;
    std::uint64_t sequence;
    std::int64_t price;
    std::uint32_t quantity;
    std::uint8_t side;
    std::uint8_t reserved[3];
};
struct AbiMessage {
    std::uint8_t type;  // 0 new, 1 cancel, 2 modify
    std::uint8_t reserved[7];
    union {
        AbiNewOrder place;
        AbiCancel cancel;
        AbiModify modify;
    };
};

enum AbiReportType : std::uint8_t {
    abi_acknowledged = 0,
    abi_traded = 1,  // with the aggressor's sequence and the maker's price
    abi_canceled = 2,
    abi_modified = 3,
    abi_cancel_rejected = 4,
    abi_modify_rejected = 5,
};
struct AbiReport {
    std::uint8_t type;
    std::uint8_t side;
    std::uint8_t reserved[6];
    std::uint64_t sequence;
    std::uint64_t order_id;
    std::int64_t price;
    std::uint32_t quantity;
    std::uint32_t reserved2;
    std::uint64_t maker_order_id;
    std::uint64_t taker_order_id;
    std::uint64_t reserved3;
};
static_assert(sizeof(AbiNewOrder) == 32 && sizeof(AbiCancel) == 16 && sizeof(AbiModify) == 32);
static_assert(sizeof(AbiMessage) == 40 && sizeof(AbiReport) == 64);

// The queue that carries reports to another thread. push() and drain() have a thread each.
struct AbiTransport {
    void* (*create)(std::uint32_t capacity);
    int (*push)(void* queue, const AbiReport* report);  // 0: full
    std::uint32_t (*drain)(void* queue, AbiReport* out, std::uint32_t max);
    void (*flush)(void* queue);
    void (*destroy)(void* queue);
};

// What the library exports; the last two are optional.
using AbiInit = void (*)(std::uint64_t nonce, const AbiTransport* transport, void* queue);
using AbiShutdown = void (*)();
using AbiOnNewOrder = void (*)(const AbiNewOrder*);
using AbiOnCancel = void (*)(const AbiCancel*);
using AbiOnModify = void (*)(const AbiModify*);
using AbiFlush = void (*)();
using AbiQueryBest = std::int64_t (*)();  // INT64_MIN without bids, INT64_MAX without asks
using AbiQueryDepthAt = std::uint64_t (*)(std::int64_t price, std::uint8_t side);
using AbiGetTransport = const AbiTransport* (*)();
using AbiOnBatch = void (*)(const AbiMessage* messages, std::uint32_t count);

}  // namespace dcx::bench
