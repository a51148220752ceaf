#include "app/passphrase.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace dcx::app {
namespace {

class Terminal {
  public:
    Terminal() : fd_(::open("/dev/tty", O_RDWR | O_CLOEXEC)) {
        if (fd_ < 0) throw std::runtime_error("there is no terminal to ask for the passphrase; give --passphrase-file");
    }
    ~Terminal() { ::close(fd_); }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    [[nodiscard]] int fd() const { return fd_; }

  private:
    int fd_;
};

std::runtime_error failed(const std::string& path, const char* what) {
    const char* description = ::strerrordesc_np(errno);
    return std::runtime_error(path + ": " + what + ": " + (description != nullptr ? description : "unknown error"));
}

// The signal that came while a passphrase was typed; 0: none.
volatile sig_atomic_t came = 0;
void note_signal(int signal_number) { came = signal_number; }

// Signals end a wait() instead of the program, so that the terminal is not left without echo. Outside of a wait() they
// are blocked, or one that comes just before it would be noted and then waited past.
class SignalsNoted {
  public:
    SignalsNoted() {
        came = 0;
        sigset_t all;
        sigemptyset(&all);
        for (const int number : kSignals) sigaddset(&all, number);
        ::pthread_sigmask(SIG_BLOCK, &all, &mask_before_);
        struct sigaction note{};
        note.sa_handler = note_signal;
        sigemptyset(&note.sa_mask);
        for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &note, &before_[i]);
    }
    ~SignalsNoted() {
        for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
        ::pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
    }
    SignalsNoted(const SignalsNoted&) = delete;
    SignalsNoted& operator=(const SignalsNoted&) = delete;

    // False when a signal came before anything could be read.
    [[nodiscard]] bool wait(int fd) const {
        pollfd readable{.fd = fd, .events = POLLIN, .revents = 0};
        while (::ppoll(&readable, 1, nullptr, &mask_before_) < 0 && errno == EINTR)
            if (came != 0) return false;
        return true;
    }

  private:
    static constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
    std::array<struct sigaction, kSignals.size()> before_{};
    sigset_t mask_before_{};
};

class EchoOff {
  public:
    explicit EchoOff(int fd) : fd_(fd) {
        if (::tcgetattr(fd, &before_) != 0) throw failed("the terminal", "can't be asked for its settings");
        termios quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        // What was typed before the question is no answer to it.
        if (::tcsetattr(fd, TCSAFLUSH, &quiet) != 0) throw failed("the terminal", "can't be made silent");
    }
    ~EchoOff() { ::tcsetattr(fd_, TCSAFLUSH, &before_); }
    EchoOff(const EchoOff&) = delete;
    EchoOff& operator=(const EchoOff&) = delete;

  private:
    int fd_;
    termios before_{};
};

void print(int fd, std::string_view text) {
    // A question that can't be shown will hardly be answered either.
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

enum class Typed : std::uint8_t { line, end, too_long, interrupted, failed };

// Of a file, or of a terminal whose signals are noted.
Typed read_line(int fd, wallet::Passphrase& line, const SignalsNoted* signals = nullptr) {
    bool fits = true;
    for (;;) {
        if (signals != nullptr && !signals->wait(fd)) return Typed::interrupted;
        wallet::SecretBytes<1> c;
        const ssize_t read = ::read(fd, c.raw(), 1);
        if (read < 0 && errno == EINTR) continue;
        if (read < 0) return Typed::failed;
        if (read == 0) return fits ? Typed::end : Typed::too_long;
        if (c.bytes()[0] == std::byte{'\n'}) return fits ? Typed::line : Typed::too_long;
        if (!line.push_back(c.bytes()[0])) fits = false;
    }
}

wallet::Passphrase ask(const std::string& prompt) {
    const Terminal terminal;
    wallet::Passphrase line;
    Typed typed{};
    {
        const SignalsNoted noted;
        const EchoOff off(terminal.fd());
        print(terminal.fd(), prompt);
        typed = read_line(terminal.fd(), line, &noted);
        print(terminal.fd(), "\n");
    }
    // The terminal is itself again: now the signal does what it would have done.
    if (typed == Typed::interrupted) {
        line.clear();
        ::raise(came);
        throw std::runtime_error("interrupted");
    }
    if (typed == Typed::failed) throw failed("the terminal", "can't be read");
    if (typed == Typed::end) throw std::runtime_error("no passphrase was given");
    if (typed == Typed::too_long) throw std::runtime_error("the passphrase is longer than 1024 bytes");
    return line;
}

void check_private(const std::string& path, int fd) {
    struct stat status{};
    if (::fstat(fd, &status) != 0) throw failed(path, "can't be examined");
    if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode))
        throw std::runtime_error(path + ": is neither a file nor a pipe");
    if (S_ISREG(status.st_mode) && (status.st_mode & 077) != 0)
        throw std::runtime_error(path + ": others than its owner have access to it; chmod 600 it");
}

}  // namespace

PassphraseSource::PassphraseSource(std::string path) : path_(std::move(path)) {
    if (path_.empty()) return;
    fd_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd_ < 0) throw failed(path_, "can't be opened");
}

PassphraseSource::~PassphraseSource() {
    if (fd_ >= 0) ::close(fd_);
}

wallet::Passphrase PassphraseSource::read(const std::string& prompt) const {
    if (path_.empty()) return ask(prompt);
    check_private(path_, fd_);
    wallet::Passphrase line;
    const Typed typed = read_line(fd_, line);
    if (typed == Typed::failed) throw failed(path_, "can't be read");
    wallet::SecretBytes<1> more;
    if (typed == Typed::too_long || (typed == Typed::line && ::read(fd_, more.raw(), 1) != 0))
        throw std::runtime_error(path_ + ": must hold the passphrase as its only line, at most 1024 bytes");
    return line;
}

wallet::Passphrase PassphraseSource::read_new(const std::string& prompt) const {
    auto first = read(prompt);
    if (path_.empty() && first != ask("The same again: ")) throw std::runtime_error("the two passphrases differ");
    return first;
}

}  // namespace dcx::app
