// The rounds of a UringBackend: what has completed, and what is sent.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "net/reactor.h"
#include "net/uring_backend.h"

namespace dcx::net {

namespace {

// Half of the places for operations; enough that entering the kernel costs nothing beside them.
constexpr std::size_t sends_at_once = 128;

}  // namespace

// ---- rounds

void UringBackend::wait(std::int64_t timeout_ns) {
    own();
    const bool waiting = ring_->head() != ring_->tail() || !later_.empty() || !kept_.empty();
    if (timeout_ns != 0 && !waiting)
        ring_->enter_and_wait(timeout_ns);
    else if (ring_->has_work())
        ring_->enter();
}

std::size_t UringBackend::dispatch() {
    std::size_t handled = 0;
    if (!kept_.empty()) [[unlikely]] {
        handled += kept_.size();
        dispatch_kept();
    }
    // What completes from here on waits for the next round, so that a round ends.
    const std::uint32_t end = ring_->tail();
    now_.swap(later_);
    for (const Completion& completion : now_) handled += complete(completion) ? 1U : 0U;
    now_.clear();
    for (std::uint32_t i = ring_->head(); i != end; ++i) {
        // A copy: once it is consumed the kernel may fill its place, while the handler runs.
        const Completion completion = ring_->completion(i);
        ring_->consume(i + 1);
        handled += complete(completion) ? 1U : 0U;
    }
    return handled;
}

bool UringBackend::complete(const Completion& completion) {
    const std::uint32_t index = index_of(completion);
    switch (kind_of(completion)) {
        case Kind::none:
        case Kind::cancel:
        case Kind::send: return false;
        case Kind::poll: {
            slots_[index].poll = State::idle;
            if (slots_[index].watch == nullptr) {
                free_if_done(index);
                return false;
            }
            return polled(index, completion.result);
        }
        case Kind::take: break;
    }
    if (!completion.more()) slots_[index].take = State::idle;
    std::span<std::byte> bytes;
    if (completion.filled()) bytes = ring_->buffer(completion.buffer(), completion.size());
    const bool handled = taken(index, completion, bytes);
    if (completion.filled()) ring_->give_back(completion.buffer());
    // Asked anew: the handler may have closed the watch, and another may have begun elsewhere in the table.
    if (slots_[index].watch != nullptr)
        settle(index);
    else
        free_if_done(index);
    return handled;
}

bool UringBackend::taken(std::uint32_t index, const Completion& completion, std::span<std::byte> bytes) {
    FdWatch* watch = slots_[index].watch;
    const std::int32_t result = completion.result;
    // ENOBUFS: more came than there were buffers. They are free again, and the next receive takes what waits.
    const bool asked_for = result == -ECANCELED || result == -ENOBUFS || result == -EINTR || result == -EAGAIN;
    if (watch == nullptr) {
        // Without bytes it was accepted, for a listener that is gone: like all who still were in its backlog.
        if (result > 0 && !completion.filled()) ::close(result);
        return false;
    }
    if (asked_for) return false;
    if (watch->kind_ == FdWatch::Kind::listener) {
        static_cast<ListenHandler&>(watch->handler_).on_accepted(result);
        return true;
    }
    auto& stream = static_cast<StreamHandler&>(watch->handler_);
    if (result < 0)
        stream.on_receive_failed(-result);
    else
        stream.on_received(bytes);
    return true;
}

bool UringBackend::polled(std::uint32_t index, std::int32_t result) {
    FdWatch& watch = *slots_[index].watch;
    bool handled = false;
    if (result >= 0) {
        const auto events = static_cast<std::uint32_t>(result);
        const bool reads = watch.kind_ == FdWatch::Kind::descriptor && watch.interest_.read;
        const Ready ready{.read = reads && (events & POLLIN) != 0,
                          .write = watch.interest_.write && (events & POLLOUT) != 0,
                          .failed = (events & (POLLERR | POLLHUP)) != 0};
        handled = ready.read || ready.write || ready.failed;
        if (handled) watch.handler_.on_ready(ready);
    }
    // One event an operation: the next sees the descriptor as it is then, as a level-triggered watch does.
    if (slots_[index].watch != nullptr)
        settle(index);
    else
        free_if_done(index);
    return handled;
}

// ---- sending

bool UringBackend::send_later(FdWatch& watch) {
    if (!owned()) return false;
    if (!std::exchange(slots_[watch.slot_].sending, true)) sends_.push_back(watch.slot_);
    return true;
}

void UringBackend::flush() {
    if (sends_.empty()) return;
    if (sends_.size() == 1 && ring_->prepared() == 0) return send_alone();
    // What they refer to stays where it is until the last result of such a part.
    under_way_.reserve(sends_at_once);
    for (const std::uint32_t index : sends_) {
        if (!std::exchange(slots_[index].sending, false)) continue;
        if (prepare_send(index) && under_way_.size() == sends_at_once) finish_sends();
    }
    sends_.clear();
    finish_sends();
}

// False: there is nothing to send.
bool UringBackend::prepare_send(std::uint32_t index) {
    Slot& slot = slots_[index];
    Send& send = under_way_.emplace_back();
    static_cast<StreamHandler&>(slot.watch->handler_).to_send(send.pieces);
    if (send.pieces.empty()) {
        under_way_.pop_back();
        return false;
    }
    io_uring_sqe& operation = ring_->next();
    // Tried once: a send that waited in the kernel would pin its bytes for as long as the other end likes.
    constexpr int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
    if (send.pieces.count() == 1) {
        const auto bytes = send.pieces[0];
        io_uring_prep_send(&operation, slot.fd, bytes.data(), bytes.size(), flags);
    } else {
        send.message.msg_iov = send.pieces.vectors();
        send.message.msg_iovlen = send.pieces.count();
        io_uring_prep_sendmsg(&operation, slot.fd, &send.message, flags);
    }
    use_file(operation, slot, index);
    operation.user_data = name_of(index, Kind::send);
    return true;
}

void UringBackend::finish_sends() {
    std::size_t left = under_way_.size();
    // Once, unless there were more results than the kernel had places for: it brings the rest when some are free.
    while (left > 0) {
        ring_->enter();
        left -= take_results();
    }
    under_way_.clear();
}

// One system call either way, and this is the shorter one.
void UringBackend::send_alone() {
    Slot& slot = slots_[sends_.front()];
    sends_.clear();
    if (!std::exchange(slot.sending, false)) return;
    auto& stream = static_cast<StreamHandler&>(slot.watch->handler_);
    OutputPieces pieces;
    stream.to_send(pieces);
    if (pieces.empty()) return;
    const auto n = linux_kernel().send_pieces(slot.fd, pieces);
    stream.on_sent(n < 0 ? -errno : n);
}

// Of sends; what else has completed waits for the next round.
std::size_t UringBackend::take_results() {
    std::size_t results = 0;
    const std::uint32_t end = ring_->tail();
    for (std::uint32_t i = ring_->head(); i != end; ++i) {
        const Completion completion = ring_->completion(i);
        const std::uint32_t index = index_of(completion);
        const auto kind = kind_of(completion);
        if (kind != Kind::send && kind != Kind::cancel) later_.push_back(completion);
        ring_->consume(i + 1);
        if (kind != Kind::send) continue;
        ++results;
        if (FdWatch* watch = slots_[index].watch; watch != nullptr)
            static_cast<StreamHandler&>(watch->handler_).on_sent(completion.result);
    }
    return results;
}

}  // namespace dcx::net
