// MatchChecker: replays the public match log by the rules of docs/protocols/match-log.md, which it shares with nobody:
// no code of the core is in it. Two were written, and must agree on every log: the indexed one, and a naive one that
// sorts all open orders for every match. One thread.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <vector>

#include "proof/match_log.h"
#include "proof/proof_error.h"

namespace dcx::proof {

struct MatchCounts {
    std::uint64_t commands = 0;
    std::uint64_t inputs = 0;  // records of the kinds below 20
    std::uint64_t orders = 0;
    std::uint64_t amends = 0;
    std::uint64_t cancels = 0;
    std::uint64_t trades = 0;
    std::uint64_t self_trades = 0;
    // FOK orders that were not filled although the book had enough: the log says so, nobody but their owner can tell.
    std::uint64_t foks_refused = 0;
    std::uint64_t busts = 0;
    std::uint64_t instruments = 0;
    std::uint64_t open_orders = 0;
    friend bool operator==(const MatchCounts&, const MatchCounts&) = default;
};

struct MatchDepth {
    Price price{};
    Quantity quantity{};
    std::uint32_t orders{};
    friend bool operator==(const MatchDepth&, const MatchDepth&) = default;
};

class MatchChecker {
  public:
    virtual ~MatchChecker() = default;
    // Commands in order, heads too. After the first error it is good for nothing. The error names command and record.
    [[nodiscard]] virtual std::expected<void, ProofError> check(const MatchCommand& command) = 0;
    // Will be checked soon: a hint that promises nothing.
    virtual void expect_soon(const MatchCommand& /*command*/) {}

    // Best price first.
    [[nodiscard]] virtual std::vector<MatchDepth> depth(InstrumentId instrument, Side side) const = 0;
    [[nodiscard]] const MatchCounts& counts() const { return counts_; }

  protected:
    MatchCounts counts_;
};

[[nodiscard]] std::unique_ptr<MatchChecker> make_match_checker();
[[nodiscard]] std::unique_ptr<MatchChecker> make_naive_match_checker();

}  // namespace dcx::proof
