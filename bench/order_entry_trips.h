// One order in flight: sent, and its report awaited before the next one. Every other one cancels the order before it,
// so that the book stays as it is. With the report's own stamps a trip falls into stages that add up to it.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <vector>

#include "order_entry_floor.h"
#include "platform/system_clock.h"
#include "wire_link.h"

namespace dcx::bench {

// From the client's call of send to its having the whole report. The stamps are the venue's, by the wall clock that all
// of this machine's threads share.
enum Stage : std::size_t {
    kSent,       // client → gateway has read it
    kSequenced,  // → the engine has it, with its sequence and time
    kMatched,    // → the core begins its batch of commands
    kDurable,    // → applied, in memory mode; on disk, and the gateway has seen that
    kEncoded,    // → the report is ready for the socket
    kHeard,      // → the client has it
    kStages
};
inline constexpr std::array<const char*, kStages> kStageNames{"in",      "sequenced", "matched",
                                                              "durable", "encoded",   "out"};

struct Trip {
    std::int64_t total = 0;
    std::array<std::int64_t, kStages> stages{};
};

// Two requests of a session in turn: an order that rests, far from the market, and its cancel.
class RestAndCancel {
  public:
    std::span<const std::byte> next(const Negotiated& session) {
        const std::uint64_t number = ++count_;
        const std::uint64_t sequence = session.next_incoming - 1 + number;
        const ClOrdId id{session.last_cl_ord_id.value + number};
        if (number % 2 == 1) {
            place_.header.sequence = sequence;
            place_.block.cl_ord_id = id;
            place_.block.account = session.account;
            return place_.bytes();
        }
        cancel_.header.sequence = sequence;
        cancel_.block.cl_ord_id = id;
        cancel_.block.orig_cl_ord_id = ClOrdId{id.value - 1};
        cancel_.block.account = session.account;
        return cancel_.bytes();
    }
    // What a floor sends in place of the i-th, from 0.
    [[nodiscard]] std::span<const std::byte> like(std::size_t i) const {
        return i % 2 == 0 ? place_.bytes() : cancel_.bytes();
    }

  private:
    std::uint64_t count_ = 0;
    FrameOf<PlaceOrder> place_ = make_command_frame(PlaceOrder{.price = Price{std::int64_t{12'000}},
                                                               .quantity = Quantity{std::int64_t{100'000}},
                                                               .instrument = InstrumentId{1u},
                                                               .side = Side::buy,
                                                               .type = OrderType::limit,
                                                               .time_in_force = TimeInForce::gtc},
                                                    Time{}, 0);
    FrameOf<CancelOrder> cancel_ = make_command_frame(CancelOrder{}, Time{}, 0);
};

// Adds `count` trips; the first tenth more warms up. Throws when a report is another one than it must be.
template <class Link>
void take_trips(Link& link, RestAndCancel& flow, Idle idle, std::size_t count, std::vector<Trip>& trips) {
    platform::SystemClock clock;
    std::array<std::byte, kReportSize> report;
    const std::size_t warm_up = (count / 10) & ~std::size_t{1};
    for (std::size_t i = 0; i < warm_up + count; ++i) {
        const auto request = flow.next(link.session());
        const std::int64_t start = clock.wall_ns();
        link.put(request);
        link.take(report, idle);
        const std::int64_t end = clock.wall_ns();
        const auto frame = decode_frame(report, response_block_size);
        if (!frame || !frame->complete() || frame->header.template_id != kTemplateExecutionReport)
            throw std::runtime_error("another answer than a report");
        const auto told = frame->template as<ExecutionReport>();
        if (told.exec_type != (i % 2 == 0 ? ExecType::accepted : ExecType::canceled))
            throw std::runtime_error("another report than the order's");
        if (i < warm_up) continue;
        const std::array<std::int64_t, kStages + 1> stamps{start,
                                                           told.header.received.value,
                                                           told.header.sequenced.value,
                                                           told.header.matched.value,
                                                           told.header.durable.value,
                                                           told.header.sent.value,
                                                           end};
        Trip trip{.total = end - start};
        for (std::size_t stage = 0; stage < kStages; ++stage) trip.stages[stage] = stamps[stage + 1] - stamps[stage];
        trips.push_back(trip);
    }
}

inline double percentile(Nanoseconds sorted, double percent) {
    std::ranges::sort(sorted);
    return static_cast<double>(
        sorted[static_cast<std::size_t>(percent / 100 * static_cast<double>(sorted.size() - 1))]);
}
inline Nanoseconds totals(const std::vector<Trip>& trips) {
    Nanoseconds all;
    for (const Trip& trip : trips) all.push_back(trip.total);
    return all;
}
// The mean of each stage over the trips whose total is between these percentiles: they add up to a trip like those.
inline std::array<double, kStages> stages_between(std::vector<Trip> trips, double low, double high) {
    std::ranges::sort(trips, {}, &Trip::total);
    const auto at = [&](double percent) {
        return static_cast<std::size_t>(percent / 100 * static_cast<double>(trips.size() - 1));
    };
    std::array<double, kStages> mean{};
    const std::size_t count = at(high) - at(low) + 1;
    for (std::size_t i = at(low); i <= at(high); ++i)
        for (std::size_t stage = 0; stage < kStages; ++stage)
            mean[stage] += static_cast<double>(trips[i].stages[stage]) / static_cast<double>(count);
    return mean;
}

}  // namespace dcx::bench
