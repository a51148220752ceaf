// SIGTERM and SIGINT as something to ask for: they come to this thread alone, and only when it asks. Made before any
// other thread, which then inherits them blocked.
#pragma once

#include <pthread.h>
#include <signal.h>

#include <ctime>

namespace dcx::app {

class StopSignals {
  public:
    StopSignals() {
        sigemptyset(&set_);
        sigaddset(&set_, SIGTERM);
        sigaddset(&set_, SIGINT);
        pthread_sigmask(SIG_BLOCK, &set_, nullptr);
        // A client or a terminal that goes away is an error of one write, not the end of the program.
        signal(SIGPIPE, SIG_IGN);
    }
    // True when a stop was asked for within the time.
    [[nodiscard]] bool wait_ms(long ms) const {
        const timespec limit{.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1'000'000};
        return sigtimedwait(&set_, nullptr, &limit) > 0;
    }

  private:
    sigset_t set_{};
};

}  // namespace dcx::app
