// ServiceNotify: tells the service manager how far the program is, by its datagram protocol (sd_notify(3)), without its
// library. Without NOTIFY_SOCKET in the environment nothing is sent. A message that can't be sent is lost: nothing
// hangs on it but the manager's picture. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dcx::app {

class ServiceNotify {
  public:
    // Takes the variables out of the environment, so that no child speaks in this program's name.
    ServiceNotify();
    ~ServiceNotify();
    ServiceNotify(const ServiceNotify&) = delete;
    ServiceNotify& operator=(const ServiceNotify&) = delete;

    [[nodiscard]] bool active() const { return fd_ >= 0; }
    // How often the manager wants to hear feed(); 0: it doesn't.
    [[nodiscard]] std::int64_t watchdog_us() const { return watchdog_us_; }

    void ready(std::string_view status) const;
    void stopping() const { send("STOPPING=1\nSTATUS=stopping"); }
    void status(std::string_view text) const;
    // The start takes this much longer than the manager allows.
    void extend_timeout(std::int64_t us) const { send("EXTEND_TIMEOUT_USEC=" + std::to_string(us)); }
    void feed() const { send("WATCHDOG=1"); }

  private:
    void send(const std::string& message) const;

    int fd_ = -1;
    std::string address_;  // the bytes of a sockaddr_un
    std::int64_t watchdog_us_ = 0;
};

}  // namespace dcx::app
