// CommandScript, OrderFlow, TransferFlow: the commands of a whole venue as benchmarks of the core and the engine apply
// them: a genesis, two assets and a market, funded customers with a session each, and behind that what is measured.
// The same options give the same commands on every machine. No command of a flow is refused.
//
// Sequence and time stand in the headers for whoever applies the commands to a core himself; an engine stamps its own.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "model/command.h"

namespace dcx::market {

inline constexpr SessionId kOperatorSession{1u};
// Of the i-th customer, from 0.
[[nodiscard]] inline SessionId session_of(std::uint32_t i) { return SessionId{i + 2}; }
[[nodiscard]] inline AccountId account_of(std::uint32_t i) { return AccountId{kFirstCustomer.value + i}; }

// Commands in sequence, a microsecond apart, each with its session's next number.
class CommandScript {
  public:
    explicit CommandScript(std::int64_t start_ns = kStartNs) : start_ns_(start_ns) {}

    template <MessageBody Body>
    void add(const Body& body, SessionId session = {}) {
        CommandHeader header{};
        header.sequence = Sequence{commands.size() + 1};
        header.time = Time{start_ns_ + static_cast<std::int64_t>(commands.size()) * 1000};
        header.session = session;
        if (session && Body::kind != CommandKind::establish_session) {
            if (sent_.size() <= session.value) sent_.resize(session.value + 1);
            header.session_sequence = ++sent_[session.value];
        }
        commands.push_back(Command::make(body, header));
    }
    // Of a transfer that is added next.
    [[nodiscard]] TransferId id(Random& random) const {
        const auto ms = static_cast<std::uint64_t>(start_ns_ / 1'000'000) + commands.size() / 1000;
        return make_transfer_id(ms, random.next(), random.next());
    }
    std::vector<Command> commands;

  private:
    static constexpr std::int64_t kStartNs = 1'700'000'000'000'000'000;
    std::int64_t start_ns_;
    std::vector<std::uint64_t> sent_;
};

struct FlowOptions {
    std::uint32_t customers = 1'000;  // 2 or more
    std::uint32_t commands = 100'000;
    std::uint32_t max_fills_per_command = 4'096;
    std::uint32_t max_transfer_ids = 1u << 21;
    // Ids of transfers hold a time, which an engine compares with its clock: for it, now.
    std::int64_t start_ns = 1'700'000'000'000'000'000;
};

// A venue of two assets, the market DEC/USD and funded customers with a session each; its genesis comes first.
[[nodiscard]] CommandScript funded_venue(const FlowOptions& options);

// Half new orders (an eighth of them marketable), half cancels of orders placed up to 2,000 commands ago, as in a
// market whose makers move their quotes. Every customer takes part.
struct OrderFlow {
    explicit OrderFlow(const FlowOptions& options);
    [[nodiscard]] std::span<const Command> set_up() const { return std::span(script.commands).first(begin); }
    [[nodiscard]] std::span<const Command> flow() const { return std::span(script.commands).subspan(begin); }

    CommandScript script;
    std::size_t begin;  // of the flow, behind the set-up
};

// Customers pay each other.
struct TransferFlow {
    explicit TransferFlow(const FlowOptions& options);
    [[nodiscard]] std::span<const Command> set_up() const { return std::span(script.commands).first(begin); }
    [[nodiscard]] std::span<const Command> flow() const { return std::span(script.commands).subspan(begin); }

    CommandScript script;
    std::size_t begin;
};

}  // namespace dcx::market
