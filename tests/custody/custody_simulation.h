// The custody worker with a real core, a chain in memory and a signer, from a seed: customers pay in and withdraw, the
// chain forks, forgets, hangs and lies, and worker and venue die at every step. At the end, faults are over, operators
// say what became of what is unresolved, and ledger and chain must agree. docs/custody.md says what is promised.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/random.h"
#include "custody/custody_rig.h"

namespace dcx::chain {

// Thrown where a process would have died.
struct Crash {};

// Draws whether it dies here.
class CrashPoints {
  public:
    explicit CrashPoints(Random& random) : random_(random) {}
    void arm(unsigned permille) { permille_ = permille; }
    void here() {
        if (permille_ != 0 && random_.below(1000) < permille_) {
            ++crashes_;
            throw Crash{};
        }
    }
    [[nodiscard]] std::uint64_t crashes() const { return crashes_; }

  private:
    Random& random_;
    unsigned permille_ = 0;
    std::uint64_t crashes_ = 0;
};

struct SimulationCounts {
    std::uint64_t deposits{};
    std::uint64_t withdrawals{};
    std::uint64_t settled{};
    std::uint64_t rewinds{};
    std::uint64_t reversed{};
    std::uint64_t resolved{};
    std::uint64_t sweeps{};
    std::uint64_t crashes{};
    std::uint64_t reconciled{};  // without a single problem
};

class CustodySimulation {
  public:
    explicit CustodySimulation(std::uint64_t seed);
    ~CustodySimulation();

    // Empty, or which promise was broken.
    [[nodiscard]] std::string run();
    [[nodiscard]] const SimulationCounts& counts() const { return counts_; }

  private:
    class DyingNode;
    class CarefulSigner;
    class DyingSink;

    void begin_worker();
    void work(int steps);
    void world();
    void customers();
    void chain_turns();
    void operators(bool last);
    void resolve(const Digest& hash, const OpenPayout& payout);
    bool known(const Digest& hash);
    bool repost(const Digest& hash, const std::string& body);
    void drain();
    void check_at_end();
    void check_deposits();
    void check_payments();
    void check_reconciled();
    void broken(const std::string& what);

    Random random_;
    CustodyRig rig_;
    CrashPoints points_{random_};
    std::unique_ptr<DyingNode> node_;
    std::unique_ptr<CarefulSigner> signer_;
    std::unique_ptr<DyingSink> sink_;
    std::set<Digest> deposits_;  // that strangers sent
    struct Asked {
        std::string address;
        std::int64_t amount{};
        std::uint32_t customer{};
    };
    std::map<TransferId, Asked> asked_;
    std::uint32_t outside_ = 10;
    std::string broken_;
    SimulationCounts counts_;
};

}  // namespace dcx::chain
