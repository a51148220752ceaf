// A file descriptor handed to another process over a unix socket (SCM_RIGHTS). Blocking as the socket is.
#pragma once

#include <expected>

#include "base/descriptor.h"

namespace dcx::platform {

// The peer gets a duplicate; ours stays open. 0 or errno.
[[nodiscard]] int send_descriptor(int socket, int descriptor);

// Exactly one, closed on exec. Error: errno; EPIPE when the peer has closed, EBADMSG when it sent something else than
// one descriptor (whatever came is closed).
[[nodiscard]] std::expected<Descriptor, int> receive_descriptor(int socket);

}  // namespace dcx::platform
