// The exchange as a pure function over a log: apply(state, Command) -> state, Events. docs/rules.md says what each
// command does. One thread; no I/O, clock, randomness, floats or exceptions; no allocation after Genesis, which fixes
// every capacity. The same commands give the same state and the same events on every machine and in every build.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/byte_stream.h"
#include "base/checked.h"
#include "base/memory.h"
#include "base/sha256.h"
#include "model/command.h"
#include "model/event.h"
#include "model/event_writer.h"
#include "model/instrument.h"

namespace dcx::core {

struct State;

// One price of a book, for tests and tools (edges build their books from events).
struct DepthLevel {
    Price price{};
    Quantity quantity{};
    std::uint32_t orders{};
    friend bool operator==(const DepthLevel&, const DepthLevel&) = default;
};

// Where the telling of the restored state stands.
struct RestoreCursor {
    std::uint32_t section = 0;
    std::uint64_t item = 0;
    std::uint64_t within = 0;
    std::uint32_t index = 0;  // header.index of the next event
};

// What prefetch() has found out of the commands ahead; no part of the state.
struct Lookahead {
    enum class Kind : std::uint32_t { none, place, by_slot, by_id, by_cl_ord_id };
    struct Command {
        Sequence sequence{};
        Kind kind{};
        std::uint32_t slot{};
        std::uint32_t hash{};
    };
    // More than the farthest look, a power of two.
    std::array<Command, 16> commands{};

    [[nodiscard]] Command& begin(const dcx::Command& c) {
        Command& place = commands[c.header.sequence.value % commands.size()];
        place = {.sequence = c.header.sequence};
        return place;
    }
    // Empty when it was not looked at before.
    [[nodiscard]] Command& of(const dcx::Command& c) {
        Command& place = commands[c.header.sequence.value % commands.size()];
        return place.sequence == c.header.sequence ? place : begin(c);
    }
};

// The command that is being applied, in memory that outlives the process: for whoever finds out after a crash what it
// was that could not be applied.
struct Trail {
    Command command;
    std::uint64_t sequence{};  // of it; 0: none is being applied

    void begin(const Command& applied) {
        command = applied;
        sequence = applied.header.sequence.value;
        // The compiler must not move what is applied in front of it.
        std::atomic_signal_fence(std::memory_order_seq_cst);
    }
    void end() {
        std::atomic_signal_fence(std::memory_order_seq_cst);
        sequence = 0;
    }
};

class Core {
  public:
    // Pools are taken from `memory` when Genesis is applied; it must outlive the core.
    explicit Core(MemorySource& memory);
    ~Core();
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;

    // Applies one command; header.sequence must be one above the last and header.time is taken as it is (the core uses
    // the largest seen). Writes at most max_events_per_command() events, the last with kLastOfCommand.
    void apply(const Command& command, EventWriter& out);
    // Applies commands in order, as one by one, while the memory that the next ones need is on its way: several times
    // as fast when it is not in the cache. Stops before a command whose events might not fit into `room` slots behind
    // out.position; how many were applied.
    std::size_t apply(std::span<const Command> commands, EventWriter& out, std::uint64_t room);
    // The fetching alone, for those who apply one by one: `next` begins with the command that comes next.
    void prefetch(std::span<const Command> next);

    // From now on each command is told there while it is applied; null: nowhere.
    void leave_trail(Trail* trail);

    // 2 before Genesis; fixed by it.
    [[nodiscard]] std::uint64_t max_events_per_command() const;
    // Genesis has been applied.
    [[nodiscard]] bool started() const;
    // The last command applied; 0 before the first.
    [[nodiscard]] Sequence sequence() const;
    [[nodiscard]] Time time() const;
    // When something happens by time alone, at the earliest; kNever when nothing does. Whoever stamps
    // commands logs a Tick before any command of that time or a later one.
    [[nodiscard]] Time next_deadline() const;
    [[nodiscard]] std::uint64_t epoch() const;
    // The version of the rules in force; 0 before the first epoch.
    [[nodiscard]] std::uint32_t rules() const;
    // All zero before it was applied.
    [[nodiscard]] const Genesis& genesis() const;

    // Tells the state as events (kRestored, header.sequence = the last command's), at most `room` of them a call (room
    // at least 2). True when RestoreCompleted has been written. Nothing may be applied in between. Before Genesis it
    // writes RestoreCompleted alone.
    bool restore(RestoreCursor& cursor, EventWriter& out, std::uint64_t room) const;

    // The whole state as an image (image.h). Genesis has been applied.
    void save(ByteSink& sink) const;
    // Into a core to which nothing has been applied: it then stands where the saved one stood. False when the bytes are
    // no image of this layout; the core is then good for nothing.
    [[nodiscard]] bool load(ByteSource& source);

    // SHA-256 over the canonical form of the whole state: everything that can change what later commands do, in an
    // order that does not depend on where things lie in memory. Slow (it walks the state); for audits and tests.
    [[nodiscard]] Digest state_hash() const;

    // Recomputes every invariant of docs/rules.md from scratch; the text names what is broken, empty when all hold.
    [[nodiscard]] std::string check_invariants() const;

    // Reading, for tests and tools.
    struct BalanceView {
        Amount available{};
        Amount held{};
        uint128 debits{};  // turnover
        uint128 credits{};
        friend bool operator==(const BalanceView&, const BalanceView&) = default;
    };
    [[nodiscard]] BalanceView balance(AccountId account, AssetId asset) const;  // zeros when there is no such
    // Accounts have the ids 1 .. accounts(), assets 1 .. assets().
    [[nodiscard]] std::uint32_t accounts() const;
    [[nodiscard]] std::uint32_t assets() const;
    [[nodiscard]] Asset asset(AssetId id) const;  // empty when there is no such
    [[nodiscard]] std::vector<DepthLevel> depth(InstrumentId instrument, Side side, std::size_t levels) const;
    [[nodiscard]] std::uint32_t open_orders() const;
    // The number of a session's next report; 1 when there is no such session.
    [[nodiscard]] std::uint64_t next_outgoing(SessionId session) const;

  private:
    std::unique_ptr<State> state_;
    Lookahead lookahead_;
    Trail* trail_ = nullptr;
    std::uint64_t max_events_ = 2;
    MemorySource& memory_;
};

}  // namespace dcx::core
