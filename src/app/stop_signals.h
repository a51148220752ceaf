// SIGTERM and SIGINT, and SIGHUP when it is wanted, as something to ask for: they come to this thread alone, and only
// when it asks. Made before any other thread, which then inherits them blocked.
#pragma once

#include <pthread.h>
#include <signal.h>

#include <cstdint>
#include <ctime>

namespace dcx::app {

enum class Asked : std::uint8_t { nothing, stop, reopen };

class StopSignals {
  public:
    // `reopen`: SIGHUP does not end the program but asks for its log to be opened again.
    explicit StopSignals(bool reopen = false) {
        sigemptyset(&set_);
        sigaddset(&set_, SIGTERM);
        sigaddset(&set_, SIGINT);
        if (reopen) sigaddset(&set_, SIGHUP);
        pthread_sigmask(SIG_BLOCK, &set_, nullptr);
        // A client or a terminal that goes away is an error of one write, not the end of the program.
        signal(SIGPIPE, SIG_IGN);
    }
    // What was asked for within the time.
    [[nodiscard]] Asked wait(long ms) const {
        const timespec limit{.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1'000'000};
        const int number = sigtimedwait(&set_, nullptr, &limit);
        if (number <= 0) return Asked::nothing;
        return number == SIGHUP ? Asked::reopen : Asked::stop;
    }
    // True when a stop was asked for within the time.
    [[nodiscard]] bool wait_ms(long ms) const { return wait(ms) == Asked::stop; }

  private:
    sigset_t set_{};
};

}  // namespace dcx::app
