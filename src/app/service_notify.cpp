#include "app/service_notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace dcx::app {
namespace {

std::int64_t number_of(const char* name) {
    const char* text = ::getenv(name);
    std::int64_t value = 0;
    if (text == nullptr || std::from_chars(text, text + std::strlen(text), value).ec != std::errc{}) return 0;
    return std::max<std::int64_t>(0, value);
}

// A path, or a name beginning with '@' that is in no file system.
std::optional<std::string> address_of(std::string_view name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (name.size() < 2 || name.size() >= sizeof address.sun_path || (name[0] != '/' && name[0] != '@'))
        return std::nullopt;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    // Such a name has no end mark: its length is that of the address.
    const std::size_t size = offsetof(sockaddr_un, sun_path) + name.size() + (name[0] == '@' ? 0 : 1);
    return std::string(reinterpret_cast<const char*>(&address), size);
}

}  // namespace

ServiceNotify::ServiceNotify() {
    const char* name = ::getenv("NOTIFY_SOCKET");
    if (const auto address = name == nullptr ? std::nullopt : address_of(name)) {
        address_ = *address;
        fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        // For another process of the same service when the number is not ours.
        const std::int64_t pid = number_of("WATCHDOG_PID");
        if (pid == 0 || pid == ::getpid()) watchdog_us_ = number_of("WATCHDOG_USEC");
    }
    for (const char* variable : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(variable);
}

ServiceNotify::~ServiceNotify() {
    if (fd_ >= 0) ::close(fd_);
}

void ServiceNotify::ready(std::string_view status) const { send("READY=1\nSTATUS=" + std::string{status}); }

void ServiceNotify::status(std::string_view text) const { send("STATUS=" + std::string{text}); }

void ServiceNotify::send(const std::string& message) const {
    if (fd_ < 0) return;
    static_cast<void>(::sendto(fd_, message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                               reinterpret_cast<const sockaddr*>(address_.data()),
                               static_cast<socklen_t>(address_.size())));
}

}  // namespace dcx::app
