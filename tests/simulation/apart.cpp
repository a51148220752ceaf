#include "simulation/apart.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <system_error>

namespace dcx::simulation {
namespace {

constexpr std::string_view kNumbers = "outcome";

std::string to_text(const Outcome& o) {
    std::string text{kNumbers};
    for (const std::uint64_t value :
         {o.trace, static_cast<std::uint64_t>(o.simulated_ns), o.commands, o.trades, o.starts, o.refused_starts,
          o.rot_refused, o.rot_cut, o.faults, o.compared, o.bytes})
        text += " " + std::to_string(value);
    text += "\n" + o.broken + "\n";
    if (!o.broken.empty())
        for (const std::string& note : o.notes) text += note + "\n";
    return text;
}

// The child's words; what it said before them is the last message of one that aborted.
Outcome from_text(const std::string& text, int status) {
    Outcome o;
    const auto begin = text.rfind(std::string{kNumbers} + " ");
    if (begin == std::string::npos || !WIFEXITED(status)) {
        o.broken = WIFSIGNALED(status) ? "the program ends by signal " + std::to_string(WTERMSIG(status))
                                       : "the program ends early";
        const auto first = text.find_first_not_of('\n');
        if (first != std::string::npos) o.broken += ": " + text.substr(first, text.find('\n', first) - first);
        o.notes.push_back(text.substr(0, 4000));
        return o;
    }
    std::uint64_t simulated = 0;
    std::sscanf(text.c_str() + begin + kNumbers.size(), "%lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu", &o.trace,
                &simulated, &o.commands, &o.trades, &o.starts, &o.refused_starts, &o.rot_refused, &o.rot_cut, &o.faults,
                &o.compared, &o.bytes);
    o.simulated_ns = static_cast<std::int64_t>(simulated);
    std::size_t at = text.find('\n', begin) + 1;
    bool first = true;
    while (at < text.size()) {
        const auto end = text.find('\n', at);
        std::string line = text.substr(at, end - at);
        if (first)
            o.broken = std::move(line);
        else
            o.notes.push_back(std::move(line));
        first = false;
        if (end == std::string::npos) break;
        at = end + 1;
    }
    return o;
}

void say_all(int to, std::string_view text) {
    while (!text.empty()) {
        const auto n = ::write(to, text.data(), text.size());
        if (n <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(n));
    }
}

std::string hear_all(int from) {
    std::string text;
    char part[4096];
    while (true) {
        const auto n = ::read(from, part, sizeof part);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return text;
        text.append(part, static_cast<std::size_t>(n));
    }
}

}  // namespace

Outcome run_apart(const Scenario& scenario, unsigned seconds) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (child == 0) {
        ::close(ends[0]);
        ::dup2(ends[1], STDERR_FILENO);
        ::alarm(seconds);
        say_all(ends[1], to_text(run(scenario)));
        ::_exit(0);
    }
    ::close(ends[1]);
    const std::string text = hear_all(ends[0]);
    ::close(ends[0]);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return from_text(text, status);
}

namespace {

// Tries ways to make a failing scenario smaller and keeps those that still fail.
class Shrinking {
  public:
    Shrinking(const Scenario& failing, int runs, const std::function<void(const std::string&)>& told)
        : best_(failing), runs_left_(runs), told_(told) {}

    Scenario run() {
        for (bool smaller = true; smaller && runs_left_ > 0;) {
            smaller = false;
            for (const auto part : Scenario::parts()) {
                if (best_.get(part) == 0) continue;
                Scenario next = best_;
                next.set(part, 0);
                smaller |= take(next, "without " + std::string{part});
            }
            for (const auto name : {"max_commands", "traders", "burst"}) smaller |= halve(name);
            Scenario shorter = best_;
            // Whole seconds, so that the options say all.
            const auto seconds = static_cast<std::int64_t>(best_.hours * 3600) / 2;
            shorter.set("seconds", seconds);
            if (seconds > 0) smaller |= take(shorter, "half as long");
        }
        return best_;
    }

  private:
    bool take(const Scenario& next, const std::string& what) {
        if (runs_left_-- <= 0 || run_apart(next).broken.empty()) return false;
        best_ = next;
        told_(what);
        return true;
    }
    // By halves, then by less, down to 1.
    bool halve(std::string_view name) {
        bool smaller = false;
        for (std::int64_t step = best_.get(name) / 2; step > 0 && runs_left_ > 0;) {
            const std::int64_t value = best_.get(name) - step;
            Scenario next = best_;
            next.set(name, value);
            if (value > 0 && take(next, std::to_string(value) + " " + std::string{name}))
                smaller = true;
            else
                step /= 2;
        }
        return smaller;
    }

    Scenario best_;
    int runs_left_;
    const std::function<void(const std::string&)>& told_;
};

}  // namespace

Scenario shrink(const Scenario& failing, int runs, const std::function<void(const std::string&)>& told) {
    return Shrinking(failing, runs, told).run();
}

std::string describe(const Scenario& scenario, const Outcome& outcome) {
    std::string text = "BROKEN: " + outcome.broken + "\n\nscenario: " + scenario.text() + "\nwhat happened last:\n";
    const std::size_t shown = std::min<std::size_t>(outcome.notes.size(), 40);
    for (std::size_t i = outcome.notes.size() - shown; i < outcome.notes.size(); ++i)
        text += "  " + outcome.notes[i] + "\n";
    text += "\nagain: --seed " + std::to_string(scenario.seed) + " --options '" + scenario.options() + "'\n";
    return text;
}

}  // namespace dcx::simulation
