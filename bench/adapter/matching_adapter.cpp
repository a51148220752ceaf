// The venue's book as an engine of the public matching-engine benchmark: matching_abi.h over app/book_driver.h. One
// message is done before the next is looked at, also in a batch; reports leave through the venue's own ring, 32 bytes
// each, shown to the drainer 1,024 at a time and at every flush: in smaller pieces the drainer's processor would fetch
// ahead into the lines that are being written, and take them away.
//
// Limits: prices -2^61 + 1 .. 2^61, unchecked; DCX_BENCH_ORDERS (2^20) resting orders at DCX_BENCH_LEVELS (2^18)
// prices, taken in engine_init. Beyond these capacities the ABI has no answer: the process stops.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>

#include "adapter/matching_abi.h"
#include "app/book_driver.h"
#include "platform/cpu.h"
#include "platform/huge_pages.h"
#include "ring/spsc_ring.h"

namespace dcx::bench {
namespace {

struct Report {
    std::uint64_t sequence;
    std::uint64_t order_id;  // of a trade: the maker's; the taker is the order acknowledged or modified before it
    std::int64_t price;
    std::uint32_t quantity;
    std::uint8_t type;
    std::uint8_t side;
    std::uint16_t zero;
};
static_assert(sizeof(Report) == 32);

// The book's prices count from 1, the benchmark's are signed.
constexpr std::int64_t kPriceBias = std::int64_t{1} << 61;
Price to_price(std::int64_t ticks) { return Price{ticks + kPriceBias}; }
std::int64_t to_ticks(Price price) { return price.value - kPriceBias; }

constexpr std::uint8_t to_abi(Side side) { return side == Side::sell; }
constexpr Side to_side(std::uint8_t side) { return static_cast<Side>(1 + (side & 1)); }

class ReportRing {
  public:
    explicit ReportRing(std::size_t capacity) : ring_(std::bit_ceil(capacity), memory_) {}

    void write(const Report& report) {
        if (at_ == end_) [[unlikely]]
            claim();
        *at_++ = report;
    }
    void flush() {
        ring_.publish(static_cast<std::size_t>(at_ - begin_));
        begin_ = at_;
    }
    std::uint32_t drain(AbiReport* out, std::uint32_t max) {
        const auto reports = ring_.peek(max);
        for (const Report& report : reports) tell(report, *out++);
        if (!reports.empty()) ring_.release(reports.size());
        return static_cast<std::uint32_t>(reports.size());
    }

  private:
    static constexpr std::size_t kShownAtOnce = 1024;

    void claim() {
        flush();
        while (true) {
            const auto slots = ring_.claim(kShownAtOnce);
            begin_ = at_ = slots.data();
            end_ = begin_ + slots.size();
            if (!slots.empty()) return;
            platform::relax_cpu();
        }
    }

    void tell(const Report& report, AbiReport& out) {
        const bool traded = report.type == abi_traded;
        if (!traded) taker_ = report.order_id;
        out.type = report.type;
        out.side = report.side;
        out.sequence = report.sequence;
        out.order_id = traded ? 0 : report.order_id;
        out.price = report.price;
        out.quantity = report.quantity;
        out.maker_order_id = traded ? report.order_id : 0;
        out.taker_order_id = traded ? taker_ : 0;
    }

    platform::HugePageMemory memory_;
    ring::SpscRing<Report> ring_;
    // The producer's: claimed slots, of which those up to at_ are written and not yet shown.
    alignas(platform::separate_lines) Report* begin_ = nullptr;
    Report* at_ = nullptr;
    Report* end_ = nullptr;
    alignas(platform::separate_lines) std::uint64_t taker_ = 0;  // the consumer's
};

struct Sink {
    ReportRing* ring = nullptr;
    std::uint64_t sequence = 0;

    void report(std::uint8_t type, std::uint8_t side, OrderId id, Price price, Quantity quantity) {
        ring->write({.sequence = sequence,
                     .order_id = id.value,
                     .price = to_ticks(price),
                     .quantity = static_cast<std::uint32_t>(quantity.value),
                     .type = type,
                     .side = side,
                     .zero = 0});
    }
    void acknowledged(Side side, OrderId id, Price price, Quantity quantity) {
        report(abi_acknowledged, to_abi(side), id, price, quantity);
    }
    void traded(Price price, Quantity quantity, OrderId maker, OrderId) {
        report(abi_traded, 0, maker, price, quantity);
    }
    void canceled(Side side, OrderId id, Price price) { report(abi_canceled, to_abi(side), id, price, {}); }
    void modified(Side side, OrderId id, Price price, Quantity quantity) {
        report(abi_modified, to_abi(side), id, price, quantity);
    }
    void cancel_rejected(OrderId id) { report(abi_cancel_rejected, 0, id, to_price(0), {}); }
    void modify_rejected(OrderId id) { report(abi_modify_rejected, 0, id, to_price(0), {}); }
};

using Driver = app::BookDriver<Sink>;

struct Engine {
    explicit Engine(Driver::Capacity capacity, ReportRing* ring) : sink{.ring = ring}, driver(memory, capacity, sink) {}

    platform::HugePageMemory memory;
    Sink sink;
    Driver driver;
};

Engine* engine = nullptr;

[[noreturn]] void stop(const char* why) {
    std::fprintf(stderr, "dcx matching adapter: %s\n", why);
    std::abort();
}

std::uint32_t capacity_from(const char* name, std::uint32_t otherwise) {
    const char* const text = std::getenv(name);
    if (text == nullptr) return otherwise;
    const unsigned long value = std::strtoul(text, nullptr, 10);
    if (value < 1 || value > (1ul << 26)) stop("a capacity is not in 1 .. 2^26");
    return static_cast<std::uint32_t>(value);
}

[[gnu::always_inline]] inline void place(const AbiNewOrder& order) {
    if (!engine->driver.has_room()) [[unlikely]]
        stop("no room for an order; raise DCX_BENCH_ORDERS or DCX_BENCH_LEVELS");
    engine->sink.sequence = order.sequence;
    engine->driver.place(OrderId{order.order_id}, to_side(order.side), order.ioc != 0, to_price(order.price),
                         Quantity{std::int64_t{order.quantity}});
}
[[gnu::always_inline]] inline void cancel(const AbiCancel& request) {
    engine->sink.sequence = request.sequence;
    engine->driver.cancel(OrderId{request.order_id});
}
[[gnu::always_inline]] inline void modify(const AbiModify& request) {
    if (!engine->driver.has_room()) [[unlikely]]
        stop("no room for an order; raise DCX_BENCH_LEVELS");
    engine->sink.sequence = request.sequence;
    engine->driver.modify(OrderId{request.order_id}, to_price(request.price), Quantity{std::int64_t{request.quantity}});
}

std::int64_t best(Side side, std::int64_t none) {
    const core::Book& book = engine->driver.book();
    return book.empty(side) ? none : to_ticks(book.best(side));
}

}  // namespace
}  // namespace dcx::bench

extern "C" {

using namespace dcx::bench;

const AbiTransport* engine_get_transport() {
    static constexpr AbiTransport transport{
        .create = [](std::uint32_t capacity) -> void* { return new ReportRing(capacity); },
        .push = [](void*, const AbiReport*) -> int { stop("reports are written by the engine alone"); },
        .drain = [](void* queue, AbiReport* out, std::uint32_t max) -> std::uint32_t {
            return static_cast<ReportRing*>(queue)->drain(out, max);
        },
        .flush = [](void* queue) { static_cast<ReportRing*>(queue)->flush(); },
        .destroy = [](void* queue) { delete static_cast<ReportRing*>(queue); },
    };
    return &transport;
}

void engine_init(std::uint64_t, const AbiTransport*, void* queue) {
    engine = new Engine({.orders = capacity_from("DCX_BENCH_ORDERS", 1u << 20),
                         .price_levels = capacity_from("DCX_BENCH_LEVELS", 1u << 18)},
                        static_cast<ReportRing*>(queue));
}
void engine_shutdown() {
    delete engine;
    engine = nullptr;
}

void engine_on_new_order(const AbiNewOrder* order) { place(*order); }
void engine_on_cancel(const AbiCancel* request) { cancel(*request); }
void engine_on_modify(const AbiModify* request) { modify(*request); }
void engine_on_batch(const AbiMessage* messages, std::uint32_t count) {
    for (const AbiMessage* message = messages; message != messages + count; ++message) {
        switch (message->type) {
            case 0: place(message->place); break;
            case 1: cancel(message->cancel); break;
            default: modify(message->modify); break;
        }
    }
}
void engine_flush() { engine->sink.ring->flush(); }

std::int64_t engine_query_best_bid() { return best(dcx::Side::buy, INT64_MIN); }
std::int64_t engine_query_best_ask() { return best(dcx::Side::sell, INT64_MAX); }
std::uint64_t engine_query_depth_at(std::int64_t price, std::uint8_t side) {
    // Asked with the best price of an empty side, too, which is none.
    if (price <= -kPriceBias || price > kPriceBias) return 0;
    const auto* const level = engine->driver.book().level(engine->driver.store(), to_side(side), to_price(price));
    return level == nullptr ? 0 : static_cast<std::uint64_t>(level->open.value);
}

}  // extern "C"
