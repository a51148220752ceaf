#include "platform/descriptor_passing.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace dcx::platform {
namespace {

// Room for more than one: what a peer sends too much has to be seen to be closed.
constexpr std::size_t descriptors_max = 8;

struct Envelope {
    char letter = 'D';  // a stream carries descriptors only beside a byte
    iovec content{.iov_base = &letter, .iov_len = 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(descriptors_max * sizeof(int))> control{};

    msghdr header(std::size_t descriptors) {
        msghdr message{};
        message.msg_iov = &content;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(descriptors * sizeof(int));
        return message;
    }
};

}  // namespace

int send_descriptor(int socket, int descriptor) {
    Envelope envelope;
    msghdr message = envelope.header(1);
    cmsghdr* rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
    for (;;) {
        if (::sendmsg(socket, &message, MSG_NOSIGNAL) == 1) return 0;
        if (errno != EINTR) return errno;
    }
}

std::expected<Descriptor, int> receive_descriptor(int socket) {
    Envelope envelope;
    msghdr message = envelope.header(descriptors_max);
    ssize_t got;
    do got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0) return std::unexpected(errno);
    std::vector<Descriptor> received;
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        for (std::size_t at = 0; CMSG_LEN(at + sizeof(int)) <= part->cmsg_len; at += sizeof(int)) {
            int value;
            std::memcpy(&value, CMSG_DATA(part) + at, sizeof value);
            received.emplace_back(value);
        }
    }
    if (got == 0 && received.empty()) return std::unexpected(EPIPE);
    if (received.size() != 1 || (message.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) != 0) return std::unexpected(EBADMSG);
    return std::move(received.front());
}

}  // namespace dcx::platform
