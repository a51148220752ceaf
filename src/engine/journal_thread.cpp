#include "engine/journal_thread.h"

#include <utility>

namespace dcx::engine {

JournalThread::JournalThread(Options options, Clock& clock, MemorySource& memory, DurableSequence& durable,
                             EngineStatus& status)
    : writer_(std::move(options.writer)),
      clock_(clock),
      durable_(durable),
      status_(status),
      commands_(options.ring_capacity, memory, bell_) {}

void JournalThread::close() {
    // Release: the last commands come before it. Partner: the acquire in poll().
    closing_.store(true, std::memory_order_release);
    bell_.ring();
}

bool JournalThread::poll() {
    if (done_) return false;
    // Before the look at the ring: whoever sees the flag sees every command.
    const bool closing = closing_.load(std::memory_order_acquire);
    // A second time for the part behind the ring's wrap.
    for (int part = 0; part < 2; ++part) {
        const auto taken = writer_->append(commands_.peek(writer_->room()));
        if (taken > 0) commands_.release(taken);
    }
    if (writer_->pending() > 0) return commit();
    if (closing) return finish();
    if (watermark_wanted_ && clock_.monotonic_ns() >= watermark_due_ns()) return write_watermark();
    return false;
}

int JournalThread::max_sleep_ms() {
    if (done_ || !watermark_wanted_) return platform::any_sleep_ms;
    const std::int64_t left = watermark_due_ns() - clock_.monotonic_ns();
    return left <= 0 ? 0 : static_cast<int>((left + 999'999) / 1'000'000);
}

bool JournalThread::commit() {
    const auto durable = writer_->commit(Time{clock_.wall_ns()});
    if (!durable) return fail(durable.error()), true;
    durable_.advance(*durable);
    durable_.wake_readers();
    committed_at_ = clock_.monotonic_ns();
    watermark_wanted_ = true;
    return true;
}

bool JournalThread::write_watermark() {
    watermark_wanted_ = false;
    const auto durable = writer_->write_watermark(Time{clock_.wall_ns()});
    if (!durable) fail(durable.error());
    return true;
}

bool JournalThread::finish() {
    write_watermark();
    done_ = true;
    status_.move_to(EngineState::stopped);  // keeps a failure
    return true;
}

void JournalThread::fail(const journal::StorageError& error) {
    done_ = true;
    status_.fail("the journal cannot be written: " + error.message);
    // So that gateways look and learn that nothing is taken any more.
    durable_.wake_readers();
}

}  // namespace dcx::engine
