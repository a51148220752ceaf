// Breadcrumb: one page that outlives the process and says what the engine was applying when it died. A command that
// kills the engine would kill it again in every replay; after two deaths on the same one the next start refuses and
// shows it, until an operator quarantines it (docs/durability.md, "Poison"). Only what the process does to itself
// counts, and an abort from outside (a watchdog's, because the engine hangs): a process that is killed, for example
// because its start takes long, says nothing against the command it was replaying.
//
// The page is a mapped file, written through memory alone: it survives a crash of the process, and a loss of power need
// not spare it. One thread, before and after the engine's life; the engine writes trail().
#pragma once

#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/sha256.h"
#include "core/core.h"
#include "model/command.h"

namespace dcx::engine {

// A command that a process died on.
struct DeadlyCommand {
    Command command;
    Digest hash{};           // SHA-256 of the command's bytes
    std::uint32_t deaths{};  // in a row, on this same command
};

class Breadcrumb {
  public:
    static constexpr std::size_t kSize = 4096;
    static constexpr std::uint32_t kDeathsAllowed = 2;

    // A file of kSize bytes, made when it is not there.
    static std::expected<std::unique_ptr<Breadcrumb>, std::string> open(const std::string& path);
    // On somebody's memory, zero or a page of before: for tests and the simulator.
    explicit Breadcrumb(std::span<std::byte, kSize> page);
    ~Breadcrumb();
    Breadcrumb(const Breadcrumb&) = delete;
    Breadcrumb& operator=(const Breadcrumb&) = delete;

    // Notes the signal of a fault while a command is applied, from now on until the destructor; the process then dies
    // of it as it would have. One breadcrumb of a process at a time.
    void catch_faults();
    // What catch_faults() does on a fault.
    void note_fault(int signal);
    // A fault of this thread is the command's fault from now on, of no other one.
    void applied_by_this_thread();

    // Looks at what the process before left, once at the start, and counts it. Nothing when no command was under way,
    // or the process was killed.
    std::optional<DeadlyCommand> look();
    // What it died on the last times, whether or not that was just now; nothing when there is no such.
    [[nodiscard]] std::optional<DeadlyCommand> deadly() const;
    // It has been quarantined, or a replay came past it.
    void forget();

    [[nodiscard]] core::Trail& trail();

  private:
    struct Page;
    [[nodiscard]] Page& page() const;
    static void on_fault(int signal, siginfo_t* info, void* context);

    std::span<std::byte, kSize> bytes_;
    bool mapped_ = false;
    std::atomic<int> applying_thread_{0};
};

// For the operator: its sequence, kind, session, time, and all of its bytes.
[[nodiscard]] std::string describe(const DeadlyCommand& deadly);

}  // namespace dcx::engine
