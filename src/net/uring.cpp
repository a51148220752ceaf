#include "net/uring.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

#include "base/check.h"
#include "net/backend.h"

namespace dcx::net {

namespace {

constexpr unsigned setup_flags = IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE | IORING_SETUP_SINGLE_ISSUER |
                                 IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_R_DISABLED;
constexpr unsigned submissions = 256;
constexpr unsigned completions = 8192;

// 256 of 8 KiB: a burst of that many clients, or 2 MiB of one, per entry into the kernel. What finds none left waits in
// its socket. Untouched ones cost address space alone.
constexpr unsigned buffer_count = 256;
constexpr std::size_t buffer_size = 8 * 1024;
constexpr std::size_t index_size = buffer_count * sizeof(io_uring_buf);
constexpr std::size_t memory_size = index_size + buffer_count * buffer_size;

std::string ask_the_kernel() {
    try {
        const Uring ring;
        return {};
    } catch (const std::system_error& refused) {
        return refused.what();
    }
}

}  // namespace

const std::string& why_no_io_uring() {
    static const std::string why = ask_the_kernel();
    return why;
}

Uring::Uring() {
    io_uring_params parameters{};
    parameters.flags = setup_flags;
    parameters.cq_entries = completions;
    check(io_uring_queue_init_params(submissions, &ring_, &parameters), "io_uring_setup");
    try {
        make_buffers();
    } catch (...) {
        io_uring_queue_exit(&ring_);
        if (memory_ != nullptr) ::munmap(memory_, memory_size);
        throw;
    }
    // The table is as long as the limit of descriptors allows; without one, descriptors are used themselves.
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    files_ = limit.rlim_cur >= file_places && io_uring_register_files_sparse(&ring_, file_places) == 0;
}

Uring::~Uring() {
    io_uring_queue_exit(&ring_);
    ::munmap(memory_, memory_size);
}

void Uring::make_buffers() {
    void* memory = ::mmap(nullptr, memory_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) check(-errno, "memory for receiving");
    memory_ = static_cast<std::byte*>(memory);
    buffers_ = reinterpret_cast<io_uring_buf_ring*>(memory_);
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uint64_t>(buffers_);
    registration.ring_entries = buffer_count;
    registration.bgid = buffer_group;
    check(io_uring_register_buf_ring(&ring_, &registration, 0), "io_uring_register_buf_ring");
    io_uring_buf_ring_init(buffers_);
    for (std::uint16_t id = 0; id < buffer_count; ++id)
        io_uring_buf_ring_add(buffers_, buffer(id, 0).data(), buffer_size, id, buffer_count - 1, id);
    io_uring_buf_ring_advance(buffers_, static_cast<int>(buffer_count));
}

void Uring::enable() {
    // The call itself: liburing 2.3 declares a function for it, and does not export it.
    const auto result = ::syscall(SYS_io_uring_register, ring_.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
    check(result < 0 ? -errno : 0, "io_uring_register");
    enabled_ = true;
}

io_uring_sqe& Uring::next() {
    io_uring_sqe* place = io_uring_get_sqe(&ring_);
    if (place == nullptr) {
        // Its completions wait where they are; who needs them looks there.
        enter();
        place = io_uring_get_sqe(&ring_);
    }
    DCX_CHECK(place != nullptr);
    return *place;
}

bool Uring::has_work() const {
    if (io_uring_sq_ready(&ring_) > 0) return true;
    // Relaxed: the kernel is asked anyway before anything is read that this flag speaks of.
    const unsigned flags = __atomic_load_n(ring_.sq.kflags, __ATOMIC_RELAXED);
    return (flags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
}

void Uring::enter() {
    DCX_CHECK(enabled_);
    do {
        const int result = io_uring_submit_and_get_events(&ring_);
        // Interrupted, or short of memory for the moment: nothing was lost, and what is left is tried again.
        if (result < 0 && result != -EINTR && result != -EAGAIN && result != -EBUSY) check(result, "io_uring_enter");
    } while (io_uring_sq_ready(&ring_) > 0);
}

void Uring::enter_and_wait(std::int64_t timeout_ns) {
    DCX_CHECK(enabled_);
    io_uring_cqe* first = nullptr;
    __kernel_timespec timeout{};
    timeout.tv_sec = timeout_ns / 1'000'000'000;
    timeout.tv_nsec = timeout_ns % 1'000'000'000;
    const int result = timeout_ns < 0 ? io_uring_submit_and_wait(&ring_, 1)
                                      : io_uring_submit_and_wait_timeout(&ring_, &first, 1, &timeout, nullptr);
    if (result < 0 && result != -ETIME && result != -EINTR && result != -EAGAIN && result != -EBUSY)
        check(result, "io_uring_enter");
}

std::span<std::byte> Uring::buffer(std::uint16_t id, std::size_t size) const {
    return {memory_ + index_size + id * buffer_size, size};
}

void Uring::give_back(std::uint16_t id) {
    io_uring_buf_ring_add(buffers_, buffer(id, 0).data(), buffer_size, id, buffer_count - 1, 0);
    io_uring_buf_ring_advance(buffers_, 1);
}

bool Uring::register_file(std::uint32_t place, int fd) {
    return files_ && place < file_places && io_uring_register_files_update(&ring_, place, &fd, 1) == 1;
}

void Uring::forget_file(std::uint32_t place) {
    int none = -1;
    io_uring_register_files_update(&ring_, place, &none, 1);
}

void Uring::check(int result, const char* what) const {
    if (result < 0) throw std::system_error(-result, std::generic_category(), what);
}

}  // namespace dcx::net
