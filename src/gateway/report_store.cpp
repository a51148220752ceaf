#include "gateway/report_store.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace dcx::gateway {
namespace {
constexpr std::size_t kLeastSlots = 16;
}

ReportStore::ReportStore(std::size_t bytes)
    : slots_(std::max(kLeastSlots, bytes / sizeof(Slot))), links_(slots_.size()) {}

ReportBytes& ReportStore::add(SessionId session, std::uint64_t sequence) {
    Link& link = links_[next_];
    if (link.session) [[likely]]
        forget(link);
    if (session.value > ends_.size()) [[unlikely]]
        ends_.resize(session.value);
    Ends& ends = ends_[session.value - 1];
    DCX_CHECK(ends.count == 0 || ends.next == sequence);
    if (ends.count > 0)
        links_[ends.last].behind = next_;
    else
        ends.first = next_;
    link = {.before = ends.last, .behind = kNone, .session = session, .size = 0};
    ends.last = next_;
    ends.next = sequence + 1;
    ++ends.count;
    newest_ = next_;
    next_ = next_ + 1 == slots_.size() ? 0 : next_ + 1;
    return slots_[newest_].bytes;
}

// The oldest of all is the first of its session.
void ReportStore::forget(const Link& oldest) {
    Ends& ends = ends_[oldest.session.value - 1];
    DCX_CHECK(ends.first == next_);
    ends.first = oldest.behind;
    --ends.count;
}

std::uint64_t ReportStore::sequence_in(std::uint32_t slot) const {
    std::uint64_t sequence = 0;
    std::memcpy(&sequence, slots_[slot].bytes.data() + offsetof(FrameHeader, sequence), sizeof sequence);
    return sequence;
}

ReportStore::Range ReportStore::range(SessionId session) const {
    if (!session || session.value > ends_.size()) return {};
    const Ends& ends = ends_[session.value - 1];
    if (ends.count == 0) return {};
    return {.first = ends.next - ends.count, .next = ends.next};
}

ReportStore::Step ReportStore::next(Cursor& cursor, std::size_t& steps, std::span<const std::byte>& report) const {
    const Range range = this->range(cursor.session_);
    if (cursor.sequence_ < range.first || cursor.sequence_ >= range.next) return Step::gone;
    if (!holds(cursor)) {
        // From the nearer end.
        const Ends& ends = ends_[cursor.session_.value - 1];
        const bool from_first = cursor.sequence_ - range.first < range.next - cursor.sequence_;
        cursor.slot_ = from_first ? ends.first : ends.last;
        cursor.at_ = from_first ? range.first : range.next - 1;
    }
    while (cursor.at_ != cursor.sequence_) {
        if (steps == 0) return Step::walking;
        --steps;
        const bool forward = cursor.at_ < cursor.sequence_;
        const Link& link = links_[cursor.slot_];
        cursor.slot_ = forward ? link.behind : link.before;
        cursor.at_ += forward ? 1 : ~std::uint64_t{0};
    }
    report = {slots_[cursor.slot_].bytes.data(), links_[cursor.slot_].size};
    // Its place stays known: the next one is one step away.
    ++cursor.sequence_;
    return Step::found;
}

}  // namespace dcx::gateway
