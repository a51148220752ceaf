#include "gateway/command_port.h"

namespace dcx::gateway {
namespace {
// Slots asked for at once; the engine sees them only as they are filled and flushed.
constexpr std::size_t kClaim = 64;
}  // namespace

Submission* CommandPort::next_slot() {
    if (used_ < claimed_.size()) [[likely]]
        return &claimed_[used_];
    if (used_ > 0) channel_.publish(used_);
    used_ = 0;
    claimed_ = channel_.claim(kClaim);
    return claimed_.empty() ? nullptr : claimed_.data();
}

void CommandPort::drain() {
    while (!waiting_.empty()) {
        Submission* slot = next_slot();
        if (slot == nullptr) return;
        *slot = waiting_.front();
        commit();
        waiting_.pop_front();
    }
}

Submission* CommandPort::claim() {
    if (!waiting_.empty()) [[unlikely]] {
        drain();
        if (!waiting_.empty()) return nullptr;
    }
    return next_slot();
}

void CommandPort::send_surely(const Submission& submission) {
    waiting_.push_back(submission);
    drain();
}

bool CommandPort::flush() {
    drain();
    if (used_ == 0) return false;
    channel_.publish(used_);
    claimed_ = claimed_.subspan(used_);
    used_ = 0;
    return true;
}

}  // namespace dcx::gateway
