// ReportStore: the last reports of all sessions of a gateway, as they went out, so that a session can be told them
// again. One ring of slots of equal size: the newest report takes the place of the oldest one of whichever session that
// was. The reports of a session are a list through the ring, so a session that is silent costs nothing but its end
// points, and those it has without having reported anything cost nothing at all.
//
// One thread. All memory is taken at the start but for the end points (32 bytes), which grow with the sessions' ids.
// What ties the list together lies apart from the reports, close together: an add writes the new report's lines and no
// other's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "gateway/binary/reports.h"
#include "model/types.h"

namespace dcx::gateway {

class ReportStore {
  public:
    // `bytes` is rounded down to whole slots of 256; at least 16 of them.
    explicit ReportStore(std::size_t bytes);

    // The session's next report, which the caller writes there, a frame with this sequence, before he does anything
    // else here. `sequence` is one above that of its last one.
    [[nodiscard]] ReportBytes& add(SessionId session, std::uint64_t sequence);
    // How long the report that was added last is.
    void set_size(std::size_t size) { links_[newest_].size = static_cast<std::uint32_t>(size); }

    // The session's reports [first, next) are here; the two are equal when none is.
    struct Range {
        std::uint64_t first{};
        std::uint64_t next{};
    };
    [[nodiscard]] Range range(SessionId session) const;

    // Walks through a session's reports. It holds its place while reports are added; when the ring has come round to
    // it, it finds nothing more.
    class Cursor {
      public:
        // `sequence`: the report wanted first.
        Cursor(SessionId session, std::uint64_t sequence) : session_(session), sequence_(sequence) {}
        [[nodiscard]] std::uint64_t sequence() const { return sequence_; }

      private:
        friend class ReportStore;
        SessionId session_;
        std::uint64_t sequence_;
        std::uint32_t slot_ = kNone;  // where its report is, when `at_` is its sequence
        std::uint64_t at_ = 0;        // the report in slot_, on the way to it
    };
    enum class Step : std::uint8_t { found, walking, gone };
    // The report at the cursor, which moves on to the next one. Takes at most `steps` through the list, which are taken
    // from it: walking, when that was not enough.
    [[nodiscard]] Step next(Cursor& cursor, std::size_t& steps, std::span<const std::byte>& report) const;

    [[nodiscard]] std::size_t capacity() const { return slots_.size(); }

  private:
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};
    struct alignas(256) Slot {
        ReportBytes bytes{};
    };
    static_assert(sizeof(Slot) == 256);
    struct Link {
        std::uint32_t before = kNone;  // of the same session; of its first one: where an older one was
        std::uint32_t behind = kNone;
        SessionId session{};  // 0: the slot was never used
        std::uint32_t size = 0;
    };
    struct Ends {
        std::uint32_t first = kNone;
        std::uint32_t last = kNone;
        std::uint64_t count = 0;
        std::uint64_t next = 0;  // one above the last one's sequence
    };

    void forget(const Link& oldest);
    [[nodiscard]] std::uint64_t sequence_in(std::uint32_t slot) const;
    [[nodiscard]] bool holds(const Cursor& cursor) const {
        return cursor.slot_ != kNone && links_[cursor.slot_].session == cursor.session_ &&
               sequence_in(cursor.slot_) == cursor.at_;
    }

    std::vector<Slot> slots_;
    std::vector<Link> links_;  // of the slot of the same place
    std::vector<Ends> ends_;   // by session id - 1
    std::uint32_t newest_ = 0;
    std::uint32_t next_ = 0;
};

}  // namespace dcx::gateway
