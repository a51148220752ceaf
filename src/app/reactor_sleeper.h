// A reactor as a worker's sleeping place and as one of its pollables: sockets, timers and doorbells wake one thread.
#pragma once

#include <stdexcept>

#include "net/reactor.h"
#include "platform/doorbell.h"
#include "platform/pollable.h"

namespace dcx::app {

class ReactorSleeper final : public platform::Sleeper, public platform::Pollable {
  public:
    explicit ReactorSleeper(net::BackendChoice backend = net::default_backend())
        : reactor_({.backend = backend}), wakeup_(reactor_, [] {}) {
        if (const auto opened = wakeup_.open(bell_.fd()); !opened) throw std::runtime_error(opened.error().text);
    }

    net::Reactor& reactor() { return reactor_; }
    platform::Doorbell& doorbell() override { return bell_; }
    void sleep(int timeout_ms) override { reactor_.poll(timeout_ms); }
    bool poll() override { return reactor_.poll(0); }

  private:
    platform::Doorbell bell_;
    net::Reactor reactor_;
    net::Wakeup wakeup_;
};

}  // namespace dcx::app
