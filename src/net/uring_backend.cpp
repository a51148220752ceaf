#include "net/uring_backend.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "net/reactor.h"

namespace dcx::net {

namespace {

// Unlike the system's numbers and addresses of threads, never that of one which is gone.
std::uint64_t this_thread() {
    static std::atomic<std::uint64_t> last{0};
    thread_local const std::uint64_t number = last.fetch_add(1, std::memory_order_relaxed) + 1;
    return number;
}

}  // namespace

UringBackend::UringBackend() : ring_(std::make_unique<Uring>()) {}

UringBackend::~UringBackend() {
    for (const Slot& slot : slots_) DCX_CHECK(slot.watch == nullptr);
    drop_ring();
    // There may be sockets that were accepted for a listener which is gone.
    dispatch_kept();
}

// ---- the ring and its thread

bool UringBackend::owned() const { return ring_ != nullptr && thread_ == this_thread(); }

void UringBackend::own() {
    if (owned()) [[likely]]
        return;
    if (thread_ != 0) drop_ring();
    if (ring_ == nullptr) ring_ = std::make_unique<Uring>();
    ring_->enable();
    thread_ = this_thread();
    arm_all();
}

// The kernel ends its operations without taking anything more from a socket.
void UringBackend::drop_ring() {
    if (ring_ == nullptr) return;
    for (const Completion& completion : later_) keep(completion);
    later_.clear();
    for (std::uint32_t i = ring_->head(); i != ring_->tail(); ++i) keep(ring_->completion(i));
    ring_.reset();
    thread_ = 0;
    for (std::uint32_t index = 0; index < slots_.size(); ++index) {
        Slot& slot = slots_[index];
        slot.take = slot.poll = State::idle;
        slot.registered = false;
        free_if_done(index);
    }
}

void UringBackend::keep(const Completion& completion) {
    Kept& kept = kept_.emplace_back();
    kept.completion = completion;
    if (!completion.filled()) return;
    const auto bytes = ring_->buffer(completion.buffer(), completion.size());
    kept.bytes.assign(bytes.begin(), bytes.end());
}

void UringBackend::dispatch_kept() {
    for (Kept& kept : kept_) {
        const std::uint32_t index = index_of(kept.completion);
        const auto kind = kind_of(kept.completion);
        if (kind == Kind::take) taken(index, kept.completion, kept.bytes);
        // What was polled is polled again.
    }
    kept_.clear();
    for (std::uint32_t index = 0; index < slots_.size(); ++index) free_if_done(index);
}

void UringBackend::arm_all() {
    for (std::uint32_t index = 0; index < slots_.size(); ++index) {
        Slot& slot = slots_[index];
        if (slot.watch == nullptr) continue;
        if (slot.watch->kind_ == FdWatch::Kind::stream) slot.registered = ring_->register_file(index, slot.fd);
        settle(index);
    }
}

// ---- watches

std::uint32_t UringBackend::take_slot() {
    if (!free_slots_.empty()) {
        const std::uint32_t index = free_slots_.back();
        free_slots_.pop_back();
        return index;
    }
    slots_.emplace_back();
    free_slots_.reserve(slots_.capacity());
    return static_cast<std::uint32_t>(slots_.size() - 1);
}

std::expected<void, Error> UringBackend::begin(FdWatch& watch) {
    const std::uint32_t index = take_slot();
    watch.slot_ = index;
    slots_[index] = {.watch = &watch, .fd = watch.fd_};
    // Else the next wait() does it, for all.
    if (!owned()) return {};
    if (watch.kind_ == FdWatch::Kind::stream) slots_[index].registered = ring_->register_file(index, watch.fd_);
    settle(index);
    return {};
}

void UringBackend::change(FdWatch& watch) {
    if (owned()) settle(watch.slot_);
}

void UringBackend::end(FdWatch& watch) {
    const std::uint32_t index = watch.slot_;
    Slot& slot = slots_[index];
    slot.watch = nullptr;
    slot.sending = false;
    // The socket lives until its operations have ended; the other end, or who wants the port, is not to wait for that.
    const bool held = slot.take != State::idle || slot.poll != State::idle || slot.registered;
    if (watch.kind_ != FdWatch::Kind::descriptor && held) ::shutdown(slot.fd, SHUT_RDWR);
    if (ring_ != nullptr && thread_ != 0 && !owned()) drop_ring();
    if (owned()) {
        if (std::exchange(slot.registered, false)) ring_->forget_file(index);
        if (slot.take == State::armed) cancel(index, Kind::take);
        if (slot.poll == State::armed) cancel(index, Kind::poll);
    }
    free_if_done(index);
}

void UringBackend::free_if_done(std::uint32_t index) {
    Slot& slot = slots_[index];
    if (slot.watch != nullptr || slot.fd < 0 || slot.take != State::idle || slot.poll != State::idle) return;
    // Completions that were kept of a dropped ring must not reach the next one here.
    if (!kept_.empty()) return;
    slot.fd = -1;
    free_slots_.push_back(index);
}

// Brings the operations of a watch to what its interest asks for.
void UringBackend::settle(std::uint32_t index) {
    Slot& slot = slots_[index];
    const Interest interest = slot.watch->interest_;
    const bool descriptor = slot.watch->kind_ == FdWatch::Kind::descriptor;
    const bool taking = !descriptor && interest.read;
    if (taking && slot.take == State::idle) arm_take(index);
    if (!taking && slot.take == State::armed) cancel(index, Kind::take);

    // Errors and hang-ups are told by any poll, and by receiving.
    std::uint32_t mask = interest.write ? POLLOUT : 0;
    if (descriptor && interest.read) mask |= POLLIN;
    const bool polling = descriptor || interest.write || (slot.watch->kind_ == FdWatch::Kind::stream && !interest.read);
    if (polling && slot.poll == State::idle) arm_poll(index, mask);
    if (slot.poll == State::armed && (!polling || slot.polled != mask)) cancel(index, Kind::poll);
}

void UringBackend::use_file(io_uring_sqe& operation, const Slot& slot, std::uint32_t index) const {
    if (!slot.registered) return;
    operation.fd = static_cast<int>(index);
    operation.flags |= IOSQE_FIXED_FILE;
}

void UringBackend::arm_take(std::uint32_t index) {
    io_uring_sqe& operation = ring_->next();
    Slot& slot = slots_[index];
    slot.take = State::armed;
    if (slot.watch->kind_ == FdWatch::Kind::listener) {
        io_uring_prep_multishot_accept(&operation, slot.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    } else {
        io_uring_prep_recv_multishot(&operation, slot.fd, nullptr, 0, 0);
        operation.flags |= IOSQE_BUFFER_SELECT;
        operation.buf_group = Uring::buffer_group;
        use_file(operation, slot, index);
    }
    operation.user_data = name_of(index, Kind::take);
}

void UringBackend::arm_poll(std::uint32_t index, std::uint32_t mask) {
    io_uring_sqe& operation = ring_->next();
    Slot& slot = slots_[index];
    slot.poll = State::armed;
    slot.polled = mask;
    io_uring_prep_poll_add(&operation, slot.fd, mask);
    use_file(operation, slot, index);
    operation.user_data = name_of(index, Kind::poll);
}

void UringBackend::cancel(std::uint32_t index, Kind kind) {
    io_uring_sqe& operation = ring_->next();
    Slot& slot = slots_[index];
    (kind == Kind::take ? slot.take : slot.poll) = State::ending;
    io_uring_prep_cancel64(&operation, name_of(index, kind), 0);
    operation.user_data = name_of(index, Kind::cancel);
}

}  // namespace dcx::net
