// Uring: one io_uring of the kernel and its buffers for receiving, with the flags that this library needs. Who submits
// is the thread that enters it first; any other must drop it and make a new one.
//
// Completions are not run before somebody asks (DEFER_TASKRUN), so a busy neighbour interrupts nothing, and a flag in
// memory tells whether there is anything to ask for: looking costs no system call. Never SQPOLL: its kernel thread
// would take a core from ours.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace dcx::net {

struct Completion {
    std::uint64_t name = 0;  // of the operation
    std::int32_t result = 0;
    std::uint32_t flags = 0;

    [[nodiscard]] bool more() const { return (flags & IORING_CQE_F_MORE) != 0; }
    [[nodiscard]] bool filled() const { return (flags & IORING_CQE_F_BUFFER) != 0; }
    [[nodiscard]] std::uint16_t buffer() const { return static_cast<std::uint16_t>(flags >> IORING_CQE_BUFFER_SHIFT); }
    [[nodiscard]] std::size_t size() const { return result > 0 ? static_cast<std::size_t>(result) : 0; }
};

class Uring {
  public:
    // Throws std::system_error when the kernel refuses.
    Uring();
    ~Uring();
    Uring(const Uring&) = delete;
    Uring& operator=(const Uring&) = delete;

    // Makes the calling thread the one that submits. Before it, only preparing is allowed.
    void enable();

    // A place for one operation; submits what there is when all places are taken.
    [[nodiscard]] io_uring_sqe& next();
    [[nodiscard]] unsigned prepared() const { return io_uring_sq_ready(&ring_); }
    // True when entering the kernel would bring completions, or submit something.
    [[nodiscard]] bool has_work() const;
    // Submits everything and has completions run; with a wait, until there is one (negative: no bound).
    void enter();
    void enter_and_wait(std::int64_t timeout_ns);

    // ---- completions: [head, tail) of 32-bit counters that wrap
    [[nodiscard]] std::uint32_t head() const { return *ring_.cq.khead; }
    [[nodiscard]] std::uint32_t tail() const { return io_uring_smp_load_acquire(ring_.cq.ktail); }
    [[nodiscard]] Completion completion(std::uint32_t index) const {
        const io_uring_cqe& place = ring_.cq.cqes[index & *ring_.cq.kring_mask];
        return {place.user_data, place.res, place.flags};
    }
    void consume(std::uint32_t new_head) { io_uring_smp_store_release(ring_.cq.khead, new_head); }

    // ---- memory for receiving
    static constexpr std::uint16_t buffer_group = 0;
    [[nodiscard]] std::span<std::byte> buffer(std::uint16_t id, std::size_t size) const;
    void give_back(std::uint16_t id);

    // ---- registered descriptors: by a number below `file_places`
    static constexpr std::uint32_t file_places = 16 * 1024;
    // False: the descriptor is to be used itself.
    bool register_file(std::uint32_t place, int fd);
    void forget_file(std::uint32_t place);

  private:
    void make_buffers();
    void check(int result, const char* what) const;

    io_uring ring_{};
    std::byte* memory_ = nullptr;
    io_uring_buf_ring* buffers_ = nullptr;
    bool files_ = false;
    bool enabled_ = false;
};

}  // namespace dcx::net
