// ReportOrder: in which order the reports of a session are told to its owner: each once, by its number, across lost
// connections. It knows the next number to be told and the gap behind it, if there is one: what the venue told while
// nobody listened, and what has to be asked for again. Reports beyond a gap are held back until it is filled.
//
// Reports may come in any mixture of asked-for and new ones. At most `limit` are held; beyond it they are let go and
// the gap grows over them, so that memory is bounded and nothing is lost. No I/O; used by one thread.
#pragma once

#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <variant>

#include "client/order_entry_client.h"
#include "model/event.h"
#include "model/wire.h"

namespace dcx::client {

// A report as it can be kept.
struct ReportCopy {
    std::uint64_t sequence{};
    ReportHeader header{};  // of other than an ExecutionReport
    EventKind kind{};       // none: an ExecutionReport
    std::size_t body_size{};
    std::variant<ExecutionReport, std::array<std::byte, kEventBodySize>> content{};
};

// Reports from `from` on are missing, `count` of them, or more than can be asked for at once.
struct ReportGap {
    std::uint64_t from{};
    std::uint64_t end{};  // the first that is not missing

    [[nodiscard]] std::uint64_t count() const { return end - from; }
};

class ReportOrder {
  public:
    explicit ReportOrder(std::size_t limit) : limit_(limit) {}

    // 0: not known yet.
    [[nodiscard]] std::uint64_t next() const { return next_; }
    void start(std::uint64_t next) { next_ = gap_end_ = next; }
    // A new connection, whose first new report will be `next_outgoing`. False: the venue has forgotten what it told.
    [[nodiscard]] bool resume(std::uint64_t next_outgoing);

    [[nodiscard]] std::optional<ReportGap> gap() const {
        if (next_ >= gap_end_) return std::nullopt;
        return ReportGap{.from = next_, .end = gap_end_};
    }
    // A report has come. True: it is the next, and its owner is told now. Else it was told before, or is held.
    template <class Copy>
    [[nodiscard]] bool comes(std::uint64_t sequence, const Copy& copy) {
        if (sequence < next_) return false;
        if (sequence == next_) {
            if (next_ == gap_end_) ++gap_end_;
            ++next_;
            return true;
        }
        if (sequence >= gap_end_) hold(sequence, copy);
        return false;
    }
    // The next one of those held, once the gap before it is filled.
    [[nodiscard]] std::optional<ReportCopy> take_held();
    // What the gap misses cannot be had: it is passed over.
    void give_up_gap() { next_ = gap_end_; }

  private:
    template <class Copy>
    void hold(std::uint64_t sequence, const Copy& copy) {
        const std::uint64_t end = gap_end_ + held_.size();
        if (sequence < end) return;  // held already
        if (sequence == end && held_.size() < limit_) return held_.push_back(copy());
        held_.clear();
        gap_end_ = sequence + 1;
    }

    std::size_t limit_;
    std::uint64_t next_ = 0;     // the next to be told
    std::uint64_t gap_end_ = 0;  // the first that is held or to come; equal to next_: nothing is missing
    std::deque<ReportCopy> held_;
};

[[nodiscard]] ReportCopy copy_of(const ExecutionReport& report, std::uint64_t sequence);
[[nodiscard]] ReportCopy copy_of(const Report& report);

}  // namespace dcx::client
