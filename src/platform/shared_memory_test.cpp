#include "platform/shared_memory.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "platform/descriptor_passing.h"

using dcx::Descriptor;
using dcx::platform::Access;
using dcx::platform::SharedMemory;
using dcx::platform::SharedMemoryFault;

namespace {

constexpr std::size_t bound = std::size_t{1} << 24;

SharedMemory created(std::size_t size, dcx::platform::SharedMemoryOptions options = {}) {
    auto memory = SharedMemory::create("dcx-test", size, options);
    REQUIRE(memory);
    return std::move(*memory);
}

SharedMemoryFault refused(int fd, Access access = Access::read, std::size_t size_max = bound) {
    const auto memory = SharedMemory::open(Descriptor(fd), access, size_max);
    REQUIRE_FALSE(memory);
    CHECK_FALSE(describe(memory.error()).empty());
    return memory.error().fault;
}

struct Sockets {
    Sockets() {
        std::array<int, 2> pair;
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == 0);
        here = pair[0];
        there = pair[1];
    }
    ~Sockets() {
        ::close(here);
        if (there >= 0) ::close(there);
    }
    Sockets(const Sockets&) = delete;
    Sockets& operator=(const Sockets&) = delete;
    int here = -1;
    int there = -1;
};

}  // namespace

TEST_CASE("shared memory passed over a unix socket is the same memory, and its size is fixed") {
    const Sockets sockets;
    const SharedMemory ours = created(100'000);
    CHECK(ours.bytes().size() >= 100'000);
    CHECK(ours.bytes().size() % ours.page_size() == 0);
    REQUIRE(dcx::platform::send_descriptor(sockets.here, ours.descriptor()) == 0);
    auto received = dcx::platform::receive_descriptor(sockets.there);
    REQUIRE(received);
    CHECK(received->get() != ours.descriptor());
    CHECK((::fcntl(received->get(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(::ftruncate(received->get(), 0) != 0);
    CHECK(::ftruncate(received->get(), 1 << 28) != 0);
    const auto theirs = SharedMemory::open(std::move(*received), Access::read_write, bound);
    REQUIRE(theirs);
    CHECK(theirs->bytes().size() == ours.bytes().size());
    CHECK(theirs->page_size() == ours.page_size());
    theirs->bytes()[99'999] = std::byte{42};
    CHECK(ours.bytes()[99'999] == std::byte{42});
}

TEST_CASE("memory that its creator writes alone can only be mapped for reading by others") {
    const SharedMemory ours = created(4096, {.huge_pages = false, .creator_writes_alone = true});
    ours.bytes()[0] = std::byte{7};
    CHECK(refused(::dup(ours.descriptor()), Access::read_write) == SharedMemoryFault::not_mapped);
    const auto theirs = SharedMemory::open(Descriptor(::dup(ours.descriptor())), Access::read, bound);
    REQUIRE(theirs);
    CHECK(theirs->read_only()[0] == std::byte{7});
    ours.bytes()[0] = std::byte{8};
    CHECK(theirs->read_only()[0] == std::byte{8});
}

TEST_CASE("what is no sealed memory within bounds is refused by name") {
    CHECK(refused(-1) == SharedMemoryFault::not_a_memory);
    CHECK(refused(::open("/dev/null", O_RDWR)) == SharedMemoryFault::not_a_memory);
    CHECK(refused(::memfd_create("plain", 0)) == SharedMemoryFault::not_sealed);
    const int half_sealed = ::memfd_create("half", MFD_ALLOW_SEALING);
    REQUIRE(::ftruncate(half_sealed, 4096) == 0);
    REQUIRE(::fcntl(half_sealed, F_ADD_SEALS, F_SEAL_GROW) == 0);
    CHECK(refused(half_sealed) == SharedMemoryFault::not_sealed);
    const int empty = ::memfd_create("empty", MFD_ALLOW_SEALING);
    REQUIRE(::fcntl(empty, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) == 0);
    CHECK(refused(empty) == SharedMemoryFault::bad_size);
    const int odd = ::memfd_create("odd", MFD_ALLOW_SEALING);
    REQUIRE(::ftruncate(odd, 4097) == 0);
    REQUIRE(::fcntl(odd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) == 0);
    CHECK(refused(odd) == SharedMemoryFault::bad_size);
    const SharedMemory large = created(1 << 21);
    CHECK(refused(::dup(large.descriptor()), Access::read, 4096) == SharedMemoryFault::bad_size);
}

TEST_CASE("a message with no descriptor or with two is refused and leaks none") {
    Sockets sockets;
    REQUIRE(::write(sockets.here, "x", 1) == 1);
    auto none = dcx::platform::receive_descriptor(sockets.there);
    REQUIRE_FALSE(none);
    CHECK(none.error() == EBADMSG);

    char letter = 'x';
    iovec content{.iov_base = &letter, .iov_len = 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(2 * sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &content;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(2 * sizeof(int));
    const std::array<int, 2> two{sockets.here, sockets.here};
    std::memcpy(CMSG_DATA(rights), two.data(), sizeof two);
    REQUIRE(::sendmsg(sockets.here, &message, 0) == 1);
    const int next_before = ::dup(sockets.here);
    ::close(next_before);
    auto both = dcx::platform::receive_descriptor(sockets.there);
    REQUIRE_FALSE(both);
    CHECK(both.error() == EBADMSG);
    const int next_after = ::dup(sockets.here);
    ::close(next_after);
    CHECK(next_after == next_before);

    ::shutdown(sockets.here, SHUT_WR);
    auto closed = dcx::platform::receive_descriptor(sockets.there);
    REQUIRE_FALSE(closed);
    CHECK(closed.error() == EPIPE);
}
