// UringBackend: sockets are received from and accepted at by operations that stay in the kernel (multishot), into
// buffers that are handed to the handler in place; what is sent in a round goes out with one system call at its end.
// A round that finds nothing makes no system call.
//
// Of each watch at most one operation takes (receives or accepts) and one polls. Cancelling is not waited for: the
// watch may be gone while its operation is not, and its place in the table is used again only then. A send is tried
// once and never waits in the kernel, so bytes to send are pinned only within flush(), where no owner's code runs.
//
// A ring belongs to the thread that polls first. If another thread goes on (one at a time, as ever), the ring is
// dropped and a new one made: what had completed is kept, what was waiting in sockets is still there. Limits: 2 MiB for
// receiving, 32 bytes a watch; in the kernel about 0.5 KiB for a stream that is read.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string_view>
#include <vector>

#include "net/backend.h"
#include "net/output_pieces.h"
#include "net/uring.h"

namespace dcx::net {

class UringBackend final : public Backend {
  public:
    // Throws std::system_error when the kernel refuses.
    UringBackend();
    ~UringBackend() override;
    UringBackend(const UringBackend&) = delete;
    UringBackend& operator=(const UringBackend&) = delete;

    [[nodiscard]] std::string_view name() const override { return "io_uring"; }
    [[nodiscard]] bool receives() const override { return true; }
    std::expected<void, Error> begin(FdWatch& watch) override;
    void change(FdWatch& watch) override;
    void end(FdWatch& watch) override;
    void wait(std::int64_t timeout_ns) override;
    std::size_t dispatch() override;
    bool send_later(FdWatch& watch) override;
    void flush() override;

  private:
    enum class State : std::uint8_t { idle, armed, ending };
    enum class Kind : std::uint8_t { none, take, poll, cancel, send };

    struct Slot {
        FdWatch* watch = nullptr;
        int fd = -1;
        std::uint32_t polled = 0;  // the mask of the armed poll
        State take = State::idle;
        State poll = State::idle;
        bool registered = false;
        bool sending = false;  // in sends_
    };
    // Of a dropped ring, with what it refers to.
    struct Kept {
        Completion completion;
        std::vector<std::byte> bytes;
    };

    // What an operation is called: the place of its watch, and what it does.
    static std::uint64_t name_of(std::uint32_t index, Kind kind) {
        return std::uint64_t{index} << 8 | static_cast<std::uint64_t>(kind);
    }
    static std::uint32_t index_of(const Completion& completion) {
        return static_cast<std::uint32_t>(completion.name >> 8);
    }
    static Kind kind_of(const Completion& completion) { return static_cast<Kind>(completion.name & 0xFF); }

    void own();
    // Operations can be prepared: the ring is there and this thread's.
    [[nodiscard]] bool owned() const;
    void drop_ring();
    void keep(const Completion& completion);
    void dispatch_kept();
    void arm_all();
    [[nodiscard]] std::uint32_t take_slot();
    void settle(std::uint32_t index);
    void arm_take(std::uint32_t index);
    void arm_poll(std::uint32_t index, std::uint32_t mask);
    void cancel(std::uint32_t index, Kind kind);
    void use_file(io_uring_sqe& operation, const Slot& slot, std::uint32_t index) const;
    void free_if_done(std::uint32_t index);

    // A send under way, and what it refers to.
    struct Send {
        msghdr message{};
        OutputPieces pieces;
    };

    bool complete(const Completion& completion);
    bool taken(std::uint32_t index, const Completion& completion, std::span<std::byte> bytes);
    bool polled(std::uint32_t index, std::int32_t result);
    void send_alone();
    bool prepare_send(std::uint32_t index);
    void finish_sends();
    std::size_t take_results();

    std::unique_ptr<Uring> ring_;  // none: dropped
    std::uint64_t thread_ = 0;     // whose ring it is; 0: nobody's yet
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_slots_;
    std::vector<std::uint32_t> sends_;
    std::vector<Send> under_way_;    // of the flush() that runs
    std::vector<Completion> later_;  // what came with the results of sends; for the next dispatch()
    std::vector<Completion> now_;    // of the dispatch() that runs
    std::vector<Kept> kept_;
};

}  // namespace dcx::net
